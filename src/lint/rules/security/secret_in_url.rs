//! A password inside an address.

use std::collections::HashSet;

use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::secrets::{self, Login, ThrowAway};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "secret-in-url",
    summary: "an address holds a password",
    why: "Addresses are printed: by the program that connects, by the one that fails to, by proxies. The password \
          goes along, into logs that many can read, and it stays in the history of the repository.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    environment:
      REGISTRY: «https://ci:kQ0aL8f2@registry.example.com»
",
    good: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    environment:
      REGISTRY: https://ci:${REGISTRY_PASSWORD}@registry.example.com
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let throw_away = ThrowAway::new(project);
    let mut seen = HashSet::new();
    for service in project.services() {
        for node in places(service).filter(|node| seen.insert(node.span)) {
            let written = project.written(node.span).and_then(Node::as_str).unwrap_or_default();
            let Some(login) = secrets::login(written) else { continue };
            if let Some(level) = level(&throw_away, &login) {
                let (name, host) = (service.name(), login.host);
                found.push_once(
                    at(
                        node.span,
                        format!("\"{name}\" has the password for {host} written in the file"),
                    )
                    .help("write a variable in its place, such as ${PASSWORD:?}")
                    .at_most(level),
                );
            }
        }
    }
}

/// Where addresses stand. All words of a command that is one text have its place.
fn places<'a>(service: &Service<'a>) -> impl Iterator<Item = &'a Node> {
    let variables = service.entries("environment").map(|(_, value)| value);
    let build = service.node.at(&["build", "args"]).into_iter().flat_map(Node::entries);
    let test = service
        .node
        .at(&["healthcheck", "test"])
        .into_iter()
        .flat_map(Node::items);
    let words = service.items("entrypoint").chain(service.items("command")).chain(test);
    variables.chain(build.map(|(_, value)| value)).chain(words)
}

fn level(throw_away: &ThrowAway<'_>, login: &Login<'_>) -> Option<Severity> {
    let level = secrets::weight(login.password)?;
    let opens_little = throw_away.has(login.host) || throw_away.is_opened_by(login.password);
    secrets::lowered(level, opens_little.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn commands_and_arguments_are_read() {
        let text = "services: {a: {build: {context: ., args: {P: 'http://u:Zk3v-91@p/'}}, command: 'curl \
                    http://u:Zk3v-91@h/ x y'}}\n";
        assert_eq!(
            found(&RULE, text),
            ["'http://u:Zk3v-91@p/'", "'curl http://u:Zk3v-91@h/ x y'"]
        );
    }

    #[test]
    fn a_throw_away_database_is_fine() {
        let text = "services: {db: {image: postgres:16}, app: {image: i, environment: \
                    [DB=postgres://postgres:postgres@db/app]}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }

    #[test]
    fn variables_are_fine() {
        let text = "services: {app: {image: i, environment: {A: 'amqp://u:${P:-x}@h', B: 'https://$$u:$P@h', C: \
                    'http://h/a:b@c'}}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }
}
