//! The file system, as the loader touches it: reads, and paths made absolute the way Compose makes them.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::Arc;
use std::{fs, io};

use crate::diagnostic::Diagnostics;
use crate::source::{Source, SourceId, Sources};
use crate::yaml::{self, Node, NodeId};

/// Reads files, each once, and keeps the texts that spans point into.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) sources: Sources,
    /// The home directory.
    home: Option<String>,
    /// What `-f -` reads, where that is not the standard input itself.
    stdin: Option<Vec<u8>>,
    texts: HashMap<String, Vec<u8>>,
    documents: HashMap<String, Arc<[Node]>>,
    plain: HashMap<String, (SourceId, Arc<str>)>,
}

impl Files {
    /// `texts` are those of files that are not read from disk.
    pub(super) fn new(home: Option<String>, stdin: Option<Vec<u8>>, texts: HashMap<String, Vec<u8>>) -> Self {
        Self {
            home,
            stdin,
            texts,
            ..Self::default()
        }
    }

    pub(super) fn exists(&self, path: &str) -> bool {
        fs::metadata(path).is_ok()
    }

    pub(super) fn is_directory(&self, path: &str) -> bool {
        fs::metadata(path).is_ok_and(|metadata| metadata.is_dir())
    }

    pub(super) fn is_file(&self, path: &str) -> bool {
        fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir())
    }

    /// The bytes of a file; `-` is the standard input.
    pub(super) fn bytes(&mut self, path: &str) -> io::Result<&[u8]> {
        if !self.texts.contains_key(path) {
            let bytes = match (path, self.stdin.take()) {
                ("-", Some(bytes)) => bytes,
                ("-", None) => limited(io::stdin().lock(), 0)?,
                (_, stdin) => {
                    self.stdin = stdin;
                    let file = fs::File::open(path)?;
                    let size = file.metadata().map_or(0, |file| file.len());
                    limited(file, size)?
                }
            };
            self.texts.insert(path.to_owned(), bytes);
        }
        Ok(self.texts.get(path).map(Vec::as_slice).unwrap_or_default())
    }

    /// The text of a file that is no YAML, and the source that it is.
    pub(super) fn text(&mut self, path: &str) -> io::Result<(SourceId, Arc<str>)> {
        if let Some(known) = self.plain.get(path) {
            return Ok(known.clone());
        }
        let text: Arc<str> = String::from_utf8_lossy(self.bytes(path)?).into();
        let id = self.sources.add(Source::new(path, &*text));
        self.plain.insert(path.to_owned(), (id, text.clone()));
        Ok((id, text))
    }

    /// The documents of a YAML file; what is wrong with them goes to `problems`, once.
    pub(super) fn documents(&mut self, path: &str, problems: &mut Diagnostics) -> io::Result<Arc<[Node]>> {
        if let Some(documents) = self.documents.get(path) {
            return Ok(documents.clone());
        }
        let id = self.sources.next_id();
        let (text, problem) = yaml::decode(self.bytes(path)?, id);
        let fault = problem.as_ref().and_then(|problem| problem.span);
        let readable = fault.map_or(text.len(), |span| span.range().start);
        let (tree, more) = yaml::parse(&text[..readable], id);
        self.sources.add(Source::new(path, text));
        // A text that ends where its encoding goes wrong can look cut off: that follows from the first problem.
        match problem {
            Some(problem) => problems.push(problem),
            None => problems.extend(more),
        }
        let mut expand = |root: &NodeId| {
            let (node, more) = yaml::expand(&tree, *root);
            problems.extend(more);
            node
        };
        let documents: Arc<[Node]> = tree.documents.iter().map(&mut expand).collect();
        self.documents.insert(path.to_owned(), documents.clone());
        Ok(documents)
    }

    /// The documents of all files that were read.
    pub(super) fn all_documents(&mut self) -> Vec<Arc<[Node]>> {
        std::mem::take(&mut self.documents).into_values().collect()
    }

    /// A path with a leading `~` replaced, taken from `base` where it is relative, and cleaned.
    pub(super) fn resolve(&self, base: &str, path: &str) -> String {
        absolute(base, &self.expand_home(path))
    }

    /// `~`, `~/x` and `~x` all begin at the home directory.
    pub(super) fn expand_home(&self, path: &str) -> String {
        match (path.strip_prefix('~'), &self.home) {
            (Some(rest), Some(home)) => clean(&format!("{home}/{rest}")),
            _ => path.to_owned(),
        }
    }
}

/// All there is to read, which is about `size` bytes, and no more than tells that it is too much: a device has no end.
fn limited(input: impl io::Read, size: u64) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(Source::MAX_BYTES).unwrap_or(u64::MAX);
    // With a byte to spare, the end is found without asking for more room.
    let room = usize::try_from(size.min(limit) + 1).unwrap_or_default();
    let mut bytes = Vec::with_capacity(room);
    input.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A path taken from `base` where it is relative, and cleaned; an absolute one is left as it is.
pub(super) fn absolute(base: &str, path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        clean(&format!("{base}/{path}"))
    }
}

/// Collapses `//`, `.` and `..` by the text alone.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The directory of a path; `.` for a bare name.
pub(super) fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(at) => &path[..at],
        None => ".",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_by_their_text() {
        for (path, cleaned) in [
            ("", "."),
            ("/", "/"),
            ("/x/", "/x"),
            ("/x/../y", "/y"),
            ("/../x", "/x"),
            ("../a//b/.", "../a/b"),
            ("a/../..", ".."),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
        assert_eq!(absolute("/p", "./a/../b"), "/p/b");
        assert_eq!((parent("/a"), parent("a/b"), parent("a")), ("/", "a", "."));
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let files = Files {
            home: Some("/home/x".to_owned()),
            ..Files::default()
        };
        assert_eq!(files.resolve("/p", "~/a"), "/home/x/a");
        assert_eq!(files.resolve("/p", "~a"), "/home/x/a");
    }
}
