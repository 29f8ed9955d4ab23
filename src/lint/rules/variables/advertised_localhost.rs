//! A broker that sends its clients to their own containers.

use super::hosts::{hosts, is_loopback};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "advertised-localhost",
    summary: "a broker tells its clients in other containers to come back at localhost",
    why: "A client of Kafka asks for the brokers first and then connects to the address that it is told. Where that is \
          localhost, every other container looks for the broker in itself: the first connection works, and nothing after it.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  kafka:
    image: apache/kafka:4.1.0
    environment:
      KAFKA_ADVERTISED_LISTENERS: «PLAINTEXT://localhost:9092»
  app:
    image: app:1
    environment:
      BOOTSTRAP_SERVERS: kafka:9092
",
    good: "\
services:
  kafka:
    image: apache/kafka:4.1.0
    environment:
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://kafka:9092
  app:
    image: app:1
    environment:
      BOOTSTRAP_SERVERS: kafka:9092
",
    fixed: None,
    check,
};

/// Variables and options that hold what a broker tells its clients.
const VARIABLES: [&str; 4] = [
    "KAFKA_ADVERTISED_HOST_NAME",
    "KAFKA_ADVERTISED_LISTENERS",
    "KAFKA_CFG_ADVERTISED_LISTENERS",
    "KAFKA_ADVERTISED_HOST",
];
const OPTIONS: [&str; 2] = ["--advertise-kafka-addr", "--kafka-addr-advertised"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let is_own = |(_, addresses): &(&Node, &str)| addresses.split(',').all(is_own_address);
        let Some((node, _)) = advertised(service).into_iter().find(is_own) else {
            continue;
        };
        found.extend_once(client(project, service).map(|asking| finding(service, asking, node)));
    }
}

fn finding(service: &Service<'_>, asking: &Service<'_>, node: &Node) -> Diagnostic {
    let (name, other) = (service.name(), asking.name());
    let message = format!("\"{name}\" tells \"{other}\" to look for it at localhost");
    at(node.span, message)
        .label(asking.key.span, "connects from another container")
        .help(format!(
            "write {name} in the place of localhost; add a listener of its own for what runs on the machine"
        ))
}

/// Another service that connects to this one by its name.
fn client<'a, 'b>(project: &'b Project<'a>, service: &Service<'_>) -> Option<&'b Service<'a>> {
    if service.text("network_mode").is_some() {
        return None;
    }
    let mut others = project.services().iter().filter(|other| other.name() != service.name());
    others.find(|other| hosts(other).iter().any(|host| host.name == service.name()))
}

/// What a broker tells its clients, where the file says so.
fn advertised<'a>(service: &Service<'a>) -> Vec<(&'a Node, &'a str)> {
    let variables = VARIABLES
        .iter()
        .filter_map(|name| service.node.at(&["environment", name]));
    let mut found: Vec<_> = variables.filter_map(|node| Some((node, node.as_str()?))).collect();
    let words: Vec<&Node> = ["entrypoint", "command"]
        .into_iter()
        .flat_map(|key| service.items(key))
        .collect();
    for (at, node) in words.iter().enumerate() {
        let text = node.as_str().unwrap_or_default();
        let (option, joined) = text
            .split_once('=')
            .map_or((text, None), |(option, value)| (option, Some(value)));
        if OPTIONS.contains(&option) {
            let next = words.get(at + 1).and_then(|next| next.as_str());
            found.extend(joined.or(next).map(|value| (*node, value)));
        }
    }
    found
}

/// `PLAINTEXT://localhost:9092`, `localhost:9092` or `localhost`.
fn is_own_address(address: &str) -> bool {
    let address = address.rsplit("://").next().unwrap_or(address).trim();
    is_loopback(address.split(':').next().unwrap_or(address))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn one_address_for_containers_is_enough() {
        let of = |kafka: &str, app: &str| {
            let text = format!("services:\n  kafka: {{image: apache/kafka, {kafka}}}\n  app: {{image: i, {app}}}\n");
            found(&RULE, &text).len()
        };
        let client = "environment: {BROKERS: 'kafka:9092'}";
        let listeners = |value: &str| format!("environment: {{KAFKA_ADVERTISED_LISTENERS: '{value}'}}");
        assert_eq!(of(&listeners("A://localhost:1,B://127.0.0.1:2"), client), 1);
        assert_eq!(of("command: [--advertise-kafka-addr, 'localhost:9092']", client), 1);
        assert_eq!(of(&listeners("A://localhost:1,B://kafka:2"), client), 0);
        assert_eq!(
            of(&listeners("A://localhost:1"), "command: a"),
            0,
            "nobody asks from a container"
        );
    }
}
