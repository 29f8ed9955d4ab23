//! A limit of memory that nothing can live with.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "memory-too-small",
    summary: "a service may have less memory than the engine allows",
    why: "The engine refuses limits below 6 MB. Most often the unit is missing: a number without one counts bytes.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    mem_limit: «512»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    mem_limit: 512m
",
    fixed: None,
    check,
};

/// In bytes.
const LEAST: i64 = 6 << 20;

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let limits = [
            service.get("mem_limit"),
            service.node.at(&["deploy", "resources", "limits", "memory"]),
        ];
        for limit in limits.into_iter().flatten() {
            let bytes = limit.as_str().and_then(|size| size.parse::<i64>().ok());
            if let Some(bytes) = bytes.filter(|bytes| (1..LEAST).contains(bytes)) {
                found.push(
                    at(
                        limit.span,
                        format!(
                            "\"{}\" may have {bytes} bytes of memory, and 6 MB are the least",
                            service.name()
                        ),
                    )
                    .help(advice(project, limit)),
                );
            }
        }
    }
}

fn advice(project: &Project<'_>, limit: &Node) -> &'static str {
    let text = project.text(limit.span).trim_matches(['"', '\'']);
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        "write a unit behind it, such as m for MB or g for GB"
    } else {
        "allow it more"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn no_limit_and_a_fair_one_are_left_alone() {
        let file = |limit: &str| {
            format!("services: {{a: {{image: i, deploy: {{resources: {{limits: {{memory: {limit}}}}}}}}}}}")
        };
        for limit in ["'0'", "6m", "1g", "'6291456'"] {
            assert!(found(&RULE, &file(limit)).is_empty(), "{limit}");
        }
        assert_eq!(found(&RULE, &file("5m")), ["5m"]);
    }
}
