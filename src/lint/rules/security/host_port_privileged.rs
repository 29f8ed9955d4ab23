//! A port that only root may open.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-port-privileged",
    summary: "a published port is one that only root may open",
    why: "Ports below 1024 are for root alone. An engine that runs without root cannot publish them, and one that \
          runs as root takes the place of the web or mail server of the machine.",
    level: Severity::Hint,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  web:
    image: web:1
    ports:
      - «\"80:8080\"»
",
    good: "\
services:
  web:
    image: web:1
    ports:
      - \"8080:8080\"
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for port in service.items("ports") {
            let published = port.get("published").and_then(Node::as_str).unwrap_or_default();
            let first = published.split('-').next().and_then(|first| first.parse::<u16>().ok());
            if first.is_some_and(|first| (1..1024).contains(&first)) {
                let name = service.name();
                found.push_once(
                    at(
                        port.span,
                        format!("\"{name}\" publishes port {published}, which only root may open"),
                    )
                    .help("publish a port from 1024 on"),
                );
            }
        }
    }
}
