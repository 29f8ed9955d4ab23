//! A gate that is to try again.

use crate::compose::Restart;
use crate::diagnostic::{Fix, Severity};
use crate::event::Condition;
use crate::lint::edits::remove_entry;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "restart-as-retry",
    summary: "a service waits for the success of one that is started again after a failure",
    why: "Compose takes the first failure for the end and does not start what waits, though the engine starts the job \
          again behind its back; `docker compose up` can then hang. A restart policy is no way to try again.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  migrate:
    image: app:1
    command: ./migrate
    restart: «on-failure»
  tests:
    image: app:1
    command: pytest
    depends_on:
      migrate:
        condition: service_completed_successfully
",
    good: "\
services:
  migrate:
    image: app:1
    command: [\"sh\", \"-c\", \"until ./migrate; do sleep 1; done\"]
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
    for job in project.services() {
        if !matches!(job.restart(), Restart::OnFailure(_)) {
            continue;
        }
        let mut waiting = project.dependents(job.name());
        let waiting = waiting.find(|(_, need)| need.condition == Condition::Succeeded);
        let policy = job
            .get("restart")
            .or_else(|| job.node.at(&["deploy", "restart_policy"]));
        let (Some((service, need)), Some(policy)) = (waiting, policy) else {
            continue;
        };
        let fix = job.key_of("restart").and_then(|key| remove_entry(project, key, None));
        let (name, other) = (service.name(), job.name());
        found.push(
            at(
                policy.span,
                format!("\"{other}\" is started again after a failure, and \"{name}\" has given up by then"),
            )
            .label(need.place(), "ends with the first failure")
            .help("remove the policy; where it is to try again, let its command do so")
            .fix(fix.map(|edits| Fix::unsafe_("let it fail at once", edits).changing(&["services.*.restart"]))),
        );
    }
}
