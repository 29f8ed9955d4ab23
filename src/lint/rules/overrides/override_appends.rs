//! A port that is added where it was to be changed.

use indexmap::IndexMap;

use super::layers::{Below, Layer, layers};
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "override-appends",
    summary: "a file over another adds a second port of the machine for the same port of a container",
    why: "Compose joins the ports of several files. The port of the first file is still published beside the new one, and \
          still clashes with whatever the second file was to make room for.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: app:1
    ports:
      - \"8080:80\"
== compose.override.yaml ==
services:
  web:
    ports:
      - «\"9080:80\"»
",
    good: "\
services:
  web:
    image: app:1
    ports:
      - \"8080:80\"
== compose.override.yaml ==
services:
  web:
    ports: !override
      - \"9080:80\"
",
    fixed: Some(
        "\
services:
  web:
    image: app:1
    ports:
      - \"8080:80\"
== compose.override.yaml ==
services:
  web:
    ports: !override
      - \"9080:80\"
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let all = layers(project);
    for service in project.services() {
        let twins = twins(service);
        if twins.is_empty() {
            continue;
        }
        let layers = all.get(service.name()).map(Vec::as_slice).unwrap_or_default();
        for layer in layers {
            finding(project, service, layers, layer, &twins)
                .into_iter()
                .for_each(|one| found.push(one));
        }
    }
}

/// Ports of the machine for one port of a container, of which no two are the same.
type Twins<'a> = Vec<(&'a str, &'a Node)>;

/// The published ports that are not alone in leading to their port of the container.
fn twins<'a>(service: &Service<'a>) -> Vec<Twins<'a>> {
    let mut twins: IndexMap<_, Twins<'a>> = IndexMap::new();
    for port in service.items("ports") {
        let text = |key: &str| port.get(key).and_then(Node::as_str).unwrap_or_default();
        let target = port.get("target").and_then(Node::as_f64).map(f64::to_bits);
        let published = text("published");
        if let Some(target) = target.filter(|_| !published.is_empty()) {
            let same = twins.entry((target, text("protocol"), text("host_ip"))).or_default();
            same.push((published, port));
        }
    }
    let several = twins.into_values().filter(|twins| twins.len() > 1);
    several.collect()
}

/// The ports in the list of a layer that stand beside others, each with one that lies below it.
fn added<'a>(list: &Node, lower: &Below, twins: &[Twins<'a>]) -> Vec<(&'a Node, &'a Node)> {
    let mut added = Vec::new();
    for twins in twins {
        let (own, others): (Twins<'a>, Twins<'a>) = twins.iter().partition(|(_, port)| list.span.holds(port.span));
        let is_below = |other: &&(&str, &'a Node)| !own.is_empty() && lower.holds(other.1.span);
        // One of two that are not published alike differs from whatever lies above them.
        let first = others.iter().find(is_below);
        let is_other = |other: &&(&str, &'a Node)| first.is_some_and(|first| first.0 != other.0);
        let other = others.iter().filter(is_other).find(is_below);
        let below = |published: &str| [first, other].into_iter().flatten().find(|below| below.0 != published);
        added.extend(
            own.iter()
                .filter_map(|(published, port)| Some((*port, below(published)?.1))),
        );
    }
    added.sort_by_key(|(port, _)| port.span);
    added.dedup_by_key(|(port, _)| port.span);
    added
}

fn finding<'a>(
    project: &Project<'a>,
    service: &Service<'a>,
    layers: &[Layer<'a>],
    layer: &Layer<'a>,
    twins: &[Twins<'a>],
) -> Option<Diagnostic> {
    let (key, value) = layer.entry("ports").filter(|(_, value)| value.tag.is_none())?;
    let lower = Below::of(project, layers, layer);
    if lower.is_empty() {
        return None;
    }
    let mut added = added(value, &lower, twins).into_iter();
    let (port, below) = added.next()?;
    let colon = Span::new(key.span.source, key.span.range().end, key.span.range().end + 1);
    let edit = Edit::replace(colon, ": !override");
    let fix = (project.text(colon) == ":").then(|| {
        Fix::unsafe_("put these ports in the place of the others", vec![edit]).changing(&["services.*.ports"])
    });
    let message = format!(
        "\"{}\" keeps the port of the machine that it had for the same port of its own",
        service.name()
    );
    let mut finding = at(port.span, message).label(below.span, "still published");
    for (port, _) in added {
        finding = finding.label(port.span, "added as well");
    }
    Some(
        finding
            .help("write \"ports: !override\", and below it all the ports that are wanted")
            .fix(fix),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::{found, with_project};

    #[test]
    fn a_range_is_pointed_at_once() {
        let text = "services: {a: {image: i, ports: ['80-90:80-90']}}\n== compose.override.yaml ==\n\
                    services: {a: {ports: ['70-80:80-90']}}\n";
        assert_eq!(found(&RULE, text), ["'70-80:80-90'"]);
        with_project(text, |project| {
            let mut found = Found::default();
            check(project, &mut found);
            assert_eq!(found.findings()[0].labels.len(), 1, "what is still published");
        });
    }

    #[test]
    fn other_ports_are_added_on_purpose() {
        let over = |ports: &str| {
            found(
                &RULE,
                &format!(
                    "services: {{a: {{image: i, ports: ['80:80']}}}}\n== compose.override.yaml ==\nservices: {{a: {{ports: \
                     {ports}}}}}\n"
                ),
            )
        };
        assert_eq!(over("['81:80']"), ["'81:80'"]);
        assert_eq!(over("['80']"), [""; 0]);
        assert_eq!(over("['81:80/udp']"), [""; 0]);
        assert_eq!(over("['81:81']"), [""; 0]);
        assert_eq!(over("!override ['81:80']"), [""; 0]);
        assert!(found(&RULE, "services: {a: {image: i, ports: ['80:80', '81:80']}}").is_empty());
    }
}
