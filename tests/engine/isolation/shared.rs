//! Two live runs never share a project, and what dead ones left is nobody's for long.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::common::{Engine, Finished, Project, Running, engine, engine_alone};
use crate::processes;

/// A job that leaves a word for each run that was at work, and one that must see that it is alone.
const ALONE: &str = "  test: {<<: *box, command: ['test ! -e /ran/busy || exit 9; touch /ran/busy; sleep 1; rm /ran/busy; echo ran >>/ran/log']}\n";

/// A job that does not end before it is told to.
const WAITING: &str = "  test: {<<: *box, volumes: ['./ran:/ran', 'data:/data'], command: ['touch /ran/started; until test -e /ran/go; do sleep 0.1; done']}
volumes: {data: {}}
";

/// How many start at once.
const STARTERS: usize = 8;

fn named(engine: &Engine, services: &str) -> (Project, String) {
    let mut project = Project::with_services(engine, "shared", services);
    let name = format!("{}-named", project.name);
    project.further(&name);
    (project, name)
}

/// Whether the lock of a project is on the engine.
fn is_locked(engine: &Engine, name: &str) -> bool {
    let lock = format!("towline.lock.{name}");
    engine
        .docker("volume ls --quiet")
        .lines()
        .any(|volume| volume.starts_with(&lock))
}

fn all_at_once(project: &Project, line: &str) -> Vec<Finished> {
    let start = |_| project.towline(line).limit(Duration::from_secs(300)).start();
    let running: Vec<Running> = (0..STARTERS).map(start).collect();
    running.into_iter().map(Running::wait).collect()
}

