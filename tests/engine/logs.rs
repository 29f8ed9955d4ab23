//! Logs: every byte that a container wrote is in its stage's log, once, in its order and with its stream; beside it, what
//! `docker compose logs` makes of the same.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::Value;

use crate::common::{Engine, Finished, Project, engine};
use crate::proxy::{Pace, Proxy, SlowLogs};

/// A job that writes something that is hard to keep.
struct Writer {
    name: &'static str,
    /// The script of its container; `/in` is the folder with the inputs.
    script: &'static str,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

fn writers() -> Vec<Writer> {
    let writer = |name, script, stdout: Vec<u8>, stderr: Vec<u8>| Writer {
        name,
        script,
        stdout,
        stderr,
    };
    vec![
        writer("lines", "seq 1 200000", numbers(200_000), Vec::new()),
        writer(
            "blob",
            "head -c 10000000 /dev/zero | tr '\\0' x",
            vec![b'x'; 10_000_000],
            Vec::new(),
        ),
        writer("random", "cat /in/random", noise(), Vec::new()),
        writer("random_err", "cat /in/random >&2", Vec::new(), noise()),
        writer("hostile", "cat /in/hostile", HOSTILE.to_vec(), Vec::new()),
        writer(
            "unfinished",
            "echo whole; printf unfinished",
            b"whole\nunfinished".to_vec(),
            Vec::new(),
        ),
        writer(
            "both_unfinished",
            "printf out; printf err >&2",
            b"out".to_vec(),
            b"err".to_vec(),
        ),
        writer(
            "alternating",
            "for i in $$(seq 1 500); do echo out $$i; echo err $$i >&2; done",
            counted("out", 500),
            counted("err", 500),
        ),
        writer("silent", "exit 0", Vec::new(), Vec::new()),
        writer("blank", "echo; echo; echo", b"\n\n\n".to_vec(), Vec::new()),
    ]
}

fn numbers(last: u32) -> Vec<u8> {
    (1..=last)
        .flat_map(|number| format!("{number}\n").into_bytes())
        .collect()
}

fn counted(word: &str, last: u32) -> Vec<u8> {
    (1..=last)
        .flat_map(|number| format!("{word} {number}\n").into_bytes())
        .collect()
}

/// 4 KiB that look random and are the same each time: all bytes, NULs and invalid UTF-8 among them.
fn noise() -> Vec<u8> {
    let mut state: u32 = 0x2545_f491;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..4096).map(|_| next()).collect()
}

/// What a screen or a CI system would obey.
const HOSTILE: &[u8] = b"\x1b[2J\x1b[31mred\x1b[0m\r\nprogress 1%\rprogress 2%\rdone\n::error file=x::command\n##vso[task.complete]\n\x07\x08\x00nul\n\xff\xfe\xc3\x28 not utf-8\n";

/// The writers as jobs, side by side.
fn services(writers: &[Writer], kind: &str) -> String {
    let mut text = String::new();
    for Writer { name, script, .. } in writers {
        let _ = writeln!(
            text,
            "  {name}: {{<<: *box, volumes: ['./ran:/ran', './in:/in:ro'], command: [\"{script}\"], {kind}}}",
            script = script.replace('\\', "\\\\")
        );
    }
    text
}

fn project(topic: &str, writers: &[Writer], kind: &str) -> Option<Project> {
    let project = Project::with_services(engine()?, topic, &services(writers, kind));
    project.write("in/random", noise());
    project.write("in/hostile", HOSTILE);
    Some(project)
}

