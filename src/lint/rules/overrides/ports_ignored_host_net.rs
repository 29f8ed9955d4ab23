//! Ports of what has the network of the machine.

use crate::diagnostic::{Fix, Severity};
use crate::lint::edits::remove_entry;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "ports-ignored-host-net",
    summary: "a service publishes ports, and has the network of the machine",
    why: "With `network_mode: host`, the container listens on the ports of the machine itself. The engine ignores `ports`: \
          a port that is mapped to another one is not there.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: nginx:1.29
    network_mode: host
    «ports»:
      - \"8080:80\"
",
    good: "\
services:
  web:
    image: nginx:1.29
    network_mode: host
",
    fixed: Some(
        "\
services:
  web:
    image: nginx:1.29
    network_mode: host
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let mode = service.get("network_mode").filter(|mode| mode.as_str() == Some("host"));
        let ports = service.key_of("ports").filter(|_| service.items("ports").len() > 0);
        let (Some(mode), Some(ports)) = (mode, ports) else {
            continue;
        };
        let fix = remove_entry(project, ports, None);
        let name = service.name();
        found.push(
            at(
                ports.span,
                format!("the ports of \"{name}\" are ignored: it has the network of the machine"),
            )
            .label(mode.span, "the network of the machine")
            .help("remove the ports, or the network mode")
            .fix(fix.map(|edits| Fix::safe("remove what is ignored", edits).changing(&["services.*.ports"]))),
        );
    }
}
