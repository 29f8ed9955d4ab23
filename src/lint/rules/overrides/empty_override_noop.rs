//! A list that is to be emptied, and is not.

use std::slice::from_ref;

use super::layers::{Below, Layer, layers};
use crate::diagnostic::{Edit, Fix, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "empty-override-noop",
    summary: "an empty list or mapping is laid over one that is not empty, and changes nothing",
    why: "Compose joins lists and mappings of several files. An empty one adds nothing and takes nothing away: the ports \
          that a file for CI means to close are still open. Only `!reset` takes away what lies below.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: app:1
    ports: [\"8080:80\"]
== compose.override.yaml ==
services:
  web:
    ports: «[]»
",
    good: "\
services:
  web:
    image: app:1
    ports: [\"8080:80\"]
== compose.override.yaml ==
services:
  web:
    ports: !reset []
",
    fixed: Some(
        "\
services:
  web:
    image: app:1
    ports: [\"8080:80\"]
== compose.override.yaml ==
services:
  web:
    ports: !reset []
",
    ),
    check,
};

/// What is joined, as the path of what a fix changes. A `command` or an `entrypoint` is replaced, even by an empty list.
static JOINED: [&str; 22] = [
    "services.*.cap_add",
    "services.*.cap_drop",
    "services.*.configs",
    "services.*.depends_on",
    "services.*.devices",
    "services.*.dns",
    "services.*.dns_search",
    "services.*.env_file",
    "services.*.environment",
    "services.*.expose",
    "services.*.extra_hosts",
    "services.*.group_add",
    "services.*.labels",
    "services.*.links",
    "services.*.networks",
    "services.*.ports",
    "services.*.profiles",
    "services.*.secrets",
    "services.*.security_opt",
    "services.*.sysctls",
    "services.*.tmpfs",
    "services.*.volumes",
];

fn check(project: &Project<'_>, found: &mut Found) {
    let all = layers(project);
    for service in project.services() {
        let layers = all.get(service.name()).map(Vec::as_slice).unwrap_or_default();
        let lies_over_another = |layer: &&Layer<'_>| layers.len() > 1 || layer.node.get("extends").is_some();
        for layer in layers.iter().filter(lies_over_another) {
            for path in &JOINED {
                let key = path.strip_prefix("services.*.").unwrap_or(path);
                let empty = layer.entry(key).filter(|(_, value)| is_empty(value));
                let Some((name, value)) = empty else { continue };
                let Some(below) = below(service, &Below::of(project, layers, layer), key) else {
                    continue;
                };
                let edit = Edit::replace(value.span, format!("!reset {}", project.text(value.span)));
                found.push(
                    at(
                        value.span,
                        format!("\"{}\" still has the {key} of what this is laid over", service.name()),
                    )
                    .label(below, "still there")
                    .help(format!("write \"{name}: !reset {}\"", project.text(value.span)))
                    .fix(Fix::unsafe_("take away what lies below", vec![edit]).changing(from_ref(path))),
                );
            }
        }
    }
}

fn is_empty(value: &Node) -> bool {
    let is_seq = value.as_seq().is_some_and(<[Node]>::is_empty);
    let is_map = value.as_map().is_some_and(crate::yaml::Map::is_empty);
    value.tag.is_none() && (is_seq || is_map)
}

/// The first value under a key that lies below a layer, and is still there.
fn below(service: &Service<'_>, below: &Below, key: &str) -> Option<Span> {
    let items = service.items(key).map(|item| item.span);
    let mut spans = items.chain(service.entries(key).map(|(key, _)| key.span));
    spans.find(|span| below.holds(*span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    const BASE: &str = "services: {a: {image: i, ports: ['80'], command: x, environment: {A: b}}}\n";

    fn over(service: &str) -> Vec<String> {
        found(
            &RULE,
            &format!("{BASE}== compose.override.yaml ==\nservices: {{a: {{{service}}}}}\n"),
        )
    }

    #[test]
    fn only_what_changes_nothing_is_told() {
        assert_eq!(over("ports: [], environment: {}"), ["{}", "[]"]);
        assert_eq!(over("ports: !reset []"), [""; 0]);
        assert_eq!(over("ports: !override []"), [""; 0]);
        assert_eq!(over("command: []"), [""; 0]);
        assert_eq!(over("volumes: []"), [""; 0], "nothing lies below");
    }

    #[test]
    fn what_is_empty_below_is_no_override() {
        let file =
            "services: {a: {image: i, ports: []}}\n== compose.override.yaml ==\nservices: {a: {ports: ['80']}}\n";
        assert_eq!(found(&RULE, file), [""; 0]);
    }

    #[test]
    fn what_extends_lies_over_its_base() {
        let file = |own: &str, base: &str| format!("services: {{a: {{extends: b, {own}}}, b: {{image: i, {base}}}}}\n");
        assert_eq!(found(&RULE, &file("ports: []", "ports: ['80']")), ["[]"]);
        assert_eq!(found(&RULE, &file("ports: ['80']", "ports: []")), [""; 0]);
        let other = "services: {a: {extends: {file: c/b.yaml, service: b}, ports: []}}\n== c/b.yaml ==\nservices: {b: \
                     {image: i, ports: ['80']}}\n";
        assert_eq!(found(&RULE, other), ["[]"]);
    }
}