/// What the events say of a log: where each piece stands, whole and in order, and the streams put together from it.
struct Streams {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Streams {
    /// Reads the events of a stage's first container, which must part its log without a gap and without an overlap.
    #[track_caller]
    fn of(finished: &Finished, events: &[Value], stage: &str) -> Self {
        let outputs = events
            .iter()
            .filter(|event| event["event"] == "output" && event["stage"] == stage && event["instance"] == 1);
        let log = if finished.result(stage)["log"].is_null() {
            Vec::new()
        } else {
            finished.log(stage)
        };
        let mut streams = Self {
            stdout: Vec::new(),
            stderr: Vec::new(),
        };
        let mut at = 0;
        for output in outputs {
            let number = |key: &str| usize::try_from(output[key].as_u64().expect("a number")).expect("a small number");
            assert_eq!(number("offset"), at, "{stage}: a gap or an overlap in {output}");
            let piece = log
                .get(at..at + number("bytes"))
                .unwrap_or_else(|| panic!("{stage}: {output} is beyond the log"));
            assert_eq!(
                number("lines"),
                piece.iter().filter(|byte| **byte == b'\n').count(),
                "{stage}: {output}"
            );
            at += piece.len();
            match output["stream"].as_str() {
                Some("stdout") => streams.stdout.extend_from_slice(piece),
                Some("stderr") => streams.stderr.extend_from_slice(piece),
                other => panic!("{stage}: a stream {other:?} in {output}"),
            }
        }
        assert_eq!(at, log.len(), "{stage}: the events do not tell of the whole log");
        streams
    }
}

#[test]
fn every_byte_is_kept_with_its_stream() {
    let writers = writers();
    let Some(project) = project("logs", &writers, "x-towline: {kind: job}") else {
        return;
    };
    let finished = project.towline("ci").run();
    finished.passed();
    are_kept(&finished, &writers);
    let mut table =
        String::from("\nwhat it wrote, in bytes, and what the log of towline and `docker compose logs` have of it\n");
    for (writer, shown) in writers.iter().zip(compose_logs(&writers)) {
        // Compose puts both streams on one, in an order of its own: only their sum can be held against it.
        let whole = [writer.stdout.as_slice(), writer.stderr.as_slice()].concat();
        let verdict = if sorted(&shown) == sorted(&whole) {
            "all of it"
        } else {
            "not the same"
        };
        let _ = writeln!(
            table,
            "{:<16} {:>9}  towline: all of it   compose: {verdict} ({} bytes)",
            writer.name,
            whole.len(),
            shown.len()
        );
    }
    // Past the test harness, which would keep it to itself.
    let _ = writeln!(std::io::stderr(), "{table}");
}

/// What `docker compose logs` has of each writer, run by compose with the engine's default log driver.
fn compose_logs(writers: &[Writer]) -> Vec<Vec<u8>> {
    let Some(project) = project("logs", writers, "x-plain: true") else {
        return Vec::new();
    };
    project.compose("up --detach").run().ended(0);
    project
        .compose("wait")
        .arg_all(writers.iter().map(|writer| writer.name))
        .run();
    writers
        .iter()
        .map(|writer| {
            project
                .compose(&format!("logs --no-color --no-log-prefix {}", writer.name))
                .run()
                .stdout
        })
        .collect()
}

fn sorted(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.sort_unstable();
    bytes
}

/// Where two texts part, for a reader who cannot look at megabytes.
fn difference(expected: &[u8], found: &[u8]) -> String {
    let at = expected
        .iter()
        .zip(found)
        .position(|(one, other)| one != other)
        .unwrap_or(expected.len().min(found.len()));
    let around =
        |bytes: &[u8]| String::from_utf8_lossy(&bytes[at.min(bytes.len())..bytes.len().min(at + 40)]).into_owned();
    format!(
        "{} bytes were written and {} are there; from byte {at} on {:?} was written and {:?} is there",
        expected.len(),
        found.len(),
        around(expected),
        around(found)
    )
}

#[test]
fn every_byte_is_kept_where_the_engine_is_not_on_a_socket() {
    let Some(socket) = engine().and_then(Engine::socket) else {
        return;
    };
    let writers = writers();
    let Some(project) = project("logs", &writers, "x-towline: {kind: job}") else {
        return;
    };
    let proxy = Proxy::to(&socket);
    let finished = project.towline("ci").env("DOCKER_HOST", proxy.host()).run();
    finished.passed();
    are_kept(&finished, &writers);
}

/// Holds that the logs have what was written, each stream for itself.
#[track_caller]
fn are_kept(finished: &Finished, writers: &[Writer]) {
    let events = finished.events();
    for writer in writers {
        let streams = Streams::of(finished, &events, writer.name);
        for (written, kept) in [(&writer.stdout, streams.stdout), (&writer.stderr, streams.stderr)] {
            assert!(kept == *written, "{}: {}", writer.name, difference(written, &kept));
        }
    }
}

#[test]
fn up_keeps_every_byte_of_a_job_too() {
    let writers: Vec<Writer> = writers()
        .into_iter()
        .filter(|writer| ["random", "hostile", "both_unfinished"].contains(&writer.name))
        .collect();
    let Some(project) = project("logs", &writers, "x-towline: {kind: job}") else {
        return;
    };
    let finished = project.towline("up --exit-code-from random").run();
    finished.passed();
    are_kept(&finished, &writers);
}

#[test]
fn what_a_failed_job_wrote_is_shown_and_not_obeyed() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(
        engine,
        "logs",
        "  test: {<<: *box, volumes: ['./in:/in:ro'], command: ['cat /in/hostile; exit 3']}\n",
    );
    project.write("in/hostile", HOSTILE);
    let finished = project.towline("ci").run();
    finished.failed("stage=test outcome=failed code=3").says("done");
    assert_eq!(finished.log("test"), HOSTILE, "{finished}");
    let orders = |line: &str| line.trim_start().starts_with("::") || line.trim_start().starts_with("##");
    assert!(
        !finished.stderr.contains(['\u{1b}', '\u{7}', '\u{8}', '\r']),
        "{finished}"
    );
    assert!(!finished.stderr.lines().any(orders), "{finished}");
}

#[test]
fn the_log_of_a_service_that_is_restarted_is_whole_and_has_nothing_twice() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, restart: always, command: ['echo . >>/ran/starts; n=$$(wc -l </ran/starts); for i in $$(seq 1 100); do echo start $$n line $$i; done; echo end $$n >&2; test $$n -lt 4 && exit 3; touch /ran/up; sleep infinity']}
  test: {<<: *box, depends_on: [app], command: ['until test -e /ran/up; do sleep 0.1; done; sleep 1']}
