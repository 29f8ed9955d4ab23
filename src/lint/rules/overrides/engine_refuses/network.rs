//! Addresses outside of their network, and what a network that is shared excludes.

use std::net::IpAddr;

use super::Refused;
use crate::lint::project::Service;
use crate::yaml::Node;

pub(super) fn check(refused: &mut Refused<'_, '_>) {
    let project = refused.project;
    for service in project.services() {
        exclusions(refused, service);
        hosts(refused, service);
        for (name, here) in service.entries("networks") {
            if let Some((_, network)) = project.declared("networks", name) {
                addresses(refused, here, network);
            }
        }
    }
    for (_, network) in project.section("networks") {
        for pool in pools(network) {
            if let Some((subnet, node)) = pool
                .get("subnet")
                .and_then(|node| Some((Subnet::read(node.as_str()?)?, node)))
            {
                if subnet.first() != subnet.address {
                    let message = format!(
                        "this is an address within a subnet: the subnet is {}/{}",
                        subnet.first(),
                        subnet.bits
                    );
                    refused.tell(node.span, message, "write the first address of the subnet");
                }
                let gateway = pool
                    .get("gateway")
                    .and_then(|node| Some((node.as_str()?.parse().ok()?, node)));
                if let Some((_, node)) = gateway.filter(|(gateway, _)| !subnet.holds(*gateway)) {
                    refused.tell(
                        node.span,
                        "the gateway is outside of the subnet",
                        "write an address of the subnet",
                    );
                }
            }
        }
    }
}

fn pools(network: &Node) -> impl Iterator<Item = &Node> {
    network.at(&["ipam", "config"]).into_iter().flat_map(Node::items)
}

/// What cannot be said where the network of another container is joined.
const JOINED: [&str; 6] = ["ports", "expose", "hostname", "dns", "extra_hosts", "links"];

fn exclusions(refused: &mut Refused<'_, '_>, service: &Service<'_>) {
    let mode = service.get("network_mode").and_then(Node::as_str).unwrap_or_default();
    let keys: &[&str] = match mode {
        "host" => &["links"],
        mode if mode.starts_with("service:") || mode.starts_with("container:") => &JOINED,
        _ => &[],
    };
    for key in keys {
        let is_said = service
            .get(key)
            .is_some_and(|node| !node.is_null() && node.as_seq().is_none_or(|items| !items.is_empty()));
        if let Some(written) = service.key_of(key).filter(|_| is_said) {
            let message = format!("`{key}` cannot be combined with `network_mode: {mode}`");
            refused.tell(
                written.span,
                message,
                "write it for the service whose network it is, or remove it",
            );
        }
    }
    let uts = service.get("uts").and_then(Node::as_str);
    if let Some(hostname) = service.key_of("hostname").filter(|_| uts == Some("host")) {
        refused.tell(
            hostname.span,
            "`hostname` cannot be combined with `uts: host`",
            "remove one of the two",
        );
    }
}

/// Entries of `extra_hosts`: a name, an equals sign and an address.
fn hosts(refused: &mut Refused<'_, '_>, service: &Service<'_>) {
    for entry in service.items("extra_hosts") {
        let text = entry.as_str().unwrap_or_default();
        let Some((_, address)) = text.split_once('=').or_else(|| text.split_once(':')) else {
            continue;
        };
        let bare = address.trim_start_matches('[').trim_end_matches(']');
        if !bare.is_empty() && bare != "host-gateway" && bare.parse::<IpAddr>().is_err() {
            let message = format!("invalid IP address `{address}`");
            refused.tell(entry.span, message, "write an address, or host-gateway");
        }
    }
}

fn addresses(refused: &mut Refused<'_, '_>, here: &Node, network: &Node) {
    let subnets: Vec<Subnet> = pools(network)
        .filter_map(|pool| Subnet::read(pool.get("subnet")?.as_str()?))
        .collect();
    for key in ["ipv4_address", "ipv6_address"] {
        let address = here
            .get(key)
            .and_then(|node| Some((node.as_str()?.parse::<IpAddr>().ok()?, node)));
        let Some((address, node)) = address else { continue };
        let mut same_kind = subnets
            .iter()
            .filter(|subnet| subnet.address.is_ipv4() == address.is_ipv4())
            .peekable();
        if same_kind.peek().is_some() && !same_kind.any(|subnet| subnet.holds(address)) {
            let message = format!("{address} is outside of the network's subnets");
            refused.tell(
                node.span,
                message,
                "write an address of the network, or none: the engine finds one",
            );
        }
    }
}

/// `10.5.0.0/16`.
#[derive(Clone, Copy)]
struct Subnet {
    address: IpAddr,
    bits: u32,
}

impl Subnet {
    fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let bits = bits.parse().ok().filter(|bits| *bits <= width(address))?;
        Some(Self { address, bits })
    }

    /// The first address.
    fn first(&self) -> IpAddr {
        start(self.address, self.bits)
    }

    fn holds(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && start(address, self.bits) == self.first()
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with all bits off behind the first so many.
fn start(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & u32::MAX.checked_shl(32 - bits).unwrap_or(0)).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & u128::MAX.checked_shl(128 - bits).unwrap_or(0)).into()),
    }
}
