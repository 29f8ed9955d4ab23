//! Two builds under one name.

use std::collections::HashMap;

use crate::diagnostic::Severity;
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::{Node, Value};

/// What makes an image another one.
const DECIDES: [&str; 6] = [
    "additional_contexts",
    "args",
    "context",
    "dockerfile",
    "dockerfile_inline",
    "target",
];

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-tag-collision",
    summary: "two services build different images under one name",
    why: "Both builds run, and the one that ends last has the name: both services run that image, and which one it is \
          changes from run to run.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  api:
    build: ./api
    image: shop:ci
  worker:
    build: ./worker
    image: «shop:ci»
== api/Dockerfile ==
FROM python:3.13
== worker/Dockerfile ==
FROM golang:1.24
",
    good: "\
services:
  api:
    build: ./api
    image: shop-api:ci
  worker:
    build: ./worker
    image: shop-worker:ci
== api/Dockerfile ==
FROM python:3.13
== worker/Dockerfile ==
FROM golang:1.24
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut builders: HashMap<String, Vec<(&Service<'_>, &Node)>> = HashMap::new();
    for service in project.services() {
        let Some((build, node)) = service.get("build").zip(service.get("image")) else {
            continue;
        };
        let Some(image) = node.as_str().filter(|image| !image.is_empty()) else {
            continue;
        };
        let others = builders.entry(Reference::split(image).full()).or_default();
        let differs = |other: &Service<'_>| {
            let theirs = other.get("build");
            let is_other = |key: &&str| !is_same(build.get(key), theirs.and_then(|build| build.get(key)));
            DECIDES.iter().find(|key| is_other(key)).copied()
        };
        // Most services of one image have one build as well: one of those is enough to compare with.
        let is_same_build = |(other, _): &(&Service<'_>, &Node)| differs(other).is_none();
        if others
            .iter()
            .any(|other| is_same_build(other) && other.0.profiles() == service.profiles())
        {
            continue;
        }
        let clash = others
            .iter()
            .filter(|(other, _)| run_together(service, other))
            .find_map(|(other, image)| Some((other, image, differs(other)?)));
        if let Some((other, their_image, key)) = clash {
            let (name, other) = (service.name(), other.name());
            let message = format!("\"{name}\" and \"{other}\" both build \"{image}\", with another {key}");
            found.push(
                at(node.span, message)
                    .label(their_image.span, "the same name")
                    .help("give each a name of its own, or leave the name out"),
            );
        }
        others.push((service, node));
    }
}

/// Whether two services can be there at once: with no profile, or one that both have.
fn run_together(a: &Service<'_>, b: &Service<'_>) -> bool {
    let (a, b) = (a.profiles(), b.profiles());
    a.is_empty() || b.is_empty() || a.iter().any(|profile| b.contains(profile))
}

/// Whether two values say the same, wherever they are written.
fn is_same(a: Option<&Node>, b: Option<&Node>) -> bool {
    let (Some(a), Some(b)) = (a, b) else {
        return a.is_none() && b.is_none();
    };
    match (&a.value, &b.value) {
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| is_same(Some(value), b.get(key)))
        }
        (Value::Seq(a), Value::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(Some(a), Some(b))),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(a: &str, b: &str) -> usize {
        found(
            &RULE,
            &format!("services:\n  a: {{image: x, {a}}}\n  b: {{image: \"x:latest\", {b}}}\n"),
        )
        .len()
    }

    #[test]
    fn the_same_build_may_have_the_same_name() {
        assert_eq!(of("build: .", "build: {context: ., cache_from: [y]}"), 0);
        assert_eq!(
            of("build: {context: ., args: [A=1]}", "build: {context: ., args: {A: 1}}"),
            0
        );
        assert_eq!(of("build: .", "build: {context: ., target: y}"), 1);
        assert_eq!(
            of("build: {context: ., args: [A=1]}", "build: {context: ., args: {A: 2}}"),
            1
        );
    }

    #[test]
    fn variants_that_exclude_each_other_may_share_a_name() {
        assert_eq!(of("build: ./a, profiles: [cpu]", "build: ./b, profiles: [gpu]"), 0);
        assert_eq!(of("build: ./a, profiles: [cpu]", "build: ./b, profiles: [gpu, cpu]"), 1);
        assert_eq!(of("build: ./a, profiles: [cpu]", "build: ./b"), 1);
    }
}
