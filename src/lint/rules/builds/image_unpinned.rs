//! An image whose name means another image tomorrow.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// Tags that are made to be moved.
const MOVING: [&str; 16] = [
    "canary", "current", "dev", "develop", "edge", "head", "latest", "lts", "main", "master", "next", "nightly",
    "rolling", "snapshot", "stable", "unstable",
];

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-unpinned",
    summary: "an image has no tag, or one that is moved with every release",
    why: "The same commit gives other results tomorrow, or on a machine that pulled the image last month: a pipeline that \
          was green turns red without a change, or the other way round.",
    level: Severity::Hint,
    category: Category::Reproducibility,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: «postgres»
  proxy:
    image: «nginx:latest»
",
    good: "\
services:
  db:
    image: postgres:17.2
  proxy:
    image: nginx:1.27
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let node = service.pulled_image()?;
    let image = node.as_str()?;
    let reference = Reference::parse(image).ok().filter(|image| image.digest.is_none())?;
    let is_local = matches!(service.text("pull_policy"), Some("never" | "build")) || project.builder(image).is_some();
    // What a variable stands for elsewhere is not known, unless the file says what it is without it.
    let is_known = project.is_literal(node.span) || has_moving_default(project.text(node.span));
    let is_moving = reference.tag.is_none_or(|tag| MOVING.contains(&tag));
    if !is_moving || is_local || !is_known {
        return None;
    }
    let name = service.name();
    let message = match reference.tag {
        Some(tag) => format!("the image of \"{name}\" is whatever \"{tag}\" is on the day"),
        None => format!("the image of \"{name}\" has no tag, and is whatever \"latest\" is on the day"),
    };
    Some(at(node.span, message).help("name a version"))
}

/// Whether a default ends in a tag that moves: `app:${TAG:-latest}`.
fn has_moving_default(text: &str) -> bool {
    let Some((_, default)) = text.rsplit_once('-') else {
        return false;
    };
    let default = default.trim_end_matches(['"', '\'']);
    let Some(default) = default.strip_suffix('}') else {
        return false;
    };
    MOVING.contains(&default.rsplit(':').next().unwrap_or(default))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_tag_is_pinned_where_it_names_a_version() {
        for (image, is_found) in [
            ("postgres", true),
            ("me/app", true),
            ("ghcr.io/me/app:main", true),
            ("\"me/app:${TAG:-latest}\"", true),
            ("\"me/app:${TAG}\"", false),
            ("\"me/app${TAG}\"", false),
            ("\"${IMAGE:-me/app:edge}\"", true),
            ("\"me/app:${TAG:-1.0}\"", false),
            ("postgres:17", false),
            ("postgres:17-alpine", false),
            ("redis:alpine", false),
            (&*format!("postgres@sha256:{}", "0".repeat(64)), false),
        ] {
            let file = format!("services:\n  a:\n    image: {image}\n");
            assert_eq!(!found(&RULE, &file).is_empty(), is_found, "{image}");
        }
    }

    #[test]
    fn what_is_built_here_needs_no_tag() {
        let file = "services:\n  a: {build: ., image: me/app}\n  b: {image: me/app}\n  c: {image: me/other, pull_policy: \
                    never}\n  d: {image: me/third}\n";
        assert_eq!(found(&RULE, file), ["me/third"]);
    }
}
