//! `required: false` on what a gate waits for.

use super::gate_behind_profile::is_left_out;
use crate::diagnostic::{Fix, Severity};
use crate::event::Condition;
use crate::lint::edits::remove_entry;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "gate-optional",
    summary: "a service waits for the success of another, and starts without it all the same",
    why: "With `required: false`, compose starts the service when the other one fails: its failure is a warning on the \
          terminal, and the exit code is 0. A deploy that waits in this way deploys what has just failed its tests.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
  deploy:
    image: tools:1
    depends_on:
      tests:
        condition: service_completed_successfully
        required: «false»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
  deploy:
    image: tools:1
    depends_on:
      tests:
        condition: service_completed_successfully
",
    fixed: Some(
        "\
services:
  tests:
    image: app:1
    command: pytest
  deploy:
    image: tools:1
    depends_on:
      tests:
        condition: service_completed_successfully
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for need in service.needs().filter(|need| need.condition == Condition::Succeeded) {
            let entry = need.node.as_map().and_then(|map| map.get_key_value("required"));
            let Some((key, required)) = entry.filter(|_| !need.is_required) else {
                continue;
            };
            let fix = remove_entry(project, key, None).map(|edits| {
                Fix::unsafe_("start it after a success alone", edits).changing(&["services.*.depends_on"])
            });
            if project
                .service(&need.key.text)
                .is_some_and(|job| is_left_out(service, job))
            {
                continue;
            }
            let (name, other) = (service.name(), &need.key.text);
            found.push(
                at(
                    required.span,
                    format!("\"{name}\" starts even where \"{other}\" has failed"),
                )
                .label(condition(need.node), "waits for its success")
                .help("remove \"required: false\"")
                .fix(fix),
            );
        }
    }
}

fn condition(need: &Node) -> crate::source::Span {
    need.get("condition").map_or(need.span, |condition| condition.span)
}
