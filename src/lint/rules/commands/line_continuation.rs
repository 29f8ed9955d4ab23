//! A backslash at the end of a line, which joins nothing.

use super::text::{Part, all, as_text};
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::places::is_own;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "line-continuation",
    summary: "a backslash at the end of a line of a command becomes a part of its words",
    why: "Compose splits a command into words by itself. A backslash keeps the blank or the line break behind it in the \
          word, where a shell would join the lines: the program gets an argument that is a line break, or an option that \
          begins with a blank.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: >
      pytest «\\»
      --verbose
",
    good: "\
services:
  tests:
    image: app:1
    command: >
      pytest
      --verbose
",
    fixed: Some(
        "\
services:
  tests:
    image: app:1
    command: >
      pytest
      --verbose
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for argv in all(service) {
            for part in &argv.parts {
                if let Some(finding) = finding(project, service, *part) {
                    found.push_once(finding);
                }
            }
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, part: Part<'_>) -> Option<Diagnostic> {
    let span = part.node.span;
    let raw = project.text(span);
    let ends = line_ends(raw);
    let first = *ends.first()?;
    let (_, text) = as_text(project, part.node)?;
    let (open, quoted) = kept(&text);
    if open + quoted == 0 {
        return None;
    }
    let edits = ends.iter().map(|at| {
        let blanks = raw
            .get(..*at)
            .map_or(0, |before| before.len() - before.trim_end_matches(' ').len());
        Edit::replace(span.part(at - blanks, at + 1), "")
    });
    // In quotes, the lines would have to be joined.
    let can_fix = open == ends.len() && is_own(project, service, span);
    let fix = can_fix.then(|| {
        Fix::safe("take the backslashes away", edits.collect())
            .changing(&["services.*.command", "services.*.entrypoint"])
    });
    let (name, what) = (service.name(), part.what);
    let help = if quoted == 0 {
        "take the backslashes away: a line break parts words like a blank"
    } else {
        "write the command as a list: [\"sh\", \"-ec\", \"…\"]"
    };
    let message =
        format!("this backslash in the {what} of \"{name}\" joins no lines: what follows it stays in the word");
    Some(at(span.part(first, first + 1), message).help(help).fix(fix))
}

/// The backslashes that end a line of a value.
fn line_ends(raw: &str) -> Vec<usize> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in raw.split_inclusive('\n') {
        let text = line.trim_end();
        if line.ends_with('\n') && text.ends_with('\\') && !text.ends_with("\\\\") {
            found.push(start + text.len() - 1);
        }
        start += line.len();
    }
    found
}

/// How many backslashes keep a blank or a line break in a word: between words, and in double quotes.
fn kept(text: &str) -> (usize, usize) {
    let (mut open, mut quoted) = (0, 0);
    let mut quote = None;
    let mut before = ' ';
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (None | Some('"'), '\\') => {
                let next = characters.next();
                let is_alone = before.is_whitespace() && matches!(next, Some(' ' | '\n' | '\r'));
                open += usize::from(quote.is_none() && is_alone);
                quoted += usize::from(quote.is_some() && next == Some('\n'));
                before = ' ';
                continue;
            }
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    (open, quoted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn command(value: &str) -> usize {
        found(&RULE, &format!("services:\n  a:\n    image: i\n    command: {value}\n")).len()
    }

    #[test]
    fn what_joins_lines_or_belongs_to_a_word_is_fine() {
        for value in [
            "|\n      sh -c 'a \\\n      b'",
            ">\n      sh -c \"a \\\n      b\"",
            ">\n      a My\\ File\n      b",
            "\"a \\\n      b\"",
            "[sh, -c, \"a \\\n      b\"]",
            ">\n      a\n      b",
            ">\n      a 'b \\\n      c'",
        ] {
            assert_eq!(command(value), 0, "{value}");
        }
    }

    #[test]
    fn what_stays_in_a_word_is_found() {
        for value in [
            "|\n      a \\\n      b",
            ">\n      a \\\n        b",
            "a \\\n      b",
            "|\n      sh -c \"a \\\n      b\"",
        ] {
            assert_eq!(command(value), 1, "{value}");
        }
    }
}
