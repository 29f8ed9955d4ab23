//! A path that is there on one machine alone.

use crate::diagnostic::Severity;
use crate::lint::mounts;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-specific-path",
    summary: "a path of one person's machine is mounted",
    why: "On every other machine the path is not there: the engine makes an empty directory of that name, which \
          belongs to root, and mounts that.",
    level: Severity::Warning,
    category: Category::Reproducibility,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: web:1
    volumes:
      - «/home/ann/shop/static:/static»
",
    good: "\
services:
  web:
    image: web:1
    volumes:
      - ./static:/static
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let binds = mounts::of(service).filter(|mount| mount.host().is_some());
        for mount in binds.filter(|mount| is_of_one_machine(mount.written(project))) {
            let (name, written) = (service.name(), mount.written(project));
            found.push_once(
                at(
                    mount.span(),
                    format!("\"{name}\" mounts {written}, which is there on one machine alone"),
                )
                .help("write a path that begins at the directory of the file, or a variable"),
            );
        }
    }
}

/// Whether a path begins in the home directory of a certain person, or on a drive.
fn is_of_one_machine(written: &str) -> bool {
    let home = ["/home/", "/Users/"]
        .iter()
        .find_map(|homes| written.strip_prefix(homes));
    let is_rooted = matches!(written.get(1..3), Some(":\\" | ":/"));
    let is_drive = is_rooted && written.starts_with(|c: char| c.is_ascii_alphabetic());
    is_drive || home.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn every_machine_has_the_others() {
        let all = [
            "~/x:/a",
            "/srv/x:/b",
            "/home/$USER/x:/c",
            "./home/ann:/d",
            "${D:-/home/ann}:/e",
            "v:/f",
        ];
        let mounts = all.map(|mount| format!("'{mount}'")).join(", ");
        assert_eq!(
            found(&RULE, &format!("services: {{a: {{image: i, volumes: [{mounts}]}}}}\n")),
            [""; 0]
        );
        let windows =
            "services: {a: {image: i, volumes: ['C:\\x:/a', {type: bind, source: /Users/ann, target: /b}]}}\n";
        assert_eq!(found(&RULE, windows), ["'C:\\x:/a'", "/Users/ann"]);
    }
}
