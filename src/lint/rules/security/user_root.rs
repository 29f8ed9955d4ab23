//! A service that is told to run as root.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "user-root",
    summary: "a service is told to run as root",
    why: "Many images have a user of their own, and `user: root` takes that back: a flaw in the program then opens \
          all that the container has, and files that it writes to the machine belong to root.",
    level: Severity::Hint,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  web:
    image: web:1
    ports: [\"127.0.0.1:8080:80\"]
    user: «root»
",
    good: "\
services:
  web:
    image: web:1
    ports: [\"127.0.0.1:8080:80\"]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    // A job may well need it, for what it installs or hands over to another user.
    for service in project
        .services()
        .iter()
        .filter(|service| service.kind.runs_as_service())
    {
        let Some(user) = service.get("user") else { continue };
        let text = user.as_str().unwrap_or_default();
        if matches!(text.split(':').next(), Some("root" | "0")) {
            let name = service.name();
            found.push_once(
                at(user.span, format!("\"{name}\" is told to run as root"))
                    .help("remove it where the image has a user of its own, or name another one"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn root_is_known_in_every_form_and_jobs_may() {
        let text = "services: {a: {image: i, user: '0:0'}, b: {image: i, user: '1000'}, c: {image: i, command: \
                    pytest, user: root}, d: {image: i, user: '1000:0'}}\n";
        assert_eq!(found(&RULE, text), ["'0:0'"]);
    }
}
