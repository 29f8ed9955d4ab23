//! One port of the machine for two containers.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "duplicate-host-port",
    summary: "two containers take the same port of the machine",
    why: "A port of the machine can be taken once. The second container cannot be started: `port is already allocated`. \
          `docker compose config` does not compare the ports of services.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: web:1
    ports:
      - \"8080:80\"
  api:
    image: api:1
    ports:
      - «\"8080:8000\"»
",
    good: "\
services:
  web:
    image: web:1
    ports:
      - \"8080:80\"
  api:
    image: api:1
    ports:
      - \"8081:8000\"
",
    fixed: None,
    check,
};

/// A port of the machine that a container takes.
#[derive(Clone, Copy)]
struct Taken<'a> {
    service: &'a str,
    ip: &'a str,
    span: Span,
}

fn check(project: &Project<'_>, found: &mut Found) {
    let mut all: HashMap<(&str, &str), Takers<'_>> = HashMap::new();
    // Services that extend the same one have their ports from the same place.
    let mut told = HashSet::new();
    for service in project.services().iter().filter(|service| publishes(service)) {
        for port in service.items("ports") {
            let Some(number) = fixed(port) else { continue };
            let text = |key: &str| port.get(key).and_then(Node::as_str).unwrap_or_default();
            let taken = Taken {
                service: service.name(),
                ip: text("host_ip"),
                span: port.span,
            };
            let here = all.entry((number, text("protocol"))).or_default();
            if let Some(first) = here.clashing(&taken) {
                if told.insert(taken.span) {
                    found.push(finding(number, &taken, first));
                }
            } else {
                found_in_replicas(service, number, &taken)
                    .into_iter()
                    .for_each(|one| found.push(one));
                here.add(taken);
            }
        }
    }
}

/// Whether its ports are those of the machine. Those of a service that is not active may belong to another run.
fn publishes(service: &Service<'_>) -> bool {
    service.is_active && service.text("network_mode") != Some("host")
}

/// The one port that is taken. Out of a range the engine takes one that is free.
fn fixed(port: &Node) -> Option<&str> {
    let published = port.get("published")?.as_str()?;
    (!published.is_empty() && published != "0" && !published.contains('-')).then_some(published)
}

/// Who takes a port, as far as none of them clashes with another: then one address is that of one service.
#[derive(Default)]
struct Takers<'a> {
    /// The first one at all, and the first of another service.
    first: Option<Taken<'a>>,
    other: Option<Taken<'a>>,
    /// The first at each address; all addresses together have the empty one.
    by_ip: HashMap<&'a str, Taken<'a>>,
}

impl<'a> Takers<'a> {
    /// Somebody who takes the port too. The same port of the same service, twice, is a matter of the loader.
    fn clashing(&self, taken: &Taken<'a>) -> Option<&Taken<'a>> {
        let at = |ip| self.by_ip.get(ip);
        let candidates = match address(taken.ip) {
            "" => [self.first.as_ref(), self.other.as_ref()],
            ip => [at(""), at(ip)],
        };
        let mut others = candidates.into_iter().flatten();
        others.find(|other| other.service != taken.service)
    }

    fn add(&mut self, taken: Taken<'a>) {
        let first = self.first.get_or_insert(taken);
        if first.service != taken.service {
            self.other.get_or_insert(taken);
        }
        self.by_ip.entry(address(taken.ip)).or_insert(taken);
    }
}

/// An address, where one word stands for all of them.
fn address(ip: &str) -> &str {
    if ["0.0.0.0", "::"].contains(&ip) { "" } else { ip }
}

fn finding(number: &str, taken: &Taken<'_>, first: &Taken<'_>) -> Diagnostic {
    let message = format!(
        "\"{}\" and \"{}\" both take the port {number} of the machine",
        first.service, taken.service
    );
    at(taken.span, message)
        .label(first.span, "taken here")
        .help("publish another port, or none: services reach each other by name")
}

fn found_in_replicas(service: &Service<'_>, number: &str, taken: &Taken<'_>) -> Option<Diagnostic> {
    let (count, place) = service.replicas().filter(|(count, _)| *count > 1.0)?;
    let message = format!(
        "{count} containers of \"{}\" all take the port {number} of the machine",
        service.name()
    );
    Some(
        at(taken.span, message)
            .label(place, "so many containers")
            .help("publish the container's port alone, or a range of ports of the machine"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn two(one: &str, other: &str) -> Vec<String> {
        found(
            &RULE,
            &format!("services: {{a: {{image: i, {one}}}, b: {{image: i, {other}}}}}"),
        )
    }

    #[test]
    fn ports_clash_where_address_and_protocol_do() {
        assert_eq!(
            two("ports: ['80:1']", "ports: ['127.0.0.1:80:2']"),
            ["'127.0.0.1:80:2'"]
        );
        for other in [
            "ports: ['80']",
            "ports: ['80:1/udp']",
            "ports: ['80-90:1']",
            "ports: ['80:1'], network_mode: host",
            "ports: ['80:1'], profiles: [p]",
        ] {
            assert_eq!(two("ports: ['80:1']", other), [""; 0], "{other}");
        }
        assert_eq!(two("ports: ['127.0.0.1:80:1']", "ports: ['127.0.0.2:80:1']"), [""; 0]);
        let own = "ports: ['127.0.0.1:80:1', '127.0.0.2:80:2', '[::]:80:3']";
        assert_eq!(two(own, "ports: ['127.0.0.3:80:1']"), ["'127.0.0.3:80:1'"]);
        assert_eq!(two("ports: ['127.0.0.3:80:1']", own), ["'[::]:80:3'"]);
    }

    #[test]
    fn several_containers_of_a_service_clash_with_each_other() {
        assert_eq!(two("scale: 2, ports: ['80:1']", "scale: 2, ports: ['1']"), ["'80:1'"]);
        assert_eq!(two("scale: 2, ports: ['80-81:1']", "tty: true"), [""; 0]);
    }
}
