//! A check that is made too seldom for what waits for it.

use crate::diagnostic::Severity;
use crate::event::Condition;
use crate::lint::health::{INTERVAL, check as check_of};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// From how many seconds on an interval is long.
const LONG: f64 = 15.0;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-slow-start",
    summary: "a pipeline waits for a health check that is first made after a long interval",
    why: "The first check is made one interval after the start: 30 seconds where nothing is said. A database that is ready \
          after two seconds is waited for half a minute in every run, and each one that waits for another adds to that.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: redis:7.4
    healthcheck:
      test: [\"CMD\", \"redis-cli\", \"ping\"]
      interval: «30s»
  tests:
    image: app:1
    command: pytest
    depends_on:
      db:
        condition: service_healthy
",
    good: "\
services:
  db:
    image: redis:7.4
    healthcheck:
      test: [\"CMD\", \"redis-cli\", \"ping\"]
      interval: 30s
      start_period: 30s
      start_interval: 1s
  tests:
    image: app:1
    command: pytest
    depends_on:
      db:
        condition: service_healthy
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    if !project.is_pipeline() {
        return;
    }
    for service in project.services() {
        let Some(check) = check_of(service) else { continue };
        let interval = check
            .node
            .get("interval")
            .filter(|_| check.seconds("interval") != Some(0.0));
        let seconds = interval.and_then(|_| check.seconds("interval")).unwrap_or(INTERVAL);
        let has_period = check.seconds("start_period").is_some_and(|period| period > 0.0);
        // Within the start period checks are made more often: every 5 seconds where nothing is said.
        let is_slow =
            seconds >= LONG && (!has_period || check.seconds("start_interval").is_some_and(|every| every >= LONG));
        let mut dependents = project.dependents(service.name());
        let Some((other, need)) = dependents.find(|(_, need)| need.condition == Condition::Healthy && is_slow) else {
            continue;
        };
        let key = || check.node.as_map().and_then(|map| map.get_key_value("test"));
        let Some(span) = interval.map(|node| node.span).or_else(|| Some(key()?.0.span)) else {
            continue;
        };
        let (name, other) = (service.name(), other.name());
        found.push_once(
            at(
                span,
                format!("\"{other}\" waits at least {seconds} s for the first health check of \"{name}\""),
            )
            .label(need.place(), "waits here")
            .help("write interval: 2s, or start_period: 30s and start_interval: 1s"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(rest: &str, condition: &str) -> Vec<String> {
        let file = format!(
            "services:\n  b:\n    image: x\n    healthcheck: {{test: y{rest}}}\n  a:\n    image: x\n    command: pytest\n    \
             depends_on: {{b: {{condition: {condition}}}}}\n"
        );
        found(&RULE, &file)
    }

    #[test]
    fn the_first_check_counts() {
        let healthy = "service_healthy";
        assert_eq!(of("", healthy), ["test"]);
        assert_eq!(of(", interval: 1m", healthy), ["1m"]);
        assert_eq!(of(", interval: 1m, start_period: 0s", healthy), ["1m"]);
        for rest in [
            ", interval: 5s",
            ", interval: 1m, start_period: 30s",
            ", start_period: 1s, start_interval: 1s",
        ] {
            assert_eq!(of(rest, healthy), Vec::<String>::new(), "{rest}");
        }
        assert_eq!(of("", "service_started"), Vec::<String>::new());
    }
}
