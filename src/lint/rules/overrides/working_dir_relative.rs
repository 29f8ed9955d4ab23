//! A working directory that is no absolute path.

use super::layers::{is_absolute, is_open};
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "working-dir-relative",
    summary: "the working directory of a service is a relative path",
    why: "The engine takes absolute paths alone, and refuses to create the container: `the working directory is invalid, \
          it needs to be an absolute path`. `docker compose config` lets it through.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    working_dir: «app»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    working_dir: /app
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(directory) = service.get("working_dir") else {
            continue;
        };
        let path = directory.as_str().unwrap_or_default();
        if !is_absolute(path) && !is_open(project, directory.span) {
            found.push(
                at(
                    directory.span,
                    format!("{path:?} is no absolute path, as a working directory must be"),
                )
                .help("write the whole path, beginning with a slash: that of the image counts for nothing here"),
            );
        }
    }
}
