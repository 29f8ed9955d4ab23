//! Ports that do not exist.

use super::layers::is_open;
use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "port-out-of-range",
    summary: "a port is not one from 1 to 65535, or has a protocol that there is not",
    why: "The engine refuses to create the container. `docker compose config` looks at the short form of `ports` alone, \
          and lets `expose` and the long form through.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: app:1
    expose:
      - «\"80800\"»
",
    good: "\
services:
  web:
    image: app:1
    expose:
      - \"8080\"
",
    fixed: None,
    check,
};

const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for (span, fault) in exposed(service).chain(published(service)) {
            if !is_open(project, span) {
                found.push(at(span, fault).help("write a port from 1 to 65535, or a range such as 3000-3005"));
            }
        }
    }
}

fn exposed<'a>(service: &Service<'a>) -> impl Iterator<Item = (Span, String)> + use<'a> {
    service.items("expose").filter_map(|item| {
        let text = item.as_str()?;
        let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let is_fine = is_range(ports) && PROTOCOLS.contains(&protocol.to_lowercase().as_str());
        (!is_fine).then(|| (item.span, format!("{text:?} is no port")))
    })
}

fn published<'a>(service: &Service<'a>) -> impl Iterator<Item = (Span, String)> + use<'a> {
    service.items("ports").filter_map(|port| {
        let target = port.get("target").and_then(|target| Some((target, target.as_f64()?)));
        if let Some((target, number)) = target.filter(|(_, number)| !(1.0..=65535.0).contains(number)) {
            return Some((target.span, format!("{number} is no port")));
        }
        let published = port
            .get("published")
            .and_then(|published| Some((published, published.as_str()?)));
        if let Some((published, text)) = published.filter(|(_, text)| !is_free(text) && !is_range(text)) {
            return Some((published.span, format!("{text:?} is no port")));
        }
        let protocol = port
            .get("protocol")
            .and_then(|protocol| Some((protocol, protocol.as_str()?)));
        protocol
            .filter(|(_, text)| !text.is_empty() && !PROTOCOLS.contains(&text.to_lowercase().as_str()))
            .map(|(protocol, text): (&Node, _)| (protocol.span, format!("{text:?} is no protocol of a port")))
    })
}

/// Whether the engine chooses a port.
fn is_free(text: &str) -> bool {
    text.is_empty() || text == "0"
}

fn is_range(text: &str) -> bool {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    match text.split_once('-') {
        None => port(text).is_some(),
        Some((first, last)) => port(first).zip(port(last)).is_some_and(|(first, last)| first <= last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn ports_in_all_their_forms() {
        let file = |service: &str| format!("services: {{a: {{image: i, {service}}}}}");
        for service in [
            "expose: [80, '80/udp', 3000-3005, '${P:-x}']",
            "ports: ['80', '0:80', '80:80/udp', '3000-3005:80', {target: 80, published: ''}]",
        ] {
            assert!(found(&RULE, &file(service)).is_empty(), "{service}");
        }
        assert_eq!(
            found(&RULE, &file("expose: [http, 90-80, '80/ip']")),
            ["http", "90-80", "'80/ip'"]
        );
        assert_eq!(found(&RULE, &file("ports: [{target: 70000}]")), ["70000"]);
        assert_eq!(found(&RULE, &file("ports: [{target: 80, published: x}]")), ["x"]);
        assert_eq!(found(&RULE, &file("ports: [{target: 80, protocol: x}]")), ["x"]);
    }
}
