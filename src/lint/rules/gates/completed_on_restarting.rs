//! A wait for the end of what is started again.

use crate::compose::Restart;
use crate::diagnostic::{Edit, Fix, Severity};
use crate::event::Condition;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "completed-on-restarting",
    summary: "a service waits for the end of one that is always started again",
    why: "The engine starts such a container again as soon as it ends, with whatever code: the job runs again and again, \
          and `docker compose up` never comes back.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  migrate:
    image: app:1
    command: ./migrate
    restart: «always»
  tests:
    image: app:1
    command: pytest
    depends_on:
      migrate:
        condition: service_completed_successfully
",
    good: "\
services:
  migrate:
    image: app:1
    command: ./migrate
    restart: \"no\"
  tests:
    image: app:1
    command: pytest
    depends_on:
      migrate:
        condition: service_completed_successfully
",
    fixed: Some(
        "\
services:
  migrate:
    image: app:1
    command: ./migrate
    restart: \"no\"
  tests:
    image: app:1
    command: pytest
    depends_on:
      migrate:
        condition: service_completed_successfully
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project
        .services()
        .iter()
        .filter(|service| service.restart() == Restart::Always)
    {
        let mut waiting = project.dependents(service.name());
        let Some((other, need)) = waiting.find(|(_, need)| need.condition == Condition::Succeeded) else {
            continue;
        };
        let Some(restart) = service
            .get("restart")
            .or_else(|| service.node.at(&["deploy", "restart_policy"]))
        else {
            continue;
        };
        let edits = vec![Edit::replace(restart.span, "\"no\"")];
        let fix = Fix::safe("let it end", edits).changing(&["services.*.restart"]);
        let (name, other) = (service.name(), other.name());
        found.push(
            at(
                restart.span,
                format!("\"{name}\" is always started again, and \"{other}\" waits for its end"),
            )
            .label(need.key.span, "the wait that never ends")
            .help("write restart: \"no\"")
            .fix(service.get("restart").map(|_| fix)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_policy_of_the_deploy_section_counts_and_a_wait_for_the_start_does_not() {
        let file = |policy: &str, condition: &str| {
            format!(
                "services: {{a: {{image: i, {policy}}}, b: {{image: i, depends_on: {{a: {{condition: {condition}}}}}}}}}"
            )
        };
        let deploy = "deploy: {restart_policy: {condition: any}}";
        assert_eq!(
            found(&RULE, &file(deploy, "service_completed_successfully")),
            ["{condition: any}"]
        );
        assert!(found(&RULE, &file("restart: always", "service_started")).is_empty());
        assert!(found(&RULE, &file("restart: 'no'", "service_completed_successfully")).is_empty());
    }
}
