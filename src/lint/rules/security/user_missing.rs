//! Containers that run as whoever the image says.

use super::containers;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "user-missing",
    summary: "a container has no user of its own",
    why: "Without `user`, the image decides, and most images run as root. A flaw in the program then opens all \
          that the container has.",
    level: Severity::Hint,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  «web»:
    image: web:1
",
    good: "\
services:
  web:
    image: web:1
    user: \"1000:1000\"
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in containers(project).filter(|service| service.text("user").is_none_or(str::is_empty)) {
        let name = service.name();
        found.push_once(
            at(
                service.key.span,
                format!("\"{name}\" runs as whoever its image says, which may be root"),
            )
            .help("write user with the number of a user, such as \"1000:1000\""),
        );
    }
}