";
    let project = Project::with_services(engine, "logs", services);
    let finished = project.towline("ci").run();
    finished.passed();
    assert_eq!(finished.result("app")["restarts"], 3, "{finished}");
    let streams = Streams::of(&finished, &finished.events(), "app");
    let expected =
        |text: &dyn Fn(u32) -> String| (1..=4).flat_map(|start| text(start).into_bytes()).collect::<Vec<u8>>();
    let stdout = expected(&|start| (1..=100).map(|line| format!("start {start} line {line}\n")).collect());
    assert!(streams.stdout == stdout, "{}", difference(&stdout, &streams.stdout));
    let stderr = expected(&|start| format!("end {start}\n"));
    assert!(streams.stderr == stderr, "{}", difference(&stderr, &streams.stderr));
}

#[test]
fn last_words_of_a_service_that_may_end_in_good_order_are_kept() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, stop_grace_period: 10s, command: [\"trap 'echo farewell; exit 0' TERM; echo hello; touch /ran/up; while :; do sleep 0.1; done\"]}
  test: {<<: *box, depends_on: [app], command: ['until test -e /ran/up; do sleep 0.1; done']}
";
    let project = Project::with_services(engine, "logs", services);
    let finished = project.towline("ci").run();
    finished.passed();
    assert_eq!(finished.log("app"), b"hello\nfarewell\n", "{finished}");
}

/// A job whose log takes longer to read than to write.
const TALKATIVE: &str = "  test: {<<: *box, command: ['seq 1 100000; exit 3']}\n";

/// The exited containers of the project's run.
fn ended(engine: &Engine, project: &Project) -> Vec<String> {
    let listed = engine
        .docker("ps --all --filter status=exited --filter label=dev.towline.stage=test --format {{.ID}}={{.Names}}");
    let own = |line: &str| {
        Some(line.split_once('=')?)
            .filter(|(_, name)| name.starts_with(&project.name))
            .map(|(id, _)| id.to_owned())
    };
    listed.lines().filter_map(own).collect()
}

#[test]
fn log_that_comes_slowly_is_read_to_its_end() {
    let Some(socket) = engine().and_then(Engine::socket) else {
        return;
    };
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "logs", "  test: {<<: *box, command: ['seq 1 400; exit 3']}\n");
    // 400 lines with their frames are 4.7 kB: more than the 10 s that it is waited for without a byte.
    let slow = SlowLogs::to(&socket, Pace::Trickling(160, std::time::Duration::from_millis(400)));
    let finished = project.towline("ci").env("DOCKER_HOST", slow.host()).run();
    finished.failed("stage=test outcome=failed code=3");
    assert!(finished.log("test") == numbers(400), "{finished}");
    assert_eq!(finished.report()["warnings"], serde_json::json!([]), "{finished}");
}

#[test]
fn log_that_stops_coming_is_said_to_be_incomplete() {
    let Some(socket) = engine().and_then(Engine::socket) else {
        return;
    };
    let Some(engine) = engine() else { return };
    for line in ["ci", "up --exit-code-from test"] {
        let project = Project::with_services(engine, "logs", TALKATIVE);
        let slow = SlowLogs::to(&socket, Pace::Held(20_000));
        let finished = project.towline(line).env("DOCKER_HOST", slow.host()).run();
        finished.failed("stage=test outcome=failed code=3");
        assert!(finished.log("test").len() < numbers(100_000).len(), "{finished}");
        is_incomplete(&finished, "the engine sent nothing for 10 s");
    }
}

#[test]
fn log_of_a_container_that_is_removed_meanwhile_is_said_to_be_incomplete() {
    let Some(socket) = engine().and_then(Engine::socket) else {
        return;
    };
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "logs", TALKATIVE);
    let slow = SlowLogs::to(&socket, Pace::Held(20_000));
    let running = project.towline("ci").env("DOCKER_HOST", slow.host()).start();
    running.until("the job has ended", || !ended(engine, &project).is_empty());
    for container in ended(engine, &project) {
        engine.docker(&format!("rm {container}"));
    }
    slow.open();
    let finished = running.wait();
    finished.failed("stage=test outcome=failed code=3");
    is_incomplete(&finished, "No such container");
}

/// Holds that the view, the summary and the record say that the log may be a part of what was written.
#[track_caller]
fn is_incomplete(finished: &Finished, why: &str) {
    let log = finished.log("test");
    assert!(!log.is_empty() && numbers(100_000).starts_with(&log), "{finished}");
    let told = format!("its log may be incomplete: {why}");
    let warnings = finished.report()["warnings"].as_array().cloned().unwrap_or_default();
    let is_told = |warning: &Value| {
        let warning = warning.as_str().unwrap_or_default();
        warning.starts_with(&format!("test: {told}"))
            && warning.ends_with(&format!("; {} bytes of it were read", log.len()))
    };
    assert!(warnings.iter().any(is_told), "{warnings:?}\n{finished}");
    assert_eq!(finished.stderr.matches(&told).count(), 2, "{finished}");
}
