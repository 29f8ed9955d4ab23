//! A variable that the shell keeps to itself.

use super::texts::used;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "shell-var-not-exported",
    summary: "a variable is used that shells have and do not hand on",
    why: "`UID` and its like exist in the shell alone: programs that it starts, such as compose, do not get them. Nothing \
          is put in, and `user: \"${UID}:${GID}\"` becomes root.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  build:
    image: node:22
    user: \"«${UID}»:«${GID}»\"
",
    good: "\
services:
  build:
    image: node:22
    user: \"${UID:?export it}:${GID:?export it}\"
== .env ==
UID=1000
GID=1000
",
    fixed: None,
    check,
};

const OF_SHELLS: [&str; 6] = ["EUID", "GID", "HOSTNAME", "PPID", "RANDOM", "UID"];

fn check(project: &Project<'_>, found: &mut Found) {
    let is_set = |name: &str| project.model.variables.contains_key(name);
    for one in used(project) {
        let name = one.name;
        if OF_SHELLS.contains(&name) && !is_set(name) {
            // Some systems export it at login.
            let level = if name == "HOSTNAME" {
                Severity::Warning
            } else {
                Severity::Error
            };
            found.push(
                at(
                    one.span,
                    format!("the shell does not hand \"{name}\" on, and nothing is put in here"),
                )
                .help(format!("export it before, and demand it: ${{{name}:?export {name}}}"))
                .at_most(level),
            );
        }
    }
}
