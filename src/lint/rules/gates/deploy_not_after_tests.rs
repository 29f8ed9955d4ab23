//! A deploy that no chain of successes ties to the tests.

use crate::diagnostic::{Fix, Severity};
use crate::event::Kind;
use crate::lint::edits::add_before;
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
    fixed: Some(
        "\
services:
  tests:
    image: app:1
    command: pytest
  build:
    image: app:1
    command: make build
  deploy:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      tests: {condition: service_completed_successfully}
      build:
        condition: service_completed_successfully
",
    ),
    check,
};

/// So many deploys are looked at, and each is told of so many checks: projects that have more have few kinds of them.
const MOST_DEPLOYS: usize = 100;
const MOST_CHECKS: usize = 10;

fn check(project: &Project<'_>, found: &mut Found) {
    let of_kind = |kind| project.services().iter().filter(move |service| service.kind == kind);
    let checks: Vec<_> = of_kind(Kind::Job).filter(|job| job.is_check()).collect();
    for deploy in of_kind(Kind::Deploy).take(MOST_DEPLOYS) {
        let (awaited, behind) = (project.awaited(deploy.name()), project.behind(deploy.name()));
        // A check that itself waits for the deploy is one of what is deployed: a smoke test.
        let is_ungated = |check: &&&Service<'_>| {
            let name = check.name();
            deploy.need(name).is_none() && !awaited.contains(name) && !behind.contains(name)
        };
        for check in checks.iter().filter(is_ungated).take(MOST_CHECKS) {
            let (name, other) = (deploy.name(), check.name());
            found.push(
                at(
                    deploy.key.span,
                    format!("\"{name}\" does not wait for the success of \"{other}\""),
                )
                .label(check.key.span, "checks, and holds nothing back")
                .help(format!(
                    "add \"{other}: {{condition: service_completed_successfully}}\" to what it depends on"
                ))
                .fix(fix(project, deploy, other)),
            );
        }
    }
}

fn fix(project: &Project<'_>, deploy: &Service<'_>, check: &str) -> Option<Fix> {
    let need = format!("{check}: {{condition: service_completed_successfully}}");
    let edits = if deploy.get("depends_on").is_some() {
        let mut needs = deploy.entries("depends_on");
        needs.find_map(|(key, _)| add_before(project, key, &need))
    } else {
        let here = deploy.node.entries().map(|(key, _)| key);
        let last = here
            .filter(|key| deploy.node.span.holds(key.span))
            .max_by_key(|key| key.span)?;
        add_before(project, last, &format!("depends_on: {{{need}}}"))
    };
    edits.map(|edits| {
        Fix::unsafe_(format!("wait for the success of \"{check}\""), edits).changing(&["services.*.depends_on"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::fix::apply;
    use crate::lint::rules::testing::with_project;

    fn fixed(deploy: &str) -> Option<String> {
        let text = format!("services:\n  tests: {{image: i}}\n  db: {{image: i}}\n  deploy:\n{deploy}");
        with_project(&text, |project| {
            let mut found = Found::default();
            check(project, &mut found);
            let fix = found.findings().first()?.fix.clone()?;
            let changed = apply(&text, fix.edits.iter().collect());
            Some(changed.split_once("deploy:\n").unwrap().1.to_owned())
        })
    }

    #[test]
    fn a_need_is_added_where_needs_are_written_as_a_mapping() {
        let need = "tests: {condition: service_completed_successfully}";
        assert_eq!(
            fixed("    image: i\n    command: x\n"),
            Some(format!("    image: i\n    depends_on: {{{need}}}\n    command: x\n"))
        );
        assert_eq!(
            fixed("    image: i\n    depends_on: {db: {condition: service_started}}\n"),
            Some(format!(
                "    image: i\n    depends_on: {{{need}, db: {{condition: service_started}}}}\n"
            ))
        );
        assert_eq!(fixed("    image: i\n    depends_on: [db]\n"), None);
    }
}
