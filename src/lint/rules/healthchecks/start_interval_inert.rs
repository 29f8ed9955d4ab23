//! A `start_interval` that is never used.

use crate::diagnostic::Severity;
use crate::lint::health::check as check_of;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "start-interval-inert",
    summary: "a start_interval has no effect without a start_period",
    why: "`start_interval` says how often checks are made within the start period. Without one there is no such period: the \
          first check is made after a whole `interval`, and the container is as slow to become healthy as before.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: redis:7.4
    healthcheck:
      test: [\"CMD\", \"redis-cli\", \"ping\"]
      interval: 30s
      start_interval: «1s»
",
    good: "\
services:
  db:
    image: redis:7.4
    healthcheck:
      test: [\"CMD\", \"redis-cli\", \"ping\"]
      interval: 30s
      start_interval: 1s
      start_period: 30s
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(check) = check_of(service) else { continue };
        let is_used = check.seconds("start_period").is_some_and(|period| period > 0.0);
        let Some(every) = check.node.get("start_interval").filter(|_| !is_used) else {
            continue;
        };
        // The image may have a period of its own, where the test is its own too; a period of the file is what counts.
        if check.seconds("start_interval").is_some_and(|seconds| seconds > 0.0) {
            let name = service.name();
            found.push_once(
                at(
                    every.span,
                    format!("\"{name}\" has no start_period in which this would be used"),
                )
                .help("write a start_period, such as 30s"),
            );
        }
    }
}
