//! A port that is open on every network of the machine.

use super::port_all_interfaces::{fix, is_open};
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::secrets;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "port-unbound",
    summary: "a port is published without an address",
    why: "It is open on every network of the machine, and the engine opens it past most firewalls. What only this machine \
          has to reach is safer at 127.0.0.1. Databases are told by port-all-interfaces.",
    level: Severity::Hint,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  web:
    image: nginx:1.27
    ports:
      - «\"8080:80\"»
",
    good: "\
services:
  web:
    image: nginx:1.27
    ports:
      - \"127.0.0.1:8080:80\"
",
    fixed: Some(
        "\
services:
  web:
    image: nginx:1.27
    ports:
      - \"127.0.0.1:8080:80\"
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let others = project
        .services()
        .iter()
        .filter(|service| !secrets::is_datastore(service));
    for service in others {
        for port in service.items("ports").filter(|port| is_open(project, port)) {
            let published = port.get("published").and_then(Node::as_str).unwrap_or_default();
            let message = format!("\"{}\" publishes port {published} on every network", service.name());
            found.push_once(
                at(port.span, message)
                    .help("write an address before it, such as 127.0.0.1")
                    .fix(fix(project, port.span)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn databases_and_addresses_are_left_out() {
        let text =
            "services: {db: {image: redis, ports: ['1:1']}, web: {image: i, ports: ['127.0.0.1:2:2', '3', '4:4']}}\n";
        assert_eq!(found(&RULE, text), ["'4:4'"]);
    }
}
