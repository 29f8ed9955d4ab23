//! A variable that is set twice in one list.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "duplicate-env-key",
    summary: "a list sets a variable twice, to different values",
    why: "The later value counts, and the earlier one is dropped without a word: whoever changes it wonders why nothing \
          happens.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    environment:
      - «LOG=debug»
      - CI=1
      - LOG=info
",
    good: "\
services:
  tests:
    image: app:1
    environment:
      - CI=1
      - LOG=info
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut seen = HashSet::new();
    for document in project.documents() {
        for section in ["services", "jobs"].iter().filter_map(|section| document.get(section)) {
            for (_, service) in section.entries() {
                let lists = [service.get("environment"), service.at(&["build", "args"])];
                let new = lists.into_iter().flatten().filter(|list| seen.insert(list.span));
                new.for_each(|list| check_list(list, found));
            }
        }
    }
}

fn check_list(list: &Node, found: &mut Found) {
    let mut last: HashMap<&str, &Node> = HashMap::new();
    for item in list.items() {
        let Some(text) = item.as_str() else { continue };
        let name = text.split('=').next().unwrap_or(text);
        let Some(earlier) = last.insert(name, item).filter(|earlier| earlier.as_str() != Some(text)) else {
            continue;
        };
        found.push(
            at(
                earlier.span,
                format!("\"{name}\" is set again further down, and this value is dropped"),
            )
            .label(item.span, "the value that counts")
            .help("remove one of them"),
        );
    }
}
