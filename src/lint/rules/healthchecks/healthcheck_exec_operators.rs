//! Operators of a shell in a health check that no shell reads.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::health::{Check, check as check_of};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::shell::script_of;
use crate::yaml::Node;

/// What only a shell understands.
const OPERATORS: [&str; 13] = [
    "&",
    "&&",
    "1>/dev/null",
    "2>&1",
    "2>/dev/null",
    ";",
    "<",
    ">",
    ">/dev/null",
    ">>",
    "|",
    "|&",
    "||",
];

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-exec-operators",
    summary: "a health check has operators of a shell, and no shell reads it",
    why: "What follows `CMD` is one program and its arguments. `||`, `|` and `>` are given to that program as they are, and \
          the check fails or passes for reasons of its own.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    image: app:1
    healthcheck:
      test: [\"CMD\", \"curl\", \"-f\", \"http://127.0.0.1\", «\"||\"», \"exit\", \"1\"]
",
    good: "\
services:
  app:
    image: app:1
    healthcheck:
      test: [\"CMD-SHELL\", \"curl -f http://127.0.0.1 || exit 1\"]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let check = check_of(service).filter(|check| !check.is_shell);
        found.0.extend(check.and_then(|check| finding(service, &check)));
    }
}

fn finding(service: &Service<'_>, check: &Check<'_>) -> Option<Diagnostic> {
    let (name, words) = (service.name(), check.words());
    if let [line] = &words[..]
        && line.trim().contains(char::is_whitespace)
    {
        let message = format!("the health check of \"{name}\" is one word, and no program has that name");
        return Some(at(check.items().first()?.span, message).help("write CMD-SHELL in the place of CMD"));
    }
    if script_of(&words).is_some() {
        return None;
    }
    let is_operator = |node: &&Node| node.as_str().is_some_and(|word| OPERATORS.contains(&word));
    let operator = check.items().iter().skip(1).find(is_operator)?;
    let program = words.first()?;
    let message = format!(
        "no shell reads the health check of \"{name}\": {program} gets \"{}\" as an argument",
        operator.as_str()?
    );
    Some(at(operator.span, message).help("write [\"CMD-SHELL\", \"…\"] with the whole command in one text"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_shell_may_read_them() {
        for (test, is_found) in [
            ("[CMD, curl, x, \"||\", exit, \"1\"]", true),
            ("[CMD, \"curl -f x\"]", true),
            ("[CMD, pg_isready, \"2>&1\"]", true),
            ("[CMD, sh, \"-c\", \"a || b\"]", false),
            ("[CMD, bash, \"-ec\", \"a\", \"|\"]", false),
            ("[CMD-SHELL, \"a || b\"]", false),
            ("[CMD, mysql, \"-e\", \"select 1 > 0\"]", false),
            ("[CMD, ./check]", false),
        ] {
            let file = format!("services:\n  a:\n    image: x\n    healthcheck: {{test: {test}}}\n");
            assert_eq!(!found(&RULE, &file).is_empty(), is_found, "{test}");
        }
    }
}
