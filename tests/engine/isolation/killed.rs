//! Kills as CI systems do them: by process, group, session, tree, or a variable of the job. Nothing is left, or, where all
//! that could clean up was killed, `towline gc` leaves nothing.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::common::{Engine, Program, Project, Running, engine, engine_alone};
use crate::processes;

/// A service with all that a run can leave, and a job that does not end.
const ENDLESS: &str =
    "  app: {<<: *box, volumes: ['./ran:/ran', 'data:/data', '/anonymous'], networks: [back], command: ['sleep infinity']}
  test: {<<: *box, depends_on: [app], networks: [back], command: ['touch /ran/started; sleep 600']}
networks: {back: {}}
volumes: {data: {}}
";

/// A build that does not end.
const BUILD: &str = "  test: {build: {dockerfile_inline: \"FROM busybox\\nRUN echo first step\\nRUN sleep 600\\n\"}}\n";

fn start(engine: &Engine, prepare: impl FnOnce(Program) -> Program) -> (Project, Running) {
    let project = Project::with_services(engine, "killed", ENDLESS);
    let running = prepare(project.towline("ci")).limit(Duration::from_secs(300)).start();
    running.until("the test runs", || project.has("started"));
    (project, running)
}

/// Waits for a moment that is part of what a CI system does.
fn wait(seconds: f32) {
    std::thread::sleep(Duration::from_secs_f32(seconds));
}

#[test]
fn kill_of_the_session_leaves_nothing() {
    let Some(engine) = engine() else { return };
    let (project, running) = start(engine, |program| program.through("setsid", &["--wait"]));
    let towline = processes::towline(&project).expect("the run");
    processes::signal(&processes::session_of(towline), Signal::KILL);
    running.wait();
    processes::gone_soon(&project, "the session was killed");
}

#[test]
fn kill_of_the_tree_leaves_nothing() {
    let Some(engine) = engine() else { return };
    let (project, running) = start(engine, |program| program.through("sh", &["-c", "\"$@\"; :", "sh"]));
    processes::signal(&processes::tree(running.pid()), Signal::KILL);
    running.wait();
    processes::gone_soon(&project, "the tree was killed");
}

#[test]
fn kill_of_towline_and_its_guard_leaves_no_process_and_gc_removes_the_rest() {
    // Any other run would remove what this one left.
    let Some(engine) = engine_alone() else { return };
    for services in [ENDLESS, BUILD] {
        let project = Project::with_services(engine, "killed", services);
        let running = project.towline("ci").start();
        running.until("the run is at work", || {
            project.has("started") || project.events_so_far().contains("echo first step")
        });
        let mut both = processes::guards(&project);
        assert_eq!(both.len(), 1, "one guard");
        both.push(running.pid());
        processes::signal(&both, Signal::KILL);
        running.wait().ended(137);
        let deadline = Instant::now() + Duration::from_secs(60);
        while !processes::of(&project).is_empty() {
            assert!(Instant::now() < deadline, "these go on: {:?}", processes::of(&project));
        }
        project.towline("gc").run().ended(0);
        let parts = project.parts();
        assert!(parts.is_empty(), "gc left {parts:?}");
    }
}

#[test]
fn the_guard_has_no_descriptor_directory_or_variable_of_the_job() {
    let Some(engine) = engine() else { return };
    let (project, running) = start(engine, |program| {
        let program = program.env("RUNNER_TRACKING_ID", "github_1").env("BUILD_ID", "7");
        // A log pipe that was opened by the step: who holds it keeps the step from ending.
        program.through("sh", &["-c", "exec 9>ran/log-pipe; exec \"$@\"", "sh"])
    });
    let [guard] = processes::guards(&project)[..] else {
        panic!("one guard")
    };
    let proc = format!("/proc/{guard}");
    let fds = std::fs::read_dir(format!("{proc}/fd")).expect("the guard's descriptors");
    let open: Vec<_> = fds
        .flatten()
        .filter_map(|fd| std::fs::read_link(fd.path()).ok())
        .filter(|target| target.starts_with(&project.directory))
        .collect();
    assert!(open.is_empty(), "the guard holds {open:?}");
    assert_eq!(
        std::fs::read_link(format!("{proc}/cwd")).expect("its directory"),
        std::path::Path::new("/")
    );
    for variable in ["RUNNER_TRACKING_ID=", "BUILD_ID="] {
        assert!(!processes::with_variable(variable).contains(&guard), "{variable}");
    }
    let apart = [
        processes::session_of(guard),
        processes::group_of(guard),
        processes::tree(running.pid()),
    ];
    assert!(!apart[0].contains(&running.pid()) && !apart[1].contains(&running.pid()) && !apart[2].contains(&guard));
    running.signal(Signal::INT);
    running.wait().failed("outcome=cancelled code=130");
    processes::gone_soon(&project, "the run was interrupted");
}

