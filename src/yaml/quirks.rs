//! Where Compose's reader and the parser part ways on the bare text: what has to be looked for around the parser.

use std::borrow::Cow;
use std::ops::Range;

/// What goes before such a comma: blanks that no one writes, so that they can be told from those of the text.
const BLANKS: &str = "\t \t";

/// A text with blanks before each comma that may stand right behind a tag. The parser gives up by a panic at such a comma,
/// where Compose tells an error. Outside of quotes and blocks the blanks change nothing, and inside they are taken out of
/// the value again.
pub(super) struct Spaced<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where the added blanks begin.
    blanks: Vec<usize>,
}

impl<'a> Spaced<'a> {
    /// The same text with its blanks: as it is in nearly every file.
    pub(super) fn new(text: Cow<'a, str>) -> Self {
        let commas = text.match_indices(',').map(|(at, _)| at);
        let suspects: Vec<usize> = commas.filter(|at| may_end_tag(&text[..*at])).collect();
        if suspects.is_empty() {
            return Self {
                text,
                blanks: Vec::new(),
            };
        }
        let mut spaced = String::with_capacity(text.len() + BLANKS.len() * suspects.len());
        let mut blanks = Vec::with_capacity(suspects.len());
        let mut from = 0;
        for comma in suspects {
            spaced.push_str(&text[from..comma]);
            blanks.push(spaced.len());
            spaced.push_str(BLANKS);
            from = comma;
        }
        spaced.push_str(&text[from..]);
        Self {
            text: Cow::Owned(spaced),
            blanks,
        }
    }

    /// The place in the original text of a place in this one. Inside added blanks it is where they begin.
    pub(super) fn original(&self, at: usize) -> usize {
        let before = self.blanks.partition_point(|blank| *blank < at);
        let Some(last) = before.checked_sub(1) else { return at };
        at.max(self.blanks[last] + BLANKS.len()) - BLANKS.len() * before
    }

    /// A value as the original text has it.
    pub(super) fn restore(&self, value: String) -> String {
        if self.blanks.is_empty() {
            return value;
        }
        value.replace(&format!("{BLANKS},"), ",")
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
    fn only_commas_behind_what_may_be_a_tag_get_blanks() {
        let spaced = |text: &'static str| Spaced::new(text.into()).text.replace(BLANKS, "_");
        assert_eq!(spaced("[a, b,c] # ! x, y"), "[a, b,c] # ! x, y");
        assert_eq!(spaced("[!a,'b!,',!<c>,é,d]"), "[!a_,'b!_,',!<c>_,é,d]");
    }

    #[test]
    fn places_and_values_lead_back_to_the_original() {
        let text = "[!ab,!c,d]";
        let spaced = Spaced::new(text.into());
        for (at, _) in spaced.text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            assert_eq!(
                text[spaced.original(at)..].chars().next(),
                spaced.text[at..].chars().next()
            );
        }
        assert_eq!((spaced.original(4), spaced.original(5), spaced.original(7)), (4, 4, 4));
        assert_eq!(spaced.restore("x!\t \t, y".to_owned()), "x!, y");
    }

    #[test]
    fn an_escaped_backslash_escapes_nothing() {
        assert_eq!(escaped_slash(r#""a\\/b""#), None);
        assert_eq!(escaped_slash(r#""a\\\/b""#), Some(4..6));
    }
}
