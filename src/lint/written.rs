//! Values beside their texts as they are written: which bytes of the file each part of a value comes from.

use std::borrow::Cow;
use std::ops::Range;

use super::project::Project;
use crate::compose::load::{interpolate_text, variable_at};
use crate::source::Span;

/// In a longer text, parts are not searched for: that takes a look through all of it for each.
const SEARCHED: usize = 4096;

/// A value at a place, of which parts are asked for.
#[derive(Debug)]
pub struct Parts<'a> {
    span: Span,
    raw: &'a str,
    text: Cow<'a, str>,
    places: Places,
}

/// For each byte of a text, as far as it could be followed: where what stands for it begins, and one past where that ends.
#[derive(Debug, Default)]
struct Places {
    begins: Vec<u32>,
    ends: Vec<u32>,
}

impl<'a> Parts<'a> {
    /// Follows the text of the value at `span`.
    #[must_use]
    pub fn new<'p: 'a>(project: &Project<'p>, span: Span, text: impl Into<Cow<'a, str>>) -> Self {
        let (raw, text) = (project.text(span), text.into());
        let known = |name: &str| project.model.variables.get(name).cloned();
        let mut follower = Follower {
            raw,
            at: 0,
            form: Form::of(raw),
            blank_until: 0,
            places: Places::default(),
        };
        follower.follow(&text, &known);
        Self {
            span,
            raw,
            text,
            places: follower.places,
        }
    }

    /// The place of a part of the text; all of the value where that is not known.
    #[must_use]
    pub fn at(&self, range: Range<usize>) -> Span {
        let Some(wanted) = self.text.get(range.clone()).filter(|wanted| !wanted.is_empty()) else {
            return self.span;
        };
        let begin = self.places.begins.get(range.start);
        match (begin, self.places.ends.get(range.end - 1)) {
            (Some(begin), Some(end)) => self.span.part(*begin as usize, *end as usize),
            _ => self.searched(wanted, range.start),
        }
    }

    /// A part that stands in the text as often as in what is written.
    fn searched(&self, wanted: &str, start: usize) -> Span {
        if self.text.len() > SEARCHED {
            return self.span;
        }
        let count = self.text.matches(wanted).count();
        let earlier = self.text.match_indices(wanted).filter(|(at, _)| *at < start).count();
        // A dollar sign that is none of compose's is written twice.
        let doubled = wanted.replace('$', "$$");
        for written in [&*doubled, wanted] {
            let mut places = self.raw.match_indices(written);
            if let Some((at, _)) = places
                .nth(earlier)
                .filter(|_| self.raw.matches(written).count() == count)
            {
                return self.span.part(at, at + written.len());
            }
        }
        self.span
    }
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Single,
    Double,
    /// `|`, with so many blanks before each line.
    Literal(usize),
    /// `>`, of which no more is followed.
    Folded,
}

impl Form {
    fn of(raw: &str) -> Self {
        match raw.as_bytes().first() {
            Some(b'\'') => Self::Single,
            Some(b'"') => Self::Double,
            Some(b'|') => {
                let mut lines = raw.split('\n').skip(1);
                let first = lines.find(|line| !line.trim().is_empty()).unwrap_or_default();
                Self::Literal(first.len() - first.trim_start_matches(' ').len())
            }
            Some(b'>') => Self::Folded,
            _ => Self::Plain,
        }
    }
}

/// Goes along a text and what is written for it.
struct Follower<'a> {
    raw: &'a str,
    at: usize,
    form: Form,
    /// Blanks up to here are known to have no line break among them.
    blank_until: usize,
    places: Places,
}

