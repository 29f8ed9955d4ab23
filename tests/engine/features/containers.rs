//! What a service may say of its container.

use super::{ci, passes};
use crate::common::{Project, engine};

#[test]
fn inline_configs_and_secrets_reach_a_job() {
    let Some(engine) = engine() else { return };
    let services = "  test:
    <<: *box
    configs: [{source: inline, target: /etc/inline}, {source: from_env, target: /etc/from_env}, {source: filed, target: /etc/filed}]
    secrets: [token, filed_secret]
    command: ['cat /etc/inline /etc/from_env /etc/filed /run/secrets/token /run/secrets/filed_secret']
configs: {inline: {content: \"inline ${WORD}\\n\"}, from_env: {environment: WORD}, filed: {file: ./filed}}
secrets: {token: {environment: TOKEN}, filed_secret: {file: ./filed}}
";
    let project = Project::with_services(engine, "containers", services);
    project.write("filed", "from a file\n");
    for line in ["ci", "up --exit-code-from test"] {
        let finished = project.towline(line).env("WORD", "word").env("TOKEN", "s3cr3t").run();
        finished.passed();
        let said = String::from_utf8(finished.log("test")).expect("the words");
        assert_eq!(said, "inline word\nwordfrom a file\ns3cr3tfrom a file\n", "{finished}");
        let kept = std::fs::read_to_string(finished.record().join("report.json")).expect("a report");
        assert!(!kept.contains("s3cr3t"), "a secret is in the report:\n{kept}");
        project.clear();
    }
    project.nothing_left();
}

#[test]
fn a_job_shares_the_network_of_a_service() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, healthcheck: {<<: *probe, test: [CMD, wget, -qO-, 'localhost:8080/page']}, command: ['mkdir /www; echo served >/www/page; httpd -f -p 8080 -h /www']}
  test: {<<: *box, network_mode: 'service:app', depends_on: {app: *healthy}, command: ['wget -qO- localhost:8080/page']}
";
    let (project, finished) = ci(engine, services);
    finished.passed();
    assert_eq!(finished.log("test"), b"served\n", "{finished}");
    project.nothing_left();
}

#[test]
fn a_job_sees_the_volumes_of_a_service_and_those_that_others_wrote() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, volumes: ['./ran:/ran', 'data:/data', '/anonymous'], command: ['echo data >/data/word; touch /data/ok; sleep infinity'], healthcheck: {<<: *probe, test: [CMD, test, -e, /data/ok]}}
  test: {<<: *box, volumes_from: ['app'], depends_on: {app: *healthy}, command: ['cat /data/word; test -d /anonymous']}
  later_test: {<<: *box, volumes: ['data:/elsewhere:ro'], depends_on: {test: *succeeded}, command: ['cat /elsewhere/word']}
volumes: {data: {}}
";
    let (project, finished) = ci(engine, services);
    finished.passed();
    assert_eq!(finished.log("test"), b"data\n", "{finished}");
    assert_eq!(finished.log("later_test"), b"data\n", "{finished}");
    project.nothing_left();
}

#[test]
fn services_are_found_by_name_alias_link_and_container_name() {
    let Some(engine) = engine() else { return };
    let server = "healthcheck: {<<: *probe, test: [CMD, wget, -qO-, 'localhost:8080/page']}, \
                  command: ['mkdir /www; hostname >/www/page; httpd -f -p 8080 -h /www']";
    let services = format!(
        "  app: {{<<: *box, {server}, hostname: the-app, container_name: fixed-name-{pid}, networks: {{back: {{aliases: [other-name]}}}}}}
  test:
    <<: *box
    networks: [back]
    links: ['app:linked']
    depends_on: {{app: *healthy}}
    command: ['for name in app other-name fixed-name-{pid} linked; do wget -qO- $$name:8080/page || exit 9; done']
networks: {{back: {{}}}}
",
        pid = std::process::id()
    );
    let (project, finished) = ci(engine, &services);
    finished.passed();
    assert_eq!(finished.log("test"), b"the-app\n".repeat(4), "{finished}");
    project.nothing_left();
}

