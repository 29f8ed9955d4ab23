//! A health check for the shell in several words.

use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::health::{Check, check as check_of};
use crate::lint::places::quoted;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-shell-extra-args",
    summary: "a health check is given to the shell in several words, and all but the first are lost",
    why: "`CMD-SHELL` takes one text. Of `[\"CMD-SHELL\", \"curl\", \"-f\", …]` the shell runs `curl` alone, and of \
          `[\"CMD-SHELL\", \"sh\", \"-c\", \"exit 1\"]` a shell without a script, which ends well: the container is healthy \
          whatever happens.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    image: app:1
    healthcheck:
      test: [«\"CMD-SHELL\"», \"curl\", \"-f\", \"http://127.0.0.1\"]
",
    good: "\
services:
  app:
    image: app:1
    healthcheck:
      test: [\"CMD\", \"curl\", \"-f\", \"http://127.0.0.1\"]
",
    fixed: Some(
        "\
services:
  app:
    image: app:1
    healthcheck:
      test: [\"CMD\", \"curl\", \"-f\", \"http://127.0.0.1\"]
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let check = check_of(service).filter(|check| check.is_shell && check.items().len() > 1);
        found.extend_once(check.and_then(|check| finding(project, service, &check)));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, check: &Check<'_>) -> Option<Diagnostic> {
    let keyword = check.test.items().next()?;
    let (name, first) = (service.name(), *check.words().first()?);
    let message = format!("the shell runs \"{first}\" alone for the health of \"{name}\"");
    let raw = project.text(keyword.span);
    let edit = Edit::replace(keyword.span, raw.replace("CMD-SHELL", "CMD"));
    let fix = Fix::safe("hand the words to the program", vec![edit]).changing(&["services.*.healthcheck.test"]);
    let is_plain = raw.contains("CMD-SHELL") && check.words().iter().all(|word| is_plain(word));
    // The words of `sh -c SCRIPT` are read by that shell.
    let is_shell = crate::shell::script_of(&check.words()).is_some();
    let help = if !is_shell && check.words().iter().any(|word| needs_shell(word)) {
        format!(
            "write the whole command in one text: {}",
            quoted(&check.words().join(" "))
        )
    } else {
        "write CMD in its place, or the whole command in one text".to_owned()
    };
    Some(
        at(keyword.span, message)
            .help(help)
            .fix((is_plain || is_shell && raw.contains("CMD-SHELL")).then_some(fix)),
    )
}

/// Whether a word says something to a shell that no program understands.
fn needs_shell(word: &str) -> bool {
    let is_operator = |part: &str| ["|", "||", "&&", ";", ">", ">>", "<", "2>&1"].contains(&part);
    word.split_ascii_whitespace().any(is_operator) || word.contains('$') || word.ends_with(';')
}

/// Whether a word means the same to a program as to a shell.
fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && !word.contains([
            '|', '&', ';', '<', '>', '$', '`', '*', '?', '~', '(', ')', '\'', '"', ' ',
        ])
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rule::Found;
    use crate::lint::rules::testing::with_project;

    #[test]
    fn what_only_a_shell_understands_is_not_sent_to_a_program() {
        for (test, help) in [
            (
                "[CMD-SHELL, curl x, \"|\", grep UP]",
                "write the whole command in one text: \"curl x | grep UP\"",
            ),
            (
                "[CMD-SHELL, curl, x, \"||\", exit, \"1\"]",
                "write the whole command in one text: \"curl x || exit 1\"",
            ),
            (
                "[CMD-SHELL, curl, x]",
                "write CMD in its place, or the whole command in one text",
            ),
        ] {
            let file = format!("services:\n  a:\n    image: x\n    healthcheck: {{test: {test}}}\n");
            let found = with_project(&file, |project| {
                let mut found = Found::default();
                (RULE.check)(project, &mut found);
                found.into_findings()
            });
            assert_eq!(found[0].help.as_deref(), Some(help), "{test}");
        }
    }

    #[test]
    fn only_plain_words_are_handed_over() {
        for (test, is_found, is_fixed) in [
            ("[CMD-SHELL, \"curl -f x\"]", false, false),
            ("curl -f x", false, false),
            ("[CMD-SHELL, sh, \"-c\", \"exit 1 || b\"]", true, true),
            ("[CMD-SHELL, curl, x, \"||\", exit, \"1\"]", true, false),
            ("[CMD-SHELL, pg_isready, \"-U\", \"$$USER\"]", true, false),
            ("[CMD-SHELL, pg_isready, \"-q\"]", true, true),
        ] {
            let file = format!("services:\n  a:\n    image: x\n    healthcheck: {{test: {test}}}\n");
            let found = with_project(&file, |project| {
                let mut found = Found::default();
                (RULE.check)(project, &mut found);
                found.into_findings()
            });
            assert_eq!(!found.is_empty(), is_found, "{test}");
            assert_eq!(found.iter().any(|found| found.fix.is_some()), is_fixed, "{test}");
        }
    }
}
