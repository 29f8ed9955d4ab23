//! A wait for the health of what has no health check.

use super::template::with_check;
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::event::Condition;
use crate::lint::dockerfile::Healthcheck;
use crate::lint::health::{Said, said};
use crate::lint::images::{has_healthcheck, known};
use crate::lint::project::{Need, Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthy-without-healthcheck",
    summary: "a service waits for the health of one that has no health check",
    why: "`docker compose config` accepts it. `up` starts the other one, sees that nothing tells of its health, and ends \
          with \"has no healthcheck configured\".",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:17
  tests:
    image: app:1
    command: pytest
    depends_on:
      db:
        condition: «service_healthy»
",
    good: "\
services:
  db:
    image: postgres:17
    healthcheck:
      test: [\"CMD\", \"pg_isready\", \"-h\", \"127.0.0.1\"]
      interval: 2s
  tests:
    image: app:1
    command: pytest
    depends_on:
      db:
        condition: service_healthy
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:17
    healthcheck:
      test: [\"CMD\", \"pg_isready\", \"-h\", \"127.0.0.1\"]
      interval: 2s
  tests:
    image: app:1
    command: pytest
    depends_on:
      db:
        condition: service_healthy
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for other in project.services() {
        let mut waiting = project.dependents(other.name());
        let waiting = waiting.find(|(_, need)| need.condition == Condition::Healthy);
        let is_candidate = !other.is_job() && other.get("provider").is_none();
        if let Some((service, need)) = waiting.filter(|_| is_candidate) {
            finding(project, service, need, other)
                .into_iter()
                .for_each(|one| found.push(one));
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, need: Need<'_>, other: &Service<'_>) -> Option<Diagnostic> {
    let (name, other_name) = (service.name(), other.name());
    let image = other.pulled_image().and_then(Node::as_str);
    let help = image.and_then(known).and_then(|known| known.shown_check()).map_or_else(
        || "give it a healthcheck".to_owned(),
        |check| format!("give it a check: {check}"),
    );
    let finding = |message: String| at(need.place(), message).help(help);
    match said(other) {
        Said::Check(_) => None,
        Said::Off(span) => {
            let message = format!("\"{name}\" waits for the health of \"{other_name}\", whose check is turned off");
            Some(finding(message).label(span, "turned off here"))
        }
        Said::Nothing => match of_image(project, other) {
            Some(true) => None,
            Some(false) => {
                let message = format!("\"{name}\" waits for the health of \"{other_name}\", which has no health check");
                let fix = other
                    .server()
                    .and_then(|known| with_check(project, other, known))
                    .map(|edit| Fix::unsafe_("write a check for it", vec![edit]).changing(&["services.*.healthcheck"]));
                Some(
                    finding(message)
                        .label(other.key.span, "has no health check, and neither has its image")
                        .fix(fix),
                )
            }
            None => {
                let message = format!(
                    "\"{name}\" waits for the health of \"{other_name}\", which has no health check but for one that its \
                     image may have"
                );
                Some(
                    finding(message)
                        .label(other.key.span, "has none here")
                        .at_most(Severity::Hint),
                )
            }
        },
    }
}

/// Whether the image of a service has a health check; none where that is not known.
fn of_image(project: &Project<'_>, service: &Service<'_>) -> Option<bool> {
    let Some(build) = service.get("build") else {
        return has_healthcheck(service.text("image")?);
    };
    let file = project.dockerfile(service).filter(|file| file.syntax.is_none())?;
    let stage = file.target(build.get("target").and_then(Node::as_str))?;
    match stage.healthcheck {
        Some(Healthcheck::Command) => Some(true),
        Some(Healthcheck::Off) => Some(false),
        None => {
            // A stage inherits from the base of the stage that it is built on.
            let root = std::iter::successors(Some(stage), |stage| file.stages.get(stage.parent?)).last()?;
            let base = root.base.as_deref()?;
            let is_replaced = build.get("additional_contexts").is_some() || project.builder(base).is_some();
            has_healthcheck(base).filter(|_| !is_replaced)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::diagnostic::Severity;
    use crate::lint::rule::Found;
    use crate::lint::rules::testing::with_project;

    fn level(service: &str, dockerfile: &str) -> Option<Severity> {
        let file = format!(
            "services:\n  b: {service}\n  a:\n    image: x\n    depends_on: {{b: {{condition: service_healthy}}}}\n== \
             Dockerfile ==\n{dockerfile}\n"
        );
        with_project(&file, |project| {
            let mut found = Found::default();
            (RULE.check)(project, &mut found);
            found.findings().first().map(|finding| finding.severity)
        })
    }

    #[test]
    fn a_check_can_be_in_the_file_or_in_the_image() {
        let error = Some(Severity::Error);
        assert_eq!(level("{image: redis}", ""), error);
        assert_eq!(level("{image: axllent/mailpit}", ""), None);
        assert_eq!(
            level("{image: axllent/mailpit, healthcheck: {disable: true}}", ""),
            error
        );
        assert_eq!(level("{image: me/app}", ""), Some(Severity::Hint));
        assert_eq!(level("{image: me/app, healthcheck: {test: [NONE]}}", ""), error);
        assert_eq!(level("{image: me/app, healthcheck: {test: x}}", ""), None);
        assert_eq!(
            level("{image: me/app, healthcheck: {interval: 1s}}", ""),
            Some(Severity::Hint)
        );
    }

    #[test]
    fn the_dockerfile_says_whether_the_image_has_one() {
        let error = Some(Severity::Error);
        assert_eq!(level("{build: .}", "FROM python:3.13"), error);
        assert_eq!(level("{build: .}", "FROM python:3.13 AS a\nFROM a"), error);
        assert_eq!(level("{build: .}", "FROM python:3.13\nHEALTHCHECK CMD x"), None);
        assert_eq!(level("{build: .}", "FROM x AS a\nHEALTHCHECK CMD x\nFROM a"), None);
        assert_eq!(level("{build: .}", "FROM me/base"), Some(Severity::Hint));
        assert_eq!(level("{build: ./nope}", ""), Some(Severity::Hint));
        let two = "FROM python:3.13 AS a\nHEALTHCHECK CMD x\nFROM python:3.13";
        assert_eq!(level("{build: {context: ., target: a}}", two), None);
        assert_eq!(level("{build: .}", two), error);
    }
}
