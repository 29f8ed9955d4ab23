//! A secret or a config whose variable is not set.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "secret-env-unset",
    summary: "the variable of a secret or a config is not set",
    why: "Compose looks for the variable when it makes the container, and stops where it is not set. `docker \
          compose config` says nothing.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    secrets: [key]
secrets:
  key:
    environment: «DEPLOY_KEY»
",
    good: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    secrets: [key]
secrets:
  key:
    environment: DEPLOY_KEY
== .env ==
DEPLOY_KEY=for-trying-out
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for (section, what) in [("configs", "config"), ("secrets", "secret")] {
        let used = project.model.root.get(section).into_iter().flat_map(Node::entries);
        for (key, node) in used {
            let Some(variable) = node.get("environment") else {
                continue;
            };
            let name = variable.as_str().unwrap_or_default();
            if !name.is_empty() && !project.model.variables.contains_key(name) {
                found.push_once(
                    at(
                        variable.span,
                        format!("{name} is not set, and the {what} \"{key}\" takes its value from it"),
                    )
                    .help("set it where the file is run"),
                );
            }
        }
    }
}
