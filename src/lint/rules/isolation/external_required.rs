//! What has to be there before the run.

use super::places::most;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "external-required",
    summary: "a network or a volume has to exist before the project is started",
    why: "Compose does not create what is `external`. On a machine that has never seen it, such as a fresh one of a CI \
          service, `docker compose config` is content and `docker compose up` fails.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    networks: [back]
networks:
  back:
    external: «true»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    networks: [back]
networks:
  back:
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for (section, word) in [("networks", "network"), ("volumes", "volume")] {
        for (key, resource) in project.model.root.get(section).into_iter().flat_map(Node::entries) {
            let Some(external) = resource
                .get("external")
                .filter(|external| external.as_bool() == Some(true))
            else {
                continue;
            };
            let name = resource.get("name").and_then(Node::as_str);
            let name = name.filter(|name| !name.is_empty()).unwrap_or(&key.text);
            found.push(
                at(external.span, format!("the {word} \"{name}\" has to be there before the run"))
                    .help(format!(
                        "remove \"external\", so that every run has its own; if it is shared on purpose, run `docker {word} create \
                         {name}` first"
                    ))
                    .at_most(most(project)),
            );
        }
    }
}
