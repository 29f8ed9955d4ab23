//! A job with several containers.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "job-replicated",
    summary: "what runs to completion has more than one container",
    why: "Every container does the whole job: the tests run twice over the same database, the migration races with itself, \
          the deploy is made twice. Nothing splits the work among them.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  migrate:
    image: app:1
    command: ./migrate
    deploy:
      replicas: «2»
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
    command: ./migrate
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
    for job in project.services().iter().filter(|service| service.is_job()) {
        if let Some((count, place)) = job.replicas().filter(|(count, _)| *count > 1.0) {
            let name = job.name();
            found.push(
                at(place, format!("{count} containers do the whole of \"{name}\" each"))
                    .help("let it have one; where the work is split, make each part a service of its own"),
            );
        }
    }
}
