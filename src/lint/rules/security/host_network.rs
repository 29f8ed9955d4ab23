//! A container in the network of the machine.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-network",
    summary: "a container uses the network of the machine",
    why: "It reaches everything that listens at 127.0.0.1 of the machine, and everything it listens at is open to \
          whoever reaches the machine. Two runs on one machine want the same ports, and the names of other \
          services are not known.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    network_mode: «host»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    extra_hosts:
      - host.docker.internal:host-gateway
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        if let Some(mode) = service.get("network_mode").filter(|mode| mode.as_str() == Some("host")) {
            let name = service.name();
            found.push_once(
                at(mode.span, format!("\"{name}\" uses the network of the machine")).help(
                    "use the network of the project, publish the ports that others need, and reach the machine by \
                     host.docker.internal with extra_hosts: [\"host.docker.internal:host-gateway\"]",
                ),
            );
        }
    }
}
