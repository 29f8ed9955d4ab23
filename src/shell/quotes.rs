//! Which part of a script belongs together: quotes, expansions, comments and here-documents, each of which may stand in
//! another. Nesting is kept on a list, so that no script can exhaust the stack.

use std::ops::Range;

use super::heredoc::{self, Heredoc};

/// What a place stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    /// `"…"`.
    Double,
    /// `$(…)`, and brackets in it.
    Brackets,
    /// `$((…))`, in which `<<` and `#` are operators.
    Arithmetic,
    /// `${…}`.
    Braces,
    /// `${…}` in double quotes, where `'` is an ordinary character.
    QuotedBraces,
    /// `` `…` ``.
    Backquotes,
}

/// Walks through a script.
#[derive(Default)]
pub(super) struct Quotes {
    inside: Vec<Inside>,
    announced: Vec<Heredoc>,
    /// The here-documents passed by the last step in which expansions are made.
    pub(super) bodies: Vec<Range<usize>>,
}

/// Where an expansion ends that starts at `at`, at a `$` or a backquote; the next byte where there is none.
pub(super) fn expansion_end(text: &str, at: usize) -> usize {
    end(text, at, &[])
}

/// Where an expansion ends that starts at `at` between double quotes.
pub(super) fn quoted_expansion_end(text: &str, at: usize) -> usize {
    end(text, at, &[Inside::Double])
}

/// Where the bracket that opens at `at` is closed, one past it.
pub(super) fn bracket_end(text: &str, at: usize) -> usize {
    let mut quotes = Quotes {
        inside: vec![Inside::Brackets],
        ..Quotes::default()
    };
    quotes.leave(text, at + 1, 0)
}

fn end(text: &str, at: usize, around: &[Inside]) -> usize {
    let mut quotes = Quotes {
        inside: around.to_vec(),
        ..Quotes::default()
    };
    let next = quotes.step(text, at);
    quotes.leave(text, next, around.len())
}

impl Quotes {
    /// Walks on until no more than `depth` things are open.
    fn leave(&mut self, text: &str, mut at: usize, depth: usize) -> usize {
        while at < text.len() && self.inside.len() > depth {
            at = self.step(text, at);
        }
        at.min(text.len())
    }

    /// Passes one character, or what cannot hold an expansion as a whole, and gives the place behind it. That place may
    /// lie inside a character behind a backslash; no byte there is taken for one that has a meaning.
    pub(super) fn step(&mut self, text: &str, at: usize) -> usize {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        match (rest, self.inside.last().copied()) {
            ([b'\\', ..], _) => at + 2,
            ([b'`', ..], Some(Inside::Backquotes))
            | ([b'"', ..], Some(Inside::Double))
            | ([b'}', ..], Some(Inside::Braces | Inside::QuotedBraces))
            | ([b')', ..], Some(Inside::Brackets | Inside::Arithmetic)) => {
                self.inside.pop();
                at + 1
            }
            (_, Some(Inside::Backquotes)) => at + 1,
            ([b'`', ..], _) => self.enter(Inside::Backquotes, at + 1),
            ([b'"', ..], _) => self.enter(Inside::Double, at + 1),
            ([b'$', b'(', b'(', ..], _) => {
                self.inside.push(Inside::Arithmetic);
                self.enter(Inside::Arithmetic, at + 3)
            }
            ([b'$', b'(', ..], _) => self.enter(Inside::Brackets, at + 2),
            ([b'$', b'{', ..], Some(Inside::Double | Inside::QuotedBraces)) => self.enter(Inside::QuotedBraces, at + 2),
            ([b'$', b'{', ..], _) => self.enter(Inside::Braces, at + 2),
            (_, Some(Inside::Double | Inside::QuotedBraces)) => at + 1,
            ([b'$', b'\'', ..], _) => ansi_end(text, at + 2),
            ([b'\'', ..], _) => single_end(text, at + 1),
            ([b'(', ..], Some(open @ (Inside::Brackets | Inside::Arithmetic))) => self.enter(open, at + 1),
            (_, None | Some(Inside::Brackets)) => self.step_commands(text, at),
            _ => at + 1,
        }
    }

    fn enter(&mut self, inside: Inside, next: usize) -> usize {
        self.inside.push(inside);
        next
    }

    /// Passes what has a meaning only where commands stand.
    fn step_commands(&mut self, text: &str, at: usize) -> usize {
        let bytes = text.as_bytes();
        match bytes.get(at..).unwrap_or_default() {
            [b'#', ..] if starts_word(bytes, at) => line_end(text, at),
            [b'<', b'<', b'<', ..] => at + 3,
            [b'<', b'<', ..] => {
                let (heredoc, next) = heredoc::announced(text, at);
                self.announced.push(heredoc);
                next
            }
            [b'\n', ..] => self.pass_bodies(text, at + 1),
            _ => at + 1,
        }
    }

    fn pass_bodies(&mut self, text: &str, mut at: usize) -> usize {
        for heredoc in self.announced.drain(..) {
            let (body, next) = heredoc.body(text, at);
            if !heredoc.is_literal {
                self.bodies.push(body);
            }
            at = next;
        }
        at
    }
}

/// Where `'…'` ends of which the text starts at `at`.
pub(super) fn single_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    rest.iter()
        .position(|byte| *byte == b'\'')
        .map_or(text.len(), |length| at + length + 1)
}

/// Where `$'…'` ends of which the text starts at `at`: a backslash keeps a quote from ending it.
pub(super) fn ansi_end(text: &str, mut at: usize) -> usize {
    loop {
        match text.as_bytes().get(at) {
            None => return text.len(),
            Some(b'\'') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

/// Where the line ends that `at` is in, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    rest.iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |length| at + length)
}

fn starts_word(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    before.is_none_or(|byte| b" \t\r\n;&|()".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expansion_ends_where_it_is_closed() {
        for expansion in [
            "$(a)",
            "$(a (b) ')' \")\" \\) `)` ${x:-)} $(b))",
            "$(a # )\n)",
            "$(cat <<E\n)\nE\n)",
            "$((1<<n) + (2 # 3))",
            "${x:-'}' \"}\" \\}}",
            "${#x}",
            "`a \\` $(b`",
            "$'a\\'b'",
        ] {
            let text = format!("{expansion} b)}}");
            assert_eq!(expansion_end(&text, 0), expansion.len(), "{expansion}");
        }
        assert_eq!(expansion_end("$x", 0), 1);
        assert_eq!(expansion_end("$(a", 0), 3);
        assert_eq!(expansion_end("$(a\\", 0), 4);
        assert_eq!(quoted_expansion_end("${x:-it's} b", 0), 10);
        assert_eq!(bracket_end("(a (b)) c)", 0), 7);
    }

    #[test]
    fn nesting_costs_no_stack() {
        let text = "$(".repeat(1 << 16);
        assert_eq!(expansion_end(&text, 0), text.len());
        let text = "$(<<$(".repeat(1 << 14);
        assert_eq!(expansion_end(&text, 0), text.len());
    }
}
