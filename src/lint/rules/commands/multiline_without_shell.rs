//! Lines of which only the first is a command.

use super::lines::{folded_lines, second_command};
use super::text::{Argv, Part, all, as_text, in_shell, short};
use crate::compose::load::dropped;
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::is_shell;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "multiline-without-shell",
    summary: "a command has more than one line, and no shell to run them",
    why: "Compose splits the whole text into words, line breaks or not: what looks like the second command is handed to \
          the first one as arguments.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22
    command: «|
      npm ci
      npm test»
",
    good: "\
services:
  tests:
    image: node:22
    command:
      - sh
      - -ec
      - |
        npm ci
        npm test
",
    fixed: Some(
        "\
services:
  tests:
    image: node:22
    command:
      - sh
      - -ec
      - |
        npm ci
        npm test
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for argv in all(service) {
            if let [part] = argv.parts.as_slice()
                && let Some(finding) = finding(project, service, &argv, *part)
            {
                found.push_once(finding);
            }
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>, part: Part<'_>) -> Option<Diagnostic> {
    let (written, text) = as_text(project, part.node)?;
    let folded = folded_lines(project, part.node);
    let second = match &folded {
        Some(lines) => second_command(lines)?,
        None => second_command(&text.lines().collect::<Vec<_>>())?,
    };
    if dropped(&text).is_some() || argv.words().first().is_none_or(|word| is_shell(word)) {
        return None;
    }
    let name = service.name();
    let mut fix = in_shell(project, service, part.node.span, written);
    if let Some(edit) = fix.as_mut().filter(|_| folded.is_some()) {
        edit.text = edit.text.replacen("- >", "- |", 1);
    }
    Some(
        at(
            part.node.span,
            format!(
                "\"{}\" is no command of \"{name}\", but arguments of the first line",
                short(second)
            ),
        )
        .help("give the lines to a shell: [\"sh\", \"-ec\", …]")
        .fix(fix.map(|edit| {
            Fix::unsafe_("give the lines to a shell", vec![edit])
                .changing(&["services.*.command", "services.*.entrypoint"])
        })),
    )
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::{fixed, found};

    #[test]
    fn lines_that_are_folded_are_looked_at_as_they_are_written() {
        let file = |command: &str| format!("services:\n  a:\n    image: i\n    command:{command}\n");
        let wrong = file(" >\n      npm ci\n      npm test");
        assert_eq!(found(&RULE, &wrong).len(), 1);
        let list = file("\n      - sh\n      - -ec\n      - |\n        npm ci\n        npm test");
        assert_eq!(fixed(&RULE, &wrong), list);
        for fine in [
            " >\n      npm test\n      --watch=false",
            " >-\n      node\n      server.js",
        ] {
            assert_eq!(found(&RULE, &file(fine)), [""; 0], "{fine}");
        }
        assert_eq!(found(&RULE, &file(" |\n      echo a\n      nginx")).len(), 1);
    }
}
