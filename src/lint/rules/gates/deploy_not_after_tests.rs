//! A deploy that no chain of successes ties to the tests.

use crate::diagnostic::Severity;
use crate::event::Kind;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "deploy-not-after-tests",
    summary: "a deploy does not wait for the success of a job that checks what it deploys",
    why: "Compose starts a service as soon as what it names in `depends_on` is there. A check that is not named there, \
          with `condition: service_completed_successfully`, runs beside the deploy or after it, and its failure holds \
          nothing back. `towline ci` waits all the same; every other way to run the file does not.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
  build:
    image: app:1
    command: make build
  «deploy»:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      build:
        condition: service_completed_successfully
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
  build:
    image: app:1
    command: make build
    depends_on:
      tests:
        condition: service_completed_successfully
  deploy:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      build:
        condition: service_completed_successfully
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let of_kind = |kind| project.services().iter().filter(move |service| service.kind == kind);
    for deploy in of_kind(Kind::Deploy) {
        for check in of_kind(Kind::Job).filter(|job| job.is_check() && is_ungated(project, deploy, job)) {
            let (name, other) = (deploy.name(), check.name());
            found.push(
                at(
                    deploy.key.span,
                    format!("\"{name}\" does not wait for the success of \"{other}\""),
                )
                .label(check.key.span, "checks, and holds nothing back")
                .help(format!(
                    "add \"{other}: {{condition: service_completed_successfully}}\" to what it depends on"
                )),
            );
        }
    }
}

/// A check that itself waits for the deploy is one of what is deployed: a smoke test.
fn is_ungated(project: &Project<'_>, deploy: &Service<'_>, check: &Service<'_>) -> bool {
    let names = deploy.need(check.name()).is_some();
    !names && !project.waits_for_success(deploy.name(), check.name()) && !project.is_behind(check.name(), deploy.name())
}