#[test]
fn of_many_that_start_at_once_one_runs_and_the_others_are_refused() {
    let Some(engine) = engine() else { return };
    // The job goes on until all others have been refused.
    let (project, name) = named(engine, WAITING);
    let line = format!("-p {name} ci");
    let start = |_| project.towline(&line).limit(Duration::from_secs(300)).start();
    let mut running: Vec<Running> = (0..STARTERS).map(start).collect();
    let deadline = Instant::now() + Duration::from_secs(200);
    while running.len() > 1 && Instant::now() < deadline {
        let (ended, goes_on): (Vec<_>, Vec<_>) = running.into_iter().partition(Running::has_ended);
        running = goes_on;
        for finished in ended.into_iter().map(Running::wait) {
            finished.refused(2, &["is in use by run", &format!("project `{name}`"), "--wait-lock"]);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(running.len(), 1, "one has the project");
    project.write("ran/go", "");
    for finished in running.into_iter().map(Running::wait) {
        finished.passed();
    }
    project.nothing_left();
    assert!(!is_locked(engine, &name), "the lock is still there");
}

#[test]
fn those_that_wait_run_one_after_the_other() {
    let Some(engine) = engine() else { return };
    let (project, name) = named(engine, ALONE);
    for finished in all_at_once(&project, &format!("-p {name} ci --wait-lock")) {
        finished.passed();
    }
    assert_eq!(project.ran().len(), STARTERS);
    project.nothing_left();
    assert!(!is_locked(engine, &name), "the lock is still there");
}

#[test]
fn a_run_and_an_up_do_not_share_a_project() {
    let Some(engine) = engine() else { return };
    let (project, name) = named(engine, WAITING);
    let first = project.towline(&format!("-p {name} up --exit-code-from test")).start();
    first.until("the test runs", || project.has("started"));
    let parts = project.parts();
    for line in [
        format!("-p {name} ci"),
        format!("-p {name} ci --wait-lock=1s"),
        format!("-p {name} up --exit-code-from test"),
    ] {
        project
            .towline(&line)
            .run()
            .refused(2, &["is in use by run", &format!("process {}", first.pid())]);
    }
    assert_eq!(project.parts(), parts, "what the first run made");
    project.write("ran/go", "");
    first.wait().passed();
    assert!(!is_locked(engine, &name), "the lock is still there");
}

/// Starts a run of a named project, and kills it together with its guard.
fn dead_run(project: &Project, name: &str) {
    let running = project.towline(&format!("-p {name} ci")).start();
    running.until("the test runs", || project.has("started"));
    let mut both = processes::guards(project);
    both.push(running.pid());
    processes::signal(&both, Signal::KILL);
    running.wait().ended(137);
}

#[test]
fn the_project_of_a_dead_run_is_taken_over_by_one_of_many() {
    // Any other run would remove what the dead one left.
    let Some(engine) = engine_alone() else { return };
    let (project, name) = named(engine, WAITING);
    dead_run(&project, &name);
    assert!(
        is_locked(engine, &name) && !project.parts().is_empty(),
        "the dead run left all"
    );
    project.write("ran/go", "");
    for finished in all_at_once(&project, &format!("-p {name} ci --wait-lock")) {
        finished.passed();
    }
    project.nothing_left();
    assert!(!is_locked(engine, &name), "the lock is still there");
}

#[test]
fn gc_removes_what_dead_runs_left_and_nothing_of_live_ones() {
    // Any other run would remove what the dead one left.
    let Some(engine) = engine_alone() else { return };
    let (dead, name) = named(engine, WAITING);
    dead_run(&dead, &name);
    let dry = dead.towline("gc --dry-run").run();
    dry.ended(0);
    assert!(dry.text().contains("would remove run"), "{dry}");
    assert!(
        is_locked(engine, &name) && !dead.parts().is_empty(),
        "a dry run removes nothing"
    );
    let finished = dead.towline("gc").run();
    finished.ended(0);
    dead.nothing_left();
    assert!(!is_locked(engine, &name), "{finished}");
    let runs = dead.directory.join(".towline/runs");
    let left = std::fs::read_dir(&runs).expect("the runs").count();
    assert_eq!(left, 0, "the directory of the dead run\n{finished}");

    let live = Project::with_services(engine, "shared", WAITING);
    let running = live.towline("ci").limit(Duration::from_secs(300)).start();
    running.until("the test runs", || live.has("started"));
    let kept = live.parts();
    live.towline("gc --all").run().ended(0);
    assert_eq!(live.parts(), kept, "what the live run made");
    live.write("ran/go", "");
    running.wait().passed();
    live.nothing_left();
}

#[test]
fn what_a_dead_run_left_is_removed_by_the_next_run_in_passing() {
    // Any other run would remove what the dead one left.
    let Some(engine) = engine_alone() else { return };
    let (dead, name) = named(engine, WAITING);
    dead_run(&dead, &name);
    let next = Project::with_services(engine, "shared", WAITING);
    let running = next.towline("ci").limit(Duration::from_secs(300)).start();
    running.until("the dead run's things are gone", || {
        dead.parts().is_empty() && !is_locked(engine, &name)
    });
    next.write("ran/go", "");
    running.wait().passed();
}

#[test]
fn what_is_kept_up_is_not_removed_by_gc() {
    let Some(engine) = engine() else { return };
    let services =
        "  app: {<<: *box, command: ['sleep infinity']}\n  test: {<<: *box, depends_on: [app], command: ['true']}\n";
    for line in ["ci --keep-up", "up --exit-code-from test"] {
        let project = Project::with_services(engine, "shared", services);
        project.towline(line).run().passed();
        let kept = project.parts();
        assert!(!kept.is_empty());
        project.towline("gc --all").run().ended(0);
        assert_eq!(project.parts(), kept, "{line}");
    }
}

#[test]
fn the_owner_is_on_everything_that_a_run_makes() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "shared", WAITING);
    let running = project.towline("ci").start();
    running.until("the test runs", || project.has("started"));
    let owned = |sort: &str| {
        let format = "{{.Label \"dev.towline.owner\"}} {{.Label \"com.docker.compose.project\"}}";
        let list = engine
            .program("docker", &format!("{sort} ls --format"))
            .arg(format)
            .run()
            .text();
        let own = list
            .lines()
            .filter(|line| line.contains(&project.name))
            .map(str::to_owned);
        own.collect::<Vec<String>>()
    };
    for sort in ["container", "network", "volume"] {
        let owned = owned(sort);
        assert!(!owned.is_empty(), "no {sort}");
        let process = format!("/{}/", running.pid());
        assert!(owned.iter().all(|line| line.contains(&process)), "{sort}: {owned:?}");
    }
    project.write("ran/go", "");
    running.wait().passed();
}
