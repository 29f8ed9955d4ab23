//! Secrets and configs that only a Swarm can have.

use std::collections::HashMap;

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "external-secret",
    summary: "a service uses an external secret or config, which only a Swarm can have",
    why: "Compose has no store of secrets and configs. `docker compose config` is content, and `docker compose up` fails \
          with `unsupported external secret`.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    secrets: [token]
secrets:
  token:
    external: «true»
",
    good: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    secrets: [token]
secrets:
  token:
    environment: DEPLOY_TOKEN
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for (section, word) in [("secrets", "secret"), ("configs", "config")] {
        let mut users: HashMap<&str, (&str, Span)> = HashMap::new();
        for service in project.services().iter().filter(|service| service.is_active) {
            for item in service.items(section) {
                if let Some(source) = item.get("source").and_then(Node::as_str) {
                    users.entry(source).or_insert((service.name(), item.span));
                }
            }
        }
        for (name, resource) in project.section(section) {
            let external = resource
                .get("external")
                .filter(|external| external.as_bool() == Some(true));
            let (Some(external), Some((user, place))) = (external, users.get(&*name.text)) else {
                continue;
            };
            let message = format!(
                "\"{user}\" uses the external {word} \"{}\", which only a Swarm can have",
                name.text
            );
            found.push(
                at(external.span, message)
                    .label(*place, "used here")
                    .help("take it from a file or from a variable of the environment"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn only_what_is_used_is_told() {
        let file =
            |service: &str| format!("services: {{a: {{image: i, {service}}}}}\nconfigs: {{c: {{external: true}}}}\n");
        assert_eq!(found(&RULE, &file("configs: [c]")), ["true"]);
        assert!(found(&RULE, &file("tty: true")).is_empty());
    }
}
