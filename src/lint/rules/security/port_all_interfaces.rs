//! A database that the whole network can reach.

use crate::diagnostic::{Edit, Fix, Severity};
use crate::lint::edits;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::secrets;
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "port-all-interfaces",
    summary: "a database can be reached from other machines",
    why: "A published port without an address is open on every network of the machine, and the engine opens it \
          past most firewalls. For a server that is there for the other services that is more than is meant; the \
          services themselves need no published port.",
    level: Severity::Hint,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:16
    ports:
      - «\"5432:5432\"»
",
    good: "\
services:
  db:
    image: postgres:16
    ports:
      - \"127.0.0.1:5432:5432\"
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:16
    ports:
      - \"127.0.0.1:5432:5432\"
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project
        .services()
        .iter()
        .filter(|service| secrets::is_datastore(service))
    {
        for port in service.items("ports").filter(|port| is_open(project, port)) {
            let name = service.name();
            let published = port.get("published").and_then(Node::as_str).unwrap_or_default();
            found.push_once(
                at(
                    port.span,
                    format!("\"{name}\" can be reached from other machines, at port {published}"),
                )
                .help("publish it at 127.0.0.1 alone, or not at all: other services reach it by its name")
                .fix(fix(project, port.span)),
            );
        }
    }
}

/// Whether other machines reach a port.
pub(super) fn is_open(project: &Project<'_>, port: &Node) -> bool {
    let address = port.get("host_ip").and_then(Node::as_str).unwrap_or_default();
    let is_variable = project
        .written(port.span)
        .and_then(Node::as_str)
        .is_some_and(secrets::refers);
    let is_published = port.get("published").is_some();
    is_published && ["", "0.0.0.0", "::"].contains(&address) && !is_variable
}

/// Puts an address before a port in the short form, which has none.
pub(super) fn fix(project: &Project<'_>, span: Span) -> Option<Fix> {
    let text = project.text(span);
    let quotes = text.len() - text.trim_start_matches(['"', '\'']).len();
    let bare = text.trim_matches(['"', '\'']);
    let is_simple = bare.split(':').count() == 2 && bare.starts_with(|c: char| c.is_ascii_digit());
    (is_simple && edits::is_of_one(project, span)).then(|| {
        let edit = Edit::replace(span.part(quotes, quotes), "127.0.0.1:");
        Fix::unsafe_("publish it at 127.0.0.1 alone", vec![edit]).changing(&["services.*.ports"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_is_not_open_or_not_known_is_fine() {
        let text = "services: {a: {image: redis, ports: ['6379', '[::1]:1:1', '${IP:-}:2:2', '127.0.0.1:3:3']}, \
                    web: {image: nginx, ports: ['80:80']}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }

    #[test]
    fn every_form_is_found_once() {
        let text =
            "services: {a: {image: 'x/redis:7', ports: ['0.0.0.0:1:1', '5-9:5-9', {target: 3, published: 4}]}}\n";
        assert_eq!(
            found(&RULE, text),
            ["'0.0.0.0:1:1'", "'5-9:5-9'", "{target: 3, published: 4}"]
        );
    }

    #[test]
    fn what_two_services_share_is_not_fixed() {
        use crate::lint::rule::Found;
        use crate::lint::rules::testing::with_project;

        let text = "services: {a: {image: redis, ports: &p ['1:1']}, b: {image: web, ports: *p}}\n";
        let fixes = |text: &str| {
            with_project(text, |project| {
                let mut found = Found::default();
                check(project, &mut found);
                found.findings().iter().filter(|finding| finding.fix.is_some()).count()
            })
        };
        assert_eq!(fixes(text), 0);
        assert_eq!(fixes(&text.replace("*p", "['2:2']")), 1);
    }
}
