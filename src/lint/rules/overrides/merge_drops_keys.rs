//! A mapping that takes the place of one which a merge key brings.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::{Source, SourceId};
use crate::yaml::{self, Kind, NodeId, Tree};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "merge-drops-keys",
    summary: "a mapping takes the place of the one that `<<` brings, with all its keys",
    why: "`<<` merges one level: a service that has an `environment` of its own gets none of the variables of what it merges. \
          Files that are laid over each other, and `extends`, join the two.",
    level: Severity::Hint,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
x-base: &base
  image: app:1
  environment:
    DB_HOST: db
services:
  web:
    <<: *base
    «environment»:
      DEBUG: \"1\"
",
    good: "\
x-environment: &environment
  DB_HOST: db
x-base: &base
  image: app:1
  environment: *environment
services:
  web:
    <<: *base
    environment:
      <<: *environment
      DEBUG: \"1\"
",
    fixed: None,
    check,
};

/// Keys whose mappings are joined wherever else services are laid over each other.
const JOINED: [&str; 3] = ["environment", "extra_hosts", "labels"];

/// How many keys a message names.
const NAMED: usize = 3;

fn check(project: &Project<'_>, found: &mut Found) {
    for (id, source) in project
        .sources_with_ids()
        .filter(|(_, source)| source.text.contains("<<:"))
    {
        in_source(id, source, found);
    }
}

fn in_source(id: SourceId, source: &Source, found: &mut Found) {
    let (tree, _) = yaml::parse(&source.text, id);
    for node in tree.nodes() {
        let Kind::Mapping(entries) = &node.kind else { continue };
        let merged: Vec<NodeId> = values(&tree, entries, "<<")
            .flat_map(|value| maps(&tree, value))
            .collect();
        for key in JOINED.iter().filter(|_| !merged.is_empty()) {
            found.extend_once(dropped(&tree, entries, &merged, key));
        }
    }
}

fn dropped(tree: &Tree, entries: &[(NodeId, NodeId)], merged: &[NodeId], key: &str) -> Option<Diagnostic> {
    let (place, own) = entries.iter().find(|(name, _)| text(tree, *name) == Some(key))?;
    let own = keys(tree, *own)?;
    // Whoever merges here too has seen to it.
    if own.contains("<<") {
        return None;
    }
    let brought = merged
        .iter()
        .find_map(|map| keys(tree, values(tree, entries_of(tree, *map)?, key).next()?))?;
    let mut lost: Vec<&str> = brought.difference(&own).copied().filter(|key| *key != "<<").collect();
    lost.sort_unstable();
    let more = lost.len().saturating_sub(NAMED);
    let named = lost.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let named = if more > 0 {
        format!("{named} and {more} more")
    } else {
        named
    };
    let message = format!("this takes the place of the `{key}` that `<<` brings: without {named}");
    let help = format!("give that `{key}` an anchor of its own, and merge it here with << too");
    (!lost.is_empty()).then(|| at(tree.node(*place).span, message).help(help))
}

/// The values of a key.
fn values<'a>(tree: &'a Tree, entries: &'a [(NodeId, NodeId)], key: &'a str) -> impl Iterator<Item = NodeId> + 'a {
    let named = entries.iter().filter(move |(name, _)| text(tree, *name) == Some(key));
    named.map(|(_, value)| *value)
}

/// The mappings that a merge key's value stands for: of those that are listed, the first outweighs the others.
fn maps(tree: &Tree, value: NodeId) -> Vec<NodeId> {
    match &tree.node(value).kind {
        Kind::Alias {
            target: Some(target), ..
        } => vec![*target],
        Kind::Sequence(items) => items.iter().flat_map(|item| maps(tree, *item)).collect(),
        _ => Vec::new(),
    }
}

fn entries_of(tree: &Tree, node: NodeId) -> Option<&[(NodeId, NodeId)]> {
    match &tree.node(node).kind {
        Kind::Mapping(entries) => Some(entries),
        Kind::Alias {
            target: Some(target), ..
        } => entries_of(tree, *target),
        _ => None,
    }
}

/// The keys of a mapping, or the names in a list of `NAME=VALUE`.
fn keys(tree: &Tree, node: NodeId) -> Option<HashSet<&str>> {
    match &tree.node(node).kind {
        Kind::Mapping(entries) => Some(entries.iter().filter_map(|(key, _)| text(tree, *key)).collect()),
        Kind::Sequence(items) => {
            let names = items.iter().filter_map(|item| text(tree, *item));
            Some(
                names
                    .map(|text| text.split(['=', ':']).next().unwrap_or(text))
                    .collect(),
            )
        }
        _ => None,
    }
}

fn text(tree: &Tree, node: NodeId) -> Option<&str> {
    match &tree.node(node).kind {
        Kind::Scalar { text, .. } => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_loses_nothing_is_left_alone() {
        let base = "x-b: &b\n  image: i\n  environment: {A: 1, B: 2}\nservices:\n  a:\n    ";
        for more in [
            "<<: *b\n",
            "<<: *b\n    environment: {<<: {A: 3}, C: 5}\n",
            "<<: *b\n    environment: {A: 3, B: 4, C: 5}\n",
            "image: i\n    environment: {C: 1}\n",
        ] {
            assert_eq!(found(&RULE, &format!("{base}{more}")), [""; 0], "{more}");
        }
        for more in [
            "<<: [*b]\n    environment: {A: 3}\n",
            "<<: *b\n    environment: [C=5]\n",
        ] {
            assert_eq!(found(&RULE, &format!("{base}{more}")), ["environment"], "{more}");
        }
    }
}
