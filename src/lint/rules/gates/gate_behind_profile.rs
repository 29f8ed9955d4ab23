//! A gate that is there with a profile alone.

use crate::diagnostic::Severity;
use crate::event::Condition;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "gate-behind-profile",
    summary: "a service waits for the success of one that a profile can leave out",
    why: "Without the profile, the job is not part of the project. Because of `required: false` compose then starts the \
          service at once and says nothing: nothing has been tested.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    profiles: [ci]
  deploy:
    image: tools:1
    command: ./deploy.sh
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
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for need in service.needs().filter(|need| need.condition == Condition::Succeeded) {
            let job = project.service(&need.key.text).filter(|job| is_left_out(service, job));
            let required = need.node.get("required").filter(|_| !need.is_required);
            let (Some(job), Some(required)) = (job, required) else {
                continue;
            };
            let profiles = job.get("profiles").map_or(job.key.span, |profiles| profiles.span);
            let (name, other) = (service.name(), job.name());
            found.push(
                at(
                    required.span,
                    format!("\"{name}\" starts without \"{other}\" where no profile of it is active"),
                )
                .label(profiles, "what it takes to have it run")
                .help(format!(
                    "remove the profiles of \"{other}\" and \"required: false\", or give \"{name}\" the same profiles"
                )),
            );
        }
    }
}

/// Whether a service can be active while a job that it waits for is not.
pub(super) fn is_left_out(service: &Service<'_>, job: &Service<'_>) -> bool {
    let (own, others) = (service.profiles(), job.profiles());
    !others.is_empty() && (own.is_empty() || own.iter().any(|profile| !others.contains(profile)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_service_with_the_same_profiles_is_never_there_alone() {
        let file = |own: &str, rest: &str| {
            format!(
                "services:\n  t: {{image: i, profiles: [a, b]}}\n  d:\n    image: i\n    profiles: [{own}]\n    \
                 depends_on: {{t: {{condition: service_completed_successfully, required: {rest}}}}}\n"
            )
        };
        assert_eq!(found(&RULE, &file("", "false")), ["false"]);
        assert_eq!(found(&RULE, &file("a, c", "false")), ["false"]);
        assert!(found(&RULE, &file("a", "false")).is_empty());
        assert!(found(&RULE, &file("a", "true")).is_empty());
    }
}
