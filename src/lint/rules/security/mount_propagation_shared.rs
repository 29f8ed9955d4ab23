//! Mounts that a container makes on the machine.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "mount-propagation-shared",
    summary: "what a container mounts is mounted on the machine too",
    why: "With `shared`, a mount that is made inside the container appears on the machine and stays there when the \
          container is gone. Few programs need that: those that bring file systems to other containers.",
    level: Severity::Hint,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  files:
    image: files:1
    volumes:
      - type: bind
        source: /mnt/files
        target: /mnt/files
        bind:
          propagation: «rshared»
",
    good: "\
services:
  files:
    image: files:1
    volumes:
      - type: bind
        source: /mnt/files
        target: /mnt/files
        bind:
          propagation: rslave
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for mount in service.items("volumes") {
            let propagation = mount.at(&["bind", "propagation"]);
            let shared = propagation.filter(|node| matches!(node.as_str(), Some("shared" | "rshared")));
            if let Some(shared) = shared {
                let name = service.name();
                found.push_once(
                    at(
                        shared.span,
                        format!("what \"{name}\" mounts there is mounted on the machine too"),
                    )
                    .help("write rslave where the container has to see new mounts of the machine"),
                );
            }
        }
    }
}
