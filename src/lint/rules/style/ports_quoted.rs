//! Ports without quotes.

use std::collections::BTreeMap;

use crate::diagnostic::{Edit, Fix, Severity};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::{SourceId, Span};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "ports-quoted",
    summary: "ports are written without quotes",
    why: "Compose reads them as they look. Other readers of YAML take two numbers with a colon between them for one number \
          to the base 60, and other programs read compose files too.",
    level: Severity::Hint,
    category: Category::Style,
    preset: Preset::Strict,
    bad: "\
services:
  ssh:
    image: ssh:1
    ports:
      - «22:22»
",
    good: "\
services:
  ssh:
    image: ssh:1
    ports:
      - \"22:22\"
",
    fixed: Some(
        "\
services:
  ssh:
    image: ssh:1
    ports:
      - \"22:22\"
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut files: BTreeMap<SourceId, Vec<Span>> = BTreeMap::new();
    for service in project.services() {
        for span in service
            .items("ports")
            .map(|port| port.span)
            .filter(|span| is_bare(project, *span))
        {
            let file = files.entry(span.source).or_default();
            if !file.contains(&span) {
                file.push(span);
            }
        }
    }
    for file in files.values() {
        let Some((first, others)) = file.split_first() else {
            continue;
        };
        let quoted = |span: &Span| Edit::replace(*span, format!("\"{}\"", project.text(*span)));
        let edits = file.iter().map(quoted).collect();
        let mut finding = at(*first, format!("{} is written without quotes", project.text(*first)));
        for span in others {
            finding = finding.label(*span, "and so is this");
        }
        found.push(
            finding
                .help("write ports in quotes")
                .fix(Fix::safe("write ports in quotes", edits)),
        );
    }
}

/// Whether a port is two numbers with a colon between them, and nothing else.
fn is_bare(project: &Project<'_>, span: Span) -> bool {
    let text = project.text(span);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.contains(':') && text.split(':').all(is_number) && project.is_text(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn all_of_a_file_are_told_at_once() {
        let text = "services: {a: {image: i, ports: [1:2, '3:4', 80, 127.0.0.1:5:6]}, b: {image: i, ports: [7:8]}}";
        assert_eq!(found(&RULE, text), ["1:2"]);
    }
}
