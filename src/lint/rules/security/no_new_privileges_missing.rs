//! Programs that can gain rights while they run.

use super::containers;
use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "no-new-privileges-missing",
    summary: "a container may gain rights while it runs",
    why: "A program with the setuid bit, such as sudo, runs with the rights of its owner. `no-new-privileges` has \
          the kernel ignore that bit: what starts without rights stays without them.",
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
    security_opt:
      - no-new-privileges:true
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in containers(project).filter(|service| !has(service)) {
        let name = service.name();
        found.push_once(
            at(service.key.span, format!("\"{name}\" may gain rights while it runs"))
                .help("add \"no-new-privileges:true\" to security_opt"),
        );
    }
}

fn has(service: &Service<'_>) -> bool {
    let texts = service.items("security_opt").filter_map(Node::as_str);
    let mut options = texts.filter_map(|text| text.strip_prefix("no-new-privileges"));
    options.any(|value| matches!(value, "" | ":true" | "=true"))
}
