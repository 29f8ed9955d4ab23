//! What stands behind the first operator of a command.

use super::text::{Argv, Part, all, as_text, in_shell, short};
use crate::compose::load::dropped;
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::lint::places::part;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::is_shell;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "command-operator-dropped",
    summary: "a command goes on behind a shell operator, and that part never runs",
    why: "Compose gives a command that is written as one text to no shell. It splits it into words, and drops everything \
          from the first `&&`, `||`, `;`, `|`, `<` or `>` on without a word: of `npm ci && npm test`, only `npm ci` runs, \
          and its success is taken for that of the tests.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22
    command: npm ci «&& npm test»
",
    good: "\
services:
  tests:
    image: node:22
    command: [\"sh\", \"-ec\", \"npm ci && npm test\"]
",
    fixed: Some(
        "\
services:
  tests:
    image: node:22
    command: [\"sh\", \"-ec\", \"npm ci && npm test\"]
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for argv in all(service) {
            for part in &argv.parts {
                if let Some(finding) = finding(project, service, &argv, *part) {
                    found.push_once(finding);
                }
            }
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>, command: Part<'_>) -> Option<Diagnostic> {
    let (written, text) = as_text(project, command.node)?;
    let lost = lost(&text)?;
    let start = lost.start;
    let lost = text.get(lost)?;
    let line = lost.lines().next().unwrap_or(lost);
    let place = part(project, command.node.span, &text, start..start + line.len());
    let name = service.name();
    let level = if lost.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('>') {
        Severity::Warning
    } else {
        Severity::Error
    };
    let finding = at(
        place,
        format!(
            "the {} of \"{name}\" ends here: \"{}\" never runs",
            command.what,
            short(lost)
        ),
    );
    let is_whole = command.what != "command" || !argv.has_entrypoint();
    let first = command.node.items().next().and_then(crate::yaml::Node::as_str);
    let can_wrap = is_whole && first.is_some_and(|word| !word.starts_with('-') && !is_shell(word));
    let edit = in_shell(project, service, command.node.span, written).filter(|_| can_wrap);
    let fix = edit.map(|edit| {
        Fix::unsafe_("give the command to a shell", vec![edit])
            .changing(&["services.*.command", "services.*.entrypoint"])
    });
    Some(
        finding
            .help("give it to a shell: [\"sh\", \"-ec\", \"…\"]")
            .at_most(level)
            .fix(fix),
    )
}

/// What is dropped, where something besides operators is.
fn lost(text: &str) -> Option<std::ops::Range<usize>> {
    let range = dropped(text)?;
    let is_more = |c: char| !c.is_whitespace() && !"&|;<>".contains(c);
    text.get(range.clone())?.contains(is_more).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn command(value: &str) -> Vec<String> {
        found(&RULE, &format!("services:\n  a:\n    image: i\n    {value}\n"))
    }

    #[test]
    fn what_is_quoted_or_a_list_stays() {
        for value in [
            "command: sh -c \"a && b\"",
            "command: [sh, -c, a && b]",
            "command: a \\; b",
            "command: nginx &",
            "command: npm start;",
            "command: a ${X-b}",
            "healthcheck: {test: a || b}",
        ] {
            assert!(command(value).is_empty(), "{value}");
        }
    }

    #[test]
    fn what_many_services_run_is_told_once() {
        let text = "x-c: &c a && b\nservices: {a: {image: i, command: *c}, b: {image: i, command: *c}}\n";
        assert_eq!(found(&RULE, text), ["&& b"]);
    }

    #[test]
    fn every_place_of_a_command_is_looked_at() {
        assert_eq!(command("entrypoint: a ; b"), ["; b"]);
        assert_eq!(command("command: pip install x>1 y"), [">1 y"]);
        assert_eq!(command("command: |\n      a &&\n      b"), ["&&"]);
        assert_eq!(command("post_start: [{command: a | b}]"), ["| b"]);
        assert_eq!(command("command: a ${X:-b} && c"), ["&& c"]);
    }
}
