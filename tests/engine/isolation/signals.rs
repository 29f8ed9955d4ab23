//! Signals, in each phase of a run: the code says which one it was, and nothing is left.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::common::{Engine, Finished, Project, engine, engine_alone};
use crate::processes;

/// How long the four stubborn shells take where each gets its ten seconds, one after the other, as compose stops them.
const ONE_BY_ONE: Duration = Duration::from_secs(40);

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

/// Shells that ignore SIGTERM, as the first process of a container does, one behind the other.
const STUBBORN: &str = "  one: {image: busybox, command: [sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]}
  two: {image: busybox, depends_on: [one], command: [sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]}
  three: {<<: *box, init: false, depends_on: [two], command: [\"trap '' TERM; touch /ran/started; while :; do sleep 1; done\"]}
  test: {image: busybox, depends_on: [three], command: [sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]}
";

#[test]
fn shells_that_ignore_the_stop_are_not_waited_for_one_after_the_other() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "signals", STUBBORN);
    let running = project.towline("ci").start();
    running.until("all run", || {
        project.has("started")
            && project
                .events_so_far()
                .contains("\"stage_starting\",\"stage\":\"test\"")
    });
    let begun = Instant::now();
    running.signal(Signal::INT);
    let finished = running.wait();
    let took = begun.elapsed();
    finished.failed("outcome=cancelled code=130");
    project.nothing_left();
    assert!(took < ONE_BY_ONE, "from the signal to the end: {took:?}\n{finished}");
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
