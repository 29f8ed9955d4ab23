//! A job whose output is not shown.

use crate::diagnostic::{Fix, Severity};
use crate::lint::edits::remove_entry;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "logs-detached",
    summary: "what a job says is not shown",
    why: "With `attach: false`, `docker compose up` shows nothing of what a container says. Of a job that fails, the log \
          of the run has the exit code and no reason.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    attach: «false»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
",
    fixed: Some(
        "\
services:
  tests:
    image: app:1
    command: pytest
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for job in project.services().iter().filter(|service| service.is_job()) {
        let attach = job.get("attach").filter(|attach| attach.as_bool() == Some(false));
        let (Some(attach), Some(key)) = (attach, job.key_of("attach")) else {
            continue;
        };
        let fix = remove_entry(project, key, None)
            .map(|edits| Fix::safe("show what it says", edits).changing(&["services.*.attach"]));
        found.push(
            at(
                attach.span,
                format!("\"{}\" runs to completion, and what it says is not shown", job.name()),
            )
            .help("remove \"attach\"")
            .fix(fix),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_server_may_be_silent() {
        assert!(found(&RULE, "services: {db: {image: postgres, attach: false}}").is_empty());
        assert!(found(&RULE, "services: {tests: {image: i, attach: true}}").is_empty());
    }
}
