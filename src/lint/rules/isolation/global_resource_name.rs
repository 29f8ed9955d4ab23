//! Names of networks and volumes that are the same in every run.

use super::places::{by_file, count, is_fixed, most, with_others};
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::edits::remove_or_empty;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::{Key, Node};

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
        let named = project.section(section).filter_map(|(own, resource)| {
            let (key, name) = name(own, resource)?;
            is_fixed(project, name.span).then_some((name.span, (key, name)))
        });
        for file in by_file(named) {
            finding(project, word, &file)
                .into_iter()
                .for_each(|one| found.push(one));
        }
    }
}

/// The name that is written for a network or a volume that compose creates. One that nobody wrote has the place of the
/// resource; and what is kept from one run to the next on purpose has to have one.
fn name<'a>(own: &Key, resource: &'a Node) -> Option<(&'a Key, &'a Node)> {
    let (key, name) = resource.as_map()?.get_key_value("name")?;
    let is_external = resource.get("external").and_then(Node::as_bool) == Some(true);
    let is_cache = own.contains("cache") || name.as_str()?.contains("cache");
    (!is_external && !is_cache && key.span != own.span).then_some((key, name))
}

fn finding(project: &Project<'_>, word: &str, file: &[(Span, (&Key, &Node))]) -> Option<Diagnostic> {
    let ((span, (_, name)), others) = file.split_first()?;
    let name = name.as_str().unwrap_or_default();
    let more = match others.len() {
        0 => String::new(),
        more => format!(" and {}", count(more, "other")),
    };
    let edits: Option<Vec<Vec<Edit>>> = file.iter().map(|(_, (key, _))| remove_or_empty(project, key)).collect();
    let message = format!("two runs on one machine share the {word} \"{name}\"{more}");
    let finding = with_others(
        at(*span, message),
        others.iter().map(|(span, _)| *span),
        "shared as well",
    );
    Some(
        finding
            .help("remove \"name\": compose then names it after the project")
            .fix(edits.map(|edits| {
                Fix::unsafe_(format!("let every project have a {word} of its own"), edits.concat())
                    .changing(&["networks.*.name", "volumes.*.name"])
            }))
            .at_most(most(project)),
    )
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
