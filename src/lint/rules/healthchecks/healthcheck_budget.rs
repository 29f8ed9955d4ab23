//! A check that gives up very late.

use crate::diagnostic::Severity;
use crate::event::Condition;
use crate::lint::health::{INTERVAL, RETRIES, TIMEOUT, check as check_of};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Limit, Preset, Rule, at};
use crate::yaml::Node;

/// How long may be waited for a service that never becomes healthy.
pub(super) const LIMIT: Limit = Limit {
    rule: RULE.id,
    name: "max-minutes",
    summary: "how many minutes a service may be waited for until it is given up",
    default: 10,
};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-budget",
    summary: "a service that does not come up is waited for very long",
    why: "A service counts as unhealthy only after its start period and all retries, each of which comes an interval after \
          the one before. Until then everything that waits for it waits, with nothing to see in the logs.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: redis:7.4
    healthcheck:
      «test»: [\"CMD\", \"redis-cli\", \"ping\"]
      interval: 10s
      timeout: 10s
      retries: 100
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
      interval: 2s
      timeout: 10s
      retries: 30
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
    #[expect(clippy::cast_precision_loss, reason = "nobody waits for 2^53 minutes")]
    let most = project.limit(&LIMIT) as f64 * 60.0;
    for service in project.services() {
        let Some(check) = check_of(service) else { continue };
        let seconds = |key, default| check.seconds(key).filter(|seconds| *seconds > 0.0).unwrap_or(default);
        let retries = check
            .node
            .get("retries")
            .and_then(Node::as_f64)
            .filter(|retries| *retries > 0.0);
        let rounds = retries.unwrap_or(RETRIES);
        // Most checks of what does not come up fail at once: the timeout counts where one of them hangs.
        let whole = seconds("start_period", 0.0) + rounds * seconds("interval", INTERVAL) + seconds("timeout", TIMEOUT);
        let mut dependents = project.dependents(service.name());
        let waits = dependents.any(|(_, need)| need.condition == Condition::Healthy);
        let key = check.node.as_map().and_then(|map| map.get_key_value("test"));
        if let Some((key, _)) = key.filter(|_| waits && whole > most) {
            let (name, minutes) = (service.name(), (whole / 60.0).round());
            found.push_once(
                at(
                    key.span,
                    format!("\"{name}\" is given up as unhealthy after {minutes} minutes at the earliest"),
                )
                .help("lower retries, interval, timeout or start_period"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(times: &str, condition: &str) -> bool {
        let file = format!(
            "services:\n  b: {{image: x, healthcheck: {{test: y, {times}}}}}\n  a: {{image: x, depends_on: {{b: {{condition: \
             {condition}}}}}}}\n"
        );
        !found(&RULE, &file).is_empty()
    }

    #[test]
    fn what_is_waited_for_counts() {
        assert!(of("interval: 30s, retries: 30", "service_healthy"));
        assert!(of("start_period: 20m", "service_healthy"));
        assert!(!of("interval: 30s, retries: 10, timeout: 90s", "service_healthy"));
        assert!(!of("retries: 0, interval: 0s", "service_healthy"));
        assert!(!of("interval: 30s, retries: 30", "service_started"));
    }
}
