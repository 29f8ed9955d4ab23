//! Where the comments are: every `#` that begins a word outside of scalars.

use super::tree::{Kind, Style, Tree};
use crate::source::{SourceId, Span};

/// The comments of a text whose tree is known. Outside of scalars a `#` can only begin a comment, or stand inside an
/// anchor, an alias or a tag, where no blank goes before it.
pub(super) fn comments(text: &str, source: SourceId, tree: &Tree) -> Vec<Span> {
    let mut found = Vec::new();
    let mut from = 0;
    for node in tree.nodes() {
        let Kind::Scalar { style, .. } = &node.kind else {
            continue;
        };
        let range = node.span.range();
        gap(text, from..range.start, source, &mut found);
        from = from.max(range.end);
        if *style == Style::Block {
            // A comment can stand behind the `|` that begins the block.
            let header = text.get(range.clone()).and_then(|block| block.find('\n'));
            let end = header.map_or(range.end, |length| range.start + length);
            gap(text, range.start..end, source, &mut found);
        }
    }
    gap(text, from..text.len(), source, &mut found);
    found
}

/// Finds the comments in a stretch of text that has no scalar in it.
fn gap(text: &str, range: std::ops::Range<usize>, source: SourceId, found: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut at = range.start;
    while at < range.end {
        let begins_word = at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r');
        if bytes[at] == b'#' && begins_word {
            let length = text[at..].find(['\n', '\r']).unwrap_or(text.len() - at);
            found.push(Span::new(source, at, at + length));
            at += length;
        } else {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::source::SourceId;

    #[test]
    fn comments_are_found_outside_of_scalars_alone() {
        let text = "# one\na: x#y # two\nb: '# no'\nc: | # three\n  # no\nd: &x [1, # four\n 2]\n#five";
        let (tree, problems) = super::super::parse(text, SourceId::default());
        assert!(problems.is_empty(), "{problems:?}");
        let found: Vec<&str> = tree.comments.iter().map(|span| &text[span.range()]).collect();
        assert_eq!(found, ["# one", "# two", "# three", "# four", "#five"]);
    }
}
