//! Data of a database that outlives the run.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::{images, mounts};
use std::path::Path;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "state-survives-run",
    summary: "a run of tests begins with the data of the one before",
    why: "A named volume stays when the containers go. The next run on the same machine finds the rows of this \
          one, and passes or fails by what they are; migrations are not tried on an empty database again.",
    level: Severity::Hint,
    category: Category::Reproducibility,
    preset: Preset::Ci,
    bad: "\
services:
  db:
    image: postgres:16
    volumes:
      - «db-data:/var/lib/postgresql/data»
  tests:
    image: app:1
    command: pytest
    depends_on: [db]
volumes:
  db-data:
",
    good: "\
services:
  db:
    image: postgres:16
    tmpfs:
      - /var/lib/postgresql/data
  tests:
    image: app:1
    command: pytest
    depends_on: [db]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    if !project
        .services()
        .iter()
        .any(|service| service.is_active && service.is_check())
    {
        return;
    }
    for service in project.services() {
        let known = service.text("image").and_then(images::known);
        let Some(data) = known.and_then(|known| known.data) else {
            continue;
        };
        for mount in mounts::of(service).filter(|mount| mount.volume().is_some()) {
            if Path::new(data).starts_with(mount.target) {
                let name = service.name();
                found.push_once(
                    at(mount.span(), format!("the data of \"{name}\" outlives the run")).help(format!(
                        "write tmpfs: [{data}], or take the volumes away after each run: down -v"
                    )),
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
    fn without_tests_the_data_is_there_to_stay() {
        let text = "services: {db: {image: 'postgres:16', volumes: ['d:/var/lib/postgresql/data']}, web: \
                    {image: i}}\nvolumes: {d: }\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }
}
