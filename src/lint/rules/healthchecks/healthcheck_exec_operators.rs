//! Operators of a shell in a health check that no shell reads.

use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::edits::split_item;
use crate::lint::health::{Check, check as check_of};
use crate::lint::places::quoted;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::script_of;
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
    fixed: Some(
        "\
services:
  app:
    image: app:1
    healthcheck:
      test: [\"CMD-SHELL\", \"curl -f http://127.0.0.1 || exit 1\"]
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let check = check_of(service).filter(|check| !check.is_shell);
        found.extend_once(check.and_then(|check| finding(project, service, &check)));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, check: &Check<'_>) -> Option<Diagnostic> {
    let (name, words) = (service.name(), check.words());
    if let [line] = &words[..]
        && line.trim().contains(char::is_whitespace)
    {
        let message = format!("the health check of \"{name}\" is one word, and no program has that name");
        return Some(
            at(check.items().first()?.span, message)
                .help("write CMD-SHELL in the place of CMD")
                .fix(for_shell(project, check, line)),
        );
    }
    if script_of(&words).is_some() {
        return None;
    }
    if let Some(finding) = program_with_blanks(project, service, check) {
        return Some(finding);
    }
    let is_operator = |node: &&Node| node.as_str().is_some_and(|word| OPERATORS.contains(&word));
    let operator = check.items().iter().skip(1).find(is_operator)?;
    let program = words.first()?;
    let message = format!(
        "no shell reads the health check of \"{name}\": {program} gets \"{}\" as an argument",
        operator.as_str()?
    );
    let line: Option<Vec<String>> = words.iter().map(|word| shell_word(word)).collect();
    let fix = line.and_then(|line| for_shell(project, check, &line.join(" ")));
    Some(
        at(operator.span, message)
            .help("write [\"CMD-SHELL\", \"…\"] with the whole command in one text")
            .fix(fix),
    )
}

/// The first of several words, where it is more than the name of a program.
fn program_with_blanks(project: &Project<'_>, service: &Service<'_>, check: &Check<'_>) -> Option<Diagnostic> {
    let item = check.items().first()?;
    let text = item.as_str().filter(|text| text.trim().contains(' '))?;
    let edit = split_item(project, service, check.test, item);
    let fix = edit.map(|edit| Fix::safe("split the words", vec![edit]).changing(&["services.*.healthcheck.test"]));
    let name = service.name();
    Some(
        at(
            item.span,
            format!("the health check of \"{name}\" is to run a program that is called {text:?}"),
        )
        .help("write each word as an item")
        .fix(fix),
    )
}

/// The check as a text for the shell. Nothing where a shell would find more in it than was meant.
fn for_shell(project: &Project<'_>, check: &Check<'_>, line: &str) -> Option<Fix> {
    let raw = project.text(check.test.span);
    let is_list = raw.starts_with('[') && raw.ends_with(']') && !raw.contains(['$', '#']);
    let edit = Edit::replace(check.test.span, format!("[\"CMD-SHELL\", {}]", quoted(line)));
    is_list.then(|| Fix::safe("let a shell read it", vec![edit]).changing(&["services.*.healthcheck.test"]))
}

/// A word as a shell has to read it; nothing where that is not plain.
fn shell_word(word: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if OPERATORS.contains(&word) || !word.is_empty() && word.chars().all(is_plain) {
        return Some(word.to_owned());
    }
    (!word.contains('\'')).then(|| format!("'{word}'"))
}

#[cfg(test)]
mod tests {
    use super::{RULE, shell_word};
    use crate::lint::rules::testing::{fixed, found};

    #[test]
    fn a_program_with_blanks_in_its_name_is_split() {
        let file = |test: &str| format!("services:\n  a:\n    image: i\n    healthcheck:\n      test: {test}\n");
        let wrong = file(r#"["CMD", "pg_isready -h db", "-U", "x"]"#);
        assert_eq!(
            fixed(&RULE, &wrong),
            file(r#"["CMD", "pg_isready", "-h", "db", "-U", "x"]"#)
        );
        assert!(found(&RULE, &file(r#"["CMD", "pg_isready", "-U", "a b"]"#)).is_empty());
        assert_eq!(found(&RULE, &file(r"['CMD', 'C:\Program Files\a', 'b']")).len(), 1);
    }

    #[test]
    fn words_keep_what_they_mean() {
        let line = |words: &[&str]| words.iter().map(|word| shell_word(word)).collect::<Option<Vec<_>>>();
        assert_eq!(
            line(&["curl", "http://x?a&b", "|", "grep", "-q", "a b"]).map(|line| line.join(" ")),
            Some("curl 'http://x?a&b' | grep -q 'a b'".to_owned())
        );
        assert_eq!(line(&["it's", "|", "b"]), None);
    }

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
