//! Two services that talk, and share no network.

use std::cell::LazyCell;
use std::collections::HashSet;

use super::hosts::{aliases, extra_hosts, hosts, networks};
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "no-shared-network",
    summary: "a service asks for another one that is in none of its networks",
    why: "Services see each other by name only in a network that both are in. A service with `networks` of its own leaves \
          the default one; to all others its name does not exist.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:17
    networks: [back]
  tests:
    image: app:1
    command: pytest
    environment:
      DATABASE_URL: postgres://app@«db»:5432/app
networks:
  back:
",
    good: "\
services:
  db:
    image: postgres:17
    networks: [back]
  tests:
    image: app:1
    command: pytest
    networks: [back]
    environment:
      DATABASE_URL: postgres://app@db:5432/app
networks:
  back:
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let aliases = aliases(project);
    for service in project.services() {
        let mut seen = HashSet::new();
        let extra = LazyCell::new(|| extra_hosts(service));
        for host in hosts(service).iter().filter(|host| !host.is_own()) {
            let Some(other) = project
                .service(host.name)
                .filter(|other| other.name() != service.name())
            else {
                continue;
            };
            let pair = (networks(project, service), networks(project, other));
            let (Some(own), Some(others)) = pair else { continue };
            let is_apart = own.is_disjoint(&others) && !own.is_empty() && !others.is_empty();
            let is_other = || extra.contains(host.name) || aliases.contains(host.name);
            if !is_apart || is_other() || !seen.insert(host.name) {
                continue;
            }
            let (name, other_name) = (service.name(), other.name());
            let level = if host.scheme.is_some() {
                Severity::Error
            } else {
                Severity::Warning
            };
            let place = other.key_of("networks").map_or(other.key.span, |key| key.span);
            found.push_once(
                at(
                    host.place(project),
                    format!("\"{name}\" asks for \"{other_name}\", and shares no network with it"),
                )
                .label(place, format!("\"{other_name}\" is in {}", listed(&others)))
                .help(format!("let both be in one network; \"{name}\" is in {}", listed(&own)))
                .at_most(level),
            );
        }
    }
}

fn listed(names: &HashSet<&str>) -> String {
    let mut names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn who_shares_a_network_is_fine() {
        let app = |keys: &str| {
            found(
                &RULE,
                &format!(
                    "services:\n  db: {{image: w, networks: [a, b]}}\n  app: {{image: i, environment: {{DB_HOST: db}}, {keys}}}\nnetworks: {{a: , b: , c: }}\n"
                ),
            )
        };
        for keys in [
            "networks: [b, c]",
            "network_mode: host",
            "network_mode: 'service:db'",
            "networks: [c], extra_hosts: ['db:10.0.0.1']",
        ] {
            assert!(app(keys).is_empty(), "{keys}");
        }
        assert_eq!(app("networks: [c]"), ["db"]);
        assert_eq!(app("tty: false"), ["db"]);
    }
}
