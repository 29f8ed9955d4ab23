//! A wait for the health of what ends.

use crate::diagnostic::{Fix, Severity};
use crate::event::Condition;
use crate::lint::edits::rewrite;
use crate::lint::project::{Need, Project};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthy-on-job",
    summary: "a service waits for the health of one that runs to completion",
    why: "A container that has ended is not healthy, not even after a success. Whether the job is seen as healthy before \
          it ends is a matter of luck; where it is not, compose gives up with an exit code of 1.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  migrate:
    image: app:1
    command: ./migrate
  seed:
    image: app:1
    command: ./seed
    depends_on:
      migrate:
        condition: service_completed_successfully
  tests:
    image: app:1
    command: pytest
    depends_on:
      migrate:
        condition: «service_healthy»
",
    good: "\
services:
  migrate:
    image: app:1
    command: ./migrate
  seed:
    image: app:1
    command: ./seed
    depends_on:
      migrate:
        condition: service_completed_successfully
  tests:
    image: app:1
    command: pytest
    depends_on:
      migrate:
        condition: service_completed_successfully
",
    fixed: Some(
        "\
services:
  migrate:
    image: app:1
    command: ./migrate
  seed:
    image: app:1
    command: ./seed
    depends_on:
      migrate:
        condition: service_completed_successfully
  tests:
    image: app:1
    command: pytest
    depends_on:
      migrate:
        condition: service_completed_successfully
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for need in service.needs().filter(|need| need.condition == Condition::Healthy) {
            let Some(job) = project.service(&need.key.text).filter(|other| other.is_job()) else {
                continue;
            };
            let (name, other) = (service.name(), job.name());
            found.push(
                at(
                    need.place(),
                    format!("\"{name}\" waits for the health of \"{other}\", which runs to completion"),
                )
                .label(job.key.span, "ends, and is not healthy then")
                .help("write condition: service_completed_successfully")
                .fix(fix(project, need)),
            );
        }
    }
}

fn fix(project: &Project<'_>, need: Need<'_>) -> Option<Fix> {
    let span = need.place();
    let is_plain = project.text(span).trim_matches(['"', '\'']) == "service_healthy";
    let edit = rewrite(project, span, "service_completed_successfully");
    is_plain.then(|| Fix::unsafe_("wait for its success", vec![edit]).changing(&["services.*.depends_on"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_others_take_for_a_server_is_one() {
        let file = |kind: &str| {
            format!(
                "services: {{setup: {{image: i, x-towline: {{kind: {kind}}}}}, b: {{image: i, depends_on: {{setup: \
                 {{condition: service_healthy}}}}}}}}"
            )
        };
        assert_eq!(found(&RULE, &file("job")), ["service_healthy"]);
        assert!(found(&RULE, &file("none")).is_empty());
    }
}
