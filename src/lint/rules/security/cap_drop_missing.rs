//! Capabilities that nobody asked for.

use super::containers;
use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "cap-drop-missing",
    summary: "a container keeps capabilities that it may not need",
    why: "The engine gives every container about a dozen capabilities, among them those to take any file and to \
          make raw packets. Most programs need none of them: drop all, and add back the one or two that are \
          missed.",
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
    cap_drop: [ALL]
    cap_add: [NET_BIND_SERVICE]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in containers(project).filter(|service| !drops_all(service)) {
        let name = service.name();
        found.push_once(
            at(
                service.key.span,
                format!("\"{name}\" keeps the capabilities that the engine gives to all"),
            )
            .help("write cap_drop: [ALL], and cap_add for what it needs"),
        );
    }
}

fn drops_all(service: &Service<'_>) -> bool {
    let mut dropped = service.items("cap_drop").filter_map(Node::as_str);
    dropped.any(|name| name.eq_ignore_ascii_case("all") || name.eq_ignore_ascii_case("cap_all"))
}
