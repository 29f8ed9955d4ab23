//! Files of the operating system that a container can change.

use crate::diagnostic::Severity;
use crate::lint::mounts;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "root-path-writable",
    summary: "a container can change files of the operating system",
    why: "What it writes there, programs of the machine run or read with all rights: a line in a file of cron is \
          enough. Root inside the container is root for those files too.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  sync:
    image: sync:1
    volumes:
      - «/etc/cron.d:/jobs»
",
    good: "\
services:
  sync:
    image: sync:1
    volumes:
      - /etc/cron.d:/jobs:ro
",
    fixed: Some(
        "\
services:
  sync:
    image: sync:1
    volumes:
      - /etc/cron.d:/jobs:ro
",
    ),
    check,
};

/// Directories of which everything is the system's.
const TREES: [&str; 16] = [
    "/bin",
    "/boot",
    "/etc/cron.d",
    "/etc/cron.daily",
    "/etc/kubernetes",
    "/etc/pam.d",
    "/etc/ssh",
    "/etc/sudoers.d",
    "/etc/systemd",
    "/lib",
    "/lib64",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/sbin",
    "/var/lib/docker",
];

/// Single places: below them, programs have directories of their own.
const PLACES: [&str; 9] = [
    "/",
    "/etc",
    "/etc/group",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/sudoers",
    "/proc",
    "/usr",
    "/usr/local/bin",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for mount in mounts::of(service).filter(|mount| !mount.is_read_only) {
            if let Some(path) = mount.host().filter(|path| is_system(path)) {
                let name = service.name();
                found.push_once(
                    at(mount.span(), format!("\"{name}\" can change {path} of the machine"))
                        .help("mount it read-only, or only the file that the container is there to change")
                        .fix(mount.read_only_fix(project)),
                );
            }
        }
    }
}

fn is_system(path: &str) -> bool {
    let inside = |tree: &&str| {
        path.strip_prefix(*tree)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    PLACES.contains(&path) || TREES.iter().any(inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_programs_own_directory_is_fine() {
        let text = "services: {a: {image: i, volumes: ['/etc/pihole:/p', '/etc/localtime:/l', \
                    '/lib/modules:/lib/modules:ro', '/libx:/x', '/usr/share/x:/y']}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }

    #[test]
    fn the_system_is_found_in_both_forms() {
        let text = "services: {a: {image: i, volumes: ['/:/h', {type: bind, source: /usr/, target: /u}, \
                    '/var/lib/docker/volumes:/v:z']}}\n";
        assert_eq!(
            found(&RULE, text),
            ["'/:/h'", "/usr/", "'/var/lib/docker/volumes:/v:z'"]
        );
    }
}
