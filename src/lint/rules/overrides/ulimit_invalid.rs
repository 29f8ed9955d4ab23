//! Limits that are above themselves.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "ulimit-invalid",
    summary: "a limit of a process is negative, or the soft one is above the hard one",
    why: "The container is created and cannot be started. `docker compose config` lets it through. Only -1 stands for no \
          limit.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:16
    ulimits:
      nofile:
        soft: «65536»
        hard: 1024
",
    good: "\
services:
  db:
    image: postgres:16
    ulimits:
      nofile:
        soft: 1024
        hard: 65536
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let limits = project.services().iter().flat_map(|service| service.entries("ulimits"));
    for (name, limit) in limits {
        let values = [Some(limit), limit.get("soft"), limit.get("hard")];
        let mut numbers = values
            .into_iter()
            .flatten()
            .filter_map(|value| Some((value.as_f64()?, value.span)));
        if let Some((_, span)) = numbers.find(|(number, _)| *number < -1.0) {
            found.push(at(span, format!("the limit of {name} is negative")).help("write -1 for no limit"));
            continue;
        }
        let side = |key: &str| {
            limit
                .get(key)
                .and_then(|node: &Node| Some((height(node.as_f64()?), node.span)))
        };
        if let (Some((soft, span)), Some((hard, other))) = (side("soft"), side("hard"))
            && soft > hard
        {
            found.push(
                at(span, format!("the soft limit of {name} is above the hard one"))
                    .label(other, "the hard one")
                    .help("the hard limit is the one that the soft limit can be raised to"),
            );
        }
    }
}

fn height(limit: f64) -> f64 {
    if limit < 0.0 { f64::INFINITY } else { limit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn minus_one_is_no_limit() {
        let file = |limit: &str| format!("services: {{a: {{image: i, ulimits: {{nofile: {limit}}}}}}}");
        for limit in [
            "-1",
            "5",
            "{soft: -1, hard: -1}",
            "{soft: 5, hard: -1}",
            "{soft: 5, hard: 5}",
        ] {
            assert!(found(&RULE, &file(limit)).is_empty(), "{limit}");
        }
        assert_eq!(found(&RULE, &file("-5")), ["-5"]);
        assert_eq!(found(&RULE, &file("{soft: -1, hard: 5}")), ["-1"]);
    }
}
