//! What `up` leaves is what compose leaves: the lines behind it in people's scripts go on working.

use super::state;
use crate::common::{Engine, Finished, Project, engine};

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
  bad: {<<: *box, healthcheck: *strict, depends_on: {good: *healthy}, command: ['sleep infinity']}
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

/// A service with much of what a file can say: each of it must come back to compose as it was, or the container is made anew.
const SHAPES: &str =
    "  built: {build: {dockerfile_inline: \"FROM busybox\\nCMD sleep infinity\\n\"}, init: true, depends_on: [shaped]}
  shaped:
    <<: *box
    command: ['touch /tmp/ok; sleep infinity']
    env_file: [app.env]
    environment: {A: 'x$$y', B: '', C: '0644'}
    labels: {some.label: 'v$$1'}
    healthcheck: *probe
    deploy: {resources: {limits: {memory: 64m}}, restart_policy: {condition: on-failure}}
    networks: {back: {aliases: [other]}, default: {}}
    volumes: ['./ran:/ran', 'data:/data', '/anonymous', {type: tmpfs, target: /scratch}]
    configs: [{source: inline, target: /inline}]
    secrets: [filed]
    expose: ['80']
    ports: ['127.0.0.1::80']
    extra_hosts: ['somewhere:127.0.0.1']
    ulimits: {nofile: 1024}
    sysctls: {net.core.somaxconn: 512}
    logging: {driver: json-file, options: {max-size: 1m}}
    stop_grace_period: 1s
    x-towline: {kind: service}
  plain: {<<: *box, command: ['sleep infinity'], profiles: [full]}
  test: {<<: *box, depends_on: {shaped: *healthy, built: *started}, command: ['exit 0']}
networks: {back: {labels: {n: 'x$$y'}}}
volumes: {data: {labels: {v: '1'}}}
configs: {inline: {content: \"a $$b\\n\"}}
secrets: {filed: {file: ./app.env}}
";

#[test]
fn compose_and_towline_take_each_others_services_as_they_are() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "up", SHAPES);
    project.write("app.env", "FROM_FILE=1\n");
    let services = ["built", "shaped", "plain"];
    let all = || services.map(|service| containers(engine, &project, service));
    project
        .compose("--profile full up --detach --wait built shaped plain")
        .run()
        .ended(0);
    let made = all();
    assert!(made.iter().all(|containers| containers.len() == 1), "{made:?}");
    let finished = project.towline("--profile full up --exit-code-from test").run();
    finished.passed();
    assert_eq!(
        all(),
        made,
        "towline takes compose's containers of {services:?}\n{finished}"
    );
    let theirs = project
        .compose("--profile full up --detach --wait built shaped plain")
        .run();
    theirs.ended(0);
    assert_eq!(all(), made, "compose takes them again\n{theirs}");
}

#[test]
fn a_service_that_the_file_has_changed_is_made_anew() {
    let Some(engine) = engine() else { return };
    let services = |word: &str| {
        format!(
            "  app: {{<<: *box, command: ['echo {word} >>/ran/log; sleep infinity']}}
  test: {{<<: *box, depends_on: [app], command: ['until grep {word} /ran/log; do sleep 0.1; done']}}
"
        )
    };
    let project = Project::with_services(engine, "up", &services("before"));
    project.compose("up --detach app").run().ended(0);
    project.write(
        "compose.yaml",
        format!("{}{}", crate::common::PRELUDE, services("after")),
    );
    project.towline("up --exit-code-from test").run().passed();
    assert_eq!(containers(engine, &project, "app").len(), 1);
}

#[test]
fn output_goes_where_compose_puts_it() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, command: ['echo the app says this; echo and this on stderr >&2; touch /ran/said; sleep infinity']}
  test: {<<: *box, depends_on: [app], command: ['until test -e /ran/said; do sleep 0.1; done; echo the test says this; printf unfinished; sleep 1']}
