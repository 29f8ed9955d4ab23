//! Logs that are thrown away.

use crate::diagnostic::{Fix, Severity};
use crate::lint::edits::remove_entry;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "logging-none",
    summary: "a service keeps no logs",
    why: "With the logging driver `none`, what a container says is lost: `docker compose logs` has nothing, and a job that \
          fails leaves a number and no reason.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    logging:
      driver: «none»
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
    for service in project.services() {
        let driver = service.node.at(&["logging", "driver"]);
        let Some(driver) = driver.filter(|driver| driver.as_str() == Some("none")) else {
            continue;
        };
        let fix = service
            .key_of("logging")
            .and_then(|key| remove_entry(project, key, None));
        // Many silence a chatty server on purpose.
        let level = if service.is_job() {
            Severity::Warning
        } else {
            Severity::Hint
        };
        found.push(
            at(driver.span, format!("what \"{}\" says is lost", service.name()))
                .help("remove the driver; to see less of it in the terminal, write attach: false")
                .fix(fix.map(|edits| Fix::safe("keep the logs", edits).changing(&["services.*.logging"])))
                .at_most(level),
        );
    }
}
