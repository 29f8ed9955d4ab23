//! An image whose tag is nothing.

use std::collections::HashSet;

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::uses::bare;
use crate::yaml::Node;

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
        let uses = project
            .written(image.span)
            .and_then(Node::as_str)
            .map(bare)
            .unwrap_or_default();
        let is_empty = text.ends_with([':', '@']) || text.contains(":@");
        let Some(variable) = uses.last().map(|last| last.name).filter(|_| is_empty) else {
            continue;
        };
        // Many images often have the tag of one variable.
        if seen.insert(variable) {
            let name = service.name();
            found.push(
                at(
                    image.span,
                    format!("the image of \"{name}\" is \"{text}\" here, which the engine rejects"),
                )
                .help(format!(
                    "demand the variable, ${{{variable}:?set it}}, or give it a default, ${{{variable}:-1}}"
                )),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_tag_is_told_once() {
        let image = |images: &str| found(&RULE, &format!("services: {{{images}}}\n"));
        assert_eq!(
            image("a: {image: 'a:$T'}, b: {image: 'b:$T'}, c: {image: 'c:${U}'}"),
            ["'a:$T'", "'c:${U}'"]
        );
        assert!(image("a: {image: 'a:1$T'}, b: {image: '${R}b:1'}, c: {image: 'c:${T:-1}'}").is_empty());
    }
}
