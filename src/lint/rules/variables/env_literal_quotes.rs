//! Quotes that become a part of a value.

use crate::diagnostic::{Edit, Fix, Severity};
use crate::lint::places::is_anchored;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "env-literal-quotes",
    summary: "the quotes around a value are passed on as a part of it",
    why: "An item of a list such as `- TOKEN=\"abc\"` is one text, in which YAML sees no quotes and Compose removes none: \
          the container gets them with the value.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    environment:
      - «MODE=\"fast\"»
",
    good: "\
services:
  tests:
    image: app:1
    environment:
      - MODE=fast
",
    fixed: Some(
        "\
services:
  tests:
    image: app:1
    environment:
      - MODE=fast
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let places: [&[&str]; 2] = [&["environment"], &["build", "args"]];
        for (key, value) in places
            .iter()
            .filter_map(|keys| service.node.at(keys))
            .flat_map(Node::entries)
        {
            let written = project.written(value.span).and_then(Node::as_str);
            let Some((name, quoted)) = written.and_then(|text| text.split_once('=')) else {
                continue;
            };
            let is_item = key.span == value.span && *key.text == *name;
            let Some(inner) = unquoted(quoted).filter(|_| is_item) else {
                continue;
            };
            let raw = project.text(value.span);
            let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./=@+".contains(c);
            let is_simple = !inner.is_empty() && inner.trim() == inner && inner.chars().all(is_plain);
            let can_fix = is_simple && raw == format!("{name}={quoted}") && !is_anchored(project, value.span);
            let edits = vec![Edit::replace(value.span, format!("{name}={inner}"))];
            let fix =
                Fix::safe("take the quotes away", edits).changing(&["services.*.environment", "services.*.build.args"]);
            found.push_once(
                at(
                    value.span,
                    format!("the value of \"{name}\" has quotes in it, which the container gets"),
                )
                .help(format!("write {name}={inner}; quotes belong around the whole item"))
                .fix(can_fix.then_some(fix)),
            );
        }
    }
}

/// What stands between quotes that open and close the whole value.
fn unquoted(value: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn quotes_inside_a_value_and_around_an_item_are_meant() {
        let item = |item: &str| {
            found(
                &RULE,
                &format!("services:\n  a:\n    image: i\n    environment:\n      - {item}\n"),
            )
        };
        for text in ["\"A=b\"", "A=\"b\" \"c\"", "A='b", "'A={\"b\": 1}'", "A=b\"c\"", "A"] {
            assert!(item(text).is_empty(), "{text}");
        }
        assert_eq!(item("'A=\"b c\"'"), ["'A=\"b c\"'"]);
        assert_eq!(item("A='b'"), ["A='b'"]);
        assert!(found(&RULE, "services:\n  a:\n    image: i\n    environment: {A: '\"b\"'}\n").is_empty());
    }
}
