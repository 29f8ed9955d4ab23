//! A restart policy that is none.

use super::layers::{is_open, nearest};
use crate::diagnostic::{Edit, Fix, Severity};
use crate::lint::edits::rewrite;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "restart-invalid",
    summary: "a restart policy is not one that the engine knows",
    why: "`docker compose config` does not look at the word. The engine does, when the container is created, and the run \
          fails there.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: app:1
    restart: «on_failure»
",
    good: "\
services:
  web:
    image: app:1
    restart: on-failure
",
    fixed: Some(
        "\
services:
  web:
    image: app:1
    restart: on-failure
",
    ),
    check,
};

const POLICIES: [&str; 4] = ["no", "always", "on-failure", "unless-stopped"];

/// What people write for `no`.
const NONE: [&str; 4] = ["never", "none", "false", "off"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(policy) = service.get("restart").filter(|policy| !is_open(project, policy.span)) else {
            continue;
        };
        let text = policy.as_str().unwrap_or_default();
        let (word, limit) = text
            .split_once(':')
            .map_or((text, None), |(word, limit)| (word, Some(limit)));
        let finding = match limit {
            _ if text.is_empty() => continue,
            _ if !POLICIES.contains(&word) => {
                at(policy.span, format!("{text:?} is no restart policy")).help(format!("the policies are {}", shown()))
            }
            None => continue,
            Some(_) if word != "on-failure" => {
                at(policy.span, format!("only on-failure has a limit, and {word} has none"))
            }
            Some(limit) if limit.parse::<u32>().is_err() => {
                let message = format!("{limit:?} is no number of attempts, and stands for no limit");
                at(policy.span, message).at_most(Severity::Warning)
            }
            Some(_) => continue,
        };
        let near = if NONE.contains(&word) {
            Some("no")
        } else {
            nearest(word, &POLICIES)
        };
        let near = near.filter(|near| *near != word && limit.is_none());
        let edit = |near: &str| match near {
            "no" => Edit::replace(policy.span, "\"no\""),
            near => rewrite(project, policy.span, near),
        };
        let fix =
            near.map(|near| Fix::safe(format!("write {near:?}"), vec![edit(near)]).changing(&["services.*.restart"]));
        let is_written = project
            .written(policy.span)
            .is_some_and(|written| written.as_str() == Some(text));
        found.push(finding.fix(fix.filter(|_| is_written)));
    }
}

fn shown() -> String {
    POLICIES.map(|policy| format!("{policy:?}")).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn the_engine_s_own_words_are_left_alone() {
        let file = |restart: &str| format!("services: {{a: {{image: i, restart: {restart}}}}}");
        for restart in [
            "no",
            "'no'",
            "always",
            "on-failure:3",
            "unless-stopped",
            "''",
            "'${X:-y}'",
        ] {
            assert!(found(&RULE, &file(restart)).is_empty(), "{restart}");
        }
        for restart in ["never", "'on-failure:x'", "'always:3'", "Always"] {
            assert_eq!(found(&RULE, &file(restart)), [restart], "{restart}");
        }
    }
}
