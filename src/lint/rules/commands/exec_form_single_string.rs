//! A list of one item that is a whole command.

use std::fs;

use super::lines::second_command;
use super::text::{Argv, main};
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::lint::edits::split_item;
use crate::lint::places::quoted;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "exec-form-single-string",
    summary: "a list holds a whole command as one word",
    why: "In a list every item is one word, and nothing splits it: the engine looks for a program whose name is \
          `npm test`, blank and all, does not find it, and the container does not start.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22
    command: [«\"npm test\"»]
",
    good: "\
services:
  tests:
    image: node:22
    command: [\"npm\", \"test\"]
",
    fixed: Some(
        "\
services:
  tests:
    image: node:22
    command: [\"npm\", \"test\"]
",
    ),
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
    let part = argv.parts.first()?;
    let items = part.node.as_seq()?;
    let item = items.first()?;
    if items.len() > 1 && !are_commands(items) {
        return None;
    }
    let text = item.as_str()?;
    let is_command = text.trim().contains(' ') && !text.contains('\\') && !text.starts_with('-');
    let is_entrypoint = part.what == "entrypoint";
    if !is_command || project.is_text(part.node.span) || (!is_entrypoint && has_own_entrypoint(project, service)) {
        return None;
    }
    let name = service.name();
    let edit = split_item(project, service, part.node, item).filter(|_| items.len() == 1);
    let finding = at(
        item.span,
        format!(
            "the {} of \"{name}\" is one word, {}, which is no program",
            part.what,
            quoted(text)
        ),
    );
    Some(
        finding
            .help("write each word as an item, or the whole as a text without brackets")
            .fix(edit.map(|edit| {
                Fix::safe("split the words", vec![edit]).changing(&["services.*.command", "services.*.entrypoint"])
            })),
    )
}

/// Whether every item is a command of its own: two of them that begin with programs.
fn are_commands(items: &[Node]) -> bool {
    let texts: Vec<&str> = items.iter().filter_map(Node::as_str).collect();
    let has_words = |text: &&str| text.trim().contains(' ');
    texts.len() == items.len() && texts.iter().all(has_words) && second_command(&texts).is_some()
}

/// Whether the image may take the one word for a script: where it has an entrypoint of its own, as far as that is known.
fn has_own_entrypoint(project: &Project<'_>, service: &Service<'_>) -> bool {
    if service.get("build").is_none() {
        return false;
    }
    let text = project
        .dockerfile_path(service)
        .and_then(|path| fs::read_to_string(path).ok());
    text.is_none_or(|text| text.to_ascii_uppercase().contains("ENTRYPOINT"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_script_behind_a_shell_is_one_word() {
        for value in [
            "entrypoint: [sh, -c]\n    command: [\"npm test\"]",
            "command: \"npm test\"",
            "command: [npm, run test]",
            "command: [\"npm run\", \"my test\"]",
            "command: [\"--config a\"]",
            "command: ['C:\\Program Files\\a']",
        ] {
            let files = format!("services:\n  a:\n    image: i\n    {value}\n");
            assert!(found(&RULE, &files).is_empty(), "{value}");
        }
        let two = "services:\n  a:\n    image: i\n    command: [\"npm ci --quiet\", \"npm test\"]\n";
        assert_eq!(found(&RULE, two), ["\"npm ci --quiet\""]);
        let built = "services:\n  a:\n    build: .\n    command: [a b]\n== Dockerfile ==\nFROM i\n";
        assert_eq!(found(&RULE, built), ["a b"]);
        let built = format!("{built}ENTRYPOINT [\"sh\", \"-c\"]\n");
        assert!(found(&RULE, &built).is_empty());
    }
}
