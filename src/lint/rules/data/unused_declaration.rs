//! What is declared and never used.

use std::collections::HashSet;

use crate::diagnostic::{Fix, Severity};
use crate::lint::edits;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::{Key, Node};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "unused-declaration",
    summary: "a volume, network, secret or config is declared and never used",
    why: "Compose does not make what no service uses, and says nothing. Often a service is meant to use it: its \
          data then lies in a volume without a name, and its network is not the closed one.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:16
volumes:
  «db-data»:
",
    good: "\
services:
  db:
    image: postgres:16
    volumes:
      - db-data:/var/lib/postgresql/data
volumes:
  db-data:
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:16
",
    ),
    check,
};

/// The sections, and what an entry of each is called.
const SECTIONS: [(&str, &str); 4] = [
    ("configs", "config"),
    ("networks", "network"),
    ("secrets", "secret"),
    ("volumes", "volume"),
];

fn check(project: &Project<'_>, found: &mut Found) {
    let unused: Vec<_> = project
        .model
        .unused
        .iter()
        .filter(|(section, key, _)| is_looked_at(section, key))
        .collect();
    // Files beside this one, or elsewhere, may hold the services that use it.
    let is_part = project.services().is_empty() || project.has_other_files() || brings_unread_files(project);
    if unused.is_empty() || is_part {
        return;
    }
    let named = named(project);
    for (section, key, _) in unused.into_iter().filter(|(_, key, _)| !named.contains(&*key.text)) {
        let what = SECTIONS
            .iter()
            .find(|(name, _)| name == section)
            .map_or("", |(_, what)| what);
        let edits = edits::remove_entry(project, key, section_key(project, section, key));
        found.push_once(
            at(key.span, format!("no service uses the {what} \"{key}\""))
                .help("remove it, or name it in the service that is meant to use it")
                .fix(edits.map(|edits| {
                    Fix::safe(format!("remove the {what}"), edits)
                        .changing(&["configs", "models", "networks", "secrets", "volumes"])
                })),
        );
    }
}

fn is_looked_at(section: &str, key: &Key) -> bool {
    let is_known = SECTIONS.iter().any(|(name, _)| *name == section);
    is_known && &*key.text != "default" && !key.starts_with("x-")
}

/// What services may name: those with an active profile or without, and in a file whose word another one takes back as well.
fn named<'a>(project: &Project<'a>) -> HashSet<&'a str> {
    let sections = ["services", "jobs"].into_iter();
    let written = sections.flat_map(|section| project.documents().filter_map(move |document| document.get(section)));
    let written = written.flat_map(Node::entries).map(|(_, service)| service);
    let resolved = project.services().iter().map(|service| service.node);
    let mut names = HashSet::new();
    resolved.chain(written).for_each(|service| collect(service, &mut names));
    names
}

/// All keys in a value, and all texts up to a colon. Whoever reads a secret by its path means to have it: another rule tells.
fn collect<'a>(node: &'a Node, names: &mut HashSet<&'a str>) {
    let name = |text: &'a str| text.strip_prefix("/run/secrets/").unwrap_or(text).split(':').next();
    names.extend(node.as_str().and_then(name));
    node.items().for_each(|item| collect(item, names));
    for (key, value) in node.entries() {
        names.insert(&key.text);
        collect(value, names);
    }
}

/// Whether files are named that lie on other machines: they are not read.
fn brings_unread_files(project: &Project<'_>) -> bool {
    let mut includes = project.documents().filter_map(|document| document.get("include"));
    includes.any(|include| {
        let text = project.text(include.span);
        text.contains("://") || text.contains("git@") || text.contains(".git#")
    })
}

/// The key of the section that an entry is written in.
fn section_key<'a>(project: &Project<'a>, section: &str, entry: &Key) -> Option<&'a Key> {
    let mut documents = project.documents();
    documents.find_map(|document| {
        let (key, node) = document.as_map()?.get_key_value(section)?;
        node.span.holds(entry.span).then_some(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn every_use_counts() {
        let text = "services:\n  a: {image: i, profiles: [p], networks: [n], volumes: ['vol:/v'], configs: [c]}\n  \
                    b: {build: {context: ., secrets: [s]}}\n\
                    networks: {n: , default: {}}\nvolumes: {vol: }\nconfigs: {c: {content: x}}\nsecrets: {s: {environment: S}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }

    #[test]
    fn a_secret_that_is_read_by_its_path_is_used() {
        let text = "services:\n  a: {image: i, environment: {P_FILE: /run/secrets/p}}\nsecrets: {p: {file: ./p}, q: {file: ./q}}\n";
        assert_eq!(found(&RULE, text), ["q"]);
    }

    #[test]
    fn all_sections_are_looked_at() {
        let text = "services: {a: {image: i}}\nnetworks: {n: {external: true}}\nvolumes: {v: , w: }\nconfigs: \
                    {c: {content: x}}\n";
        let mut all = found(&RULE, text);
        all.sort();
        assert_eq!(all, ["c", "n", "v", "w"]);
    }

    #[test]
    fn another_file_may_hold_what_uses_it() {
        let text = "services: {a: {image: i}}\nvolumes: {vol: }\n== compose.prod.yaml ==\nservices: {a: {volumes: \
             ['vol:/v']}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }
}
