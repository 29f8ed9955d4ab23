//! What towline listens to goes away under it, and containers do: what it was not told must be found out in another way.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::common::{Finished, Project, Running, engine};
use crate::proxy::Proxy;

/// How long these runs may take: they have nothing to wait for.
const LIMIT: Duration = Duration::from_secs(60);

/// The children of a program whose command line has this text.
fn children(running: &Running, text: &str) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_meant = |pid: &i32| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        parent(*pid) == Some(running.pid()) && command.contains(text)
    };
    pids.filter(is_meant).filter_map(Pid::from_raw).collect()
}

fn parent(pid: i32) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

/// Waits until towline has such a child, and kills it.
fn kill_child(running: &Running, text: &str) {
    let mut found = Vec::new();
    running.until(&format!("'{text}' runs"), || {
        found = children(running, text);
        !found.is_empty()
    });
    for pid in found {
        rustix::process::kill_process(pid, Signal::KILL).expect("the child runs");
    }
}

#[test]
fn an_end_is_seen_although_nobody_listened() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, command: ['sleep infinity']}
  test: {<<: *box, depends_on: [app], command: ['touch /ran/started; until test -e /ran/go; do sleep 0.05; done; exit 5']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    let project = Project::with_services(engine, "children", services);
    let running = project.towline("ci").limit(LIMIT).start();
    running.until("the test runs", || project.has("started"));
    kill_child(&running, "events");
    // It ends while there is no listener, or the new one has only just begun.
    project.write("ran/go", "");
    let finished = running.wait();
    finished
        .failed("stage=test outcome=failed code=5")
        .stage("deploy", "skipped");
    assert!(project.ran().is_empty(), "{finished}");
    project.nothing_left();
}

#[test]
fn a_pass_is_seen_although_the_listener_was_killed_again_and_again() {
    let Some(engine) = engine() else { return };
    let services = "  db: {<<: *box, healthcheck: *probe, command: ['touch /ran/db; until test -e /ran/go; do sleep 0.05; done; touch /tmp/ok; sleep infinity']}
  test: {<<: *box, depends_on: {db: *healthy}, command: ['touch /ran/started; until test -e /ran/end; do sleep 0.05; done']}
";
    let project = Project::with_services(engine, "children", services);
    let running = project.towline("ci").limit(LIMIT).start();
    running.until("the database runs", || project.has("db"));
    kill_child(&running, "events");
    project.write("ran/go", "");
    running.until("the test runs", || project.has("started"));
    kill_child(&running, "events");
    project.write("ran/end", "");
    running.wait().passed();
    project.nothing_left();
}

/// A job that writes, waits for the test to do something, and writes on.
const TALKER: &str = "  test: {<<: *box, command: ['for i in $$(seq 1 100); do echo line $$i; done; touch /ran/started; until test -e /ran/go; do sleep 0.05; done; for i in $$(seq 101 200); do echo line $$i; done; echo err >&2']}\n";

/// Holds that the log is whole; or that somebody is told, and what is there is in order and not twice.
#[track_caller]
fn is_whole_or_told(finished: &Finished) {
    let expected: String = (1..=200).map(|line| format!("line {line}\n")).collect();
    let found = String::from_utf8_lossy(&finished.log("test")).replace("err\n", "");
    let warned = finished.report()["warnings"]
        .to_string()
        .contains("log is not complete");
    let lines = found.lines().count();
    assert!(
        found == expected || warned,
        "the log has {lines} of 200 lines, and nobody was told\n{finished}"
    );
    assert!(
        expected.starts_with(&found),
        "what is there is in order and not twice: {found}"
    );
}

#[test]
fn a_log_is_whole_although_its_reader_was_killed() {
    let Some(engine) = engine() else { return };
    let Some(socket) = engine.socket() else { return };
    // Over TCP the logs are read by `docker logs`.
    let proxy = Proxy::to(&socket);
    let project = Project::with_services(engine, "children", TALKER);
    let running = project.towline("ci").env("DOCKER_HOST", proxy.host()).start();
    running.until("the test runs", || project.has("started"));
    kill_child(&running, " logs ");
    project.write("ran/go", "");
    let finished = running.wait();
    finished.passed();
    is_whole_or_told(&finished);
    project.nothing_left();
}

