//! A build cache that the default builder does not export.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "cache-export-driver",
    summary: "a build exports its cache in a way that the default builder does not support",
    why: "The builder that Docker comes with exports a cache only inside the image (`type=inline`), unless the daemon uses the \
          containerd image store. Elsewhere the build fails with \"Cache export is not supported for the docker driver\", until a \
          builder with another driver is created and chosen.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  app:
    build:
      context: .
      cache_from: [\"type=gha\"]
      cache_to: [«\"type=gha,mode=max\"»]
",
    good: "\
services:
  app:
    build:
      context: .
      cache_from: [\"registry.example.com/app:cache\"]
      cache_to: [\"type=inline\"]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services().iter().filter(|service| service.is_active) {
        let exports = service
            .node
            .at(&["build", "cache_to"])
            .into_iter()
            .flat_map(Node::items);
        for (node, text) in exports.filter_map(|node| Some((node, node.as_str()?))) {
            let kind = kind(text);
            // A variable that is not set leaves no export at all.
            if kind == "inline" || text.is_empty() {
                continue;
            }
            let message = format!(
                "`{}` exports its build cache as `{kind}`, which the default builder does not support",
                service.name()
            );
            let help = "before the build, create a builder that does: `docker buildx create --use`, or the GitHub action \
                        `docker/setup-buildx-action`";
            found.push_once(at(node.span, message).help(help));
        }
    }
}

/// How a cache is exported: to a registry where no type is given.
fn kind(text: &str) -> &str {
    let mut parts = text.split(',').filter_map(|part| part.trim().split_once('='));
    parts
        .find(|(key, _)| *key == "type")
        .map_or("registry", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_cache_inside_the_image_needs_no_other_builder() {
        let of = |to: &str| {
            let text = format!("services: {{a: {{build: {{context: ., cache_to: ['{to}']}}}}}}\n");
            found(&RULE, &text).len()
        };
        for to in [
            "type=gha",
            "type=local,dest=c",
            "mode=max,type=registry,ref=r",
            "r:cache",
        ] {
            assert_eq!(of(to), 1, "{to}");
        }
        for to in ["type=inline", "${NOPE:-}"] {
            assert_eq!(of(to), 0, "{to}");
        }
    }
}
