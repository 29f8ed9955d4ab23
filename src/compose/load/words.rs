//! A command written as one text → its words, the way Compose splits it, which is not quite the way a shell does.

use std::ops::Range;

/// Splits a command. An unquoted `;`, `&`, `|`, `<` or `>` ends it, and what follows is dropped.
pub(super) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut splitter = Splitter::default();
    for c in text.chars() {
        if splitter.take(c)? == Step::End {
            break;
        }
    }
    splitter.finish()
}

/// What the split drops of a command: from the first unquoted operator, with the stream's digit before it, to the last
/// thing that stands there. Nothing where the command cannot be split at all.
#[must_use]
pub fn dropped(text: &str) -> Option<Range<usize>> {
    let mut splitter = Splitter::default();
    let mut word_start = 0;
    for (at, c) in text.char_indices() {
        let had_word = splitter.word.is_some();
        if !had_word && !splitter.escaped {
            word_start = at;
        }
        if splitter.take(c).ok()? == Step::End {
            let is_cut = had_word && splitter.word.is_none();
            return Some(if is_cut { word_start } else { at }..text.trim_end().len());
        }
    }
    None
}

const INVALID: &str = "the command cannot be split into words: a quote, a bracket or a backslash has no counterpart";

#[derive(PartialEq, Eq)]
enum Step {
    Next,
    End,
}

/// What a character stands in.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Inside {
    /// Nothing that is quoted.
    #[default]
    Open,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// `` `…` ``, which stays as it stands.
    Backquotes,
    /// `$(…)`, which stays as it stands, and cannot have another bracket in it.
    Brackets,
}

#[derive(Default)]
struct Splitter {
    words: Vec<String>,
    /// The word that is being read; none between words.
    word: Option<String>,
    inside: Inside,
    escaped: bool,
}

impl Splitter {
    fn take(&mut self, c: char) -> Result<Step, &'static str> {
        if self.escaped {
            self.escaped = false;
            self.push_escaped(c);
        } else if c == '\\' && self.inside != Inside::Single {
            self.escaped = true;
        } else {
            match self.inside {
                Inside::Open => return self.take_open(c),
                Inside::Single => self.take_until(c, '\'', false),
                Inside::Double => self.take_until(c, '"', false),
                Inside::Backquotes => self.take_until(c, '`', true),
                Inside::Brackets if c == '(' => return Err(INVALID),
                Inside::Brackets => self.take_until(c, ')', true),
            }
        }
        Ok(Step::Next)
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn push_escaped(&mut self, c: char) {
        if matches!(self.inside, Inside::Backquotes | Inside::Brackets) {
            self.push('\\');
            return self.push(c);
        }
        self.push(match c {
            't' => '\t',
            'n' => '\n',
            _ => c,
        });
    }

    fn take_until(&mut self, c: char, end: char, keeps_end: bool) {
        if c != end || keeps_end {
            self.push(c);
        }
        if c == end {
            self.inside = Inside::Open;
        }
    }

    fn take_open(&mut self, c: char) -> Result<Step, &'static str> {
        match c {
            ' ' | '\t' | '\r' | '\n' => self.words.extend(self.word.take()),
            // A pair of quotes with nothing between them is a word too.
            '\'' | '"' => {
                self.word.get_or_insert_default();
                self.inside = if c == '"' { Inside::Double } else { Inside::Single };
            }
            '`' => {
                self.push(c);
                self.inside = Inside::Backquotes;
            }
            '(' if self.word.as_deref().is_some_and(|word| word.ends_with('$')) => {
                self.push(c);
                self.inside = Inside::Brackets;
            }
            '(' | ')' => return Err(INVALID),
            ';' | '&' | '|' | '<' | '>' => {
                self.cut(c);
                return Ok(Step::End);
            }
            _ => self.push(c),
        }
        Ok(Step::Next)
    }

    /// The command ends at an operator. The digit of `2>file` names a stream and is no word.
    fn cut(&mut self, operator: char) {
        let starts_with_digit = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
        if operator == '>' && self.word.as_ref().is_some_and(starts_with_digit) {
            self.word = None;
        }
    }

    fn finish(mut self) -> Result<Vec<String>, &'static str> {
        if self.escaped || self.inside != Inside::Open {
            return Err(INVALID);
        }
        self.words.extend(self.word.take());
        Ok(self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_and_quotes_undone() {
        for (text, words) in [
            ("a  b\tc", &["a", "b", "c"][..]),
            ("", &[]),
            (r#"sh -c 'a "b"' "c 'd'""#, &["sh", "-c", "a \"b\"", "c 'd'"]),
            (r#"a\ b "x\"y\n" ''"#, &["a b", "x\"y\n", ""]),
            ("a && b", &["a"]),
            ("echo 2>f", &["echo"]),
            ("a # b", &["a", "#", "b"]),
            ("`a b` $(c d)e", &["`a b`", "$(c d)e"]),
            (r"\$(a b) '(' \( `'a` x\)", &["$(a b)", "(", "(", "`'a`", "x)"]),
            (r#"$(a "b\) c\n) "$(a "b" c)""#, &[r#"$(a "b\) c\n)"#, "$(a b c)"]),
            (r"`a \` \t`", &[r"`a \` \t`"]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
        for text in [
            "'a",
            "\"a",
            "a\\",
            "(a",
            "a)",
            "`a",
            "$(a",
            "$(b (c)",
            "$(a ')' b)",
            "a ) b )",
        ] {
            assert!(split(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_dropped_starts_at_the_operator_that_ends_the_split() {
        for (text, expected) in [
            ("npm ci && npm test", Some("&& npm test")),
            ("a;", Some(";")),
            ("a | b > c\n", Some("| b > c")),
            ("pip install x>1 y", Some(">1 y")),
            ("echo 2>f", Some("2>f")),
            ("echo \\2>f", Some("\\2>f")),
            ("ü <f", Some("<f")),
            ("> f", Some("> f")),
            ("a & (", Some("& (")),
            ("a '&&' \"||\" \\; `|` $(<)", None),
            ("a ( && b", None),
            ("'a && b", None),
            ("", None),
        ] {
            assert_eq!(dropped(text).map(|range| &text[range]), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_not_dropped_is_what_is_split(text in "[a2ü \\n'\"`$()\\\\;&|<>]{0,16}") {
            match (dropped(&text), split(&text)) {
                (Some(range), words) => proptest::prop_assert_eq!(split(&text[..range.start]), words),
                (None, Ok(_)) => {
                    let plain = text.replace([';', '&', '|', '<', '>'], "x");
                    proptest::prop_assert!(dropped(&plain).is_none());
                }
                (None, Err(_)) => {}
            }
        }
    }
}
