//! A health check that the services which need it do not wait for.

use std::collections::HashSet;

use super::gate_not_enforced::long_form;
use super::waits::waits_itself;
use crate::diagnostic::{Fix, Severity};
use crate::event::Condition;
use crate::lint::health::check as check_of;
use crate::lint::project::{Need, Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-ignored",
    summary: "a service depends on one with a health check, and does not wait for its health",
    why: "`depends_on: [db]` waits until the container of the database runs, which is seconds before the database takes \
          connections. The check that would tell is there, and nothing asks it: the tests fail now and then.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:17
    healthcheck:
      test: [\"CMD\", \"pg_isready\", \"-h\", \"127.0.0.1\"]
      interval: 2s
  tests:
    image: app:1
    command: pytest
    depends_on:
      - «db»
",
    good: "\
services:
  db:
    image: postgres:17
    healthcheck:
      test: [\"CMD\", \"pg_isready\", \"-h\", \"127.0.0.1\"]
      interval: 2s
  tests:
    image: app:1
    command: pytest
    depends_on:
      db:
        condition: service_healthy
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:17
    healthcheck:
      test: [\"CMD\", \"pg_isready\", \"-h\", \"127.0.0.1\"]
      interval: 2s
  tests:
    image: app:1
    command: pytest
    depends_on:
      db:
        condition: service_healthy
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let checked = project
        .services()
        .iter()
        .filter(|service| !service.is_job() && check_of(service).is_some());
    for checked in checked {
        let waiting: Vec<(&Service<'_>, Need<'_>)> = project.dependents(checked.name()).collect();
        // One that starts behind another which waits for the health need not wait for it as well.
        let healthy = waiting
            .iter()
            .filter(|(_, need)| need.condition == Condition::Healthy)
            .map(|(service, _)| service.name());
        let late = and_all_behind(project, healthy.collect());
        let is_early = |(service, need): &&(&Service<'_>, Need<'_>)| {
            let is_short = need.condition == Condition::Started && is_written(project, *need);
            is_short && !waits_itself(service) && !late.contains(service.name())
        };
        let early: Vec<_> = waiting.iter().filter(is_early).collect();
        let jobs = early.iter().filter(|(service, _)| service.is_job());
        let others = early.iter().filter(|(service, _)| !service.is_job()).take(1);
        for (service, need) in jobs.chain(others) {
            let (name, other) = (service.name(), checked.name());
            let level = if service.is_job() {
                Severity::Warning
            } else {
                Severity::Hint
            };
            found.push(
                at(
                    need.place(),
                    format!("\"{name}\" does not wait until \"{other}\" is healthy"),
                )
                .label(checked.key.span, "has a health check")
                .help(format!("write {other}: {{condition: service_healthy}}"))
                .fix(
                    long_form(project, service, *need, "service_healthy")
                        .map(|edits| Fix::unsafe_("wait for its health", edits).changing(&["services.*.depends_on"])),
                )
                .at_most(level),
            );
        }
    }
}

/// Services, and all that start after one of them.
fn and_all_behind<'a>(project: &'a Project<'_>, mut open: Vec<&'a str>) -> HashSet<&'a str> {
    let mut behind: HashSet<&str> = open.iter().copied().collect();
    while let Some(name) = open.pop() {
        let names = project.dependents(name).map(|(service, _)| service.name());
        open.extend(names.filter(|name| behind.insert(name)));
    }
    behind
}

/// Whether the need is a name in `depends_on`: not what compose makes of a link or a shared network, and not one that says
/// outright that a start is enough.
fn is_written(project: &Project<'_>, need: Need<'_>) -> bool {
    if project.text(need.place()).contains("service_started") {
        return false;
    }
    let text = project.text(need.key.span);
    text.trim_matches(['"', '\'']) == &*need.key.text
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn waiting_for_another_that_waits_is_enough() {
        let file = "services:\n  db: {image: x, healthcheck: {test: y}}\n  api: {image: x, depends_on: {db: {condition: \
                    service_healthy}}}\n  web: {image: x, depends_on: [api, db]}\n  side: {image: x, network_mode: \
                    \"service:db\"}\n  other: {image: x, depends_on: [db]}\n  \
                    more: {image: x, depends_on: [db]}\n  sure: {image: x, depends_on: {db: {condition: \
                    service_started}}}\n";
        assert_eq!(found(&RULE, file), ["db"]);
    }

    #[test]
    fn a_check_that_is_turned_off_is_none() {
        let file =
            "services:\n  db: {image: x, healthcheck: {test: y, disable: true}}\n  b: {image: x, depends_on: [db]}\n";
        assert_eq!(found(&RULE, file), Vec::<String>::new());
    }
}