/// How GitHub's runner cancels a job: SIGINT to the step's first process alone, SIGTERM after 7.5 seconds, the end of its
/// tree after 2.5 more; when the job is over, the end of everything that carries its variable.
fn cancel_as_github(running: Running, variable: &str) {
    running.signal_alone(Signal::INT);
    wait(7.5);
    let tree = processes::tree(running.pid());
    processes::signal(&[running.pid()], Signal::TERM);
    wait(2.5);
    processes::signal(&tree, Signal::KILL);
    running.wait();
    processes::signal(&processes::with_variable(variable), Signal::KILL);
}

#[test]
fn a_job_that_github_cancels_leaves_nothing() {
    let Some(engine) = engine() else { return };
    // A shell that waits for its child hands nothing on; `exec` makes towline the first process.
    for (number, script) in ["\"$@\"; :", "exec \"$@\""].into_iter().enumerate() {
        let value = format!("github_{}_{number}", std::process::id());
        let (project, running) = start(engine, |program| {
            program
                .env("RUNNER_TRACKING_ID", &value)
                .through("bash", &["-e", "-c", script, "bash"])
        });
        cancel_as_github(running, &format!("RUNNER_TRACKING_ID={value}"));
        processes::gone_soon(&project, script);
    }
}

#[test]
fn a_job_that_gitlab_cancels_leaves_nothing() {
    let Some(engine) = engine() else { return };
    // Whether the run has the time to clean up itself or not.
    for grace in [0.2, 6.0] {
        let (project, running) = start(engine, |program| program.through("bash", &["-c", "\"$@\"; :", "bash"]));
        let group = processes::group_of(running.pid());
        processes::signal(&group, Signal::TERM);
        wait(grace);
        processes::signal(&group, Signal::KILL);
        running.wait();
        processes::gone_soon(&project, &format!("killed after {grace} s"));
    }
}

#[test]
fn a_build_that_jenkins_kills_leaves_nothing() {
    let Some(engine) = engine() else { return };
    let cookie = format!("durable-{}", std::process::id());
    for grace in [0.2, 5.0] {
        let (project, running) = start(engine, |program| {
            let program = program
                .env("BUILD_ID", "7")
                .env("JENKINS_SERVER_COOKIE", "s")
                .env("HUDSON_COOKIE", "h");
            program
                .env("JENKINS_NODE_COOKIE", &cookie)
                .through("sh", &["-c", "\"$@\"; :", "sh"])
        });
        let variable = format!("JENKINS_NODE_COOKIE={cookie}");
        processes::signal(&processes::with_variable(&variable), Signal::TERM);
        wait(grace);
        processes::signal(&processes::with_variable(&variable), Signal::KILL);
        running.wait();
        processes::gone_soon(&project, &format!("killed after {grace} s"));
    }
}

#[test]
fn signals_that_were_ignored_at_the_start_stay_ignored() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, command: ['touch /ran/started; until test -e /ran/go; do sleep 0.1; done']}\n";
    for (ignored, signal) in [("HUP", Signal::HUP), ("INT", Signal::INT)] {
        let project = Project::with_services(engine, "killed", services);
        let script = format!("trap '' {ignored}; exec \"$@\"");
        let running = project.towline("ci").through("sh", &["-c", &script, "sh"]).start();
        running.until("the test runs", || project.has("started"));
        running.signal_alone(signal);
        project.write("ran/go", "");
        running.wait().passed();
        project.nothing_left();
    }
}
