//! An image that its registry no longer has.

use crate::diagnostic::Severity;
use crate::lint::images::Reference;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-removed",
    summary: "an image is no longer where it was",
    why: "In 2025 Bitnami took the versions of its images off Docker Hub: they are below `bitnamilegacy`, and get no updates there. \
          A machine that has the image goes on as before, and a fresh one cannot pull it.",
    level: Severity::Error,
    category: Category::Reproducibility,
    preset: Preset::Default,
    bad: "\
services:
  kafka:
    image: «bitnami/kafka:3.9.0»
",
    good: "\
services:
  kafka:
    image: apache/kafka:3.9.0
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(node) = service.pulled_image() else {
            continue;
        };
        let image = node.as_str().unwrap_or_default();
        let reference = Reference::split(image);
        let full = reference.full_repository();
        let Some(name) = full.strip_prefix("docker.io/bitnami/") else {
            continue;
        };
        // The latest of each is still there.
        let is_version = reference.digest.is_none() && reference.tag.is_some_and(|tag| tag != "latest");
        let is_local = service.text("pull_policy") == Some("never") || project.builder(image).is_some();
        if is_version && !is_local && project.is_literal(node.span) {
            let message = format!("the image of \"{}\" is no longer on Docker Hub", service.name());
            let help = format!("take an image of the project itself, or bitnamilegacy/{name} as long as that is there");
            found.push_once(at(node.span, message).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn versions_on_docker_hub_are_gone_and_nothing_else() {
        for (image, is_gone) in [
            ("bitnami/redis:7.4", true),
            ("docker.io/bitnami/redis:7.4", true),
            ("bitnami/redis:latest", false),
            ("bitnami/redis", false),
            ("bitnamilegacy/redis:7.4", false),
            ("mirror.example/bitnami/redis:7.4", false),
            ("'bitnami/redis:${TAG:-7}'", false),
        ] {
            let text = format!("services: {{a: {{image: {image}}}}}\n");
            assert_eq!(!found(&RULE, &text).is_empty(), is_gone, "{image}");
        }
    }
}
