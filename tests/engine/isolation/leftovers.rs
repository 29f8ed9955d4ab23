//! `ci` takes away all that it made, however it ends; what it is told to leave, it leaves.

use crate::common::{Project, engine};

#[test]
fn nothing_is_left_however_a_run_ends() {
    let Some(engine) = engine() else { return };
    let around = "  app: {<<: *box, volumes: ['./ran:/ran', 'data:/data', '/anonymous'], networks: [back], command: ['sleep infinity']}\n";
    let rest = "networks: {back: {}}\nvolumes: {data: {}}\n";
    for (what, test, code) in [
        (
            "passes",
            "test: {<<: *box, depends_on: [app], networks: [back], command: ['exit 0']}",
            0,
        ),
        (
            "fails",
            "test: {<<: *box, depends_on: [app], networks: [back], command: ['exit 3']}",
            3,
        ),
        (
            "cannot be built",
            "test: {build: {dockerfile_inline: \"FROM busybox\\nRUN exit 9\\n\"}, depends_on: [app]}",
            76,
        ),
        (
            "cannot be pulled",
            "test: {image: 'localhost:1/nosuch:1', depends_on: [app]}",
            75,
        ),
        (
            "cannot be created",
            "test: {image: busybox, depends_on: [app], volumes: [{type: bind, source: ./nosuch, target: /x, bind: {create_host_path: false}}]}",
            77,
        ),
        (
            "cannot be started",
            "test: {image: busybox, depends_on: [app], command: [nosuchcmd]}",
            77,
        ),
    ] {
        let project = Project::with_services(engine, "leftovers", &format!("{around}  {test}\n{rest}"));
        let finished = project.towline("ci").run();
        finished.ended(code);
        let parts = project.parts();
        assert!(parts.is_empty(), "a test that {what} left {parts:?}\n{finished}");
        assert!(
            finished
                .events()
                .iter()
                .all(|event| event["left"].as_array().is_none_or(Vec::is_empty)),
            "{finished}"
        );
    }
}

#[test]
fn anonymous_volumes_go_with_their_containers() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, volumes: ['./ran:/ran', '/anonymous'], command: ['touch /ran/started; until test -e /ran/go; do sleep 0.1; done']}\n";
    let project = Project::with_services(engine, "leftovers", services);
    let running = project.towline("ci").start();
    running.until("the test runs", || project.has("started"));
    let container = project
        .parts()
        .into_iter()
        .find_map(|part| part.strip_prefix("container ").map(str::to_owned));
    let format = "{{range .Mounts}}{{if eq .Type \"volume\"}}{{.Name}}{{end}}{{end}}";
    let inspect = format!("inspect {} --format", container.expect("a container"));
    let volume = engine
        .program("docker", &inspect)
        .arg(format)
        .run()
        .text()
        .trim()
        .to_owned();
    assert!(!volume.is_empty(), "the container has an anonymous volume");
    project.write("ran/go", "");
    running.wait().passed();
    let found = engine.program("docker", &format!("volume inspect {volume}")).run();
    assert_ne!(found.code, Some(0), "the volume is still there\n{found}");
}

#[test]
fn keep_up_leaves_what_runs_and_says_how_to_remove_it() {
    let Some(engine) = engine() else { return };
    for (test, code) in [("exit 0", 0), ("exit 3", 3)] {
        let services = format!(
            "  app: {{<<: *box, healthcheck: *probe, command: ['touch /tmp/ok; sleep infinity']}}
  test: {{<<: *box, depends_on: {{app: *healthy}}, command: ['{test}']}}
"
        );
        let project = Project::with_services(engine, "leftovers", &services);
        let finished = project.towline("ci --keep-up").run();
        finished.ended(code);
        let report = finished.report();
        let run = report["project"].as_str().expect("the run's project");
        finished.says(&format!("docker compose -p {run} down -v"));
        let running = engine.docker(&format!("ps --quiet --filter label=com.docker.compose.project={run}"));
        assert_eq!(running.lines().count(), 1, "the service runs\n{finished}");
        // What the line says does it.
        project.compose(&format!("-p {run} down -v")).run().ended(0);
        project.nothing_left();
    }
}

#[test]
fn a_project_that_is_named_must_be_the_runs_own() {
    let Some(engine) = engine() else { return };
    let mut project = Project::with_services(engine, "leftovers", "  test: {<<: *box, command: ['exit 0']}\n");
    let name = format!("tlnamed-{}", std::process::id());
    project.further(&name);
    // Free: used, and empty again; as often as one likes.
    for _ in 0..2 {
        let finished = project.towline(&format!("-p {name} ci")).run();
        finished.passed();
        assert_eq!(finished.report()["project"], name.as_str(), "{finished}");
        project.nothing_left();
    }
    // Somebody's: refused, and untouched.
    let other = Project::with_services(engine, "leftovers", "  web: {<<: *box, command: ['sleep infinity']}\n");
    other.compose(&format!("-p {name} up --detach")).run().ended(0);
    let parts = project.parts();
    project
        .towline(&format!("-p {name} ci"))
        .run()
        .refused(2, &[&name, "container"]);
    assert_eq!(project.parts(), parts, "the other's parts");
    assert!(project.ran().is_empty());
}

#[test]
fn a_project_with_somebodys_volume_is_not_taken_either() {
    let Some(engine) = engine() else { return };
    let mut project = Project::with_services(engine, "leftovers", "  test: {<<: *box, command: ['exit 0']}\n");
    let name = format!("tlvolume-{}", std::process::id());
    project.further(&name);
    engine.docker(&format!(
        "volume create --label com.docker.compose.project={name} {name}_data"
    ));
    project
        .towline(&format!("-p {name} ci"))
        .run()
        .refused(2, &[&name, "volume"]);
    assert_eq!(project.parts().len(), 1, "the volume is still there");
}
