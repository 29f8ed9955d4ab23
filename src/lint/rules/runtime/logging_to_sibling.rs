//! Logs that the engine is to send to a container of the same project.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Severity};
use crate::event::Condition;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "logging-to-sibling",
    summary: "a logging driver sends to a service of the project",
    why: "The Docker daemon sends the logs and not the container: it knows no names of services, and connects when the container \
          starts. Where what takes the logs is not ready by then, the container does not start at all; `depends_on` without a \
          health check does not wait for that.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  rsyslog:
    image: rsyslog:1
    ports: [\"127.0.0.1:5140:5140\"]
  app:
    image: app:1
    depends_on: [rsyslog]
    logging:
      driver: syslog
      options:
        syslog-address: «tcp://localhost:5140»
",
    good: "\
services:
  rsyslog:
    image: rsyslog:1
    ports: [\"127.0.0.1:5140:5140\"]
    healthcheck:
      test: [CMD, nc, -z, 127.0.0.1, \"5140\"]
      interval: 2s
  app:
    image: app:1
    depends_on:
      rsyslog:
        condition: service_healthy
    logging:
      driver: syslog
      options:
        syslog-address: tcp://localhost:5140
",
    fixed: None,
    check,
};

/// Options of drivers that hold an address.
const ADDRESSES: [&str; 5] = [
    "fluentd-address",
    "gelf-address",
    "loki-url",
    "splunk-url",
    "syslog-address",
];

/// Options with which a driver starts without a connection.
const PATIENT: [(&str, &str); 3] = [
    ("fluentd-async", "true"),
    ("fluentd-async-connect", "true"),
    ("splunk-verify-connection", "false"),
];

/// Addresses of the machine itself.
const OWN: [&str; 4] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

/// An address that a driver sends to.
struct Address<'a> {
    node: &'a Node,
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
}

fn check(project: &Project<'_>, found: &mut Found) {
    let mut takes: HashMap<u16, &Service<'_>> = HashMap::new();
    for service in project.services() {
        for (outside, _) in service.published() {
            takes.entry(outside).or_insert(service);
        }
    }
    for service in project.services() {
        let Some(address) = address(service) else { continue };
        let finding = match project.service(address.host) {
            Some(other) => Some(by_name(service, other, &address)),
            None => address
                .port
                .filter(|_| OWN.contains(&address.host) && needs_connection(service, &address))
                .and_then(|port| takes.get(&port))
                .and_then(|other| by_port(project, service, other, &address)),
        };
        found.extend_once(finding);
    }
}

fn by_name(service: &Service<'_>, other: &Service<'_>, address: &Address<'_>) -> Diagnostic {
    let (name, other_name) = (service.name(), other.name());
    let message = format!("the logs of `{name}` go to `{other_name}`, a name that the Docker daemon does not know");
    let finding = at(address.node.span, message).label(other.key.span, "known to containers only");
    finding.help(format!(
        "publish the port of `{other_name}` and write 127.0.0.1 for its name"
    ))
}

fn by_port(
    project: &Project<'_>,
    service: &Service<'_>,
    other: &Service<'_>,
    address: &Address<'_>,
) -> Option<Diagnostic> {
    let (name, other_name) = (service.name(), other.name());
    let is_itself = name == other_name;
    if !is_itself && waits(project, name, other_name) {
        return None;
    }
    let message = if is_itself {
        format!("`{name}` sends its logs to itself, and cannot start before it has started")
    } else {
        format!("`{name}` does not start unless `{other_name}` already takes its logs")
    };
    let finding = at(address.node.span, message).label(other.key.span, "takes the logs");
    Some(if is_itself {
        finding.help("leave out `logging`")
    } else {
        finding.help(format!(
            "give `{other_name}` a health check and wait for it with `condition: service_healthy`, or leave out `logging`"
        ))
    })
}

/// Whether a service starts only once another one is healthy, directly or after one that does.
fn waits(project: &Project<'_>, name: &str, other: &str) -> bool {
    let dependents = project.dependents(other);
    let mut healthy = dependents.filter(|(_, need)| need.condition == Condition::Healthy);
    healthy.any(|(service, _)| service.name() == name || project.is_behind(name, service.name()))
}

/// Whether the driver must have a connection when the container starts.
fn needs_connection(service: &Service<'_>, address: &Address<'_>) -> bool {
    let option = |name: &str| service.node.at(&["logging", "options", name]);
    let is_patient = PATIENT.iter().any(|(name, value)| {
        let set = option(name);
        set.is_some_and(|set| {
            set.as_str() == Some(value) || set.as_bool().map(|set| set.to_string()).as_deref() == Some(value)
        })
    });
    !is_patient && !["udp", "unix", "unixgram"].contains(&address.scheme)
}

fn address<'a>(service: &Service<'a>) -> Option<Address<'a>> {
    let option = |name: &&str| service.node.at(&["logging", "options", name]);
    let Some(node) = ADDRESSES.iter().find_map(option) else {
        return default_address(service);
    };
    let text = node.as_str()?;
    let (scheme, rest) = text.split_once("://").unwrap_or(("tcp", text));
    let authority = rest.split('/').next().unwrap_or(rest);
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    Some(Address {
        node,
        scheme,
        host,
        port: port.parse().ok(),
    })
}

/// Where Fluentd is looked for where nothing is said.
fn default_address<'a>(service: &Service<'a>) -> Option<Address<'a>> {
    let node = service.node.at(&["logging", "driver"])?;
    (node.as_str() == Some("fluentd")).then_some(Address {
        node,
        scheme: "tcp",
        host: "localhost",
        port: Some(24224),
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(logging: &str, needs: &str) -> usize {
        let text = format!(
            "services:\n  logs: {{image: i, ports: ['24224:24224', '514:514/udp'], healthcheck: {{test: x}}}}\n  \
             app: {{image: i, logging: {{{logging}}}, depends_on: {{{needs}}}}}\n"
        );
        found(&RULE, &text).len()
    }

    const STARTED: &str = "logs: {condition: service_started}";

    #[test]
    fn a_driver_that_connects_needs_a_server_that_is_ready() {
        let fluentd = "driver: fluentd, options: {fluentd-address: 'localhost:24224'}";
        assert_eq!(of(fluentd, STARTED), 1);
        assert_eq!(of("driver: fluentd", STARTED), 1);
        assert_eq!(of(fluentd, "logs: {condition: service_healthy}"), 0);
        for logging in [
            "driver: fluentd, options: {fluentd-address: 'localhost:24224', fluentd-async: 'true'}",
            "driver: fluentd, options: {fluentd-address: 'logs.example.com:24224'}",
            "driver: syslog, options: {syslog-address: 'udp://localhost:514'}",
            "driver: syslog, options: {syslog-address: 'tcp://localhost:1514'}",
            "driver: json-file, options: {max-size: 1m}",
        ] {
            assert_eq!(of(logging, STARTED), 0, "{logging}");
        }
    }

    #[test]
    fn names_of_services_are_known_to_containers_alone() {
        let healthy = "logs: {condition: service_healthy}";
        assert_eq!(
            of("driver: gelf, options: {gelf-address: 'udp://logs:12201'}", healthy),
            1
        );
        assert_eq!(
            of(
                "driver: loki, options: {loki-url: 'http://logs:3100/loki/api/v1/push'}",
                healthy
            ),
            1
        );
    }
}
