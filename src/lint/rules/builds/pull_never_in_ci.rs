//! An image that is never pulled, and that nothing builds.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "pull-never-in-ci",
    summary: "an image is never pulled, and no service builds it",
    why: "On the machine where the file was written the image is there. A fresh machine does not have it, may not pull it, \
          and fails with \"no such image\".",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  tests:
    image: registry.example.com/app:1.4
    pull_policy: «never»
",
    good: "\
services:
  tests:
    image: registry.example.com/app:1.4
    pull_policy: missing
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let policy = service.get("pull_policy");
        let Some(policy) = policy.filter(|policy| policy.as_str() == Some("never") && project.is_literal(policy.span))
        else {
            continue;
        };
        let image = service.pulled_image();
        let Some(image) = image
            .filter(|image| project.is_literal(image.span))
            .and_then(Node::as_str)
        else {
            continue;
        };
        if project.builder(image).is_none() {
            let name = service.name();
            found.push_once(
                at(
                    policy.span,
                    format!("the image of \"{name}\" is never pulled, and no service builds it"),
                )
                .help("let it be pulled, or build it in this file"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_a_service_builds_need_not_be_pulled() {
        let file = "services:\n  a: {image: app:1, pull_policy: never}\n  b: {build: {context: ., tags: [\"app:1\"]}}\n  c: \
                    {image: other, pull_policy: never}\n";
        assert_eq!(found(&RULE, file), ["never"]);
    }
}
