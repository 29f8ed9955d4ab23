//! A project that has the same name in every run.

use super::places::{is_fixed, most};
use crate::diagnostic::{Fix, Severity};
use crate::lint::edits::remove_entry;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "project-name-fixed",
    summary: "the project has a name that is the same in every run",
    why: "Compose tells projects apart by their names. A second run of a project of the same name, from another checkout, \
          takes the containers of the first one for its own, and stops or replaces them in the middle of a test.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
name: «shop»
services:
  tests:
    image: app:1
    command: pytest
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

/// What has the name of the project in its own.
const NAMES: &[&str] = &[
    "name",
    "configs.*.name",
    "networks.*.name",
    "secrets.*.name",
    "volumes.*.name",
];

fn check(project: &Project<'_>, found: &mut Found) {
    let names = project
        .documents()
        .filter_map(|document| document.as_map()?.get_key_value("name"));
    for (key, name) in names.filter(|(_, name)| is_fixed(project, name.span)) {
        let Some(text) = name.as_str().filter(|text| *text == project.model.name) else {
            continue;
        };
        let fix = remove_entry(project, key, None);
        found.push(
            at(
                name.span,
                format!("two runs on one machine are the same project, \"{text}\""),
            )
            .help("remove it, or make the number of the run a part of it: name: shop-${CI_JOB_ID:-local}")
            .fix(fix.map(|edits| Fix::unsafe_("name the project after its directory", edits).changing(NAMES)))
            .at_most(most(project)),
        );
    }
}
