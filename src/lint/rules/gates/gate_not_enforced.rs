//! A job that is depended on, and not waited for.

use crate::diagnostic::Severity;
use crate::event::{Condition, Kind};
use crate::lint::project::{Need, Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "gate-not-enforced",
    summary: "a service depends on a job and does not wait for its success",
    why: "`depends_on: [tests]` waits until the tests have been started, and not until they have passed: the deploy runs \
          beside them, and `docker compose up --exit-code-from deploy` gives 0 when they fail.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
  deploy:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      - «tests»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
  deploy:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for need in service.needs().filter(|need| need.condition == Condition::Started) {
            let job = project.service(&need.key.text).filter(|other| other.is_job());
            if let Some(job) = job.filter(|job| !project.waits_for_success(service.name(), job.name())) {
                found.push(finding(service, need, job));
            }
        }
    }
}

fn finding(service: &Service<'_>, need: Need<'_>, job: &Service<'_>) -> crate::diagnostic::Diagnostic {
    let (name, other) = (service.name(), job.name());
    let place = need
        .node
        .get("condition")
        .map_or(need.key.span, |condition| condition.span);
    let level = if service.kind == Kind::Deploy || job.is_check() {
        Severity::Error
    } else {
        Severity::Warning
    };
    at(
        place,
        format!("\"{name}\" starts beside \"{other}\", and does not wait for its success"),
    )
    .label(job.key.span, "runs to completion")
    .help(format!("write {other}: {{condition: service_completed_successfully}}"))
    .at_most(level)
}
