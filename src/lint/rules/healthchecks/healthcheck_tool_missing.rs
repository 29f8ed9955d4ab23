//! A check with a program that its image does not have.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::base::Base;
use crate::lint::health::{Check, Step, check as check_of};
use crate::lint::images::known;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::Then;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-tool-missing",
    summary: "a health check runs a program that the image does not have",
    why: "The check runs inside the container. Images of databases have their own client and little else, so that `curl` is \
          not found, the check never passes, and what waits for it never starts.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: mariadb:11.4
    healthcheck:
      test: [\"CMD\", «\"mysqladmin\"», \"ping\", \"-h\", \"127.0.0.1\"]
",
    good: "\
services:
  db:
    image: mariadb:11.4
    healthcheck:
      test: [\"CMD\", \"mariadb-admin\", \"ping\", \"-h\", \"127.0.0.1\"]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        if let Some((base, check)) = Base::of(project, service).zip(check_of(service)) {
            found.extend_once(finding(project, service, &base, &check));
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, base: &Base, check: &Check<'_>) -> Option<Diagnostic> {
    if check.is_shell && base.lacks("sh") {
        let message = format!(
            "the image of \"{}\" has no shell to run its health check",
            service.name()
        );
        return Some(at(check.test.span, message).help("write CMD, and a program that the image has"));
    }
    let steps = check.steps(project);
    // Where another command stands behind `||`, or in an `if`, that one may do the work.
    let is_alone = |(at, step): &(usize, &Step)| {
        let rescue = steps.get(at + 1).map_or("", |next| next.program());
        !step.place.in_condition && (step.then != Then::Or || matches!(rescue, "exit" | "false"))
    };
    let lacking = |(_, step): &(usize, &Step)| base.lacks(step.program());
    let (_, step) = steps.iter().enumerate().filter(is_alone).find(lacking)?;
    let (name, program) = (service.name(), step.program());
    let known = known(&base.image).and_then(|known| known.check);
    let help = match known {
        Some([first, ..]) if *first != program => format!("use what is there: {}", known?.join(" ")),
        _ => "use a program that the image has".to_owned(),
    };
    let message = format!("the image of \"{name}\" has no {program}");
    Some(at(step.words.first()?.span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(image: &str, test: &str) -> Vec<String> {
        let file = format!("services:\n  a:\n    image: {image}\n    healthcheck: {{test: {test}}}\n");
        found(&RULE, &file)
    }

    #[test]
    fn what_an_image_lacks_is_found_where_nothing_stands_in() {
        assert_eq!(of("redis:7", "curl -f x || exit 1"), ["curl"]);
        assert_eq!(of("postgres:16", "[CMD, curl, x]"), ["curl"]);
        assert_eq!(of("node:22-slim", "[CMD, curl, x]"), ["curl"]);
        assert_eq!(of("gcr.io/distroless/static", "wget x"), ["wget x"]);
        for (image, test) in [
            ("node:22", "curl x"),
            ("node:22-alpine", "wget x"),
            ("redis:7", "redis-cli ping"),
            ("redis:7", "curl x || redis-cli ping"),
            ("redis:7-alpine", "wget x"),
            ("mariadb:10.6", "mysqladmin ping"),
            ("me/redis", "curl x"),
            ("elasticsearch:8.15.0", "curl x"),
        ] {
            assert_eq!(of(image, test), Vec::<String>::new(), "{image}: {test}");
        }
    }

    #[test]
    fn what_a_build_adds_is_there() {
        let of = |dockerfile: &str| {
            let head = "services:\n  a:\n    build: .\n    healthcheck: {test: curl x}\n== Dockerfile ==\n";
            found(&RULE, &format!("{head}{dockerfile}"))
        };
        assert_eq!(of("FROM python:3.12-slim\nCMD a\n"), ["curl"]);
        assert_eq!(of("FROM python:3.12-slim AS base\nFROM base\nCMD a\n"), ["curl"]);
        assert_eq!(of("FROM python:3.12-slim\nRUN apt-get install -y curl\n"), [""; 0]);
        assert_eq!(of("FROM python:3.12 AS base\nFROM base\n"), [""; 0]);
    }
}
