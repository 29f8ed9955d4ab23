//! Networks that have the same addresses in every run.

use std::collections::HashMap;

use super::places::{is_fixed, most, with_others};
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "fixed-subnet",
    summary: "a network has addresses that are the same in every run",
    why: "A subnet can belong to one network of a machine. A second run beside the first one fails with `Pool overlaps \
          with other one on this address space`, and so does a run where something else has taken the addresses.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  db:
    image: postgres:16
    networks:
      back:
        ipv4_address: 10.5.0.2
  tests:
    image: app:1
    command: pytest
    networks: [back]
networks:
  back:
    ipam:
      config:
        - subnet: «10.5.0.0/16»
",
    good: "\
services:
  db:
    image: postgres:16
    networks: [back]
  tests:
    image: app:1
    command: pytest
    networks: [back]
networks:
  back:
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let addresses = addresses(project);
    for (name, network) in project.section("networks") {
        let pools = network.at(&["ipam", "config"]).into_iter().flat_map(Node::items);
        let mut subnets = pools.filter_map(|pool| pool.get("subnet"));
        let Some(subnet) = subnets.find(|subnet| is_fixed(project, subnet.span)) else {
            continue;
        };
        let addresses = addresses.get(&*name.text).into_iter().flatten().copied();
        let text = subnet.as_str().unwrap_or_default();
        let message = format!(
            "two runs on one machine cannot both have the subnet {text} of \"{}\"",
            name.text
        );
        found.push(
            with_others(at(subnet.span, message), addresses, "an address in it")
                .help("let the engine choose: services reach each other by name")
                .at_most(most(project)),
        );
    }
}

/// The fixed addresses of services, by the network that they are in.
fn addresses<'a>(project: &Project<'a>) -> HashMap<&'a str, Vec<Span>> {
    let mut addresses: HashMap<&str, Vec<Span>> = HashMap::new();
    for (name, here) in project
        .services()
        .iter()
        .flat_map(|service| service.entries("networks"))
    {
        if let Some(address) = here.get("ipv4_address").or_else(|| here.get("ipv6_address")) {
            addresses.entry(&name.text).or_default().push(address.span);
        }
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_subnet_of_a_variable_is_not_fixed() {
        let file = |subnet: &str| {
            format!("services: {{a: {{image: i}}}}\nnetworks: {{default: {{ipam: {{config: [{{{subnet}}}]}}}}}}\n")
        };
        assert!(found(&RULE, &file("subnet: '${NET:-10.5.0.0/16}'")).is_empty());
        assert!(found(&RULE, &file("")).is_empty());
        assert_eq!(found(&RULE, &file("subnet: 10.5.0.0/16")), ["10.5.0.0/16"]);
    }
}
