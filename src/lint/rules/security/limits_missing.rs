//! Containers that can take all of the machine.

use super::containers;
use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "limits-missing",
    summary: "a container has no limit of memory or of processors",
    why: "A container without limits can take all of the machine: when memory runs out, the kernel ends the \
          process that it finds largest, which can be one of another pipeline.",
    level: Severity::Hint,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  «web»:
    image: web:1
    mem_limit: 512m
",
    good: "\
services:
  web:
    image: web:1
    mem_limit: 512m
    cpus: 2
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in containers(project).filter(|service| !lacks(service).is_empty()) {
        let name = service.name();
        found.push_once(
            at(
                service.key.span,
                format!("\"{name}\" has no limit of {}", lacks(service)),
            )
            .help("write mem_limit and cpus, or deploy.resources.limits"),
        );
    }
}

/// What it may take without a limit, in words.
fn lacks(service: &Service<'_>) -> String {
    let limit = |key: &str| service.node.at(&["deploy", "resources", "limits", key]).is_some();
    let has_memory = service.get("mem_limit").is_some() || limit("memory");
    let has_processors = ["cpus", "cpu_quota", "cpuset", "cpu_percent"]
        .iter()
        .any(|key| service.get(key).is_some());
    let lacks = [(has_memory, "memory"), (has_processors || limit("cpus"), "processors")];
    let lacks: Vec<&str> = lacks
        .into_iter()
        .filter(|(has, _)| !has)
        .map(|(_, what)| what)
        .collect();
    lacks.join(" and of ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn both_places_of_limits_are_read() {
        let text = "services: {a: {image: i, deploy: {resources: {limits: {memory: 1g, cpus: '1'}}}}, b: \
                    {image: i, cpus: 1}}\n";
        assert_eq!(found(&RULE, text), ["b"]);
    }
}