#[test]
fn a_run_survives_a_cut_on_the_way_to_the_engine() {
    let Some(engine) = engine() else { return };
    let Some(socket) = engine.socket() else { return };
    for (code, verdict) in [(0, None), (6, Some("stage=test outcome=failed code=6"))] {
        let proxy = Proxy::to(&socket);
        let services = format!(
            "{}  deploy: {{<<: *box, command: ['echo deploy >>/ran/log']}}\n",
            TALKER.replace("echo err >&2'", &format!("echo err >&2; exit {code}'"))
        );
        let project = Project::with_services(engine, "children", &services);
        let running = project
            .towline("ci")
            .env("DOCKER_HOST", proxy.host())
            .limit(LIMIT)
            .start();
        running.until("the test runs", || project.has("started"));
        proxy.cut();
        project.write("ran/go", "");
        let finished = running.wait();
        match verdict {
            None => finished.passed(),
            Some(verdict) => finished.failed(verdict),
        };
        is_whole_or_told(&finished);
        assert_eq!(project.ran().len(), usize::from(code == 0), "{finished}");
        project.nothing_left();
    }
}

#[test]
fn a_container_that_somebody_kills_has_not_passed() {
    let Some(engine) = engine() else { return };
    for (how, code) in [("kill", 137), ("rm --force", 137), ("kill --signal TERM", 143)] {
        let services = "  test: {<<: *box, command: ['touch /ran/started; sleep 120']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
        let project = Project::with_services(engine, "children", services);
        let running = project.towline("ci").limit(LIMIT).start();
        running.until("the test runs", || project.has("started"));
        project.meddle(&running, "test", how);
        let finished = running.wait();
        finished
            .failed(&format!("stage=test outcome=failed code={code}"))
            .stage("deploy", "skipped");
        assert!(project.ran().is_empty(), "{how}\n{finished}");
        project.nothing_left();
    }
}

#[test]
fn closed_outputs_do_not_change_the_verdict() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, command: ['seq 1 5000; exit 4']}\n";
    for line in ["ci", "up --exit-code-from test"] {
        for (how, code) in [
            ("\"$@\" >&- 2>&-", 4),
            (
                "{ \"$@\" 2>&1; echo $? >ran/code; } | head -n 1 >/dev/null; exit $(cat ran/code)",
                4,
            ),
        ] {
            let project = Project::with_services(engine, "children", services);
            let towline = project.towline(line);
            let finished = towline.through("sh", &["-c", how, "sh"]).run();
            assert_eq!(finished.code, Some(code), "{line} with {how}\n{finished}");
            if line == "ci" {
                project.nothing_left();
            }
        }
    }
}

#[test]
fn a_test_that_somebody_stops_has_not_passed_though_it_ends_well() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, x-towline: {kind: job}, command: ['trap \"exit 0\" TERM; touch /ran/started; while :; do sleep 0.1; done'], init: false}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    let project = Project::with_services(engine, "children", services);
    let running = project.towline("ci").limit(LIMIT).start();
    running.until("the test runs", || project.has("started"));
    project.meddle(&running, "test", "stop");
    running.wait().failed("stage=test outcome=failed code=255");
    assert!(project.ran().is_empty());
    project.nothing_left();
}

#[test]
fn a_server_that_somebody_stops_fails_the_run_and_one_that_he_restarts_does_not() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, x-towline: {kind: service}, command: ['trap \"exit 0\" TERM; touch /ran/started; while :; do sleep 0.1; done'], init: false}
  test: {<<: *box, command: ['until test -e /ran/go; do sleep 0.1; done; echo test >>/ran/log']}
";
    for (command, code) in [("stop", 78), ("restart", 0)] {
        let project = Project::with_services(engine, "children", services);
        let running = project.towline("ci").limit(LIMIT).start();
        running.until("the server runs", || project.has("started"));
        project.meddle(&running, "app", command);
        project.write("ran/go", "");
        running.wait().ended(code);
    }
}
