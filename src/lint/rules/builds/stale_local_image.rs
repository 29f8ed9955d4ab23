//! Images that are built once, and never again.

use crate::diagnostic::{Edit, Fix, Severity};
use crate::lint::insert;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "stale-local-image",
    summary: "an image is not built again where the machine has one of an earlier commit",
    why: "`docker compose up` builds only what is not there. On a machine that keeps its images, the second commit runs the \
          image of the first, and its tests say nothing of it, unless every call has `--build`.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  tests:
    «build»: .
    command: pytest
== Dockerfile ==
FROM python:3.13
",
    good: "\
services:
  tests:
    build: .
    pull_policy: build
    command: pytest
== Dockerfile ==
FROM python:3.13
",
    fixed: Some(
        "\
services:
  tests:
    build: .
    pull_policy: build
    command: pytest
== Dockerfile ==
FROM python:3.13
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    if !project.is_pipeline() {
        return;
    }
    let is_kept = |policy: Option<&str>| !matches!(policy, Some("build" | "never"));
    let stale: Vec<_> = project
        .services()
        .iter()
        .filter(|service| is_kept(service.text("pull_policy")))
        .filter_map(|service| Some((service, service.key_of("build")?)))
        .collect();
    let Some((first, key)) = stale.first() else { return };
    let name = first.name();
    let message = match stale.len() - 1 {
        0 => format!("the image of \"{name}\" is not built again where it is there"),
        1 => format!("the images of \"{name}\" and of one more service are not built again where they are there"),
        others => {
            format!("the images of \"{name}\" and of {others} more services are not built again where they are there")
        }
    };
    let edits: Option<Vec<Edit>> = stale.iter().map(|(service, _)| with_policy(project, service)).collect();
    let fix = edits.map(|edits| Fix::unsafe_("build them every time", edits).changing(&["services.*.pull_policy"]));
    found.push(at(key.span, message).help("write pull_policy: build").fix(fix));
}

/// The policy behind the build or the image of a service that says nothing of it.
fn with_policy(project: &Project<'_>, service: &Service<'_>) -> Option<Edit> {
    let key = if service.get("image").is_some() {
        "image"
    } else {
        "build"
    };
    let is_silent = service.get("pull_policy").is_none();
    insert::behind(project, service, key, &["pull_policy: build"]).filter(|_| is_silent)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_project_is_told_once_and_only_a_pipeline() {
        let servers = "services:\n  a: {build: .}\n  b: {build: ., ports: [80]}\n";
        assert_eq!(found(&RULE, servers), Vec::<String>::new());
        let pipeline = format!("{servers}  tests: {{build: ., pull_policy: build, command: pytest}}\n");
        assert_eq!(found(&RULE, &pipeline), ["build"]);
    }
}
