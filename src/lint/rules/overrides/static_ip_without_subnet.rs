//! Addresses in a network that has none of its own.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "static-ip-without-subnet",
    summary: "a service has a fixed address in a network whose addresses the engine chooses",
    why: "The engine refuses it: `user specified IP address is supported only when connecting to networks with user \
          configured subnets`. `docker compose config` lets it through.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:16
    networks:
      back:
        ipv4_address: «10.5.0.2»
networks:
  back:
",
    good: "\
services:
  db:
    image: postgres:16
    networks:
      back:
        ipv4_address: 10.5.0.2
networks:
  back:
    ipam:
      config:
        - subnet: 10.5.0.0/16
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for (name, here) in service.entries("networks") {
            let network = project.declared("networks", name);
            let Some((key, _)) = network.filter(|(_, network)| !has_own_addresses(network)) else {
                continue;
            };
            let address = here.get("ipv4_address").or_else(|| here.get("ipv6_address"));
            if let Some(address) = address.filter(|address| address.as_str() != Some("")) {
                let message = format!(
                    "\"{}\" cannot have a fixed address in \"{name}\", which has no subnet",
                    service.name()
                );
                let mut finding = at(address.span, message)
                    .help("remove the address: services reach each other by name; or give the network a subnet");
                // The default network has the place of the whole file where nobody wrote it.
                if project.text(key.span).trim_matches(['"', '\'']) == &*key.text {
                    finding = finding.label(key.span, "says nothing of its addresses");
                }
                found.push(finding);
            }
        }
    }
}

/// Whether a network says which addresses it has, or is made elsewhere.
fn has_own_addresses(network: &Node) -> bool {
    let is_external = network.get("external").and_then(Node::as_bool) == Some(true);
    let pools = network.at(&["ipam", "config"]).into_iter().flat_map(Node::items);
    let drives_itself = network
        .at(&["ipam", "driver"])
        .and_then(Node::as_str)
        .is_some_and(|driver| driver != "default");
    is_external || drives_itself || pools.into_iter().any(|pool| pool.get("subnet").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn networks_of_others_are_left_alone() {
        let file = |network: &str| {
            format!(
                "services: {{a: {{image: i, networks: {{n: {{ipv4_address: 10.5.0.2}}}}}}}}\nnetworks: {{n: {network}}}\n"
            )
        };
        for network in [
            "{external: true}",
            "{ipam: {driver: x}}",
            "{ipam: {config: [{subnet: 10.5.0.0/16}]}}",
        ] {
            assert!(found(&RULE, &file(network)).is_empty(), "{network}");
        }
        assert_eq!(found(&RULE, &file("{driver: bridge}")), ["10.5.0.2"]);
    }
}
