//! Variables that only an untracked `.env` sets.

use std::collections::HashSet;

use super::texts::used;
use crate::diagnostic::Severity;
use crate::lint::git::is_tracked;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "dotenv-untracked",
    summary: "variables are set only in a `.env` that Git does not have",
    why: "The file is on this machine and not in a fresh clone. In CI the variables are not set there, and compose puts \
          nothing in their place, with no more than a warning.",
    level: Severity::Warning,
    category: Category::Reproducibility,
    preset: Preset::Ci,
    bad: "\
services:
  app:
    image: app:«${TAG}»
== .env ==
TAG=3
== .git/HEAD ==
ref: refs/heads/main
",
    good: "\
services:
  app:
    image: app:${TAG:-3}
== .env ==
TAG=3
== .git/HEAD ==
ref: refs/heads/main
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let path = project.path(".env");
    let Some(text) = project
        .sources()
        .find(|source| source.path == path)
        .map(|source| &source.text)
    else {
        return;
    };
    if is_tracked(&path) != Some(false) {
        return;
    }
    let names: HashSet<&str> = text.lines().filter_map(name).collect();
    let used = used(project);
    let mut seen = HashSet::new();
    let untracked: Vec<_> = used
        .iter()
        .filter(|one| names.contains(one.name) && seen.insert(one.name))
        .collect();
    let Some(first) = untracked.first() else { return };
    let names: Vec<&str> = untracked.iter().map(|one| one.name).collect();
    let (are, list) = listed(&names);
    found.push(
        at(first.span, format!("{list} {are} set in a .env that Git does not have"))
            .help("give each a default, ${NAME:-value}, or demand it: ${NAME:?set it}"),
    );
}

/// The name that a line of an env file sets.
pub(super) fn name(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let name = name.trim();
    let name = name.strip_prefix("export ").map_or(name, str::trim);
    (!name.starts_with('#')).then_some(name)
}

/// Names for a message, and whether they are one or more.
pub(super) fn listed(names: &[&str]) -> (&'static str, String) {
    const MOST: usize = 3;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("\"{name}\"")).collect();
    let more = names.len() - shown.len();
    match (shown.as_slice(), more) {
        ([one], _) => ("is", one.clone()),
        (shown, 0) => ("are", shown.join(", ")),
        (shown, more) => ("are", format!("{} and {more} more", shown.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn without_a_repository_nothing_is_known() {
        assert!(found(&RULE, "services: {a: {image: \"$A\"}}\n== .env ==\nA=i\n").is_empty());
    }

    #[test]
    fn one_finding_tells_of_all_variables() {
        assert_eq!(listed(&["A"]), ("is", "\"A\"".to_owned()));
        assert_eq!(listed(&["A", "B"]), ("are", "\"A\", \"B\"".to_owned()));
        assert_eq!(
            listed(&["A", "B", "C", "D"]),
            ("are", "\"A\", \"B\", \"C\" and 1 more".to_owned())
        );
        assert_eq!(
            ["# A=1", "export A=1", " A = 1", "A"].map(name),
            [None, Some("A"), Some("A"), None]
        );
    }
}
