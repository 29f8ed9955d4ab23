//! What `up` leaves is what compose leaves: the lines behind it in people's scripts go on working.

use super::state;
use crate::common::{Engine, Project, engine};

const SHOP: &str = "  app: {<<: *box, volumes: ['./ran:/ran', 'data:/data'], healthcheck: *probe, command: ['echo the app says this; touch /tmp/ok; sleep infinity']}
  test: {<<: *box, depends_on: {app: *healthy}, command: ['echo the test says this; echo result >/result; exit 3']}
volumes: {data: {}}
";

/// The containers of a service, running or not.
fn containers(engine: &Engine, project: &Project, service: &str) -> Vec<String> {
    let filters = format!(
        "--filter label=com.docker.compose.project={} --filter label=com.docker.compose.service={service}",
        project.name
    );
    engine
        .docker(&format!("ps --all --quiet --no-trunc {filters}"))
        .lines()
        .map(str::to_owned)
        .collect()
}

fn runs(engine: &Engine, container: &str) -> bool {
    state(engine, container).trim_end().ends_with("|true")
}

#[test]
fn stopped_containers_stay_for_logs_ps_cp_and_down() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "up", SHOP);
    project
        .towline("up --exit-code-from test")
        .run()
        .failed("stage=test outcome=failed code=3");
    for service in ["app", "test"] {
        let containers = containers(engine, &project, service);
        assert_eq!(containers.len(), 1, "one container of {service} is kept");
        assert!(!runs(engine, &containers[0]), "{service} is stopped");
    }
    for program in [Project::compose, Project::towline] {
        let logs = program(&project, "logs --no-color").run();
        logs.ended(0);
        for words in ["the app says this", "the test says this"] {
            assert!(logs.text().contains(words), "{logs}");
        }
        let listed = program(&project, "ps --all --format {{.Name}}={{.ExitCode}}").run();
        assert!(
            listed.text().contains(&format!("{}-test-1=3", project.name)),
            "{listed}"
        );
        program(&project, "cp test:/result copied").run().ended(0);
        let copied = std::fs::read_to_string(project.directory.join("copied")).expect("the copy");
        assert_eq!(copied, "result\n");
        std::fs::remove_file(project.directory.join("copied")).expect("removing the copy");
    }
    project.towline("down --volumes").run().ended(0);
    project.nothing_left();
}

#[test]
fn wait_leaves_its_services_running_and_the_next_command_finds_them() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "up", SHOP);
    project.towline("up --wait app").run().passed();
    let app = containers(engine, &project, "app");
    assert_eq!(app.len(), 1);
    assert!(runs(engine, &app[0]), "the service is left running");
    let before = state(engine, &app[0]);
    project.towline("exec -T app cat /tmp/ok").run().ended(0);
    // A second one changes nothing.
    project.towline("up --wait app").run().passed();
    assert_eq!(state(engine, &app[0]), before, "a service is reused");
    let finished = project.towline("up --exit-code-from test").run();
    finished.failed("stage=test outcome=failed code=3");
    assert_eq!(
        containers(engine, &project, "app"),
        app,
        "a service is reused\n{finished}"
    );
    assert_eq!(
        String::from_utf8_lossy(&finished.log("test")),
        "the test says this\n",
        "{finished}"
    );
}

#[test]
fn wait_leaves_what_runs_when_it_fails_too() {
    let Some(engine) = engine() else { return };
    let services = "  good: {<<: *box, healthcheck: *probe, command: ['touch /tmp/ok; sleep infinity']}
  bad: {<<: *box, healthcheck: *probe, depends_on: {good: *healthy}, command: ['sleep infinity']}
";
    let project = Project::with_services(engine, "up", services);
    project
        .towline("up --wait")
        .run()
        .failed("stage=bad outcome=unhealthy code=78");
    for service in ["good", "bad"] {
        assert!(
            runs(engine, &containers(engine, &project, service)[0]),
            "{service} is left as it is, to be looked at"
        );
    }
}

#[test]
fn a_job_gets_a_fresh_container_each_time_and_a_service_keeps_its_own() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, healthcheck: *probe, command: ['touch /tmp/ok; sleep infinity']}
  test: {<<: *box, depends_on: {app: *healthy}, command: ['test ! -e /seen && touch /seen']}
";
    let project = Project::with_services(engine, "up", services);
    let line = "up --exit-code-from test";
    project.towline(line).run().passed();
    let (app, test) = (
        containers(engine, &project, "app"),
        containers(engine, &project, "test"),
    );
    project.towline(line).run().passed();
    assert_eq!(containers(engine, &project, "app"), app, "the service's container");
    let again = containers(engine, &project, "test");
    assert_eq!(again.len(), 1, "the job's old container is replaced");
    assert_ne!(again, test, "the job's container");
}

#[test]
fn a_one_off_container_of_the_same_service_counts_for_nothing() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, healthcheck: *probe, command: ['touch /tmp/ok; sleep infinity']}
  test: {<<: *box, depends_on: {app: *healthy}, command: ['touch /ran/started; sleep 3']}
";
    let project = Project::with_services(engine, "up", services);
    // One that has ended badly before, and one that does so meanwhile.
    project.compose("run --no-deps test").arg("exit 9").run().ended(9);
    let running = project.towline("up --exit-code-from test").start();
    running.until("the test runs", || project.has("started"));
    project.compose("run --rm --no-deps app").arg("exit 8").run().ended(8);
    project.compose("run --rm --no-deps test").arg("exit 7").run().ended(7);
    running.wait().passed();
}

#[test]
fn a_stack_that_is_up_already_is_used_as_it_is() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "up", SHOP);
    project.compose("up --detach --wait app").run().ended(0);
    let app = containers(engine, &project, "app");
    let started = state(engine, &app[0]);
    let finished = project.towline("up --exit-code-from test").run();
    finished.failed("stage=test outcome=failed code=3");
    assert_eq!(containers(engine, &project, "app"), app, "{finished}");
    let (before, after) = (started.split('|').nth(2), state(engine, &app[0]));
    assert_eq!(after.split('|').nth(2), before, "it was not started again\n{finished}");
}
