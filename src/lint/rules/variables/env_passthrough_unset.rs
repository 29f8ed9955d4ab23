//! A variable that is handed on and not there.

use std::collections::HashSet;

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "env-passthrough-unset",
    summary: "a variable is handed on to a container, and is not set",
    why: "A name without a value hands the variable of the machine on. Where it is not set there, the container does not \
          have it either, and compose says nothing.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    environment:
      - «DEPLOY_TOKEN»
",
    good: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    environment:
      - DEPLOY_TOKEN
== .env ==
DEPLOY_TOKEN=secret
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut seen = HashSet::new();
    for service in project.services().iter().filter(|service| service.is_active) {
        for (key, _) in service.entries("environment").filter(|(_, value)| value.is_null()) {
            if seen.insert(key.span) {
                let (name, variable) = (service.name(), &key.text);
                found.push(
                    at(
                        key.span,
                        format!("\"{name}\" does not get \"{variable}\": it is not set here"),
                    )
                    .help(format!(
                        "set it, or let compose demand it: {variable}=${{{variable}:?set it}}"
                    )),
                );
            }
        }
    }
}
