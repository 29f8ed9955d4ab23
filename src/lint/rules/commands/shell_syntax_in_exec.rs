//! What a shell would have replaced, and nobody does.

use super::text::{Argv, as_text, main, short};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::places::part;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::{is_shell, program_name};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "shell-syntax-in-exec",
    summary: "a command uses what only a shell replaces, and no shell reads it",
    why: "The words of a command reach the program as they stand: it is asked for a file that is called `*.xml`, or gets \
          `&&` as an argument.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  report:
    image: busybox:1
    command: cat «/out/*.txt»
  tests:
    image: node:22
    command: [npm, ci, «\"&&\"», npm, test]
",
    good: "\
services:
  report:
    image: busybox:1
    command: sh -c \"cat /out/*.txt\"
  tests:
    image: node:22
    command: [sh, -c, npm ci && npm test]
",
    fixed: None,
    check,
};

/// Programs that take the names of files, and no patterns of names.
const TAKES_FILES: [&str; 14] = [
    "cat",
    "chmod",
    "chown",
    "cp",
    "du",
    "head",
    "ls",
    "md5sum",
    "mkdir",
    "mv",
    "rm",
    "sha256sum",
    "tail",
    "wc",
];

/// Programs with a language of their own, in which such words have a meaning.
const READS_ITSELF: [&str; 17] = [
    "awk",
    "concurrently",
    "env",
    "expr",
    "find",
    "jq",
    "make",
    "node",
    "nodemon",
    "parallel",
    "perl",
    "php",
    "python",
    "python3",
    "sed",
    "watch",
    "watchexec",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        if let Some(finding) = main(service).and_then(|argv| finding(project, service, &argv)) {
            found.push_once(finding);
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>) -> Option<Diagnostic> {
    let words = argv.words();
    let program = program_name(words.first()?);
    let is_program = !program.starts_with('-') && !program.contains(' ');
    if !is_program || words.iter().any(|word| is_shell(word)) || READS_ITSELF.contains(&program) {
        return None;
    }
    let set = |name: &str| service.node.at(&["environment", name]).is_some();
    let (index, word, what) = words
        .iter()
        .enumerate()
        .skip(1)
        .find_map(|(index, word)| Some((index, *word, what(program, word, set)?)))?;
    let node = argv.nodes().nth(index)?;
    let place = match as_text(project, node).map(|(_, text)| text) {
        Some(text) if project.text(node.span) != word && text != word => {
            let start = text.find(word);
            start.map_or(node.span, |start| {
                part(project, node.span, &text, start..start + word.len())
            })
        }
        _ => node.span,
    };
    let name = service.name();
    Some(
        at(
            place,
            format!(
                "\"{program}\" in \"{name}\" gets {what} \"{}\" as it stands: no shell reads it",
                short(word)
            ),
        )
        .help("give the command to a shell: [\"sh\", \"-ec\", \"…\"]"),
    )
}

/// What a shell would take a word for.
fn what(program: &str, word: &str, is_set: impl Fn(&str) -> bool) -> Option<&'static str> {
    if matches!(
        word,
        "&&" | "||" | "|" | ">" | ">>" | "2>&1" | "2>/dev/null" | ">/dev/null"
    ) {
        return Some("the operator");
    }
    // A server hands such a setting to a shell of its own: `archive_command` of PostgreSQL.
    if word
        .split_once('=')
        .is_some_and(|(setting, _)| setting.ends_with("_command"))
    {
        return None;
    }
    if word.starts_with("~/") {
        return Some("the home directory");
    }
    let is_path = !word.starts_with('-') && !word.contains("://");
    if TAKES_FILES.contains(&program) && is_path && word.contains('*') {
        return Some("the pattern");
    }
    let inner = word
        .split_once("$(")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(inner, _)| inner);
    if inner.is_some_and(|inner| inner.starts_with(|c: char| c.is_ascii_lowercase())) {
        return Some("the command in");
    }
    let name = word.split_once('$')?.1.trim_start_matches('{');
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(name.len());
    is_set(name.get(..end)?).then_some("the variable in")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn command(value: &str) -> Vec<String> {
        found(
            &RULE,
            &format!("services:\n  a:\n    image: i\n    environment: {{A: b}}\n    {value}\n"),
        )
    }

    #[test]
    fn programs_with_patterns_of_their_own_are_left_alone() {
        for value in [
            "command: pytest tests/*.py",
            "command: find . -name *.py",
            "command: make A=$$(A)",
            "command: mongosh --eval '$$set'",
            "command: sh -c 'ls *'",
            "entrypoint: [sh, -c]\n    command: ['ls *']",
            "command: --path ~/a",
            "command: echo $$B",
            "command: curl http://a/*",
            "command: awk '{print $$A}'",
            "command: [postgres, -c, 'archive_command=backup --as=$${A} %p']",
        ] {
            assert!(command(value).is_empty(), "{value}");
        }
    }

    #[test]
    fn what_a_shell_would_replace_is_found() {
        for (value, expected) in [
            ("command: ls -l ~/a", "~/a"),
            ("command: echo $$A", "$$A"),
            ("command: [echo, '$$A']", "'$$A'"),
            ("command: touch $(date)", "$(date)"),
            ("entrypoint: rm\n    command: [/tmp/*]", "/tmp/*"),
            ("command: [a, '2>&1']", "'2>&1'"),
        ] {
            assert_eq!(command(value), [expected], "{value}");
        }
    }
}
