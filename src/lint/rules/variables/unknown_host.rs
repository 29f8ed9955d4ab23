//! A host that nothing in the project answers for.

use std::collections::{HashMap, HashSet};

use super::hosts::{aliases, extra_hosts, hosts, is_loopback, networks};
use crate::diagnostic::{NearNames, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "unknown-host",
    summary: "a URL names a host that is no service of the project",
    why: "In the network of a project, names without a dot are those of its services. Another name is not found, and the \
          connection fails.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  database:
    image: postgres:17
  tests:
    image: app:1
    command: pytest
    environment:
      DATABASE_URL: postgres://app@«databse»:5432/app
",
    good: "\
services:
  database:
    image: postgres:17
  tests:
    image: app:1
    command: pytest
    environment:
      DATABASE_URL: postgres://app@database:5432/app
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let aliases = aliases(project);
    let mut names = NearNames::among(project.services().iter().map(Service::name));
    let mut near_to: HashMap<&str, Option<&str>> = HashMap::new();
    for service in project.services().iter().filter(|service| is_inside(project, service)) {
        let extra = extra_hosts(service);
        for host in hosts(service)
            .iter()
            .filter(|host| (host.scheme.is_some() || host.is_alone_in_variable(service)) && !host.is_own())
        {
            let wanted = host.name;
            let is_name = wanted.contains(|c: char| c.is_ascii_alphabetic()) && !wanted.contains('.');
            let is_asked =
                host.is_for_programs() || host.is_alone_in_variable(service) || (host.is_web() && host.port.is_some());
            if !is_name || !is_asked || extra.contains(wanted) || is_known(project, &aliases, wanted) {
                continue;
            }
            let near = *near_to.entry(wanted).or_insert_with(|| names.nearest(wanted));
            if near.is_none() && !host.is_own_value(project, service) {
                continue;
            }
            let name = service.name();
            let finding = at(
                host.place(project),
                format!("\"{name}\" asks for \"{wanted}\", and no service has that name"),
            );
            found.push_once(match near {
                Some(near) => finding.help(format!("did you mean \"{near}\"?")),
                None => finding
                    .help("name a service, or give the name to one as an alias")
                    .at_most(Severity::Hint),
            });
        }
    }
}

/// Whether all that a service can reach by such a name is part of the project.
pub(super) fn is_inside(project: &Project<'_>, service: &Service<'_>) -> bool {
    let is_external = |name: &str| {
        let network = project.declared("networks", name);
        network.is_some_and(|(_, network)| network.get("external").and_then(Node::as_bool) == Some(true))
    };
    let is_fixed = |name: &str| {
        let own = project
            .declared("networks", name)
            .and_then(|(_, network)| network.get("name"));
        own.is_some_and(|node| project.is_text(node.span))
    };
    let networks = networks(project, service);
    networks.is_some_and(|networks| !networks.iter().any(|name| is_external(name) || is_fixed(name)))
}

/// Whether every service finds a host by this name.
pub(super) fn is_known(project: &Project<'_>, aliases: &HashSet<&str>, name: &str) -> bool {
    let is_service = project.service(name).is_some() || aliases.contains(name);
    is_service || is_loopback(name) || is_container(project, name)
}

/// The name that compose gives to a container: `project-service-1`.
fn is_container(project: &Project<'_>, name: &str) -> bool {
    name.strip_prefix(&*project.model.name)
        .is_some_and(|rest| rest.starts_with(['-', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn names_that_are_known_otherwise_are_fine() {
        let app = |keys: &str| {
            found(
                &RULE,
                &format!(
                    "services:\n  redis: {{image: w, container_name: cache, networks: {{default: {{aliases: [store]}}}}}}\n  app: {{image: i, {keys}}}\nnetworks: {{ext: {{external: true}}}}\n"
                ),
            )
        };
        for keys in [
            "environment: {U: 'redis://redis'}",
            "environment: {U: 'redis://cache:6379'}",
            "environment: {U: 'redis://store:6379'}",
            "environment: {U: 'redis://10.0.0.1:6379'}",
            "environment: {U: 'redis://a.example:6379'}",
            "environment: {U: 'redis://other'}, extra_hosts: ['other:10.0.0.1']",
            "environment: {U: 'redis://other'}, networks: [ext]",
            "environment: {U: 'redis://other'}, network_mode: host",
            "environment: {U: 'http://namespace/x'}",
            "environment: {U: 's3://bucket'}",
        ] {
            assert!(app(keys).is_empty(), "{keys}");
        }
        assert_eq!(app("environment: {U: 'redis://rediss:6379'}"), ["rediss"]);
        assert_eq!(app("command: a --url http://other:80/"), ["other"]);
    }
}
