//! A Dockerfile that does not exist.

use super::place;
use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "dockerfile-missing",
    summary: "a service is built with a Dockerfile that does not exist",
    why: "`docker compose config` does not look for the Dockerfile, so the file passes every check up to the build, which \
          fails. The path of a Dockerfile begins at the context of the build, and not at the compose file.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  api:
    build:
      context: ./api
      dockerfile: «api/Dockerfile.ci»
== api/Dockerfile.ci ==
FROM python:3.13
",
    good: "\
services:
  api:
    build:
      context: ./api
      dockerfile: Dockerfile.ci
== api/Dockerfile.ci ==
FROM python:3.13
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<crate::diagnostic::Diagnostic> {
    let context = project.context(service)?;
    let path = project.dockerfile_path(service)?;
    let spans = [
        place::of(service, &["dockerfile", "context"])?,
        place::of(service, &["context"])?,
    ];
    if path.exists() || !spans.iter().all(|span| project.is_literal(*span)) {
        return None;
    }
    // A directory without anything is a submodule that was not fetched, or is filled by what runs before.
    std::fs::read_dir(&context).ok()?.next()?.ok()?;
    let (name, shown) = (service.name(), project.shown(&path));
    let finding = at(
        spans[0],
        format!("\"{name}\" is built with {shown}, and there is no such file"),
    );
    if let Some(parent) = project.below_parent(&path) {
        let help = format!("it is there as seen from {parent}: is this file used with one that lies there?");
        return Some(finding.help(help).at_most(Severity::Hint));
    }
    let help = "the path of a Dockerfile begins at the context of the build";
    Some(finding.help(help).at_most(place::missing(project, &path)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn the_place_is_that_of_what_was_written() {
        for (build, place) in [
            (".", "."),
            ("{context: .}", "."),
            ("{target: x}", "build"),
            ("{dockerfile: D}", "D"),
        ] {
            let file = format!("services:\n  a:\n    build: {build}\n");
            assert_eq!(found(&RULE, &file), [place], "{build}");
        }
    }

    #[test]
    fn a_dockerfile_can_be_elsewhere_or_have_another_name() {
        for build in [
            "{dockerfile_inline: FROM a}",
            "{dockerfile: \"${FILE}\"}",
            "https://github.com/me/app.git",
            "./lower",
            "{context: ., dockerfile: lower/dockerfile}",
        ] {
            let file = format!("services:\n  a:\n    build: {build}\n== lower/dockerfile ==\nFROM a\n");
            assert_eq!(found(&RULE, &file), Vec::<String>::new(), "{build}");
        }
    }
}
