//! A database that nobody waits for.

use super::gate_not_enforced::long_form;
use super::template::with_check;
use super::waits::waits_itself;
use crate::diagnostic::{Fix, Severity};
use crate::event::Condition;
use crate::lint::health::{Said, said};
use crate::lint::project::{Need, Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "datastore-not-awaited",
    summary: "a service depends on a database and starts before it takes connections",
    why: "Compose starts the service as soon as the container of the database runs. The database needs some seconds more, \
          most of all on its first start, which every start in a pipeline is: the job fails, or does so now and then.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: mysql:8.4
    environment:
      MYSQL_ROOT_PASSWORD: only-for-tests
  tests:
    image: app:1
    command: pytest
    depends_on:
      - «db»
",
    good: "\
services:
  db:
    image: mysql:8.4
    healthcheck:
      test: [\"CMD\", \"mysqladmin\", \"ping\", \"-h\", \"127.0.0.1\"]
      interval: 2s
    environment:
      MYSQL_ROOT_PASSWORD: only-for-tests
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
    image: mysql:8.4
    healthcheck:
      test: [\"CMD\", \"mysqladmin\", \"ping\", \"-h\", \"127.0.0.1\"]
      interval: 2s
    environment:
      MYSQL_ROOT_PASSWORD: only-for-tests
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
    for store in project.services().iter().filter(|service| !service.is_job()) {
        let Some(known) = store.server().filter(|known| known.is_datastore) else {
            continue;
        };
        if !matches!(said(store), Said::Nothing) || known.has_healthcheck == Some(true) {
            continue;
        }
        let early =
            |(service, need): &(&Service<'_>, Need<'_>)| need.condition == Condition::Started && !waits_itself(service);
        let waiting: Vec<_> = project.dependents(store.name()).filter(early).collect();
        let first_job = waiting.iter().find(|(service, _)| service.is_job());
        let Some((service, need)) = first_job.or(waiting.first()) else {
            continue;
        };
        let (name, other) = (service.name(), store.name());
        let check = known
            .shown_check()
            .map_or_else(|| "a healthcheck".to_owned(), |check| format!("a check, {check},"));
        let level = if service.is_job() {
            Severity::Warning
        } else {
            Severity::Hint
        };
        let wait = || long_form(project, service, *need, "service_healthy");
        let edits = with_check(project, store, known).and_then(|edit| Some([vec![edit], wait()?].concat()));
        let fix = edits.map(|edits| {
            Fix::unsafe_("write a check and wait for it", edits)
                .changing(&["services.*.depends_on", "services.*.healthcheck"])
        });
        found.push(
            at(
                need.place(),
                format!("\"{name}\" starts before \"{other}\" takes connections"),
            )
            .label(store.key.span, "has no health check that could be waited for")
            .help(format!(
                "give \"{other}\" {check} and write {other}: {{condition: service_healthy}}"
            ))
            .fix(fix)
            .at_most(level),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(db: &str, rest: &str) -> Vec<String> {
        let file = format!("services:\n  db: {{image: \"redis:7\"{db}}}\n  a: {{image: x, depends_on: [db]{rest}}}\n");
        found(&RULE, &file)
    }

    #[test]
    fn something_can_do_the_waiting() {
        assert_eq!(of("", ""), ["db"]);
        assert!(of(", healthcheck: {test: redis-cli ping}", "").is_empty());
        assert!(of(", healthcheck: {disable: true}", "").is_empty());
        assert!(of(", build: .", "").is_empty());
        assert!(of(", command: redis-cli -h other monitor", "").is_empty());
        assert_eq!(of(", command: redis-server --appendonly no", ""), ["db"]);
        assert!(of("", ", command: ./wait-for-it.sh db:6379 -- ./run").is_empty());
        assert!(of("", ", command: sh -c 'until nc -z db 6379; do sleep 1; done; ./run'").is_empty());
    }

    #[test]
    fn a_database_is_told_once_and_for_a_job_first() {
        let file = "services:\n  db: {image: \"redis:7\"}\n  web: {image: x, depends_on: [\"db\"]}\n  tests: {image: x, \
                    command: pytest, depends_on: ['db']}\n";
        assert_eq!(found(&RULE, file), ["'db'"]);
    }
}
