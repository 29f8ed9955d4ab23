//! A job that nothing waits for, beside servers.

use crate::diagnostic::Severity;
use crate::event::{Condition, Kind};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "oneshot-breaks-wait",
    summary: "no service waits for the end of a job that prepares them",
    why: "`docker compose up --wait` takes a container that has ended for a failure, even with exit code 0, unless a \
          service waits for its end with `condition: service_completed_successfully`. The servers start beside the job, \
          too.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Strict,
    bad: "\
services:
  «migrate»:
    image: app:1
    command: ./manage.py migrate
  web:
    image: app:1
    ports: [\"8000\"]
",
    good: "\
services:
  migrate:
    image: app:1
    command: ./manage.py migrate
  web:
    image: app:1
    ports: [\"8000\"]
    depends_on:
      migrate:
        condition: service_completed_successfully
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let active = || project.services().iter().filter(|service| service.is_active);
    let has_server = active().any(|service| service.kind.runs_as_service());
    for job in active().filter(|service| has_server && service.kind == Kind::Job && !service.is_check()) {
        let mut waiting = project.dependents(job.name());
        if waiting.all(|(_, need)| need.condition != Condition::Succeeded) {
            let name = job.name();
            found.push(
                at(
                    job.key.span,
                    format!(
                        "nothing waits for the end of \"{name}\", which `docker compose up --wait` takes for a failure"
                    ),
                )
                .help(format!(
                    "let a service depend on it: \"{name}: {{condition: service_completed_successfully}}\""
                )),
            );
        }
    }
}
