//! Signals, in each phase of a run: the code says which one it was, and nothing is left.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::common::{Engine, Finished, Project, engine};
use crate::processes;

/// How long the engine waits for a single container that ignores the stop, unless it is told otherwise. A run that waited
/// for one would take longer, on however quiet a machine.
const GRACE: Duration = Duration::from_secs(10);

/// The same where several tests run on a machine that is busy.
const BUSY: Duration = Duration::from_secs(15);

/// A point in a run at which a signal can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Build,
    Create,
    Waiting,
    Running,
}

const PHASES: [Phase; 4] = [Phase::Build, Phase::Create, Phase::Waiting, Phase::Running];

impl Phase {
    /// Services that stay in this phase for long. `registry` is an address that takes connections and says nothing.
    fn services(self, registry: &str) -> String {
        let app = "  app: {<<: *box, volumes: ['./ran:/ran', 'data:/data'], command: ['sleep infinity']}\n";
        let phase = match self {
            Self::Build => "  test: {build: {dockerfile_inline: \"FROM busybox\\nRUN echo first step\\nRUN sleep 120\\n\"}, depends_on: [app]}\n".to_owned(),
            Self::Create => format!("  test: {{image: '{registry}/nosuch:1', depends_on: [app]}}\n"),
            Self::Waiting => "  db: {<<: *box, healthcheck: {<<: *probe, start_period: 300s}, command: ['touch /ran/started; sleep infinity']}
  test: {<<: *box, depends_on: {app: *started, db: *healthy}, command: ['echo test >>/ran/log']}
"
            .to_owned(),
            Self::Running => "  test: {<<: *box, depends_on: [app], command: ['touch /ran/started; sleep 120']}\n".to_owned(),
        };
        format!("{app}{phase}  deploy: {{<<: *box, command: ['echo deploy >>/ran/log']}}\nvolumes: {{data: {{}}}}\n")
    }

    /// Whether the run is in this phase by now.
    fn is_reached(self, project: &Project, registry: &TcpListener) -> bool {
        match self {
            Self::Build => project.events_so_far().contains("echo first step"),
            // The engine has come for the image, and waits for an answer.
            Self::Create => registry.accept().is_ok(),
            Self::Waiting | Self::Running => project.has("started"),
        }
    }
}

/// Starts a run, waits until it is in the phase, and sends it the signal; gives back how long it took from then on.
fn interrupted(engine: &Engine, phase: Phase, line: &str, signal: Signal) -> (Project, Finished, Duration) {
    let registry = TcpListener::bind("127.0.0.1:0").expect("a free port");
    registry.set_nonblocking(true).expect("a socket that does not wait");
    let address = registry.local_addr().expect("an address").to_string();
    let project = Project::with_services(engine, "signals", &phase.services(&address));
    let running = project.towline(line).start();
    running.until(&format!("{phase:?}"), || phase.is_reached(&project, &registry));
    let begun = Instant::now();
    running.signal(signal);
    let finished = running.wait();
    (project, finished, begun.elapsed())
}

fn is_removed_after(signal: Signal, code: i32) {
    let Some(engine) = engine() else { return };
    for phase in PHASES {
        let (project, finished, took) = interrupted(engine, phase, "ci", signal);
        finished.failed(&format!("outcome=cancelled code={code}"));
        let parts = project.parts();
        assert!(parts.is_empty(), "after {signal:?} in {phase:?}: {parts:?}\n{finished}");
        assert!(project.ran().is_empty(), "{phase:?}\n{finished}");
        assert!(took < BUSY, "{phase:?}: it took {took:?}\n{finished}");
    }
}

#[test]
fn an_interrupt_ends_the_run_with_130_in_each_phase() {
    is_removed_after(Signal::INT, 130);
}

#[test]
fn a_termination_ends_the_run_with_143_in_each_phase() {
    is_removed_after(Signal::TERM, 143);
}

#[test]
fn a_hang_up_ends_the_run_with_129() {
    let Some(engine) = engine() else { return };
    let (project, finished, _) = interrupted(engine, Phase::Running, "ci", Signal::HUP);
    finished.failed("outcome=cancelled code=129").says("SIGHUP");
    project.nothing_left();
}

#[test]
fn a_run_that_is_killed_is_cleaned_up_after() {
    let Some(engine) = engine() else { return };
    for phase in PHASES {
        let registry = TcpListener::bind("127.0.0.1:0").expect("a free port");
        registry.set_nonblocking(true).expect("a socket that does not wait");
        let address = registry.local_addr().expect("an address").to_string();
        let project = Project::with_services(engine, "signals", &phase.services(&address));
        let running = project.towline("ci").start();
        running.until(&format!("{phase:?}"), || phase.is_reached(&project, &registry));
        running.signal_alone(Signal::KILL);
        running.wait().ended(137);
        drop(registry);
        processes::gone_soon(&project, &format!("killed in {phase:?}"));
    }
}

