//! A value without quotes that YAML takes for a number or a date.

use crate::diagnostic::{Edit, Fix, Severity};
use crate::lint::places::{is_anchored, quoted};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "env-value-coerced",
    summary: "a value is taken for a number or a date, and passed on in another form",
    why: "YAML reads a value without quotes as a number where it looks like one. Of `3.10` the number 3.1 is left, of \
          `0755` the number 493, of a date a time in full, and that is what the container gets.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    build:
      context: .
      args:
        PYTHON: «3.10»
    environment:
      UMASK: «0022»
",
    good: "\
services:
  tests:
    build:
      context: .
      args:
        PYTHON: \"3.10\"
    environment:
      UMASK: \"0022\"
",
    fixed: Some(
        "\
services:
  tests:
    build:
      context: .
      args:
        PYTHON: \"3.10\"
    environment:
      UMASK: \"0022\"
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let places: [&[&str]; 5] = [
            &["environment"],
            &["labels"],
            &["annotations"],
            &["build", "args"],
            &["build", "labels"],
        ];
        for (key, value) in places
            .iter()
            .filter_map(|keys| service.node.at(keys))
            .flat_map(Node::entries)
        {
            let Some((raw, kind)) = changed(project, value) else {
                continue;
            };
            let (name, text) = (&key.text, value.as_str().unwrap_or_default());
            let edits = vec![Edit::replace(value.span, quoted(raw))];
            // Whoever writes True may well be content with what becomes of it.
            let is_truth = kind == "truth value";
            let make = if is_truth { Fix::unsafe_ } else { Fix::safe };
            let fix = make("write the value in quotes", edits).changing(&[
                "services.*.environment",
                "services.*.labels",
                "services.*.annotations",
                "services.*.build.args",
                "services.*.build.labels",
            ]);
            let level = if is_truth { Severity::Hint } else { Severity::Error };
            found.push_once(
                at(
                    value.span,
                    format!("\"{name}\" becomes \"{text}\": without quotes, {raw} is a {kind}"),
                )
                .help(format!("write {}", quoted(raw)))
                .at_most(level)
                .fix((!is_shared(project, value.span)).then_some(fix)),
            );
        }
    }
}

/// How a value is written, and what YAML takes it for, where another text comes of it.
fn changed<'a>(project: &Project<'a>, value: &Node) -> Option<(&'a str, &'static str)> {
    let kind = match &project.written(value.span)?.value {
        Value::Int(_) | Value::Float(_) => "number",
        Value::Time(_) => "date",
        Value::Bool(_) => "truth value",
        _ => return None,
    };
    let raw = project.text(value.span);
    (value.as_str()? != raw).then_some((raw, kind))
}

/// Whether a tag or an anchor stands before a value.
fn is_shared(project: &Project<'_>, span: Span) -> bool {
    let source = project.source(span.source);
    let before = source
        .and_then(|source| source.text.get(..span.range().start))
        .unwrap_or_default();
    let is_tagged = before
        .trim_end()
        .rsplit(char::is_whitespace)
        .next()
        .is_some_and(|word| word.starts_with('!'));
    is_tagged || is_anchored(project, span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn only_what_changes_is_found() {
        let text = |values: &str| {
            found(
                &RULE,
                &format!("services:\n  a:\n    image: i\n    environment: {{{values}}}\n"),
            )
        };
        assert!(text("A: 3.1, B: 10, C: true, D: '3.10', E: ~, F: 1.2.3, G: yes, H: -1, I: 3.5").is_empty());
        assert_eq!(
            text("A: 1_000, B: 0x1F, C: 1e3, D: 2024-01-02, E: True, F: 1.0, G: +1"),
            ["1_000", "0x1F", "1e3", "2024-01-02", "True", "1.0", "+1"]
        );
    }

    #[test]
    fn a_value_that_two_services_share_is_told_once() {
        let text = "x-e: &e {A: 1.0}\nservices:\n  a: {image: i, environment: *e}\n  b: {image: i, environment: *e}\n";
        assert_eq!(found(&RULE, text), ["1.0"]);
    }
}
