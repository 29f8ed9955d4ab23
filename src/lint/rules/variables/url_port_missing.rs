//! A URL without a port, for a server that listens on another one than such URLs mean.

use std::collections::{HashMap, HashSet};

use super::hosts::{Host, aliases, hosts, listens_on};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::known;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "url-port-missing",
    summary: "a URL without a port names a service that listens on another port than the URL means",
    why: "`http://` without a port means port 80, and `https://` port 443. Between containers no port is translated: what listens \
          on 3000 is asked on 3000, and on 80 the connection is refused.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  client:
    image: client:1
    environment:
      PORT: \"3000\"
  e2e:
    image: cypress/included:14.5.0
    environment:
      CYPRESS_BASE_URL: http://«client»
    depends_on: [client]
",
    good: "\
services:
  client:
    image: client:1
    environment:
      PORT: \"3000\"
  e2e:
    image: cypress/included:14.5.0
    environment:
      CYPRESS_BASE_URL: http://client:3000
    depends_on: [client]
",
    fixed: None,
    check,
};

/// Ports on which servers talk something else than HTTP.
const OTHERS: [u16; 13] = [
    1025, 1433, 2181, 3306, 4222, 5432, 5672, 6379, 9042, 9092, 11211, 26257, 27017,
];

/// What is known of where a service listens.
struct Ports {
    named: HashSet<u16>,
    /// The port that it listens on in place of the usual one, and how sure that is.
    other: Option<(u16, Severity)>,
}

fn check(project: &Project<'_>, found: &mut Found) {
    let aliases = aliases(project);
    let mut ports: HashMap<&str, Ports> = HashMap::new();
    for service in project.services() {
        for host in hosts(service) {
            let other = project
                .service(host.name)
                .filter(|other| other.name() != service.name());
            // A proxy can answer under the name of what it leads to.
            let Some(other) = other.filter(|other| !aliases.contains(other.name()) && !host.is_own()) else {
                continue;
            };
            let ports = ports.entry(other.name()).or_insert_with(|| Ports::of(project, other));
            found.extend_once(finding(project, service, &host, (other, ports)));
        }
    }
}

fn finding<'a>(
    project: &Project<'a>,
    service: &Service<'_>,
    host: &Host<'a>,
    (other, ports): (&Service<'_>, &Ports),
) -> Option<Diagnostic> {
    let meant = match host.scheme? {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        _ => return None,
    };
    if host.port.is_some() || ports.named.contains(&meant) {
        return None;
    }
    let (port, level) = ports.other?;
    let (name, other_name) = (service.name(), other.name());
    let message = format!("`{name}` asks `{other_name}` on port {meant}, and it listens on {port}");
    let finding = at(host.place(project), message).label(other.key.span, format!("listens on {port}"));
    Some(finding.help(format!("write {other_name}:{port}")).at_most(level))
}

impl Ports {
    fn of(project: &Project<'_>, service: &Service<'_>) -> Self {
        let mut named = listens_on(service);
        named.extend(exposed(project, service));
        let other = Self::other(project, service, &named);
        Self { named, other }
    }

    fn other(project: &Project<'_>, service: &Service<'_>, named: &HashSet<u16>) -> Option<(u16, Severity)> {
        let variable = service.node.at(&["environment", "PORT"]);
        if let Some(port) = variable.and_then(Node::as_str).and_then(|text| text.parse().ok()) {
            let is_usual = [80, 443].contains(&port);
            return (!is_usual).then_some((port, Severity::Warning));
        }
        let image = service.pulled_image().and_then(Node::as_str).and_then(known);
        if let Some(known) = image.filter(|known| !known.ports.is_empty()) {
            let port = known.ports.iter().find(|port| !OTHERS.contains(port))?;
            return Some((*port, Severity::Warning));
        }
        // What is only exposed or published need not be all that it listens on.
        let is_one = named.len() == 1 && !project.has_other_files();
        named
            .iter()
            .next()
            .filter(|_| is_one)
            .map(|port| (*port, Severity::Hint))
    }
}

/// The ports that the Dockerfile of a service names.
fn exposed(project: &Project<'_>, service: &Service<'_>) -> Vec<u16> {
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let file = project.dockerfile(service);
    let stage = file.as_ref().and_then(|file| file.target(target));
    let ports = stage.into_iter().flat_map(|stage| &stage.exposed);
    ports.filter_map(|port| port.split('/').next()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(other: &str, url: &str) -> usize {
        let text = format!("services:\n  web: {{{other}}}\n  tests: {{image: i, environment: {{URL: '{url}'}}}}\n");
        found(&RULE, &text).len()
    }

    #[test]
    fn what_the_dockerfile_exposes_counts() {
        let with = |port: u16| {
            let text = format!(
                "services:\n  web: {{build: .}}\n  tests: {{image: i, environment: {{URL: 'http://web'}}}}\n\
                 == Dockerfile ==\nFROM node:22\nEXPOSE {port}\n"
            );
            found(&RULE, &text).len()
        };
        assert_eq!((with(3000), with(80)), (1, 0));
    }

    #[test]
    fn what_is_known_of_the_ports_decides() {
        assert_eq!(of("image: w, environment: {PORT: 3000}", "http://web/x"), 1);
        assert_eq!(of("image: w, expose: [8080]", "http://web"), 1);
        assert_eq!(of("image: w, ports: ['80:8080']", "ws://web/socket"), 1);
        assert_eq!(of("image: 'elasticsearch:8.19.2'", "http://web"), 1);
        for (other, url) in [
            ("image: w, environment: {PORT: 3000}", "http://web:3000"),
            ("image: w, environment: {PORT: 80}", "http://web"),
            ("image: w, expose: [80, 3000]", "http://web"),
            ("image: w, ports: ['8443:443', '8080:80']", "https://web"),
            ("image: w, expose: [3000, 4000]", "http://web"),
            ("image: w, expose: [3000], container_name: web", "http://web"),
            ("image: 'nginx:1.29', ports: ['80']", "http://web"),
            ("image: w", "http://web"),
            ("image: 'rabbitmq:4'", "http://web"),
            ("image: w, expose: [3000]", "http://other"),
        ] {
            assert_eq!(of(other, url), 0, "{other}: {url}");
        }
    }
}
