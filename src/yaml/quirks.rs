//! Where Compose's reader and the parser part ways on the bare text: what has to be looked for around the parser.

use std::ops::Range;

/// A text with a blank before each comma that may stand right behind a tag. The parser gives up by a panic at such a comma,
/// where Compose tells an error. The blank changes nothing outside of quotes and blocks, so that a pass over this text
/// shows which of the commas do follow a tag.
pub(super) struct Spaced {
    pub(super) text: String,
    /// Where the added blanks are.
    blanks: Vec<usize>,
}

impl Spaced {
    /// The same text with its blanks; none where no comma is in question, as in nearly every file.
    pub(super) fn new(text: &str) -> Option<Self> {
        let commas = text.match_indices(',').map(|(at, _)| at);
        let suspects: Vec<usize> = commas.filter(|at| may_end_tag(&text[..*at])).collect();
        if suspects.is_empty() {
            return None;
        }
        let mut spaced = String::with_capacity(text.len() + suspects.len());
        let mut from = 0;
        let mut blanks = Vec::with_capacity(suspects.len());
        for comma in suspects {
            spaced.push_str(&text[from..comma]);
            blanks.push(spaced.len());
            spaced.push(' ');
            from = comma;
        }
        spaced.push_str(&text[from..]);
        Some(Self { text: spaced, blanks })
    }

    /// Where in the original text a tag is that stands here in this one, if an added blank follows it.
    pub(super) fn glued(&self, tag: Range<usize>) -> Option<Range<usize>> {
        let index = self.blanks.binary_search(&tag.end).ok()?;
        let before = self.blanks.partition_point(|blank| *blank < tag.start);
        Some(tag.start - before..tag.end - index)
    }
}

/// Whether a text could end with a tag: `!name`, or `!<name>`.
fn may_end_tag(text: &str) -> bool {
    let word = text.rsplit(|c: char| c.is_whitespace() || ",[]{}".contains(c)).next();
    word.is_some_and(|word| word.contains('!')) || text.ends_with('>')
}

/// Where, in a text in double quotes, a slash is escaped: the one escape that the parser knows and Compose's does not.
pub(super) fn escaped_slash(text: &str) -> Option<Range<usize>> {
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' && bytes.next().is_some_and(|(_, next)| next == b'/') {
            return Some(at..at + 2);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commas_behind_what_may_be_a_tag_get_a_blank() {
        let spaced = |text: &str| Spaced::new(text).map(|spaced| spaced.text);
        assert_eq!(spaced("[a, b,c] # ! x, y"), None);
        assert_eq!(spaced("[!a,'b!,',!<c>,é,d]").unwrap(), "[!a ,'b! ,',!<c> ,é,d]");
    }

    #[test]
    fn a_tag_is_found_where_it_stands_in_the_original() {
        let text = "[!ab,!c,d]";
        let spaced = Spaced::new(text).unwrap();
        assert_eq!(spaced.text, "[!ab ,!c ,d]");
        assert_eq!(spaced.glued(1..4), Some(1..4));
        assert_eq!(spaced.glued(6..8).map(|tag| &text[tag]), Some("!c"));
        assert_eq!(spaced.glued(1..3), None);
    }

    #[test]
    fn an_escaped_backslash_escapes_nothing() {
        assert_eq!(escaped_slash(r#""a\\/b""#), None);
        assert_eq!(escaped_slash(r#""a\\\/b""#), Some(4..6));
    }
}
