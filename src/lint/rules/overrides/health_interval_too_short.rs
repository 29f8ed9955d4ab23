//! Times of a health check that the engine refuses.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "health-interval-too-short",
    summary: "a time of a health check is shorter than a millisecond",
    why: "The engine refuses to create the container: a time of a health check cannot be less than 1 ms. `docker compose \
          config` lets it through. Only `0s` means something else: what the engine takes where nothing is said.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:16
    healthcheck:
      test: [\"CMD\", \"pg_isready\", \"-h\", \"127.0.0.1\"]
      interval: «500us»
",
    good: "\
services:
  db:
    image: postgres:16
    healthcheck:
      test: [\"CMD\", \"pg_isready\", \"-h\", \"127.0.0.1\"]
      interval: 500ms
",
    fixed: None,
    check,
};

const TIMES: [&str; 4] = ["interval", "timeout", "start_period", "start_interval"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for key in TIMES {
            let Some(time) = service.node.at(&["healthcheck", key]) else {
                continue;
            };
            // The model has the greatest unit that is less than the time.
            let text = time.as_str().unwrap_or_default();
            if text.ends_with("ns") || text.ends_with("µs") || text.starts_with('-') {
                found.push(
                    at(
                        time.span,
                        format!("the {key} of \"{}\" is less than 1 ms", service.name()),
                    )
                    .help("write a time with its unit, such as 500ms or 2s"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn milliseconds_and_none_at_all_are_fine() {
        let file = |time: &str| format!("services: {{a: {{image: i, healthcheck: {{test: x, timeout: {time}}}}}}}");
        for time in ["1ms", "0s", "1s500us", "2m"] {
            assert!(found(&RULE, &file(time)).is_empty(), "{time}");
        }
        for time in ["999us", "1ns", "-1s"] {
            assert_eq!(found(&RULE, &file(time)), [time]);
        }
    }
}