/// Services whose creation takes the engine a while.
fn many_with_volumes() -> String {
    let services = (0..8)
        .map(|n| format!("  s{n}: {{image: busybox, x-towline: {{kind: service}}, volumes: ['v{n}:/v', '/anonymous'], command: [sleep, '600']}}\n"));
    let volumes: Vec<String> = (0..8).map(|n| format!("v{n}: {{}}")).collect();
    format!("{}volumes: {{{}}}\n", services.collect::<String>(), volumes.join(", "))
}

/// Holds that nothing of the project is there, and that nothing appears either.
fn stays_empty(project: &Project, finished: &Finished) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        let parts = project.parts();
        assert!(
            parts.is_empty(),
            "{:?} after the end: {parts:?}\n{finished}",
            begun.elapsed()
        );
    }
}

#[test]
fn what_the_engine_creates_after_a_signal_is_removed_too() {
    let Some(engine) = engine() else { return };
    for (signal, code, volumes) in [(Signal::INT, 130, 1), (Signal::TERM, 143, 8), (Signal::INT, 130, 8)] {
        let project = Project::with_services(engine, "signals", &many_with_volumes());
        let running = project.towline("ci").start();
        let own = |part: &&String| part.starts_with("volume ");
        running.until("volumes are created", || {
            project.parts().iter().filter(own).count() >= volumes
        });
        running.signal(signal);
        let finished = running.wait();
        finished.failed(&format!("outcome=cancelled code={code}"));
        stays_empty(&project, &finished);
    }
}

#[test]
fn what_the_engine_creates_after_the_time_limit_is_removed_too() {
    let Some(engine) = engine() else { return };
    for limit in ["500ms", "800ms", "1100ms", "1500ms"] {
        let project = Project::with_services(engine, "signals", &many_with_volumes());
        let finished = project.towline(&format!("ci --timeout {limit}")).run();
        finished.ended(124);
        stays_empty(&project, &finished);
    }
}

/// Shells that ignore SIGTERM, as the first process of a container does, one behind the other.
const STUBBORN: &str = "  one: {image: busybox, command: [sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]}
  two: {image: busybox, depends_on: [one], command: [sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]}
  three: {<<: *box, init: false, depends_on: [two], command: [\"trap '' TERM; touch /ran/started; while :; do sleep 1; done\"]}
  test: {image: busybox, x-towline: {kind: job}, depends_on: [three], command: [sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]}
";

#[test]
fn shells_that_ignore_the_stop_are_not_waited_for() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "signals", STUBBORN);
    let running = project.towline("ci").start();
    running.until("all run", || {
        let events = project.events_so_far();
        project.has("started") && events.contains("\"stage_starting\",\"stage\":\"test\"")
    });
    running.signal(Signal::INT);
    let finished = running.wait();
    finished.failed("outcome=cancelled code=130");
    project.nothing_left();
    // From the first stop to the last end, by the clock of the run: the machine may be busy with something else.
    let events = finished.events();
    let at = |name: &str| {
        let event = events.iter().find(|event| event["event"] == name);
        event
            .and_then(|event| event["elapsed_ms"].as_u64())
            .expect("an event with its time")
    };
    let took = Duration::from_millis(at("clean_up_finished") - at("cancelled"));
    assert!(took < GRACE, "it took {took:?}\n{finished}");
}

#[test]
fn a_second_signal_while_a_container_takes_its_time_ends_it() {
    let Some(engine) = engine() else { return };
    // The file asks for a long grace, which the first signal respects.
    let services = "  app: {<<: *box, init: false, stop_grace_period: 60s, command: [\"trap 'touch /ran/asked' TERM; touch /ran/started; while :; do sleep 0.2; done\"]}
  test: {<<: *box, depends_on: [app], command: ['sleep 120']}
";
    for (second, code) in [(Signal::INT, 130), (Signal::TERM, 130)] {
        let project = Project::with_services(engine, "signals", services);
        let running = project.towline("ci").start();
        running.until("the service runs", || project.has("started"));
        running.signal(Signal::INT);
        running.until("the service was asked to end", || project.has("asked"));
        let begun = Instant::now();
        running.signal(second);
        let finished = running.wait();
        finished.failed(&format!("outcome=cancelled code={code}"));
        assert!(begun.elapsed() < BUSY, "{:?}\n{finished}", begun.elapsed());
        project.nothing_left();
    }
}

#[test]
fn up_keeps_the_containers_and_stops_them() {
    let Some(engine) = engine() else { return };
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (project, finished, took) = interrupted(engine, Phase::Running, "up --exit-code-from test", signal);
        finished.failed(&format!("outcome=cancelled code={code}"));
        assert!(took < BUSY, "{took:?}\n{finished}");
        let label = format!("label=com.docker.compose.project={}", project.name);
        let running = engine.docker(&format!("ps --quiet --filter {label}"));
        let kept = engine.docker(&format!("ps --all --quiet --filter {label}"));
        assert!(running.is_empty(), "these still run: {running}\n{finished}");
        assert!(!kept.is_empty(), "no container is kept\n{finished}");
        assert!(project.ran().is_empty(), "{finished}");
    }
}