";
    let project = Project::with_services(engine, "up", services);
    for line in [
        "up --no-color --exit-code-from test",
        "up --no-color --no-log-prefix --exit-code-from test",
        "up --no-color --exit-code-from test --attach test",
        "up --no-color --exit-code-from test --no-attach app",
    ] {
        let said = |finished: &Finished| {
            let text = finished.text();
            // Compose's own remarks stand among the containers' lines, and how far it indents them is a matter of luck.
            let is_said = |line: &&str| {
                ["says this", "stderr", "unfinished"]
                    .iter()
                    .any(|word| line.contains(word))
            };
            let squeeze = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            let mut lines: Vec<String> = text.lines().filter(is_said).map(squeeze).collect();
            lines.sort();
            lines
        };
        let ours = project.towline(line).run();
        ours.passed();
        project.clear();
        let theirs = project.compose(line).run();
        project.clear();
        assert_eq!(said(&ours), said(&theirs), "{line}\n{ours}\n{theirs}");
    }
}

#[test]
fn dependents_are_stopped_before_what_they_depend_on() {
    let Some(engine) = engine() else { return };
    let stop = |name: &str, first: &str| {
        format!(
            "trap \\\"{first} echo {name} >>/ran/log; exit 0\\\" TERM; touch /ran/{name}; while :; do sleep 0.1; done"
        )
    };
    let services = format!(
        "  db: {{<<: *box, command: [\"{}\"]}}
  app: {{<<: *box, depends_on: [db], command: [\"{}\"]}}
  test: {{<<: *box, depends_on: [app], command: ['until test -e /ran/db && test -e /ran/app; do sleep 0.1; done']}}
",
        stop("db", ""),
        stop("app", "sleep 1;")
    );
    let project = Project::with_services(engine, "up", &services);
    for program in [Project::compose, Project::towline] {
        let finished = program(&project, "up --exit-code-from test").run();
        assert_eq!(
            project.ran(),
            ["app", "db"],
            "the app writes its last words into the database\n{finished}"
        );
        project.clear();
    }
}

#[test]
fn orphaned_containers_are_told_of_and_removed_where_that_is_asked_for() {
    let Some(engine) = engine() else { return };
    let services = "  old: {<<: *box, command: ['sleep infinity']}
  debug: {<<: *box, command: ['sleep infinity'], profiles: [debug]}
  test: {<<: *box, command: ['exit 3']}
";
    let project = Project::with_services(engine, "up", services);
    project.compose("--profile debug up --detach old debug").run().ended(0);
    let file = format!("{}{services}", crate::common::PRELUDE);
    project.write("compose.yaml", file.replace("  old:", "  new:"));
    let line = "up --exit-code-from test test";
    let finished = project.towline(line).run();
    finished
        .failed("stage=test outcome=failed code=3")
        .says("Found orphan containers");
    let silent = project.towline(line).env("COMPOSE_IGNORE_ORPHANS", "1").run();
    assert!(!silent.stderr.contains("orphan"), "{silent}");
    let finished = project.towline("up --remove-orphans --exit-code-from test test").run();
    finished.failed("stage=test outcome=failed code=3");
    assert!(containers(engine, &project, "old").is_empty(), "{finished}");
    assert_eq!(
        containers(engine, &project, "debug").len(),
        1,
        "a profile that is not active is no orphan\n{finished}"
    );
    assert!(!finished.stderr.contains("orphan"), "{finished}");
}

#[test]
fn colours_are_written_into_a_pipe_where_the_line_says_so() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "up", "  test: {<<: *box, command: ['echo says; exit 3']}\n");
    for line in ["--ansi always up --exit-code-from test", "--ansi always ci"] {
        let finished = project.towline(line).run();
        finished.ended(3);
        assert!(finished.stderr.contains("\u{1b}["), "{finished}");
        assert_eq!(finished.text().contains("\u{1b}["), line.contains(" up "), "{finished}");
        project.clear();
    }
}