#[test]
fn a_job_with_a_terminal_and_an_open_input_still_ends_and_keeps_its_streams_apart() {
    let Some(engine) = engine() else { return };
    let services =
        "  test: {<<: *box, tty: true, stdin_open: true, command: ['echo out; echo err >&2; cat; exit 5']}\n";
    let (_project, finished) = ci(engine, services);
    finished.failed("stage=test outcome=failed code=5");
    let streams: Vec<_> = finished
        .events()
        .iter()
        .filter_map(|event| event["stream"].as_str().map(str::to_owned))
        .collect();
    assert!(
        streams.contains(&"stdout".to_owned()) && streams.contains(&"stderr".to_owned()),
        "{streams:?}\n{finished}"
    );
    let mut lines: Vec<_> = finished
        .log("test")
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    lines.sort();
    assert_eq!(lines, [&b""[..], b"err", b"out"], "no carriage returns\n{finished}");
}

#[test]
fn a_service_may_have_a_terminal() {
    let Some(engine) = engine() else { return };
    let services =
        "  app: {<<: *box, tty: true, stdin_open: true, command: ['tty; touch /tmp/ok; cat'], healthcheck: *probe}
  test: {<<: *box, depends_on: {app: *healthy}, command: ['exit 0']}
";
    let (_project, finished) = ci(engine, services);
    finished.passed();
    assert!(
        String::from_utf8_lossy(&finished.log("app")).contains("/dev/"),
        "{finished}"
    );
}

#[test]
fn depends_on_restart_and_deploy_restart_policy_are_taken() {
    let Some(engine) = engine() else { return };
    let services = "  db: {<<: *box, healthcheck: *probe, command: ['touch /tmp/ok; sleep infinity']}
  app: {<<: *box, depends_on: {db: {<<: *healthy, restart: true}}, deploy: {restart_policy: {condition: on-failure, max_attempts: 3}}, healthcheck: *probe, command: ['mkdir /ran/1 && exit 3; touch /tmp/ok; sleep infinity']}
  test: {<<: *box, deploy: {restart_policy: {condition: any}}, depends_on: {app: *healthy}, command: ['echo test >>/ran/log'], x-towline: {kind: job}}
";
    let (project, finished) = ci(engine, services);
    finished.passed();
    assert_eq!(finished.result("app")["restarts"], 1, "{finished}");
    assert_eq!(
        project.ran(),
        ["test"],
        "a job runs once, whatever its policy says\n{finished}"
    );
}

#[test]
fn a_restart_policy_of_deploy_gives_up() {
    let Some(engine) = engine() else { return };
    let services =
        "  app: {<<: *box, deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}, command: ['exit 3']}
  test: {<<: *box, depends_on: [app], command: ['sleep 20']}
";
    let (_project, finished) = ci(engine, services);
    finished.failed("stage=app outcome=ended code=78");
    assert_eq!(finished.result("app")["restarts"], 2, "{finished}");
}

#[test]
fn replicas_each_have_a_number_and_a_log() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, deploy: {replicas: 3}, x-towline: {kind: job}, command: ['echo one of three >>/ran/log; echo said']}\n";
    let (project, finished) = ci(engine, services);
    finished.passed();
    assert_eq!(project.ran().len(), 9, "three words, three times\n{finished}");
    for name in ["test", "test@2", "test@3"] {
        assert_eq!(finished.log(name), b"said\n", "{finished}");
    }
}

#[test]
fn a_stage_without_a_log_is_told_and_runs() {
    let Some(engine) = engine() else { return };
    let finished = passes(
        engine,
        "  test: {<<: *box, logging: {driver: none}, command: ['echo unheard']}\n",
    );
    finished.says("logging: driver: none");
}

#[test]
fn limits_users_and_folders_are_kept() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, user: '1234:5678', working_dir: /tmp, read_only: true, tmpfs: [/scratch], cap_drop: [ALL], \
                    pids_limit: 50, hostname: named, command: ['id -u; id -g; pwd; hostname; touch /scratch/x && echo writable; touch /x 2>/dev/null || echo read-only']}\n";
    let (_project, finished) = ci(engine, services);
    finished.passed();
    assert_eq!(
        finished.log("test"),
        b"1234\n5678\n/tmp\nnamed\nwritable\nread-only\n",
        "{finished}"
    );
}

