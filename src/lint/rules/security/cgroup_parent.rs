//! A container in a group of its own choice.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "cgroup-parent",
    summary: "a container is put into another group of processes",
    why: "The engine puts containers into a group whose limits the machine's owner sets. `cgroup_parent` puts one \
          elsewhere, where those limits do not hold.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  worker:
    image: worker:1
    cgroup_parent: «system.slice»
",
    good: "\
services:
  worker:
    image: worker:1
    mem_limit: 1g
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        if let Some(parent) = service
            .get("cgroup_parent")
            .filter(|parent| parent.as_str() != Some(""))
        {
            let name = service.name();
            found.push_once(
                at(parent.span, format!("\"{name}\" chooses its own group of processes"))
                    .help("remove cgroup_parent, and set limits with mem_limit and cpus"),
            );
        }
    }
}
