//! Names that no container can have.

use super::layers::is_open;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "container-name-invalid",
    summary: "the name of a container has characters that it cannot have",
    why: "The engine refuses to create the container: a name has letters, digits, dots, dashes and underscores alone, and \
          begins with a letter or a digit. `docker compose config` lets most others through.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:16
    container_name: «shop/db»
",
    good: "\
services:
  db:
    image: postgres:16
    container_name: shop-db
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(name) = service
            .get("container_name")
            .filter(|name| !is_open(project, name.span))
        else {
            continue;
        };
        let text = name.as_str().unwrap_or_default();
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_fine = begins && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        if !text.is_empty() && !is_fine {
            found.push(at(name.span, format!("{text:?} is no name for a container")).help(
                "remove it, and compose finds a name; or write letters, digits, dots, dashes and underscores alone",
            ));
        }
    }
}
