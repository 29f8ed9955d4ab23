//! A terminal for a job.

use super::text::main;
use crate::diagnostic::{Fix, Severity};
use crate::lint::edits::remove_entry;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::is_shell;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "interactive-in-ci",
    summary: "a job has a terminal or an open input that nobody types into",
    why: "With `tty`, programs think that a person watches: they draw progress bars, ask questions and wait for answers. \
          With `stdin_open`, a program that reads its input waits for it until the run is killed.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    tty: «true»
    stdin_open: «true»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
",
    fixed: Some(
        "\
services:
  tests:
    image: app:1
    command: pytest
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project
        .services()
        .iter()
        .filter(|service| service.is_job() && !is_for_people(service))
    {
        for (key, what) in [("tty", "a terminal"), ("stdin_open", "an open input")] {
            let Some(value) = service.get(key).filter(|value| value.as_bool() == Some(true)) else {
                continue;
            };
            let edits = service.key_of(key).and_then(|key| remove_entry(project, key, None));
            let fix = edits
                .map(|edits| Fix::safe("leave it out", edits).changing(&["services.*.stdin_open", "services.*.tty"]));
            let name = service.name();
            found.push_once(
                at(
                    value.span,
                    format!("the job \"{name}\" has {what}, and nobody sits at it"),
                )
                .help(format!("remove \"{key}: true\""))
                .fix(fix),
            );
        }
    }
}

/// Whether it is nothing but a shell, in which somebody works.
fn is_for_people(service: &Service<'_>) -> bool {
    let words = main(service).map(|argv| argv.words()).unwrap_or_default();
    matches!(words.as_slice(), [word] if is_shell(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn servers_and_shells_may_have_a_terminal() {
        let text = "services:\n  web: {image: i, tty: true}\n  test: {image: i, command: bash, tty: true}\n  \
                    lint: {image: i, tty: false}\n";
        assert!(found(&RULE, text).is_empty());
    }
}
