//! Addresses that are none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::layers::is_open;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "address-invalid",
    summary: "an address is not written as an address is",
    why: "The engine refuses it when the network or the container is created. `docker compose config` looks at none of \
          these addresses.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    dns: «dns.example.com»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    dns: 9.9.9.9
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut told = |node: Option<&Node>, what: &str, is_fine: fn(&str) -> bool| {
        let text = node.and_then(|node| Some((node.as_str()?, node.span)));
        let is_wrong = |(text, span): &(&str, Span)| !text.is_empty() && !is_fine(text) && !is_open(project, *span);
        if let Some((text, span)) = text.filter(is_wrong) {
            found.push(at(span, format!("{text:?} is no {what}")));
        }
    };
    for service in project.services() {
        service
            .items("dns")
            .for_each(|server| told(Some(server), "IP address", is_ip));
        told(
            service.get("mac_address"),
            "MAC address, such as 02:42:ac:11:65:43",
            is_mac,
        );
        for (_, here) in service.entries("networks") {
            told(here.get("ipv4_address"), "IPv4 address", is_v4);
            told(here.get("ipv6_address"), "IPv6 address", is_v6);
            told(
                here.get("mac_address"),
                "MAC address, such as 02:42:ac:11:65:43",
                is_mac,
            );
        }
    }
    for (_, network) in project.section("networks") {
        for pool in network.at(&["ipam", "config"]).into_iter().flat_map(Node::items) {
            told(pool.get("subnet"), "subnet, such as 10.5.0.0/16", is_subnet);
            told(pool.get("gateway"), "IP address", is_ip);
        }
    }
}

fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn is_v4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

fn is_v6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

fn is_subnet(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return false;
    };
    let most = if address.contains(':') { 128 } else { 32 };
    is_ip(address) && bits.parse::<u32>().is_ok_and(|bits| bits <= most)
}

/// Six bytes, or the eight of longer ones, with colons or dashes between them.
fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', '-', '.']).collect();
    let digits = parts.concat();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex && parts.len() > 2 && [12, 16, 40].contains(&digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn addresses_in_all_their_forms() {
        let file = |own: &str, here: &str, pool: &str| {
            format!(
                "services: {{a: {{image: i, {own}, networks: {{n: {{{here}}}}}}}}}\nnetworks: {{n: {{ipam: {{config: \
                 [{{{pool}}}]}}}}}}\n"
            )
        };
        let fine = file(
            "dns: [1.1.1.1, '2606:4700::1'], mac_address: '02:42:ac:11:65:43'",
            "ipv4_address: 10.5.0.2, ipv6_address: 'fd00::2', mac_address: 02-42-ac-11-65-43",
            "subnet: '${NET:-x}', gateway: 10.5.0.1",
        );
        assert!(found(&RULE, &fine).is_empty());
        let wrong = file(
            "dns: [x], mac_address: zz",
            "ipv4_address: 10.5.0, ipv6_address: 10.5.0.2",
            "subnet: 10.5.0.0, gateway: y",
        );
        assert_eq!(found(&RULE, &wrong), ["x", "zz", "10.5.0", "10.5.0.2", "10.5.0.0", "y"]);
    }
}
