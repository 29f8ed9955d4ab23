//! Profiles that keep a container in its place, switched off.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "profile-disabled",
    summary: "a profile that keeps a container in its place is switched off",
    why: "The default profiles of seccomp, AppArmor and SELinux keep calls from the kernel that ordinary programs \
          never make and that most ways out of a container need. `unconfined` takes all of that away for the sake \
          of one call.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: make test
    security_opt:
      - «seccomp:unconfined»
",
    good: "\
services:
  tests:
    image: app:1
    command: make test
    security_opt:
      - seccomp:./seccomp-tests.json
",
    fixed: None,
    check,
};

/// What can be switched off: the option, the value that does it, and what it is.
const OFF: [(&str, &str, &str); 5] = [
    ("seccomp", "unconfined", "seccomp"),
    ("apparmor", "unconfined", "AppArmor"),
    ("label", "disable", "SELinux"),
    ("systempaths", "unconfined", "the masks over /proc and /sys"),
    ("no-new-privileges", "false", "the ban on new privileges"),
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for item in service.items("security_opt") {
            let text = item.as_str().unwrap_or_default();
            let Some((option, value)) = text.split_once([':', '=']) else {
                continue;
            };
            let off = OFF.iter().find(|(name, word, _)| *name == option && *word == value);
            if let Some((_, _, what)) = off {
                let name = service.name();
                found.push_once(
                    at(item.span, format!("\"{name}\" runs without {what}"))
                        .help("leave it out, or give a profile that allows the one thing the program needs"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn both_separators_are_read() {
        let text = "services: {a: {image: i, security_opt: [apparmor=unconfined, 'label:disable', \
                    'label:type:t', 'no-new-privileges:true', 'seccomp:p.json']}}\n";
        assert_eq!(found(&RULE, text), ["apparmor=unconfined", "'label:disable'"]);
    }
}
