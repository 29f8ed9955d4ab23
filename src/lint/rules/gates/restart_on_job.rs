//! A job that is started again when it has ended.

use crate::compose::Restart;
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::event::Condition;
use crate::lint::edits::remove_entry;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::plan;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "restart-on-job",
    summary: "what runs to completion has a restart policy",
    why: "The engine starts it again when it has ended: tests run over and over, a failed deploy begins anew, and `docker \
          compose up` does not come back with an exit code.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:16
  tests:
    image: app:1
    command: pytest
    restart: «always»
",
    good: "\
services:
  db:
    image: postgres:16
  tests:
    image: app:1
    command: pytest
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:16
  tests:
    image: app:1
    command: pytest
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        // What others wait for has rules of its own.
        let mut waiting = project.dependents(service.name());
        let is_awaited = waiting.any(|(_, need)| need.condition == Condition::Succeeded);
        let is_job = service.kind_without_restart.runs_to_completion() && !is_awaited;
        let is_sure = is_job && (service.is_surely_job() || plan::is_job_command(&service.words()));
        if is_sure || is_job && service.looks_like_check() {
            found_in(project, service, is_sure)
                .into_iter()
                .for_each(|one| found.push(one));
        }
    }
}

fn found_in(project: &Project<'_>, service: &Service<'_>, is_sure: bool) -> Option<Diagnostic> {
    let when = match service.restart() {
        Restart::No => return None,
        Restart::OnFailure(_) => "when it has failed",
        Restart::Always => "whenever it has ended",
    };
    let policy = service
        .get("restart")
        .or_else(|| service.node.at(&["deploy", "restart_policy"]))?;
    let fix = service
        .key_of("restart")
        .and_then(|key| remove_entry(project, key, None));
    let name = service.name();
    let finding = at(
        policy.span,
        format!("\"{name}\" runs to completion, and is started again {when}"),
    );
    // Many start again what cannot reach its database yet.
    let level = match service.restart() {
        Restart::Always if is_sure => Severity::Warning,
        _ => Severity::Hint,
    };
    Some(
        finding
            .help("remove the policy; if it is a server, say so with x-towline: {kind: service}")
            .fix(fix.map(|edits| Fix::unsafe_("let it end", edits).changing(&["services.*.restart"])))
            .at_most(level),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn servers_and_what_others_wait_for_are_left_alone() {
        let file = |service: &str| format!("services: {{tests: {{image: i, {service}}}}}");
        assert_eq!(found(&RULE, &file("restart: 'on-failure:3'")), ["'on-failure:3'"]);
        assert_eq!(
            found(&RULE, &file("deploy: {restart_policy: {condition: any}}")),
            ["{condition: any}"]
        );
        for service in [
            "restart: 'no'",
            "restart: always, ports: [80]",
            "restart: always, command: ./serve, x-towline: {kind: service}",
            "restart: always, healthcheck: {test: x}",
        ] {
            assert!(found(&RULE, &file(service)).is_empty(), "{service}");
        }
        assert!(found(&RULE, "services: {worker-migrations: {image: i, restart: always}}").is_empty());
        let awaited = "services: {tests: {image: i, restart: always}, b: {image: i, depends_on: {tests: {condition: \
                       service_completed_successfully}}}}";
        assert!(found(&RULE, awaited).is_empty());
    }
}
