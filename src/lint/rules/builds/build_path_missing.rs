//! A directory to build from that does not exist.

use std::path::Path;

use super::place;
use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "build-path-missing",
    summary: "a service is built from a directory that does not exist",
    why: "`docker compose config` does not look for the directory, so the file passes every check up to the build, which \
          fails with \"path not found\". Relative paths begin at the directory of the first compose file.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  api:
    build: «./backend»
  tests:
    build:
      context: ./api
      additional_contexts:
        fixtures: «./fixture»
== api/Dockerfile ==
FROM python:3.13
COPY --from=fixtures . /fixtures
",
    good: "\
services:
  api:
    build: ./api
  tests:
    build:
      context: ./api
      additional_contexts:
        fixtures: ./fixtures
== api/Dockerfile ==
FROM python:3.13
COPY --from=fixtures . /fixtures
== fixtures/users.json ==
[]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let context = project.context(service).zip(place::of(service, &["context"]));
        if let Some((path, span)) = context {
            tell(project, service, &path, span, found);
        }
        let others = service.node.at(&["build", "additional_contexts"]);
        for (_, node) in others.into_iter().flat_map(Node::entries) {
            if let Some(path) = node.as_str().filter(|path| path.starts_with('/')) {
                tell(project, service, Path::new(path), node.span, found);
            }
        }
    }
}

fn tell(project: &Project<'_>, service: &Service<'_>, path: &Path, span: Span, found: &mut Found) {
    if !project.is_literal(span) || path.symlink_metadata().is_ok() {
        return;
    }
    let name = service.name();
    let shown = project.shown(path);
    let finding = at(
        span,
        format!("\"{name}\" is built from {shown}, and there is no such directory"),
    );
    found.push_once(match project.below_parent(path) {
        Some(parent) => finding
            .help(format!(
                "it is there as seen from {parent}: is this file used with one that lies there?"
            ))
            .at_most(Severity::Hint),
        None => finding.at_most(place::missing(project, path)),
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::diagnostic::Severity;
    use crate::lint::rule::Found;
    use crate::lint::rules::testing::{found, with_project};

    #[test]
    fn what_something_else_brings_is_a_hint() {
        let level = |ignored: &str| {
            let file = format!(
                "services:\n  a:\n    build: ./app\n== .git/config ==\n\n== .gitignore ==\n{ignored}\n== .gitmodules \
                 ==\n[submodule \"x\"]\n\tpath = x\n== README ==\n\n"
            );
            with_project(&file, |project| {
                let mut found = Found::default();
                (RULE.check)(project, &mut found);
                found.findings()[0].severity
            })
        };
        assert_eq!(level("/app"), Severity::Hint);
        assert_eq!(level("/other"), Severity::Error);
    }

    #[test]
    fn what_lies_elsewhere_or_depends_on_variables_is_not_looked_for() {
        for build in [
            "https://github.com/me/app.git#main",
            "git@github.com:me/app.git",
            "ssh://git@example.com/x.git",
            "${DIRECTORY}/app",
            "${DIRECTORY:-./nope}",
            ".",
            "{dockerfile_inline: FROM a}",
            "{context: ., additional_contexts: {a: \"docker-image://alpine\", b: \"service:a\", c: \"https://x.y/z\"}}",
            "{context: ., additional_contexts: {a: \"oci-layout:///nope\"}}",
        ] {
            let file = format!("services:\n  a:\n    build: {build}\n");
            assert_eq!(found(&RULE, &file), Vec::<String>::new(), "{build}");
        }
    }
}
