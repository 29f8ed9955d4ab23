//! A gate that is to try again.

use crate::compose::Restart;
use crate::diagnostic::Severity;
use crate::event::Condition;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "restart-as-retry",
    summary: "a service waits for the success of one that is started again after a failure",
    why: "`docker compose up` goes on once an attempt succeeds. With `--exit-code-from` or `--abort-on-container-exit`, as \
          pipelines run it, compose hangs after the first failure, and `towline ci` takes that failure for the result.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
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
    fixed: None,
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
        let (name, other) = (service.name(), job.name());
        found.push(
            at(
                policy.span,
                format!("\"{name}\" waits for the success of \"{other}\", which is started again after a failure"),
            )
            .label(need.place(), "waits for a success")
            .help("let its command try again, and leave the policy out"),
        );
    }
}
