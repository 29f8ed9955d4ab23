//! Users of a container that are those of the machine.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-userns",
    summary: "a container is taken out of the mapping of users",
    why: "Where the engine maps users, root of a container is nobody on the machine. `userns_mode: host` takes the \
          container out of that. Where the engine does not map users it does nothing.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  backup:
    image: backup:1
    userns_mode: «host»
",
    good: "\
services:
  backup:
    image: backup:1
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        if let Some(mode) = service.get("userns_mode").filter(|mode| mode.as_str() == Some("host")) {
            let name = service.name();
            found.push_once(
                at(mode.span, format!("\"{name}\" has the users of the machine")).help("remove userns_mode"),
            );
        }
    }
}
