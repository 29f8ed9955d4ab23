//! A health check for the shell with nothing to run.

use crate::diagnostic::Severity;
use crate::lint::health::check as check_of;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-without-command",
    summary: "a health check gives the shell nothing to run",
    why: "The shell is started with `-c` and no script, says that one is missing, and fails: the container is never \
          healthy, and nothing that waits for it ever starts.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    image: app:1
    healthcheck:
      test: «[\"CMD-SHELL\"]»
",
    good: "\
services:
  app:
    image: app:1
    healthcheck:
      test: [\"CMD-SHELL\", \"curl -f http://127.0.0.1\"]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        if let Some(check) = check_of(service).filter(|check| check.is_shell && check.items().is_empty()) {
            let name = service.name();
            found.push_once(
                at(
                    check.test.span,
                    format!("the health check of \"{name}\" has no command"),
                )
                .help("write the command behind CMD-SHELL, or [\"NONE\"] for no check"),
            );
        }
    }
}
