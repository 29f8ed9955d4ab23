//! An image whose tag is nothing.

use std::collections::HashSet;

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-tag-empty",
    summary: "an image ends in a colon where its variable is not set",
    why: "Compose puts nothing in the place of a variable that is not set, and takes `app:` for a name. The engine does \
          not: the run ends before anything has started, with a message about an invalid reference.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  deploy:
    image: «app:${TAG}»
",
    good: "\
services:
  deploy:
    image: app:${TAG:-latest}
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut seen = HashSet::new();
    for service in project.services().iter().filter(|service| service.is_active) {
        let Some(image) = service.get("image").filter(|image| !project.is_literal(image.span)) else {
            continue;
        };
        let text = image.as_str().unwrap_or_default();
        if (text.ends_with([':', '@']) || text.contains(":@")) && seen.insert(image.span) {
            let name = service.name();
            found.push(
                at(
                    image.span,
                    format!("the image of \"{name}\" is \"{text}\" here, which the engine rejects"),
                )
                .help("demand the variable, ${TAG:?set TAG}, or give it a default, ${TAG:-latest}"),
            );
        }
    }
}
