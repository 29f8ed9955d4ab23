//! Two jobs that write to one place at a time.

use super::shared::{self, Use};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use std::path::Path;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "parallel-writers",
    summary: "two jobs write to the same place at the same time",
    why: "Which of them is the last to write decides what is there in the end: the report of one is gone, or two \
          halves of different files make one.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  unit:
    image: app:1
    command: pytest tests/unit --junitxml=/reports/junit.xml
    volumes:
      - ./reports:/reports
  e2e:
    image: app:1
    command: pytest tests/e2e --junitxml=/reports/junit.xml
    volumes:
      - «./reports:/reports»
",
    good: "\
services:
  unit:
    image: app:1
    command: pytest tests/unit --junitxml=/reports/junit.xml
    volumes:
      - ./reports/unit:/reports
  e2e:
    image: app:1
    command: pytest tests/e2e --junitxml=/reports/junit.xml
    volumes:
      - ./reports/e2e:/reports
",
    fixed: None,
    check,
};

/// Parts of the names of volumes and directories that programs write to at the same time, and are made for it.
const SHARED: [&str; 14] = [
    "bundle", "cache", ".cargo", "gems", "go", ".gradle", ".m2", "modules", ".npm", "pkg", "pnpm", "registry", "venv",
    "yarn",
];

/// So many who write to one place are held beside each other.
const MOST_WRITERS: usize = 100;

fn check(project: &Project<'_>, found: &mut Found) {
    for (place, uses) in shared::places(project) {
        let writers: Vec<&Use<'_, '_>> = uses
            .iter()
            .filter(|(service, mount)| service.is_job() && service.is_active && !mount.is_read_only)
            .take(MOST_WRITERS)
            .collect();
        if is_made_for_it(place) || writers.iter().any(|(_, mount)| is_made_for_it(mount.target)) {
            continue;
        }
        for (at, second) in writers.iter().enumerate() {
            let mut before = writers.iter().take(at);
            if let Some(first) = before.find(|first| meets(project, first, second)) {
                found.push_once(finding(first, second));
            }
        }
    }
}

fn finding(first: &Use<'_, '_>, second: &Use<'_, '_>) -> Diagnostic {
    let (name, other) = (second.0.name(), first.0.name());
    at(
        second.1.span(),
        format!("\"{name}\" and \"{other}\" write to the same place at the same time"),
    )
    .label(first.1.span(), "is written to here as well")
    .help("give each a directory of its own, or let one wait for the other")
}

fn meets<'a>(project: &Project<'a>, (first, one): &Use<'_, 'a>, (second, two): &Use<'_, 'a>) -> bool {
    let is_ordered = project.is_behind(first.name(), second.name()) || project.is_behind(second.name(), first.name());
    let (one, two) = (Path::new(one.target), Path::new(two.target));
    first.name() != second.name() && !is_ordered && (one.starts_with(two) || two.starts_with(one))
}

fn is_made_for_it(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.split(['/', '-', '_', ' ']);
    words.any(|word| {
        SHARED
            .iter()
            .any(|shared| word == *shared || shared.len() > 3 && word.contains(shared))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn marked(volume: &str, second: &str) -> Vec<String> {
        let text = format!(
            "services:\n  a: {{image: i, command: pytest, volumes: ['{volume}']}}\n  b: {{image: i, command: \
             pytest, volumes: \
             ['{volume}'], {second}}}\nvolumes: {{art: , go-cache: }}\n"
        );
        found(&RULE, &text)
    }

    #[test]
    fn one_after_the_other_is_fine() {
        assert_eq!(marked("art:/x", "").len(), 1);
        assert_eq!(marked("art:/x", "depends_on: [a]"), [""; 0]);
    }

    #[test]
    fn caches_and_sources_are_fine() {
        for volume in [
            "go-cache:/c",
            "art:/root/.npm",
            "art:/app/node_modules",
            ".:/src",
            "./src:/src",
            "art:/x:ro",
        ] {
            assert_eq!(marked(volume, ""), [""; 0], "{volume}");
        }
    }
}
