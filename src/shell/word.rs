//! One word of a script, its quotes removed.

use super::Word;
use super::quotes;

/// Reads the word that starts at `start`; it is empty where an operator stands there.
pub(super) fn read(text: &str, start: usize) -> Word {
    let mut reader = Reader {
        text,
        at: start,
        word: String::new(),
        is_quoted: false,
    };
    while reader.step() {}
    Word {
        text: reader.word,
        range: start..reader.at,
        is_quoted: reader.is_quoted,
    }
}

/// Whether a byte ends a word that is not quoted.
fn ends(byte: u8) -> bool {
    b" \t\r\n;&|<>()".contains(&byte)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    word: String,
    is_quoted: bool,
}

impl Reader<'_> {
    /// Reads one part of the word, and says whether more of it may follow.
    fn step(&mut self) -> bool {
        match self.text.as_bytes().get(self.at..).unwrap_or_default() {
            // An array's values are part of the assignment.
            [b'(', ..] if self.word.ends_with('=') => self.keep(quotes::bracket_end(self.text, self.at)),
            [] => return false,
            [byte, ..] if ends(*byte) => return false,
            [b'\\', b'\n', ..] => self.at += 2,
            [b'\\', ..] => self.escaped(),
            [b'$', b'\'', ..] => self.quoted(self.at + 2, quotes::ansi_end(self.text, self.at + 2)),
            [b'\'', ..] => self.quoted(self.at + 1, quotes::single_end(self.text, self.at + 1)),
            [b'"', ..] => self.double(),
            [b'$' | b'`', ..] => self.keep(quotes::expansion_end(self.text, self.at)),
            rest => {
                let is_special = |byte: &u8| ends(*byte) || b"\\$'\"`".contains(byte);
                let length = rest.iter().position(is_special).unwrap_or(rest.len());
                self.keep(self.at + length);
            }
        }
        true
    }

    /// Takes the text up to `end` as it stands.
    fn keep(&mut self, end: usize) {
        self.word.push_str(self.text.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    /// The character behind a backslash.
    fn escaped(&mut self) {
        self.is_quoted = true;
        self.at += 1;
        let next = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        self.keep(self.at + next.map_or(0, char::len_utf8));
    }

    /// A quoted text that starts at `start` and is closed by the last byte before `end`, unless the script ends first.
    fn quoted(&mut self, start: usize, end: usize) {
        self.is_quoted = true;
        self.at = start;
        let inner = self.text.get(start..end).unwrap_or_default();
        self.keep(start + inner.strip_suffix('\'').unwrap_or(inner).len());
        self.at = end;
    }

    fn double(&mut self) {
        self.is_quoted = true;
        self.at += 1;
        loop {
            match self.text.as_bytes().get(self.at..).unwrap_or_default() {
                [] => return,
                [b'"', ..] => {
                    self.at += 1;
                    return;
                }
                [b'\\', b'\n', ..] => self.at += 2,
                [b'\\', b'$' | b'`' | b'"' | b'\\', ..] => self.escaped(),
                [b'$' | b'`', ..] => self.keep(quotes::quoted_expansion_end(self.text, self.at)),
                // The first is a backslash that stands for itself, or nothing special.
                [_, rest @ ..] => {
                    let is_special = |byte: &u8| b"\\$\"`".contains(byte);
                    let length = rest.iter().position(is_special).unwrap_or(rest.len());
                    self.keep(self.at + 1 + length);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_removed_and_expansions_kept() {
        for (text, word, length, is_quoted) in [
            ("abc d", "abc", 3, false),
            ("a'b c'\"d e\"\\ f;", "ab cd e f", 14, true),
            ("\"a\\\"b\\n\\$\"", "a\"b\\n$", 10, true),
            ("a\\\nb c", "ab", 4, false),
            ("\"a\\\nb\"", "ab", 6, true),
            ("$(a b)c \"", "$(a b)c", 7, false),
            ("\"$(a \"b c\")\" d", "$(a \"b c\")", 12, true),
            ("x=(a b)c", "x=(a b)c", 8, false),
            ("$'a\\'b'c", "a\\'bc", 8, true),
            ("a#b&", "a#b", 3, false),
            ("\\ü", "ü", 3, true),
            ("'a", "a", 2, true),
            ("'", "", 1, true),
            ("$'", "", 2, true),
            ("$'\\", "\\", 3, true),
            ("\"a", "a", 2, true),
            ("a\\", "a", 2, true),
            ("''", "", 2, true),
            ("$", "$", 1, false),
            ("|", "", 0, false),
        ] {
            let expected = Word {
                text: word.to_string(),
                range: 0..length,
                is_quoted,
            };
            assert_eq!(read(text, 0), expected, "{text}");
        }
    }
}
