//! An image that one service builds and another may pull.

use crate::diagnostic::{Fix, Severity};
use crate::lint::insert;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-built-by-sibling",
    summary: "a service may pull the image that another one builds",
    why: "For a service without `build`, compose first tries to pull the image. Where the registry has one from an earlier \
          push, that one is taken, the build is left out because an image of the name is there now, and the pipeline tests \
          yesterday's code.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  app:
    build: .
    image: ghcr.io/example/shop:ci
  tests:
    image: «ghcr.io/example/shop:ci»
    command: pytest
== Dockerfile ==
FROM python:3.13
",
    good: "\
services:
  app:
    build: .
    image: ghcr.io/example/shop:ci
  tests:
    image: ghcr.io/example/shop:ci
    pull_policy: never
    command: pytest
== Dockerfile ==
FROM python:3.13
",
    fixed: Some(
        "\
services:
  app:
    build: .
    image: ghcr.io/example/shop:ci
  tests:
    image: ghcr.io/example/shop:ci
    pull_policy: never
    command: pytest
== Dockerfile ==
FROM python:3.13
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(node) = service.pulled_image() else {
            continue;
        };
        if matches!(service.text("pull_policy"), Some("never" | "build")) {
            continue;
        }
        let Some((image, builder)) = node.as_str().and_then(|image| Some((image, project.builder(image)?))) else {
            continue;
        };
        let (name, other) = (service.name(), builder.name());
        // No registry has a name without a slash, but for those of Docker's own images.
        let is_silent = service.get("pull_policy").is_none();
        let edit = insert::behind(project, service, "image", &["pull_policy: never"]).filter(|_| is_silent);
        let fix = edit.map(|edit| Fix::unsafe_("never pull it", vec![edit]).changing(&["services.*.pull_policy"]));
        let level = if image.contains('/') {
            Severity::Warning
        } else {
            Severity::Hint
        };
        found.push_once(
            at(
                node.span,
                format!("compose first tries to pull the image of \"{name}\", which \"{other}\" builds"),
            )
            .label(builder.key.span, "builds it")
            .help("write pull_policy: never, or give it the same build")
            .fix(fix)
            .at_most(level),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn only_what_has_no_build_is_pulled() {
        let file = "services:\n  a: {build: ., image: me/app}\n  b: {build: ., image: me/app}\n  c: {image: \
                    \"docker.io/me/app:latest\"}\n  d: {image: \"me/app:2\"}\n  e: {image: me/app, pull_policy: never}\n";
        assert_eq!(found(&RULE, file), ["\"docker.io/me/app:latest\""]);
    }
}
