//! A health check that passes whatever happens.

use super::insert;
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::health::{Check, Step, Word, check as check_of};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::Then;
use crate::source::Span;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-cannot-fail",
    summary: "a health check passes even where the service does not work",
    why: "Only the exit code of the check counts. One that ends in `true`, or `curl` without `-f`, which takes an answer of \
          500 for a success, says \"healthy\" of a service that is not, and the tests start all the same.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  app:
    image: app:1
    healthcheck:
      test: «curl» http://127.0.0.1:8000/health
  worker:
    image: app:1
    healthcheck:
      test: [\"CMD-SHELL\", \"./ping-queue || «true»\"]
",
    good: "\
services:
  app:
    image: app:1
    healthcheck:
      test: curl -f http://127.0.0.1:8000/health
  worker:
    image: app:1
    healthcheck:
      test: [\"CMD-SHELL\", \"./ping-queue\"]
",
    fixed: Some(
        "\
services:
  app:
    image: app:1
    healthcheck:
      test: curl -f http://127.0.0.1:8000/health
  worker:
    image: app:1
    healthcheck:
      test: [\"CMD-SHELL\", \"./ping-queue\"]
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let check = check_of(service).filter(|check| check.items().len() == 1 || !check.is_shell);
        found.extend_once(check.and_then(|check| finding(project, service, &check)));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, check: &Check<'_>) -> Option<Diagnostic> {
    let (name, steps) = (service.name(), check.steps(project));
    if let Some((span, what)) = always_passes(check, &steps) {
        let message = format!("the health check of \"{name}\" always passes: {what}");
        let fix = without_rescue(project, &steps);
        return Some(
            at(span, message)
                .help("let it end with what tells whether the service works")
                .fix(fix),
        );
    }
    let curl = steps
        .iter()
        .find(|step| step.program() == "curl" && takes_errors(step))?;
    let word = curl.words.first()?;
    let message = format!("the health check of \"{name}\" takes an answer of 500 for a success");
    let fix = insert::behind(project, check, word, &["-f"])
        .map(|edits| Fix::safe("let curl fail", edits).changing(&["services.*.healthcheck.test"]));
    Some(at(word.span, message).help("write curl -f").fix(fix))
}

/// Where and how a check passes in any case.
fn always_passes(check: &Check<'_>, steps: &[Step]) -> Option<(Span, String)> {
    let Some(last) = steps.last() else {
        return Some((check.test.span, "there is nothing in it".to_owned()));
    };
    // Somewhere in the middle it may end, or not come to its end.
    let may_end = |step: &Step| {
        let is_exit = matches!(step.program(), "exit" | "return" | "exec" | "kill" | "set" | "trap");
        step.place.in_function || is_exit && !is_success(step)
    };
    let place = last.place;
    if place.in_condition || place.in_subshell || last.is_negated || !is_success(last) || steps.iter().any(may_end) {
        return None;
    }
    let span = last.words.first()?.span;
    let text: Vec<&str> = last.words.iter().map(|word| word.text.as_str()).collect();
    let text = text.join(" ");
    let before = steps.len().checked_sub(2).and_then(|at| steps.get(at));
    match before.map(|before| before.then) {
        None => Some((span, format!("there is nothing in it but \"{text}\""))),
        Some(Then::Or) => Some((span, format!("\"{text}\" runs where it fails"))),
        Some(Then::Semicolon | Then::Newline) if steps.iter().all(|step| !step.stops_at_errors) => {
            Some((span, format!("\"{text}\" comes last")))
        }
        _ => None,
    }
}

/// The check without `|| true` at its end.
fn without_rescue(project: &Project<'_>, steps: &[Step]) -> Option<Fix> {
    let [.., before, last] = steps else { return None };
    let (from, to) = (before.words.last()?, last.words.last()?);
    let is_plain = |word: &Word| project.text(word.span) == word.text;
    let span = Span {
        start: from.span.end,
        ..to.span
    };
    let is_rescue = before.then == Then::Or && project.text(span).trim_start().starts_with("||");
    let edit = Edit::replace(span, "");
    (is_plain(from) && is_plain(to) && is_rescue)
        .then(|| Fix::unsafe_("let it fail", vec![edit]).changing(&["services.*.healthcheck.test"]))
}

/// Whether a command always succeeds.
fn is_success(step: &Step) -> bool {
    let arguments: Vec<&str> = step.arguments().iter().map(|word| word.text.as_str()).collect();
    match step.program() {
        // `echo > /dev/tcp/localhost/80` asks the port.
        _ if step.is_redirected => false,
        "true" | ":" | "echo" | "printf" => true,
        "exit" => arguments == ["0"],
        _ => false,
    }
}

/// Whether `curl` passes where a server answers with an error, and that decides.
fn takes_errors(step: &Step) -> bool {
    let fails = |word: &str| {
        let is_cluster = word.starts_with('-') && !word.starts_with("--");
        word.starts_with("--fail") || is_cluster && word.contains('f')
    };
    let mut words = step.arguments().iter().map(|word| word.text.as_str());
    let decides = matches!(step.then, Then::End | Then::And | Then::Or);
    let asks_itself = |word: &str| {
        // An option for a file, another protocol, or a format that something looks at.
        word.starts_with("-K") || word.starts_with("--config") || word.contains("%{") || word.starts_with("--version")
    };
    let is_http = |word: &str| !word.contains("://") || word.starts_with("http://") || word.starts_with("https://");
    decides && words.all(|word| !fails(word) && !asks_itself(word) && is_http(word)) && !step.arguments().is_empty()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(test: &str) -> Vec<String> {
        found(
            &RULE,
            &format!("services:\n  a:\n    image: x\n    healthcheck:\n      test: {test}\n"),
        )
    }

    #[test]
    fn it_always_passes() {
        for (test, place) in [
            ("exit 0", "exit"),
            ("[CMD, \"true\"]", "\"true\""),
            ("\"\"", "\"\""),
            ("a || echo failed", "echo"),
            ("a; exit 0", "exit"),
            ("[CMD, sh, \"-c\", \"a || true\"]", "true"),
            ("a && b || exit 0", "exit"),
        ] {
            assert_eq!(of(test), [place], "{test}");
        }
    }

    #[test]
    fn it_can_fail() {
        for test in [
            "a || exit 1",
            "a && echo ok",
            "a || (echo failed && exit 1)",
            "if a; then exit 1; fi; true",
            "set -e; a; true",
            "[CMD, sh, \"-ec\", \"a; true\"]",
            "test -f /ready",
            "echo ruok | nc localhost 2181 | grep imok",
            "while ! a; do true; done; b",
            "[NONE]",
            "echo > /dev/tcp/localhost/80",
            "[CMD-SHELL, curl, x]",
        ] {
            assert_eq!(of(test), Vec::<String>::new(), "{test}");
        }
    }

    #[test]
    fn curl_fails_where_it_is_told_to() {
        for test in [
            "curl -f x",
            "curl -sSf x",
            "curl --fail x || exit 1",
            "curl --fail-with-body x",
            "curl -s x | grep ok",
            "test \"$$(curl -s x)\" = ok",
            "curl telnet://x:1",
            "curl -s -o /dev/null -w '%{http_code}' x",
            "[CMD, curl, \"-fsS\", x]",
        ] {
            assert_eq!(of(test), Vec::<String>::new(), "{test}");
        }
        assert_eq!(of("curl x || exit 1"), ["curl"]);
        assert_eq!(of("[CMD, /usr/bin/curl, \"-s\", \"http://x\"]"), ["/usr/bin/curl"]);
    }
}
