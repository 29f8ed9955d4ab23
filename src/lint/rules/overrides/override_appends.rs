//! A port that is added where it was to be changed.

use super::layers::{Layer, is_over, layers};
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
    for service in project.services() {
        let twins = twins(service);
        if twins.is_empty() {
            continue;
        }
        let layers = layers(project, service.name());
        for layer in &layers {
            finding(project, service, &layers, layer, &twins)
                .into_iter()
                .for_each(|one| found.push(one));
        }
    }
}

/// All pairs of ports that are the same but for the port of the machine, each pair in both orders.
fn twins<'a>(service: &Service<'a>) -> Vec<(&'a Node, &'a Node)> {
    let twins_of = |port: &'a Node| {
        let others = service.items("ports").filter(move |other| is_twin(port, other));
        others.map(move |other| (port, other))
    };
    service.items("ports").flat_map(twins_of).collect()
}

/// Whether two ports are the same but for the port of the machine.
fn is_twin(port: &Node, other: &Node) -> bool {
    let text = |port: &Node, key: &str| port.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let is_same = |key: &str| text(port, key) == text(other, key);
    let number = |port: &Node| port.get("target").and_then(Node::as_f64);
    let (published, others) = (text(port, "published"), text(other, "published"));
    number(port).is_some()
        && number(port) == number(other)
        && is_same("protocol")
        && is_same("host_ip")
        && !published.is_empty()
        && !others.is_empty()
        && published != others
}

fn finding<'a>(
    project: &Project<'a>,
    service: &Service<'a>,
    layers: &[Layer<'a>],
    layer: &Layer<'a>,
    twins: &[(&Node, &Node)],
) -> Option<Diagnostic> {
    let (key, value) = layer.entry("ports").filter(|(_, value)| value.tag.is_none())?;
    let is_added =
        |(port, below): &&(&Node, &Node)| value.span.holds(port.span) && is_over(project, layers, layer, below.span);
    let mut added = twins.iter().filter(is_added);
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
    use crate::lint::rules::testing::found;

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
