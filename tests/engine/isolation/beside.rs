//! A stack that is up from the same folder keeps its containers and its data while `ci` runs, and afterwards.

use super::state;
use crate::common::{Engine, Project, engine};

/// A stack with a volume, and a test that would spoil it if it were the same.
fn stack(names: &Names) -> String {
    let Names {
        container,
        network,
        volume,
    } = names;
    format!(
        "  app:
    <<: *box
    {container}
    volumes: ['./ran:/ran', 'data:/data']
    command: ['test -e /data/word || echo fresh >/data/word; sleep infinity']
    networks: [back]
    healthcheck: {{<<: *probe, test: [CMD, test, -e, /data/word]}}
  test:
    <<: *box
    profiles: [ci]
    volumes: ['./ran:/ran', 'data:/data']
    command: ['cat /data/word; echo spoilt >/data/word; exit $${{CODE:-0}}']
    environment: [CODE]
    networks: [back]
    depends_on: {{app: *healthy}}
networks: {{back: {{{network}}}}}
volumes: {{data: {{{volume}}}}}
"
    )
}

/// The names that the file gives to what compose would name itself.
struct Names {
    container: String,
    network: String,
    volume: String,
}

impl Names {
    fn none() -> Self {
        Self {
            container: String::new(),
            network: String::new(),
            volume: String::new(),
        }
    }

    /// Names that no other test has.
    fn fixed(topic: &str) -> Self {
        let own = format!("tlfixed-{topic}-{}", std::process::id());
        Self {
            container: format!("container_name: {own}"),
            network: format!("name: {own}"),
            volume: format!("name: {own}"),
        }
    }
}

/// Puts the stack up, writes something into its volume, and gives back its container.
fn put_up(engine: &Engine, project: &Project) -> String {
    project.compose("up --detach --wait").run().ended(0);
    let container = engine.docker(&format!(
        "ps --quiet --no-trunc --filter label=com.docker.compose.project={}",
        project.name
    ));
    let container = container.trim().to_owned();
    engine
        .program("docker", &format!("exec {container} sh -c"))
        .arg("echo precious >/data/word")
        .run()
        .ended(0);
    container
}

fn keeps_all(names: &Names, code: Option<&str>) {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "beside", &stack(names));
    let container = put_up(engine, &project);
    let (before, parts) = (state(engine, &container), project.parts());

    let mut program = project.towline("--profile ci ci");
    if let Some(code) = code {
        program = program.env("CODE", code);
    }
    let finished = program.run();

    match code {
        None => finished.passed(),
        Some(code) => finished.failed(&format!("stage=test outcome=failed code={code}")),
    };
    assert_eq!(
        finished.log("test"),
        b"fresh\n",
        "the run has a volume of its own\n{finished}"
    );
    assert_eq!(state(engine, &container), before, "the stack's container\n{finished}");
    assert_eq!(project.parts(), parts, "what is there\n{finished}");
    let word = engine.docker(&format!("exec {container} cat /data/word"));
    assert_eq!(word, "precious\n", "the stack's data\n{finished}");
}

#[test]
fn a_stack_that_is_up_keeps_its_container_and_its_data() {
    keeps_all(&Names::none(), None);
}

#[test]
fn a_stack_with_names_of_its_own_keeps_them() {
    keeps_all(&Names::fixed("keeps"), None);
}

#[test]
fn a_stack_that_is_up_survives_a_run_that_fails() {
    keeps_all(&Names::fixed("fails"), Some("3"));
}

#[test]
fn what_is_external_is_shared_and_stays() {
    let Some(engine) = engine() else { return };
    let name = format!("tlexternal-{}", std::process::id());
    // The label makes them this test's to remove.
    let mut owner = Project::new(engine, "beside", "services: {}\n");
    owner.further(&name);
    let label = format!("--label com.docker.compose.project={name}");
    engine.docker(&format!("network create {label} {name}"));
    engine.docker(&format!("volume create {label} {name}"));
    let services = format!(
        "  test: {{<<: *box, volumes: ['shared:/data'], networks: [shared], command: ['echo written >>/data/word; cat /data/word']}}
networks: {{shared: {{name: {name}, external: true}}}}
volumes: {{shared: {{name: {name}, external: true}}}}
"
    );
    let project = Project::with_services(engine, "beside", &services);
    project.towline("ci").run().passed();
    let again = project.towline("ci").run();
    again.passed();
    assert_eq!(again.log("test"), b"written\nwritten\n", "{again}");
    project.nothing_left();
    assert_eq!(owner.parts().len(), 2, "the network and the volume are still there");
}

#[test]
fn a_new_build_does_not_take_the_image_from_a_stack_that_is_up() {
    let Some(engine) = engine() else { return };
    let services = "  app: {build: {dockerfile_inline: \"FROM busybox\\nCOPY word /word\\n\"}, init: true, command: [sh, -c, 'sleep infinity']}
  test: {<<: *box, depends_on: [app], command: ['exit 0']}
";
    let project = Project::with_services(engine, "beside", services);
    project.write("word", "one");
    project.compose("up --detach app").run().ended(0);
    let container = engine.docker(&format!(
        "ps --quiet --no-trunc --filter label=com.docker.compose.project={}",
        project.name
    ));
    let before = state(engine, container.trim());
    project.write("word", "two");
    let finished = project.towline("ci").run();
    finished.passed();
    assert_eq!(state(engine, container.trim()), before, "{finished}");
    let image = before.split('|').nth(1).expect("an image").to_owned();
    engine.docker(&format!("image inspect {image}"));
    engine.docker(&format!("restart --time 0 {}", container.trim()));
}

#[test]
fn two_runs_in_one_folder_do_not_meet() {
    let Some(engine) = engine() else { return };
    let services = "  db: {<<: *box, container_name: tlmeet, volumes: ['./ran:/ran', 'data:/data'], healthcheck: *probe, command: ['touch /tmp/ok; sleep infinity']}
  test: {<<: *box, volumes: ['./ran:/ran', 'data:/data'], depends_on: {db: *healthy}, command: ['test ! -e /data/word && echo mine >/data/word; sleep 2; cat /data/word']}
volumes: {data: {}}
";
    let project = Project::with_services(engine, "beside", services);
    let runs = [project.towline("ci").start(), project.towline("ci").start()];
    for finished in runs.map(crate::common::Running::wait) {
        finished.passed();
        assert_eq!(finished.log("test"), b"mine\n", "{finished}");
    }
    project.nothing_left();
}

#[test]
fn containers_that_the_file_does_not_know_are_left_alone() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "beside", "  old: {<<: *box, command: ['sleep infinity']}\n");
    project.compose("up --detach").run().ended(0);
    let container = engine.docker(&format!(
        "ps --quiet --no-trunc --filter label=com.docker.compose.project={}",
        project.name
    ));
    let before = state(engine, container.trim());
    project.write(
        "compose.yaml",
        format!("{}  test: {{<<: *box, command: ['exit 0']}}\n", crate::common::PRELUDE),
    );
    for line in ["ci", "up --exit-code-from test"] {
        let finished = project.towline(line).env("COMPOSE_REMOVE_ORPHANS", "1").run();
        finished.passed();
        if line == "ci" {
            assert_eq!(state(engine, container.trim()), before, "{finished}");
        }
    }
}
