//! Programs that can be changed where they run.

use super::containers;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "root-fs-writable",
    summary: "a container can change its own programs",
    why: "Who takes over a program can then put another one in its place, and it stays until the container is made \
          anew. With `read_only: true` only volumes and tmpfs can be written to.",
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
    read_only: true
    tmpfs: [/tmp]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in containers(project).filter(|service| service.get("read_only").and_then(Node::as_bool) != Some(true))
    {
        let name = service.name();
        found.push_once(
            at(service.key.span, format!("\"{name}\" can change its own programs"))
                .help("write read_only: true, and tmpfs for the directories that it writes to"),
        );
    }
}
