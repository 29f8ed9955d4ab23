//! Ports of the machine that are the same in every run.

use super::places::{by_file, count, is_fixed, most, with_others};
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-port-fixed",
    summary: "a service takes a port of the machine that is the same in every run",
    why: "A port of the machine can be taken once. A second run beside the first one fails with `port is already \
          allocated`. Inside the project, services reach each other by name and need no published ports.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  db:
    image: postgres:16
    ports:
      - «\"5432:5432\"»
  tests:
    image: app:1
    command: pytest
",
    good: "\
services:
  db:
    image: postgres:16
    ports:
      - \"5432\"
  tests:
    image: app:1
    command: pytest
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:16
    ports:
      - \"5432\"
  tests:
    image: app:1
    command: pytest
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let ports = project.services().iter().flat_map(ports);
    for file in by_file(ports.filter(|(span, _)| is_fixed(project, *span))) {
        finding(project, &file).into_iter().for_each(|one| found.push(one));
    }
}

/// The ports of the machine that a service takes, each with the place where it says so.
fn ports<'a>(service: &Service<'a>) -> impl Iterator<Item = (Span, Option<&'a str>)> {
    let is_of_host = service.text("network_mode") == Some("host");
    let ports = service.items("ports").map(|port| (port.span, published(port)));
    ports.filter(move |(_, published)| !is_of_host && published.is_some())
}

/// The one port of the machine that is taken. Out of a range the engine takes one that is free.
fn published(port: &Node) -> Option<&str> {
    let published = port.get("published")?.as_str()?;
    (!published.is_empty() && published != "0" && !published.contains('-')).then_some(published)
}

fn finding(project: &Project<'_>, file: &[(Span, Option<&str>)]) -> Option<Diagnostic> {
    let ((span, port), others) = file.split_first()?;
    let port = port.unwrap_or_default();
    let more = match others.len() {
        0 => String::new(),
        more => format!(" and {}", count(more, "other")),
    };
    let edits: Option<Vec<Edit>> = file.iter().map(|(span, _)| edit(project, *span)).collect();
    let message = format!("two runs on one machine cannot both have the port {port}{more}");
    let finding = with_others(
        at(*span, message),
        others.iter().map(|(span, _)| *span),
        "fixed as well",
    );
    Some(
        finding
            .help("publish the container's port alone, as in \"80\", for a free port of the machine, or none at all")
            .fix(edits.map(|edits| Fix::unsafe_("take a free port", edits).changing(&["services.*.ports"])))
            .at_most(most(project)),
    )
}

/// The short form without the port of the machine.
fn edit(project: &Project<'_>, span: Span) -> Option<Edit> {
    let port = project.written(span)?.as_str()?;
    let quote = project
        .text(span)
        .chars()
        .next()
        .filter(|c| "'\"".contains(*c))
        .unwrap_or('"');
    let parts: Vec<&str> = port.split(':').collect();
    let free = match parts[..] {
        [_, container] => container.to_owned(),
        [ip, _, container] => format!("{ip}::{container}"),
        _ => return None,
    };
    Some(Edit::replace(span, format!("{quote}{free}{quote}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn it_is_about_ports_that_are_taken_in_every_run() {
        let file = |ports: &str| format!("services: {{a: {{image: i, ports: [{ports}]}}}}");
        for ports in [
            "'80'",
            "80",
            "'${PORT:-80}:80'",
            "'8000-8010:80'",
            "{target: 80}",
            "'127.0.0.1::80'",
        ] {
            assert!(found(&RULE, &file(ports)).is_empty(), "{ports}");
        }
        for ports in ["'127.0.0.1:80:80'", "{target: 80, published: 80}", "'80-82:80-82'"] {
            assert_eq!(found(&RULE, &file(ports)), [ports], "{ports}");
        }
        assert_eq!(found(&RULE, &file("'80:80', '81:81'")), ["'80:80'"]);
    }
}
