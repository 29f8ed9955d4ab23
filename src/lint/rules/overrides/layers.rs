//! What the rules of this folder have in common: what was laid over what, and words that resemble each other.

use std::collections::HashMap;
use std::path::Path;

use crate::lint::project::Project;
use crate::source::Span;
use crate::yaml::{Key, Node};

/// A service as one document has it.
pub(super) struct Layer<'a> {
    pub(super) node: &'a Node,
    /// The document.
    root: &'a Node,
}

/// The services as the documents have them, by name.
pub(super) fn layers<'a>(project: &Project<'a>) -> HashMap<&'a str, Vec<Layer<'a>>> {
    let mut layers: HashMap<&str, Vec<Layer<'a>>> = HashMap::new();
    for root in project.documents() {
        for (name, node) in root.get("services").into_iter().flat_map(Node::entries) {
            layers.entry(&name.text).or_default().push(Layer { node, root });
        }
    }
    layers
}

impl<'a> Layer<'a> {
    /// A key of it that is written in it.
    pub(super) fn entry(&self, key: &str) -> Option<(&'a Key, &'a Node)> {
        let (key, value) = self.node.as_map()?.get_key_value(key)?;
        (self.node.span.holds(key.span) && self.node.span.holds(value.span)).then_some((key, value))
    }
}

/// What a layer of a service was laid over: where it is hard to tell, nothing.
pub(super) struct Below {
    layer: Span,
    /// In the order of the files.
    spans: Vec<Span>,
}

impl Below {
    pub(super) fn of<'a>(project: &Project<'a>, layers: &[Layer<'a>], layer: &Layer<'a>) -> Self {
        let own = layer.node.span;
        let mut spans: Vec<Span> = if let Some(extends) = layer.node.get("extends") {
            let bases = bases(project, layer, extends);
            bases.iter().map(|base| base.span).collect()
        } else if layers.iter().any(|layer| layer.node.get("extends").is_some()) {
            Vec::new()
        } else {
            let all = layers.iter().map(|other| other.node.span);
            all.filter(|span| span.source < own.source).collect()
        };
        spans.sort();
        Self { layer: own, spans }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether the layer was laid over what is written at a place.
    pub(super) fn holds(&self, span: Span) -> bool {
        // None of the services lies in another.
        let after = self
            .spans
            .partition_point(|below| (below.source, below.start) <= (span.source, span.start));
        let last = after.checked_sub(1).and_then(|at| self.spans.get(at));
        !self.layer.holds(span) && last.is_some_and(|below| below.holds(span))
    }
}

/// The services that a layer may extend: those of this name in files of this name.
fn bases<'a>(project: &Project<'a>, layer: &Layer<'a>, extends: &Node) -> Vec<&'a Node> {
    let service = extends.get("service").unwrap_or(extends).as_str();
    let service = |document: &'a Node| document.at(&["services", service?]);
    let Some(file) = extends.get("file").and_then(Node::as_str) else {
        return service(layer.root).into_iter().collect();
    };
    let file = Path::new(file).file_name();
    let is_file = |document: &&Node| {
        let source = project.source(document.span.source);
        source.and_then(|source| source.path.file_name()) == file
    };
    project.documents().filter(is_file).filter_map(service).collect()
}

/// The word that a mistyped one is most likely to mean.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |known: &&str| strsim::damerau_levenshtein(known, word);
    let near = known.iter().copied().min_by_key(|known| distance(known))?;
    (distance(&near) <= 1.max(word.len() / 4)).then_some(near)
}

/// Whether a value may come from variables that are set on another machine alone.
pub(super) fn is_open(project: &Project<'_>, span: Span) -> bool {
    project.text(span).contains('$')
}

/// Whether a path begins at the root of a file system, be it that of Windows. One that is not known counts as well.
pub(super) fn is_absolute(path: &str) -> bool {
    let is_of_windows = matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
    path.is_empty() || path.starts_with(['/', '\\']) || is_of_windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_both_worlds_are_absolute() {
        for path in ["/a", "", "C:\\a", "c:/a", "\\\\.\\pipe\\x"] {
            assert!(is_absolute(path), "{path}");
        }
        for path in ["a", "./a", "~/a", "v:data"] {
            assert!(!is_absolute(path), "{path}");
        }
    }
}
