//! Hooks of a service's life, and how their failures are told.

use super::ci;
use crate::common::engine;

#[test]
fn post_start_runs_in_the_container_before_others_count_on_it() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, post_start: [{command: [sh, -c, 'sleep 1; echo hook >>/ran/log']}], command: ['sleep infinity']}
  test: {<<: *box, depends_on: [app], command: ['echo test >>/ran/log']}
";
    let (project, finished) = ci(engine, services);
    finished.passed();
    assert_eq!(project.ran(), ["hook", "test"], "{finished}");
    project.nothing_left();
}

#[test]
fn a_failing_post_start_is_told_with_its_stage() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, post_start: [{command: [sh, -c, 'exit 4']}], command: ['sleep infinity']}
  test: {<<: *box, depends_on: [app], command: ['echo test >>/ran/log']}
";
    let (project, finished) = ci(engine, services);
    finished.failed("stage=app outcome=start_failed code=77").says("hook");
    finished.stage("test", "skipped");
    assert!(project.ran().is_empty(), "{finished}");
    project.nothing_left();
}

#[test]
fn a_failing_post_start_of_a_job_fails_it_although_the_job_would_pass() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, post_start: [{command: [sh, -c, 'exit 4']}], command: ['sleep 2']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    let (project, finished) = ci(engine, services);
    finished
        .failed("stage=test outcome=start_failed code=77")
        .stage("deploy", "skipped");
    assert!(project.ran().is_empty(), "{finished}");
    project.nothing_left();
}

#[test]
fn pre_stop_runs_at_the_end() {
    let Some(engine) = engine() else { return };
    let services =
        "  app: {<<: *box, pre_stop: [{command: [sh, -c, 'echo farewell >>/ran/log']}], command: ['sleep infinity']}
  test: {<<: *box, depends_on: [app], command: ['echo test >>/ran/log']}
";
    let (project, finished) = ci(engine, services);
    finished.passed();
    assert_eq!(project.ran(), ["test", "farewell"], "{finished}");
    project.nothing_left();
}

#[test]
fn pre_start_runs_first_and_its_failure_is_told_with_its_stage() {
    let Some(engine) = engine() else { return };
    if engine.compose_line() < 5 {
        // Older compose has no `pre_start`.
        return;
    }
    // The hook's container is made as the service's is: it has the same entrypoint and the same mounts.
    let services = |hook: &str| {
        format!(
            "  app: {{<<: *box, pre_start: [{{command: ['{hook}']}}], command: ['echo app >>/ran/log; touch /tmp/ok; sleep infinity'], healthcheck: *probe}}
  test: {{<<: *box, depends_on: {{app: *healthy}}, command: ['echo test >>/ran/log']}}
"
        )
    };
    let (project, finished) = ci(engine, &services("echo hook >>/ran/log"));
    finished.passed();
    assert_eq!(project.ran(), ["hook", "app", "test"], "{finished}");
    project.nothing_left();
    let (project, finished) = ci(engine, &services("exit 4"));
    finished
        .failed("stage=app outcome=start_failed code=77")
        .says("pre_start")
        .stage("test", "skipped");
    assert!(project.ran().is_empty(), "{finished}");
    project.nothing_left();
}
