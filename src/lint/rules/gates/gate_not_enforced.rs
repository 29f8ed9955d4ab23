//! A job that is depended on, and not waited for.

use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::event::{Condition, Kind};
use crate::lint::edits::{is_own_item, rewrite};
use crate::lint::project::{Need, Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::rules::commands::is_endless;
use crate::source::Span;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "gate-not-enforced",
    summary: "a service depends on a job and does not wait for its success",
    why: "`depends_on: [tests]` waits until the tests have been started, and not until they have passed: the deploy runs \
          beside them, and `docker compose up --exit-code-from deploy` gives 0 when they fail.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
  deploy:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      - «tests»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
  deploy:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
",
    fixed: Some(
        "\
services:
  tests:
    image: app:1
    command: pytest
  deploy:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for need in service.needs().filter(|need| need.condition == Condition::Started) {
            let job = project.service(&need.key.text).filter(|other| other.is_job());
            // A wait for the success of what never ends would be worse than none.
            let job = job.filter(|job| !is_endless(project, job));
            if let Some(job) = job.filter(|job| !project.waits_for_success(service.name(), job.name())) {
                found.push(finding(service, need, job).fix(fix(project, service, need)));
            }
        }
    }
}

fn finding(service: &Service<'_>, need: Need<'_>, job: &Service<'_>) -> Diagnostic {
    let (name, other) = (service.name(), job.name());
    let level = if service.kind == Kind::Deploy || job.is_check() {
        Severity::Error
    } else {
        Severity::Warning
    };
    at(
        need.place(),
        format!("\"{name}\" starts beside \"{other}\", and does not wait for its success"),
    )
    .label(job.key.span, "runs to completion")
    .help(format!("write {other}: {{condition: service_completed_successfully}}"))
    .at_most(level)
}

const SUCCESS: &str = "service_completed_successfully";

fn fix(project: &Project<'_>, service: &Service<'_>, need: Need<'_>) -> Option<Fix> {
    let place = need.place();
    let edits = if project.text(place).trim_matches(['"', '\'']) == "service_started" {
        vec![rewrite(project, place, SUCCESS)]
    } else {
        long_form(project, service, need, SUCCESS)?
    };
    Some(Fix::unsafe_("wait for its success", edits).changing(&["services.*.depends_on"]))
}

/// Lists of more needs are not written anew: each finding in one would have a fix as long as the list.
const MOST_NEEDS: usize = 50;

/// The list of needs in its long form, in which one of them waits for something.
pub(super) fn long_form(
    project: &Project<'_>,
    service: &Service<'_>,
    need: Need<'_>,
    condition: &str,
) -> Option<Vec<Edit>> {
    let list = project.written(service.get("depends_on")?.span)?;
    let items = list.as_seq().filter(|items| items.len() <= MOST_NEEDS)?;
    if !items.iter().any(|item| item.span == need.key.span) {
        return None;
    }
    let is_flow = project.text(list.span).starts_with('[');
    let mut edits = Vec::new();
    for item in items {
        let name = Some(project.text(item.span)).filter(|name| item.as_str() == Some(*name));
        let name = name.filter(|_| is_own_item(project, item.span))?;
        let condition = if item.span == need.key.span {
            condition
        } else {
            "service_started"
        };
        if is_flow {
            edits.push(Edit::replace(item.span, format!("{name}: {{condition: {condition}}}")));
        } else {
            let (dash, indent, newline) = dash(project, item.span)?;
            let text = format!("{name}:{newline}{indent}  condition: {condition}");
            edits.push(Edit::replace(
                Span {
                    end: item.span.end,
                    ..dash
                },
                text,
            ));
        }
    }
    if is_flow {
        let length = list.span.range().len();
        edits.push(Edit::replace(list.span.part(0, 1), "{"));
        edits.push(Edit::replace(list.span.part(length - 1, length), "}"));
    }
    Some(edits)
}

/// The dash before an item, what stands before it on its line, and how lines end.
fn dash<'a>(project: &Project<'a>, item: Span) -> Option<(Span, &'a str, &'static str)> {
    let text = &project.source(item.source)?.text;
    let start = item.range().start;
    let line = text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = text.get(line..start)?;
    let indent = before.strip_suffix(before.trim_start())?;
    let newline = if text.get(..line)?.ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let dash = Span::new(item.source, line + indent.len(), start);
    (before.trim() == "-").then_some((dash, indent, newline))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::fix::apply;
    use crate::lint::rules::testing::{found, with_project};

    fn fixed(depends_on: &str) -> Option<String> {
        let text = format!(
            "services:\n  tests: {{image: i}}\n  web: {{image: i}}\n  deploy:\n    image: i\n    depends_on:{depends_on}\n"
        );
        with_project(&text, |project| {
            let mut found = Found::default();
            check(project, &mut found);
            let fix = found.findings().first()?.fix.clone()?;
            let changed = apply(&text, fix.edits.iter().collect());
            Some(changed.split_once("depends_on:").unwrap().1.trim_end().to_owned())
        })
    }

    #[test]
    fn what_else_is_wrong_with_the_tests_hides_nothing() {
        for more in [
            "restart: always",
            "ports: ['9229:9229']",
            "healthcheck: {test: 'true'}",
            "deploy: {replicas: 3}",
        ] {
            let text = format!(
                "services:\n  tests: {{image: 'node:22', command: npm test, {more}}}\n  deploy: {{image: i, command: ./deploy.sh, \
                 depends_on: [tests]}}\n"
            );
            assert_eq!(found(&RULE, &text), ["tests"], "{more}");
        }
    }

    #[test]
    fn lists_become_mappings_with_their_comments() {
        assert_eq!(
            fixed("\n      - web # first\n      # second\n      - tests\n").unwrap(),
            "\n      web:\n        condition: service_started # first\n      # second\n      tests:\n        condition: \
             service_completed_successfully"
        );
        assert_eq!(
            fixed(" [web, tests]").unwrap(),
            " {web: {condition: service_started}, tests: {condition: service_completed_successfully}}"
        );
        assert_eq!(
            fixed(" {tests: {condition: service_started}}").unwrap(),
            " {tests: {condition: service_completed_successfully}}"
        );
    }

    #[test]
    fn what_is_written_otherwise_stays() {
        assert_eq!(fixed(" ['tests']"), None);
        assert_eq!(fixed("\n      - &t tests"), None);
    }

    #[test]
    fn what_never_ends_is_not_waited_for() {
        let text = "services:\n  tests: {image: i, command: COMMAND}\n  deploy: {image: i, depends_on: [tests]}\n";
        let count = |command| crate::lint::rules::testing::found(&RULE, &text.replace("COMMAND", command)).len();
        assert_eq!((count("pytest"), count("sleep infinity")), (1, 0));
    }
}
