//! An image that is pinned by its tag alone.

use crate::diagnostic::Severity;
use crate::lint::images::{Fault, Reference};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-no-digest",
    summary: "an image is named by a tag and not by its digest",
    why: "Whoever can push to the registry can put another image under the same tag. A digest names one image for good; the \
          tag beside it tells people which version that is.",
    level: Severity::Hint,
    category: Category::Reproducibility,
    preset: Preset::Strict,
    bad: "\
services:
  db:
    image: «postgres:17.2»
",
    good: "\
services:
  db:
    image: postgres:17.2@sha256:4ec37d2a07a0067f176fdcc9d4bb633a5724d2cc4f892c7a2046d054bb6939e5
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(node) = service.pulled_image() else {
            continue;
        };
        let Some(image) = node.as_str().filter(|_| project.is_literal(node.span)) else {
            continue;
        };
        let is_local =
            matches!(service.text("pull_policy"), Some("never" | "build")) || project.builder(image).is_some();
        // Capitals are told by another rule, and are no digest either.
        let has_none = match Reference::parse(image) {
            Ok(image) => image.digest.is_none(),
            Err(fault) => fault == Fault::Capital && Reference::split(image).digest.is_none(),
        };
        if has_none && !is_local {
            let name = service.name();
            found.push_once(
                at(node.span, format!("the image of \"{name}\" has no digest"))
                    .help("`docker compose config --resolve-image-digests` tells the digests of all images"),
            );
        }
    }
}
