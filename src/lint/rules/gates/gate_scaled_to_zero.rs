//! A gate without a container.

use crate::diagnostic::Severity;
use crate::event::Condition;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "gate-scaled-to-zero",
    summary: "a service waits for the success of one that has no containers",
    why: "With no container there is nothing to wait for and nothing that can fail: compose starts the service at once, \
          and the exit code is 0. What looks like a gate is open.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    deploy:
      replicas: «0»
  deploy:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
  deploy:
    image: tools:1
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for job in project.services() {
        let Some((_, place)) = job.replicas().filter(|(count, _)| *count == 0.0) else {
            continue;
        };
        let mut waiting = project.dependents(job.name());
        if let Some((service, need)) = waiting.find(|(_, need)| need.condition == Condition::Succeeded) {
            let (name, other) = (service.name(), job.name());
            found.push(
                at(
                    place,
                    format!("\"{name}\" waits for the success of \"{other}\", which has no containers"),
                )
                .label(need.place(), "holds nothing back")
                .help(format!(
                    "let \"{other}\" have its container, or remove it and what waits for it"
                )),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn it_is_about_scale_too_and_not_about_other_waits() {
        let file = |condition: &str| {
            format!(
                "services: {{t: {{image: i, scale: 0}}, d: {{image: i, depends_on: {{t: {{condition: {condition}}}}}}}}}"
            )
        };
        assert_eq!(found(&RULE, &file("service_completed_successfully")), ["0"]);
        assert!(found(&RULE, &file("service_started")).is_empty());
    }
}