#[test]
fn names_may_hold_all_that_compose_allows() {
    let Some(engine) = engine() else { return };
    let names = ["app", "app-1", "app_1", "web.1", "A-2", "1app"];
    let job = |name: &&str| {
        format!(
            "  \"{name}\": {{<<: *box, x-towline: {{kind: job}}, command: ['echo \"{name}\" >>/ran/log; echo \"{name}\"']}}\n"
        )
    };
    let services: String = names.iter().map(job).collect();
    let (project, finished) = ci(engine, &services);
    finished.passed();
    for name in names {
        assert_eq!(finished.log(name), format!("{name}\n").as_bytes(), "{finished}");
    }
    assert_eq!(project.ran().len(), names.len(), "{finished}");
    project.nothing_left();
}

#[test]
fn namespaces_are_shared_with_a_service() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, ipc: shareable, command: ['touch /tmp/ok; exec sleep 9999'], healthcheck: *probe}
  test: {<<: *box, init: false, pid: 'service:app', ipc: 'service:app', depends_on: {app: *healthy}, command: ['ps | grep -v grep | grep -q \"sleep 9999\"']}
";
    let (project, finished) = ci(engine, services);
    finished.passed();
    project.nothing_left();
}

#[test]
fn a_health_check_that_the_file_turns_off_is_none() {
    let Some(engine) = engine() else { return };
    let services = "  app:
    init: true
    healthcheck: {disable: true}
    build: {dockerfile_inline: \"FROM busybox\\nHEALTHCHECK --interval=300ms CMD false\\nCMD sleep infinity\\n\"}
  test: {<<: *box, depends_on: [app], command: ['sleep 2']}
";
    let (project, finished) = ci(engine, services);
    finished.passed();
    assert!(!finished.stderr.contains("unhealthy"), "{finished}");
    project.nothing_left();
}

#[test]
fn container_of_a_fixed_name_is_found_by_what_joins_it() {
    let Some(engine) = engine() else { return };
    // Nothing else says that the service comes first.
    let services = "  net: {<<: *box, container_name: tltest_fixed_name, volumes: ['./ran:/ran', /data], command: ['echo shared >/data/file; touch /ran/up; sleep infinity']}
  test: {<<: *box, network_mode: 'container:tltest_fixed_name', pid: 'container:tltest_fixed_name', volumes_from: ['container:tltest_fixed_name'], command: ['until test -e /ran/up; do sleep 0.1; done; cat /data/file; ps | grep -c infinity']}
  other_test: {<<: *box, external_links: ['tltest_fixed_name:n'], command: ['ping -c 1 n >/dev/null && ping -c 1 tltest_fixed_name >/dev/null && echo found']}
";
    let project = Project::with_services(engine, "containers", services);
    let finished = project.towline("ci").run();
    finished.passed();
    assert!(finished.log("test").starts_with(b"shared\n"), "{finished}");
    assert_eq!(finished.log("other_test"), b"found\n", "{finished}");
    project.nothing_left();
}

#[test]
fn script_that_names_a_container_is_told_that_the_name_is_gone() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, container_name: tltest_named, command: ['sleep infinity']}
  test: {<<: *box, command: ['true || docker exec tltest_named true']}
";
    let project = Project::with_services(engine, "containers", services);
    let finished = project.towline("ci").run();
    finished
        .passed()
        .says("does not have its name `tltest_named` in this run");
    let plan = project.towline("plan").run();
    assert!(plan.text().contains("tltest_named"), "{plan}");
}

#[test]
fn job_keeps_its_terminal_under_up_and_its_log_is_exact() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, tty: true, stdin_open: true, command: ['test -t 1 && test -t 0 && echo istty; seq 1 2000']}\n";
    let project = Project::with_services(engine, "containers", services);
    let finished = project.towline("up --exit-code-from test").run();
    finished.passed();
    let expected: String = ["istty".to_owned()]
        .into_iter()
        .chain((1..=2000).map(|number: u32| number.to_string()))
        .map(|line| line + "\r\n")
        .collect();
    assert_eq!(String::from_utf8_lossy(&finished.log("test")), expected, "{finished}");
}
