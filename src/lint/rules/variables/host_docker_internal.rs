//! The name of the machine, which only Docker Desktop knows.

use super::hosts::extra_hosts;
use crate::diagnostic::{Edit, Fix, Severity};
use crate::lint::places::{is_own, part};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-docker-internal",
    summary: "a service asks for host.docker.internal, and nothing makes that name known on Linux",
    why: "Docker Desktop knows the name by itself. The engine of a CI machine does not: the name is not found, unless \
          `extra_hosts` gives it the address of the machine.",
    level: Severity::Warning,
    category: Category::Reproducibility,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    environment:
      API: http://«host.docker.internal»:9000
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    extra_hosts:
      - \"host.docker.internal:host-gateway\"
    environment:
      API: http://host.docker.internal:9000
",
    fixed: Some(
        "\
services:
  tests:
    image: app:1
    command: pytest
    extra_hosts:
      - \"host.docker.internal:host-gateway\"
    environment:
      API: http://host.docker.internal:9000
",
    ),
    check,
};

const NAME: &str = "host.docker.internal";

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project
        .services()
        .iter()
        .filter(|service| !extra_hosts(service).contains(NAME))
    {
        let values = service.entries("environment").map(|(_, value)| value);
        let words = ["entrypoint", "command"].into_iter().flat_map(|key| service.items(key));
        let names = |node: &&Node| node.as_str().is_some_and(|text| text.contains(NAME));
        let Some(node) = values.chain(words).find(names) else {
            continue;
        };
        let text = node.as_str().unwrap_or_default();
        let start = text.find(NAME).unwrap_or_default();
        let name = service.name();
        found.push_once(
            at(
                part(project, node.span, text, start..start + NAME.len()),
                format!("\"{name}\" asks for {NAME}, which Linux does not know"),
            )
            .help(format!("add extra_hosts: [\"{NAME}:host-gateway\"]"))
            .fix(fix(project, service)),
        );
    }
}

/// Adds the name before the variables, in the same indentation.
fn fix(project: &Project<'_>, service: &Service<'_>) -> Option<Fix> {
    let key = service.key_of("environment").or_else(|| service.key_of("command"))?;
    let source = project.source(key.span.source)?;
    let start = key.span.range().start;
    let before = source.text.get(..start)?;
    let line = before.rfind('\n')? + 1;
    let indent = before.get(line..)?;
    let can_add = service.get("extra_hosts").is_none() && service.get("network_mode").is_none();
    if !can_add || !indent.chars().all(|c| c == ' ') || !is_own(project, service, key.span) {
        return None;
    }
    let ending = if before.ends_with(&format!("\r\n{indent}")) {
        "\r\n"
    } else {
        "\n"
    };
    let text = format!("extra_hosts:{ending}{indent}  - \"{NAME}:host-gateway\"{ending}{indent}");
    let edits = vec![Edit::replace(Span::new(key.span.source, start, start), text)];
    Some(Fix::safe("make the name known", edits).changing(&["services.*.extra_hosts"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_name_that_is_known_is_fine() {
        let app = |keys: &str| found(&RULE, &format!("services:\n  app: {{image: i, {keys}}}\n"));
        assert!(app("command: a host.docker.internal, extra_hosts: {host.docker.internal: host-gateway}").is_empty());
        assert!(app("command: a docker.internal").is_empty());
        assert_eq!(app("command: a host.docker.internal"), [NAME]);
    }
}
