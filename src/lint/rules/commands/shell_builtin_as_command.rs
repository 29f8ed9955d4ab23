//! A command that only a shell knows.

use super::text::{Argv, as_text, main};
use crate::compose::load::dropped;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::places::part;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "shell-builtin-as-command",
    summary: "a command begins with a word that only a shell understands",
    why: "No shell reads the command: `cd` and `NAME=value` are looked for as programs. No image has such a program, and \
          the container does not start.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22
    command: «NODE_ENV=test» npm test
",
    good: "\
services:
  tests:
    image: node:22
    command: npm test
    environment:
      NODE_ENV: test
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        if let Some(finding) = main(service).and_then(|argv| finding(project, service, &argv)) {
            found.push_once(finding);
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>) -> Option<Diagnostic> {
    let key = argv.parts.first()?;
    let text = as_text(project, key.node).map(|(_, text)| text);
    // What is cut off at an operator is told as that, and takes this with it.
    if text.as_deref().is_some_and(|text| dropped(text).is_some()) {
        return None;
    }
    let words = argv.words();
    let (first, second) = (*words.first()?, words.get(1).copied());
    let help = help(first, second)?;
    let span = argv.nodes().next()?.span;
    let place = match text.as_deref() {
        Some(text) => part(project, span, text, text.find(first)?..text.find(first)? + first.len()),
        None => span,
    };
    let (name, what) = (service.name(), key.what);
    let message = format!("the {what} of \"{name}\" begins with \"{first}\", which only a shell understands");
    Some(at(place, message).help(help))
}

fn help(first: &str, second: Option<&str>) -> Option<&'static str> {
    const SHELL: &str = "give it to a shell: [\"sh\", \"-ec\", \"…\"]";
    let has_path = second.is_some_and(|word| word.contains(['/', '.']));
    let has_assignment = second.is_some_and(is_assignment);
    match first {
        "cd" if second.is_some() => Some("set working_dir, or give the command to a shell: [\"sh\", \"-ec\", \"…\"]"),
        "source" | "." if has_path => Some(SHELL),
        "export" | "alias" if has_assignment => Some(SHELL),
        _ if is_assignment(first) && second.is_some() => Some("set the variable in environment"),
        _ => None,
    }
}

fn is_assignment(word: &str) -> bool {
    let is_name = |name: &str| {
        let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && name.chars().all(is_part)
    };
    word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_programs_use_too_are_no_builtins() {
        for words in [
            "cd /app",
            ". ./env",
            "source env.sh",
            "export A=1",
            "A=1 b",
            "_A1=$(b) c",
        ] {
            let (first, second) = words.split_once(' ').unwrap();
            assert!(help(first, Some(second)).is_some(), "{words}");
        }
        for words in ["export --dir a", "source a", "a=b c", "--a=b c", "npm test", "A b"] {
            let (first, second) = words.split_once(' ').unwrap();
            assert!(help(first, Some(second)).is_none(), "{words}");
        }
    }
}
