//! A file system that cannot be written to, and nowhere else to write.

use crate::diagnostic::Severity;
use crate::lint::mounts;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "read-only-without-tmpfs",
    summary: "a container that cannot write has no place for temporary files",
    why: "Nearly every program writes a file now and then: a lock, a socket, what it unpacks. With `read_only: \
          true` and no tmpfs that fails, often late and with an odd message.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  web:
    image: web:1
    read_only: «true»
",
    good: "\
services:
  web:
    image: web:1
    read_only: true
    tmpfs: [/tmp]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let read_only = service.get("read_only").filter(|node| node.as_bool() == Some(true));
        let has_place = service.items("tmpfs").len() > 0 || mounts::of(service).any(|mount| !mount.is_read_only);
        if let Some(read_only) = read_only.filter(|_| !has_place) {
            let name = service.name();
            found.push_once(
                at(read_only.span, format!("\"{name}\" has no place for temporary files"))
                    .help("write tmpfs: [/tmp], with the directories that it writes to"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_volume_is_a_place_too() {
        let text = "services: {a: {image: i, read_only: true, volumes: ['./x:/x:ro']}, b: {image: i, read_only: \
                    true, volumes: ['/tmp']}}\n";
        assert_eq!(found(&RULE, text), ["true"]);
    }
}
