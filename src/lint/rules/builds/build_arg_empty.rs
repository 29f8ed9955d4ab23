//! An empty build argument over the default of the Dockerfile.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::dockerfile::{Argument, Dockerfile};
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::{Key, Node};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "build-arg-empty",
    summary: "an empty build argument takes the place of the default in the Dockerfile",
    why: "A default in a Dockerfile counts only where the argument is not given at all. `${NAME:-}` gives an empty string where \
          the variable is not set, and the image is built without a version, or not at all.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    build:
      context: .
      args:
        NODE_VERSION: «${NODE_VERSION:-}»
== Dockerfile ==
ARG NODE_VERSION=22
FROM node:${NODE_VERSION}
",
    good: "\
services:
  tests:
    build:
      context: .
      args:
        NODE_VERSION:
== Dockerfile ==
ARG NODE_VERSION=22
FROM node:${NODE_VERSION}
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let args = service.node.at(&["build", "args"]).into_iter().flat_map(Node::entries);
        let empty = args.filter(|(_, value)| value.as_str() == Some(""));
        for (key, value) in empty {
            found.extend_once(finding(project, service, key, value));
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, key: &Key, value: &Node) -> Option<Diagnostic> {
    let file = project.dockerfile(service).filter(|file| file.syntax.is_none())?;
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let stages = file.reached(target);
    let declared = stages.iter().flat_map(|stage| &stage.arguments).chain(&file.arguments);
    let has_default = |argument: &&Argument| {
        *argument.name == *key.text && argument.default.as_deref().is_some_and(|text| !text.is_empty())
    };
    let default = declared.into_iter().find(has_default)?.default.as_deref()?;
    let text = project.dockerfile_text(service)?;
    let is_used = [format!("${}", key.text), format!("${{{}}}", key.text)];
    if !is_used.iter().any(|used| text.contains(used)) {
        return None;
    }
    let is_literal = project.is_literal(value.span);
    let breaks = breaks_base(&file, target, &key.text);
    // Whoever writes nothing on purpose, and has an image to build on, means it.
    let level = match (is_literal, breaks) {
        (true, true) => Severity::Error,
        (true, false) => return None,
        (false, _) => Severity::Warning,
    };
    let (name, argument) = (service.name(), &key.text);
    let message = format!("`{argument}` is empty, and hides the default `{default}` in the Dockerfile of `{name}`");
    let help = format!(
        "write `{argument}:` without a value, which passes the variable only if it is set, or repeat the default"
    );
    Some(at(value.span, message).help(help).at_most(level))
}

/// Whether a stage that is built has no image to be built on for want of an argument.
fn breaks_base(file: &Dockerfile, target: Option<&str>, argument: &str) -> bool {
    let stages = file.reached(target);
    let mut bases = stages
        .iter()
        .filter(|stage| stage.parent.is_none() && stage.written.contains(argument));
    bases.any(|stage| stage.base.as_deref().is_none_or(|base| Reference::parse(base).is_err()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    fn level(args: &str, dockerfile: &str) -> Option<Severity> {
        let file =
            format!("services: {{a: {{build: {{context: ., args: {args}}}}}}}\n== Dockerfile ==\n{dockerfile}\n");
        with_project(&file, |project| {
            let mut found = Found::default();
            check(project, &mut found);
            found.findings().first().map(|finding| finding.severity)
        })
    }

    #[test]
    fn an_argument_without_a_default_or_with_one_where_it_is_used_is_fine() {
        for (args, dockerfile) in [
            ("{V: '${V:-}'}", "ARG V\nFROM node:22\nRUN $V"),
            ("{V: '${V:-}'}", "ARG V=22\nFROM node:${V:-22}"),
            ("{V: '${V:-24}'}", "ARG V=22\nFROM node:$V"),
            ("[V]", "ARG V=22\nFROM node:$V"),
            ("{V: ''}", "FROM node\nARG V=--ci\nRUN npm i $V"),
            ("{V: '${V:-}'}", "FROM node AS unused\nARG V=1\nFROM node\nARG W=$V"),
        ] {
            assert_eq!(level(args, dockerfile), None, "{args}: {dockerfile}");
        }
    }

    #[test]
    fn a_default_is_hidden_by_nothing() {
        assert_eq!(
            level("{V: '${V:-}'}", "ARG V=22\nFROM node:$V"),
            Some(Severity::Warning)
        );
        assert_eq!(
            level("['V=${V}']", "FROM node\nARG V=22\nRUN x ${V}"),
            Some(Severity::Warning)
        );
        assert_eq!(level("{V: ''}", "ARG V=22\nFROM node:$V"), Some(Severity::Error));
    }
}
