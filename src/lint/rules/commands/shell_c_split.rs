//! A script of which the shell gets the first word alone.

use super::lines::second_command;
use super::text::{Argv, main, short};
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::places::{is_own, quoted};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "shell-c-split",
    summary: "a shell is given one word of a script, and ignores the others",
    why: "The script of `sh -c` is the one word behind it. In `sh -c npm test` that is `npm`, which runs without any \
          argument; `test` becomes the script's name. A program that only prints its help then counts as a success.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22
    command: «sh -c npm test»
  lint:
    image: node:22
    entrypoint: [sh, -c]
    command: [«npm», run, lint]
",
    good: "\
services:
  tests:
    image: node:22
    command: sh -c \"npm test\"
  lint:
    image: node:22
    entrypoint: [sh, -c]
    command: [\"npm run lint\"]
",
    fixed: Some(
        "\
services:
  tests:
    image: node:22
    command: sh -c \"npm test\"
  lint:
    image: node:22
    entrypoint: [sh, -c]
    command: [\"npm run lint\"]
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
    let (script, node) = argv.script()?;
    let words = argv.words();
    let lost = words.get(script.index + 1..)?;
    let is_name = |word: &&str| matches!(*word, "--" | "_" | "-" | "sh" | "bash" | "ash");
    // A script that uses its arguments is given them on purpose.
    if lost.is_empty() || lost.first().is_some_and(is_name) || script.text.contains('$') || is_sourcing(script.text) {
        return None;
    }
    let is_word = !script.text.trim().contains(char::is_whitespace);
    let level = if is_word { Severity::Error } else { Severity::Warning };
    let name = service.name();
    let (ran, lost) = (short(script.text), lost.join(" "));
    let part = argv.part_of(node);
    let help = match part.and_then(|part| second_command(&written_lines(project, part.node))) {
        Some(_) => {
            "give it the lines as one item of a list that is written with |, and \"set -e\" before them".to_owned()
        }
        None => format!("make the script one word: {}", quoted(&format!("{ran} {lost}"))),
    };
    let fix = is_word
        .then(|| fix(project, service, argv, script.index, node))
        .flatten();
    Some(
        at(
            node.span,
            format!(
                "the shell of \"{name}\" runs \"{ran}\" and ignores \"{}\"",
                short(&lost)
            ),
        )
        .help(help)
        .at_most(level)
        .fix(fix),
    )
}

/// The lines of a text that is written over several.
fn written_lines<'a>(project: &Project<'a>, node: &Node) -> Vec<&'a str> {
    let text = project.text(node.span);
    let body = text
        .split_once('\n')
        .filter(|(header, _)| header.starts_with(['|', '>']));
    body.map_or(text, |(_, body)| body).lines().collect()
}

/// `. ./file a` hands its arguments on.
fn is_sourcing(script: &str) -> bool {
    script.starts_with(". ") || script.starts_with("source ")
}

fn fix(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>, index: usize, node: &Node) -> Option<Fix> {
    let part = argv.part_of(node)?;
    let last = argv.parts.last()?;
    if !std::ptr::eq(part.node, last.node) || !is_own(project, service, part.node.span) {
        return None;
    }
    let edit = if project.is_text(part.node.span) {
        in_text(
            project,
            part.node,
            part.node.items().any(|item| item.as_str() == Some("-c")),
        )?
    } else {
        in_list(project, argv, index)?
    };
    Some(Fix::safe("make the script one word", vec![edit]).changing(&["services.*.command", "services.*.entrypoint"]))
}

/// Puts the rest of a plain text in quotes, or makes it the one item of a list.
fn in_text(project: &Project<'_>, node: &Node, has_option: bool) -> Option<Edit> {
    let raw = project.text(node.span);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=@,&|;+".contains(c);
    if !raw.chars().all(is_plain) {
        return None;
    }
    if !has_option {
        return Some(Edit::replace(node.span, format!("[{}]", quoted(raw))));
    }
    let start = raw.find(" -c ")? + 4;
    let rest = raw.get(start..)?;
    Some(Edit::replace(node.span.part(start, raw.len()), format!("\"{rest}\"")))
}

fn in_list(project: &Project<'_>, argv: &Argv<'_>, index: usize) -> Option<Edit> {
    let nodes: Vec<&Node> = argv.nodes().skip(index).collect();
    let (first, last) = (nodes.first()?.span, nodes.last()?.span);
    let raws: Vec<&str> = nodes.iter().map(|node| project.text(node.span)).collect();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    let texts: Option<Vec<&str>> = nodes.iter().map(|node| node.as_str()).collect();
    let texts = texts.filter(|texts| texts.iter().all(|text| text.chars().all(is_plain)))?;
    let span = Span::new(first.source, first.range().start, last.range().end);
    let is_flow = first.source == last.source && !project.text(span).contains(['\n', '#']);
    let is_known = raws.iter().zip(&texts).all(|(raw, text)| raw.contains(text));
    (is_flow && is_known).then(|| Edit::replace(span, quoted(&texts.join(" "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_script_that_uses_its_arguments_gets_them() {
        for value in [
            "command: sh -c \"npm test\"",
            "command: [sh, -c, 'echo \"$$1\"', sh, a]",
            "command: [sh, -c, 'exec \"$$@\"', a, b]",
            "command: [sh, -c, run.sh, --]",
            "command: [sh, -c, ./run.sh]",
            "command: sh run.sh -c a",
        ] {
            let files = format!("services:\n  a:\n    image: i\n    {value}\n");
            assert!(found(&RULE, &files).is_empty(), "{value}");
        }
    }

    #[test]
    fn the_script_may_stand_in_another_key() {
        let text =
            "services:\n  a:\n    image: i\n    entrypoint: bash -c\n    command: |\n      npm ci\n      npm test\n";
        assert_eq!(found(&RULE, text), ["|\n      npm ci\n      npm test"]);
        let text = "services:\n  a:\n    image: i\n    command: [sh, -c, npm ci, npm test]\n";
        assert_eq!(found(&RULE, text), ["npm ci"]);
    }
}
