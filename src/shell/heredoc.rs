//! Here-documents: text that starts on the next line and ends at a line of its own.

use std::ops::Range;

/// One that was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heredoc {
    /// The line that ends it.
    delimiter: String,
    /// `<<-`: tabs before each line count for nothing.
    strips_tabs: bool,
    /// Whether the text is taken as it stands, without expansions.
    pub(super) is_literal: bool,
}

/// Reads `<<WORD`, of which `at` is the first byte, and gives the place behind it as well.
pub(super) fn announced(text: &str, at: usize) -> (Heredoc, usize) {
    let rest = text.get(at + 2..).unwrap_or_default();
    let (strips_tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start_matches([' ', '\t']);
    let (delimiter, is_literal, length) = delimiter(rest);
    let heredoc = Heredoc {
        delimiter,
        strips_tabs,
        is_literal,
    };
    (heredoc, text.len() - rest.len() + length)
}

/// The word at the start of a text without its quotes, whether there were any, and how long it is.
fn delimiter(text: &str) -> (String, bool, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut is_literal = false;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if is_escaped => {
                word.push(c);
                is_escaped = false;
            }
            (None | Some('"'), '\\') => (is_escaped, is_literal) = (true, true),
            (None, '\'' | '"') => (quote, is_literal) = (Some(c), true),
            (Some(open), _) if open == c => quote = None,
            (None, ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')') => {
                return (word, is_literal, at);
            }
            _ => word.push(c),
        }
    }
    (word, is_literal, text.len())
}

impl Heredoc {
    /// Where its text lies, which starts at `start`, and where the line after it begins.
    pub(super) fn body(&self, text: &str, start: usize) -> (Range<usize>, usize) {
        let mut at = start;
        for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
            let end = at + line.len();
            let line = if self.strips_tabs {
                line.trim_start_matches('\t')
            } else {
                line
            };
            if line.trim_end_matches(['\n', '\r']) == self.delimiter {
                return (start..at, end);
            }
            at = end;
        }
        (start.min(text.len())..text.len(), text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> (&str, &str, bool) {
        let (heredoc, next) = announced(text, 0);
        let line = next + text[next..].find('\n').unwrap() + 1;
        let (body, end) = heredoc.body(text, line);
        (&text[body], &text[end..], heredoc.is_literal)
    }

    #[test]
    fn a_heredoc_ends_at_a_line_of_its_own() {
        assert_eq!(body("<<E x\na\nE b\nE\nc"), ("a\nE b\n", "c", false));
        assert_eq!(body("<< 'E'\na\nE\n"), ("a\n", "", true));
        assert_eq!(body("<<\\E\r\na\r\nE\r\nb"), ("a\r\n", "b", true));
        assert_eq!(body("<<-E\n\ta\n\tE\nb"), ("\ta\n", "b", false));
        assert_eq!(body("<<\"E F\"\nE\nE F\nb"), ("E\n", "b", true));
        assert_eq!(body("<<E\na\n E"), ("a\n E", "", false));
    }
}
