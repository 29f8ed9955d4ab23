//! Namespaces that the engine does not know.

use super::layers::is_open;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "mode-unknown",
    summary: "what a service shares with others is written in a word that the engine does not know",
    why: "The engine refuses to create the container: `invalid IPC mode`, or PID mode, or UTS mode. `docker compose \
          config` lets any word through.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    ipc: «shared»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    ipc: shareable
",
    fixed: None,
    check,
};

/// The keys, and the words for each beside those that name a service or a container.
const WORDS: [(&str, &[&str]); 3] = [
    ("ipc", &["none", "private", "host", "shareable"]),
    ("pid", &["host"]),
    ("uts", &["host"]),
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for (key, words) in WORDS {
            let Some(mode) = service.get(key).filter(|mode| !is_open(project, mode.span)) else {
                continue;
            };
            let text = mode.as_str().unwrap_or_default();
            let names_another = text.starts_with("service:") || text.starts_with("container:");
            if !text.is_empty() && !names_another && !words.contains(&text) {
                found.push(
                    at(mode.span, format!("{text:?} is none of the words that {key} can have"))
                        .help(format!("the words are {}, and service:NAME", words.join(", "))),
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
    fn words_and_names_of_others_are_fine() {
        let file = |mode: &str| format!("services: {{a: {{image: i, {mode}}}, b: {{image: i}}}}");
        for mode in [
            "ipc: host",
            "ipc: 'service:b'",
            "pid: 'container:x'",
            "uts: host",
            "ipc: '${M:-x}'",
        ] {
            assert!(found(&RULE, &file(mode)).is_empty(), "{mode}");
        }
        assert_eq!(found(&RULE, &file("pid: hots")), ["hots"]);
    }
}
