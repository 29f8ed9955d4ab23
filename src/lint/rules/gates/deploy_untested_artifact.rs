//! A deploy that is built otherwise than what was tested.

use crate::diagnostic::Severity;
use crate::event::{Condition, Kind};
use crate::lint::project::{Need, Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "deploy-untested-artifact",
    summary: "a deploy is built otherwise than what the checks before it ran in",
    why: "Another target, other arguments or another Dockerfile make another image out of the same directory. The checks \
          have passed in an image that is not the one that is deployed.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Strict,
    bad: "\
services:
  tests:
    build:
      context: .
      target: dev
    command: pytest
  deploy:
    build:
      context: .
      target: «prod»
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
",
    good: "\
services:
  tests:
    build:
      context: .
      target: prod
    command: pytest
  deploy:
    build:
      context: .
      target: prod
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
",
    fixed: None,
    check,
};

/// What makes another image out of the same directory.
const PARTS: [&str; 3] = ["target", "dockerfile", "args"];

fn check(project: &Project<'_>, found: &mut Found) {
    for deploy in project.services().iter().filter(|service| service.kind == Kind::Deploy) {
        let Some(build) = deploy.get("build") else { continue };
        let checks: Vec<&Service<'_>> = deploy
            .needs()
            .filter_map(|need| check_of(project, need, build))
            .collect();
        let differs = |check: &&Service<'_>| PARTS.iter().find(|part| is_other(build, check, part)).copied();
        let parts: Option<Vec<&str>> = checks.iter().map(differs).collect();
        let (Some(parts), [check, ..]) = (parts, checks.as_slice()) else {
            continue;
        };
        let Some(part) = parts.first() else { continue };
        let place = build.get(part).map_or(build.span, |value| value.span);
        let (name, other) = (deploy.name(), check.name());
        found.push(
            at(
                place,
                format!("the {part} of \"{name}\" differs from that of \"{other}\", which checks it"),
            )
            .label(check.key.span, "checks another image")
            .help("check the image that is deployed"),
        );
    }
}

/// The check whose success is waited for, where it is built from the same directory.
fn check_of<'a, 'b>(project: &'b Project<'a>, need: Need<'a>, build: &Node) -> Option<&'b Service<'a>> {
    let check = project.service(&need.key.text)?;
    let context = |build: &Node| build.get("context").and_then(Node::as_str).map(str::to_owned);
    let is_same = context(check.get("build")?) == context(build);
    (need.condition == Condition::Succeeded && check.is_check() && is_same).then_some(check)
}

fn is_other(build: &Node, check: &Service<'_>, part: &str) -> bool {
    let value = |build: Option<&Node>| build.and_then(|build| build.get(part)).map(bare);
    value(Some(build)) != value(check.get("build"))
}

/// A value without its places.
fn bare(node: &Node) -> Vec<(String, Option<String>)> {
    let text = |node: &Node| node.as_str().map(str::to_owned);
    match node.as_map() {
        Some(map) => map.iter().map(|(key, value)| (key.to_string(), text(value))).collect(),
        None => vec![(String::new(), text(node))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn one_check_of_the_same_image_is_enough() {
        let file = |deploy: &str, other: &str| {
            format!(
                "services:\n  lint: {{build: {{context: ., target: dev}}}}\n  e2e-test: {{build: {{context: {other}}}}}\n  deploy:\n    \
                 build: {deploy}\n    depends_on:\n      lint: {{condition: service_completed_successfully}}\n      \
                 e2e-test: {{condition: service_completed_successfully}}\n"
            )
        };
        assert!(found(&RULE, &file("{context: .}", ".")).is_empty());
        assert_eq!(
            found(&RULE, &file("{context: ., args: {A: b}}", ".")),
            ["{context: ., args: {A: b}}"]
        );
        assert_eq!(found(&RULE, &file("{context: .}", "./tests")).len(), 1);
        assert!(found(&RULE, &file("{context: ./other}", ".")).is_empty());
    }
}
