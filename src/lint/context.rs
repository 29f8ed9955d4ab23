//! What a build can copy: its context, without what `.dockerignore` leaves out.

use std::cell::OnceCell;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::project::{Project, Service};

/// The context of a build.
#[derive(Debug)]
pub struct Context {
    /// Its directory.
    pub directory: PathBuf,
    ignored: Option<Ignored>,
}

/// A `.dockerignore`. Its lines are read where something is looked up in them.
#[derive(Debug)]
struct Ignored {
    path: PathBuf,
    text: Rc<str>,
    lines: OnceCell<Lines>,
}

/// The lines of a `.dockerignore`.
#[derive(Debug)]
struct Lines {
    set: GlobSet,
    /// Each line as it is written, and whether it takes something back in.
    written: Vec<(String, bool)>,
}

/// What decides that a path is left out.
#[derive(Debug, PartialEq, Eq)]
pub struct LeftOut<'a> {
    /// The file.
    pub file: &'a Path,
    /// The line of it.
    pub line: &'a str,
}

impl Context {
    /// The context of a service's build; none where it is no directory of this machine.
    #[must_use]
    pub fn of(project: &Project<'_>, service: &Service<'_>) -> Option<Self> {
        let directory = project.context(service)?;
        let ignored = match ignore_file(project, service, &directory) {
            Some(path) => {
                let text = project.file(&path)?;
                Some(Ignored {
                    path,
                    text,
                    lines: OnceCell::new(),
                })
            }
            None => None,
        };
        Some(Self { directory, ignored })
    }

    /// The path of the machine that a source of a `COPY` means. It begins at the context, and `..` leads no further up.
    #[must_use]
    pub fn join(&self, source: &str) -> PathBuf {
        self.directory.join(inside(source))
    }

    /// Whether a path is left out, and by which line.
    #[must_use]
    pub fn left_out(&self, source: &str) -> Option<LeftOut<'_>> {
        let path = inside(source);
        let ignored = self.ignored.as_ref()?;
        let lines = ignored.lines.get_or_init(|| Lines::read(&ignored.text));
        let (line, _) = lines.last(&path).filter(|(_, is_taken_in)| !is_taken_in)?;
        // A directory is there as soon as one file in it is taken back in.
        let is_partly =
            self.directory.join(&path).is_dir() && lines.written.iter().any(|(_, is_taken_in)| *is_taken_in);
        (!is_partly).then_some(LeftOut {
            file: &ignored.path,
            line,
        })
    }
}

/// The file that says what a build leaves out. BuildKit prefers one beside the Dockerfile: `Dockerfile.dockerignore`.
#[must_use]
pub fn ignore_file(project: &Project<'_>, service: &Service<'_>, context: &Path) -> Option<PathBuf> {
    let own = project.dockerfile_path(service).map(|path| {
        let mut name = path.into_os_string();
        name.push(".dockerignore");
        PathBuf::from(name)
    });
    own.into_iter()
        .chain([context.join(".dockerignore")])
        .find(|path| path.exists())
}

/// A path without what leads out of its directory.
fn inside(path: &str) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => {
                clean.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    clean
}

impl Lines {
    /// Reads the lines. A pattern that the build does not understand either means nothing.
    fn read(text: &str) -> Self {
        let mut set = GlobSetBuilder::new();
        let mut written = Vec::new();
        let text = text.trim_start_matches('\u{feff}');
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let line = line.trim();
            let (pattern, is_taken_in) = line.strip_prefix('!').map_or((line, false), |rest| (rest.trim(), true));
            if let Some(glob) = glob(&inside(pattern)) {
                set.add(glob);
                written.push((line.to_owned(), is_taken_in));
            }
        }
        Self {
            set: set.build().unwrap_or_default(),
            written,
        }
    }

    /// The last line that means a path or a directory above it.
    fn last(&self, path: &Path) -> Option<(&str, bool)> {
        let paths = path.ancestors().filter(|path| !path.as_os_str().is_empty());
        let last = paths.flat_map(|path| self.set.matches(path)).max()?;
        let (line, is_taken_in) = self.written.get(last)?;
        Some((line, *is_taken_in))
    }
}

/// A pattern: `*` stays in a directory, `**` does not.
fn glob(pattern: &Path) -> Option<Glob> {
    let pattern = pattern.to_str().filter(|pattern| !pattern.is_empty())?;
    let mut glob = GlobBuilder::new(pattern);
    glob.literal_separator(true).backslash_escape(true).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_left_out(lines: &str, path: &str) -> bool {
        let ignored = Lines::read(lines);
        ignored
            .last(Path::new(path))
            .is_some_and(|(_, is_taken_in)| !is_taken_in)
    }

    #[test]
    fn the_last_line_that_means_a_path_decides() {
        for (lines, path, expected) in [
            ("docker", "docker/nginx.conf", true),
            ("/docker/", "docker/nginx.conf", true),
            ("./docker", "docker", true),
            ("docker", "src/docker", false),
            ("**/docker", "src/docker/a", true),
            ("**/*.md", "README.md", true),
            ("*.md", "docs/a.md", false),
            ("*", "src/a", true),
            ("*\n!src", "src/a", false),
            ("*\n!src/*.c", "src/a.h", true),
            ("src/**\n!src/a", "src/a", false),
            ("!src\nsrc", "src", true),
            ("# src\n\n", "src", false),
            ("s?c", "src", true),
            ("\u{feff}src", "src", true),
        ] {
            assert_eq!(is_left_out(lines, path), expected, "{lines:?}: {path}");
        }
    }

    #[test]
    fn nothing_leads_out_of_a_context() {
        for (path, expected) in [("../a", "a"), ("/a/./b/", "a/b"), ("a/../../b", "b"), (".", "")] {
            assert_eq!(inside(path), Path::new(expected), "{path}");
        }
    }
}