impl Follower<'_> {
    /// Goes on until what is written says something else, or in a way that is not known here.
    fn follow(&mut self, text: &str, known: &dyn Fn(&str) -> Option<String>) {
        match self.form {
            Form::Single | Form::Double => self.at = 1,
            Form::Literal(_) => {
                self.at = self.raw.find('\n').unwrap_or(self.raw.len());
                self.indent();
            }
            Form::Plain => {}
            Form::Folded => return,
        }
        let mut done = 0;
        while let Some(length) = text.get(done..).and_then(|rest| self.step(rest, known)) {
            done += length;
        }
    }

    /// Takes in what stands for the beginning of a text, and gives the length of that.
    fn step(&mut self, text: &str, known: &dyn Fn(&str) -> Option<String>) -> Option<usize> {
        let rest = self.raw.get(self.at..)?;
        let (c, next) = (text.chars().next()?, rest.chars().next()?);
        if rest.starts_with("$$") && c == '$' {
            return Some(self.take(2, 1));
        }
        if next == '$'
            && let Some(use_) = variable_at(rest)
        {
            let value = interpolate_text(use_, known).ok()?;
            return text.starts_with(&value).then(|| self.take(use_.len(), value.len()));
        }
        let is_flow = matches!(self.form, Form::Plain | Form::Single | Form::Double);
        if is_flow && self.is_fold(rest) {
            let blanks = rest.len() - rest.trim_start().len();
            let breaks = rest.get(..blanks)?.matches('\n').count();
            let meant = if breaks == 1 {
                " ".to_owned()
            } else {
                "\n".repeat(breaks - 1)
            };
            return text.starts_with(&meant).then(|| self.take(blanks, meant.len()));
        }
        match self.form {
            Form::Literal(_) if c == '\n' && rest.starts_with(['\n', '\r']) => {
                let length = 1 + usize::from(next == '\r');
                self.take(length, 1);
                self.at -= 1;
                self.indent();
                Some(1)
            }
            Form::Single if rest.starts_with("''") && c == '\'' => Some(self.take(2, 1)),
            Form::Double if next == '\\' => {
                let escaped = rest.chars().nth(1)?;
                let meant = match escaped {
                    'n' => '\n',
                    't' => '\t',
                    '"' | '\\' | ' ' => escaped,
                    _ => return None,
                };
                (c == meant).then(|| self.take(2, 1))
            }
            _ => (c == next).then(|| self.take(c.len_utf8(), c.len_utf8())),
        }
    }

    /// Whether blanks with a line break among them come next.
    fn is_fold(&mut self, rest: &str) -> bool {
        if self.at < self.blank_until {
            return false;
        }
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        self.blank_until = self.at + blanks;
        rest.get(blanks..).is_some_and(|rest| rest.starts_with('\n'))
    }

    /// So many bytes stand for so many of the text.
    fn take(&mut self, written: usize, length: usize) -> usize {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (begin, end) = (place(self.at), place(self.at + written));
        self.places.begins.extend(std::iter::repeat_n(begin, length));
        self.places.ends.extend(std::iter::repeat_n(end, length));
        self.at += written;
        length
    }

    /// Past a line break, and the blanks before the line behind it.
    fn indent(&mut self) {
        let Form::Literal(indent) = self.form else { return };
        let line = self.raw.get(self.at + 1..).unwrap_or_default();
        let blanks = line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
        self.at += 1 + blanks;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    /// What is written for each word of the command of the service `a`.
    fn words(command: &str, words: &[&str]) -> Vec<String> {
        let text =
            format!("services:\n  a:\n    image: i\n    entrypoint: [sh, -c]\n    command:\n      - {command}\n");
        with_project(&text, |project| {
            let node = &project.service("a").unwrap().items("command").as_slice()[0];
            let text = node.as_str().unwrap();
            let parts = Parts::new(project, node.span, text);
            let shown = words.iter().map(|word| {
                let at = text.find(word).unwrap();
                project.text(parts.at(at..at + word.len())).to_owned()
            });
            shown.collect()
        })
    }

    #[test]
    fn parts_are_found_however_a_value_is_written() {
        assert_eq!(words("a $$B c", &["a", "$B", "c"]), ["a", "$$B", "c"]);
        assert_eq!(words("'a ''b'' é $UNSET c'", &["'b'", "é", " c"]), ["''b''", "é", " c"]);
        assert_eq!(words("\"a \\\"b\\\" c\"", &["\"b\"", "c"]), ["\\\"b\\\"", "c"]);
        assert_eq!(
            words("a b\n        c d", &["b", "b c", "d"]),
            ["b", "b\n        c", "d"]
        );
        assert_eq!(
            words("|\n        a b\n          c\n\n        d", &["b", "c", "d"]),
            ["b", "c", "d"]
        );
        assert_eq!(words("\"a b ${UNSET:-x y} c\"", &["y", "c"]), ["${UNSET:-x y}", "c"]);
    }

    #[test]
    fn what_cannot_be_followed_is_searched_for() {
        assert_eq!(words(">\n        a\n        b c\n", &["b"]), ["b"]);
        let folded = words(">\n        a\n        b c\n", &["a b"]);
        assert_eq!(folded, [">\n        a\n        b c"], "all of it");
    }
}
