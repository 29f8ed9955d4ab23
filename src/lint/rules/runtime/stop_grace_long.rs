//! A long wait for what does not end.

use std::time::Duration;

use crate::compose::parse_duration;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Limit, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "stop-grace-long",
    summary: "a container has more than a minute to stop",
    why: "Where the container does not heed the signal to stop, the end of every run waits for all of this time, and the \
          job of the CI service is charged for it or killed meanwhile.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  db:
    image: postgres:16
    stop_grace_period: «5m»
  tests:
    image: app:1
    command: pytest
",
    good: "\
services:
  db:
    image: postgres:16
    stop_grace_period: 30s
  tests:
    image: app:1
    command: pytest
",
    fixed: None,
    check,
};

/// See its summary.
pub(super) const SECONDS: Limit = Limit {
    rule: RULE.id,
    name: "seconds",
    summary: "how many seconds a container may have to stop",
    default: 60,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let most = Duration::from_secs(project.limit(&SECONDS));
    for service in project.services() {
        let Some(period) = service.get("stop_grace_period") else {
            continue;
        };
        let length = period.as_str().and_then(parse_duration);
        if length.is_some_and(|length| length > most) {
            let text = period.as_str().unwrap_or_default();
            found.push(
                at(
                    period.span,
                    format!("the end of a run can wait {text} for \"{}\"", service.name()),
                )
                .help("in a pipeline nothing has to be kept: allow it a few seconds"),
            );
        }
    }
}
