//! Names of networks and volumes that are the same in every run.

use super::places::{is_fixed, most};
use crate::diagnostic::{Fix, Severity};
use crate::lint::edits::remove_or_empty;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "global-resource-name",
    summary: "a network or a volume has a name that is the same in every run",
    why: "Compose puts the name of the project before the names of networks and volumes, so that runs have their own. A \
          `name` takes its place: two runs share the network, where they find each other's services, or the volume with \
          its data.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  db:
    image: postgres:16
    volumes: [\"data:/var/lib/postgresql/data\"]
  tests:
    image: app:1
    command: pytest
volumes:
  data:
    name: «shop-data»
",
    good: "\
services:
  db:
    image: postgres:16
    volumes: [\"data:/var/lib/postgresql/data\"]
  tests:
    image: app:1
    command: pytest
volumes:
  data:
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:16
    volumes: [\"data:/var/lib/postgresql/data\"]
  tests:
    image: app:1
    command: pytest
volumes:
  data:
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for (section, word) in [("networks", "network"), ("volumes", "volume")] {
        for (own, resource) in project.section(section) {
            let entry = resource.as_map().and_then(|map| map.get_key_value("name"));
            let is_external = resource.get("external").and_then(Node::as_bool) == Some(true);
            // A name that nobody wrote has the place of its resource.
            let Some((key, name)) = entry.filter(|(key, _)| !is_external && key.span != own.span) else {
                continue;
            };
            let text = name.as_str().unwrap_or_default();
            // What is kept from one run to the next on purpose has to have such a name.
            let is_cache = own.contains("cache") || text.contains("cache");
            if is_cache || !is_fixed(project, name.span) {
                continue;
            }
            let fix = remove_or_empty(project, key);
            found.push(
                at(
                    name.span,
                    format!("two runs on one machine share the {word} \"{text}\""),
                )
                .help("remove \"name\": compose then names it after the project")
                .fix(fix.map(|edits| Fix::unsafe_(format!("let every project have a {word} of its own"), edits)))
                .at_most(most(project)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn only_names_that_are_written_and_fixed_count() {
        let file =
            |volume: &str| format!("services: {{a: {{image: i, volumes: ['v:/v']}}}}\nvolumes: {{v: {volume}}}\n");
        for volume in [
            "",
            "{}",
            "{name: 'a-${X:-b}'}",
            "{external: true, name: x}",
            "{name: npm-cache}",
        ] {
            assert!(found(&RULE, &file(volume)).is_empty(), "{volume}");
        }
        assert_eq!(found(&RULE, &file("{name: x}")), ["x"]);
        assert_eq!(
            found(&RULE, "services: {a: {image: i}}\nnetworks: {default: {name: ci}}\n"),
            ["ci"]
        );
    }
}
