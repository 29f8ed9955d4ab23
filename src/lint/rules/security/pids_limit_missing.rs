//! Containers that can start any number of processes.

use super::containers;
use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "pids-limit-missing",
    summary: "a container can start any number of processes",
    why: "A loop that starts processes fills the table of the whole machine: nothing else starts any more, not \
          even the shell to stop it.",
    level: Severity::Hint,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  «web»:
    image: web:1
",
    good: "\
services:
  web:
    image: web:1
    pids_limit: 200
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in containers(project).filter(|service| !has_limit(service)) {
        let name = service.name();
        found.push_once(
            at(
                service.key.span,
                format!("\"{name}\" can start any number of processes"),
            )
            .help("write pids_limit"),
        );
    }
}

fn has_limit(service: &Service<'_>) -> bool {
    service.get("pids_limit").is_some() || service.node.at(&["deploy", "resources", "limits", "pids"]).is_some()
}
