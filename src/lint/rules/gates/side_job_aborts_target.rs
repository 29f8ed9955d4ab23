//! A job beside the one that the run is about.

use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "side-job-aborts-target",
    summary: "several jobs end the pipeline, and nothing waits for all of them",
    why: "`docker compose up --exit-code-from JOB` stops everything as soon as any container ends. Where a linter ends \
          before the tests, the tests are killed and their exit code is lost. `towline ci` waits for all of them; this is \
          about other ways to run the file.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Strict,
    bad: "\
services:
  «lint»:
    image: app:1
    command: ruff check .
  tests:
    image: app:1
    command: pytest
",
    good: "\
services:
  lint:
    image: app:1
    command: ruff check .
  tests:
    image: app:1
    command: pytest
    depends_on:
      lint:
        condition: service_completed_successfully
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let last: Vec<&Service<'_>> = project
        .services()
        .iter()
        .filter(|service| service.is_active && service.is_job() && project.dependents(service.name()).next().is_none())
        .collect();
    let Some((target, others)) = last.split_last() else {
        return;
    };
    let [first, more @ ..] = others else { return };
    let mut finding = at(
        first.key.span,
        format!(
            "\"{}\" ends beside \"{}\", and its end stops the other one under --exit-code-from",
            first.name(),
            target.name()
        ),
    )
    .label(target.key.span, "ends the pipeline too");
    for job in more {
        finding = finding.label(job.key.span, "and so does this");
    }
    found.push(finding.help("let one of them wait for the success of the others, or run the file with `towline ci`"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn one_last_job_is_enough() {
        assert!(found(&RULE, "services: {tests: {image: i}, db: {image: postgres}}").is_empty());
        assert!(found(&RULE, "services: {tests: {image: i}, lint: {image: i, profiles: [p]}}").is_empty());
        assert_eq!(
            found(
                &RULE,
                "services: {a-test: {image: i}, b-test: {image: i}, c-test: {image: i}}"
            )
            .len(),
            1
        );
    }
}
