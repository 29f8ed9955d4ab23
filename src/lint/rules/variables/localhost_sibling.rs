//! `localhost`, where another container is meant.

use std::collections::HashMap;

use super::hosts::{Host, hosts, is_loopback, listens_on, networks};
use crate::diagnostic::Severity;
use crate::lint::images::known;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "localhost-sibling",
    summary: "a service looks for another one on localhost",
    why: "Every container has a localhost of its own. What listens in another container is reached by the name of its \
          service, and by nothing else.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_PASSWORD: test
  tests:
    image: app:1
    command: pytest
    environment:
      DATABASE_URL: postgres://postgres:test@«localhost»:5432/app
",
    good: "\
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_PASSWORD: test
  tests:
    image: app:1
    command: pytest
    environment:
      DATABASE_URL: postgres://postgres:test@db:5432/app
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut listening: HashMap<u16, Vec<&Service<'_>>> = HashMap::new();
    for service in project.services() {
        for port in listens_on(service) {
            listening.entry(port).or_default().push(service);
        }
    }
    for service in project.services() {
        let Some(own) = networks(project, service).filter(|_| service.get("network_mode").is_none()) else {
            continue;
        };
        for host in hosts(service)
            .iter()
            .filter(|host| is_loopback(host.name) && !host.is_own())
        {
            let Some(port) = host.port else { continue };
            let others = listening.get(&port).map(Vec::as_slice).unwrap_or_default();
            if others.iter().any(|other| other.name() == service.name()) {
                continue;
            }
            let shares =
                |other: &Service<'_>| networks(project, other).is_some_and(|networks| !networks.is_disjoint(&own));
            let other = others.iter().find(|other| shares(other));
            let Some(other) = other.filter(|other| is_meant(project, service, host, other)) else {
                continue;
            };
            let (name, other_name) = (service.name(), other.name());
            found.push_once(
                at(
                    host.place(project),
                    format!("\"{name}\" looks for port {port} in its own container; \"{other_name}\" has it"),
                )
                .label(other.key.span, format!("listens on {port}"))
                .help(format!("write {other_name}:{port}")),
            );
        }
    }
}

/// Whether a program in the container is to connect there. A person's browser has another localhost.
fn is_meant(project: &Project<'_>, service: &Service<'_>, host: &Host<'_>, other: &Service<'_>) -> bool {
    let keeps_data = other
        .text("image")
        .and_then(known)
        .is_some_and(|known| known.is_datastore);
    let is_alone = host.scheme.is_none() && keeps_data;
    host.is_for_programs() || is_alone || (host.is_web() && service.is_check() && host.is_own_value(project, service))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_a_browser_asks_for_is_fine() {
        let app = |keys: &str| {
            found(
                &RULE,
                &format!(
                    "services:\n  web: {{image: w, ports: ['8080:3000']}}\n  db: {{image: 'redis:7'}}\n  app: {{image: i, {keys}}}\n"
                ),
            )
        };
        for keys in [
            "environment: {API: 'http://localhost:3000'}",
            "environment: {REDIS: 'redis://localhost:6379'}, network_mode: host",
            "environment: {REDIS: 'redis://localhost:6379'}, expose: [6379]",
            "environment: {REDIS: 'redis://localhost:6380'}",
            "environment: {REDIS: 'redis://localhost'}",
            "environment: {PUBLIC_REDIS: 'redis://localhost:6379'}",
            "environment: {REDIS: 'redis://localhost:6379'}, network_mode: 'service:db'",
        ] {
            assert!(app(keys).is_empty(), "{keys}");
        }
        assert_eq!(
            app("environment: {REDIS_HOST: 127.0.0.1, REDIS_PORT: 6379}"),
            ["127.0.0.1"]
        );
        assert_eq!(
            app("environment: ['API=http://localhost:3000'], command: pytest"),
            ["localhost"]
        );
    }
}
