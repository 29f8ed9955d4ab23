//! What can go wrong outside of the stages: each cause has its code and its outcome, names its stage, and leaves nothing behind.

mod away;
mod children;
mod private_engine;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::common::{Engine, Finished, Project, engine};
use private_engine::PrivateEngine;

/// How long towline may take to notice that the engine is gone, and to end.
const NOTICE: Duration = Duration::from_secs(15);

/// A cause that lies in the file or in the engine's refusal.
struct Cause {
    /// The services.
    services: &'static str,
    /// towline's command.
    line: &'static str,
    /// What the last line says.
    verdict: &'static str,
    /// What else has to stand on standard error.
    says: &'static [&'static str],
}

const CAUSES: &[Cause] = &[
    Cause {
        services: "  test: {image: 'localhost:1/nosuch:1'}\n",
        line: "ci",
        verdict: "stage=test outcome=pull_failed code=75",
        says: &["localhost:1/nosuch:1"],
    },
    Cause {
        services: "  test: {image: nosuch-image-of-towline, pull_policy: never}\n",
        line: "ci",
        verdict: "stage=test outcome=pull_failed code=75",
        says: &["nosuch-image-of-towline"],
    },
    Cause {
        services: "  lint: {<<: *box, command: ['exit 0']}
  test: {build: {dockerfile_inline: \"FROM busybox\\nRUN echo the build says this; exit 9\\n\"}}
",
        line: "ci",
        verdict: "stage=test outcome=build_failed code=76",
        says: &["the build says this", "9"],
    },
    Cause {
        services: "  app: {build: {dockerfile_inline: \"FROM busybox\\nRUN true\\n\"}}
  test: {build: {dockerfile_inline: \"FROM busybox\\nRUN nosuchtool\\n\"}}
",
        line: "ci",
        verdict: "stage=test outcome=build_failed code=76",
        says: &["nosuchtool"],
    },
    Cause {
        services: "  test: {build: {dockerfile: nosuch.Dockerfile}}\n",
        line: "ci",
        verdict: "stage=test outcome=build_failed code=76",
        says: &["nosuch.Dockerfile"],
    },
    Cause {
        services: "  test: {image: busybox, command: [nosuchcmd]}\n",
        line: "ci",
        verdict: "stage=test outcome=command_not_found code=77",
        says: &["nosuchcmd"],
    },
    Cause {
        services: "  test: {image: busybox, volumes: [{type: bind, source: ./nosuch, target: /x, bind: {create_host_path: false}}]}\n",
        line: "ci",
        verdict: "stage=test outcome=mount_refused code=77",
        says: &["nosuch"],
    },
    Cause {
        services: "  test: {image: busybox, user: nobodyknows, command: ['true']}\n",
        line: "ci",
        verdict: "stage=test outcome=start_failed code=77",
        says: &["nobodyknows"],
    },
    Cause {
        services: "  test: {image: busybox, devices: ['/dev/nosuch:/dev/x'], command: ['true']}\n",
        line: "ci",
        verdict: "stage=test outcome=start_failed code=77",
        says: &["/dev/nosuch"],
    },
    Cause {
        services: "  db: {<<: *box, healthcheck: {<<: *strict, test: [CMD-SHELL, 'echo the probe says this; exit 1']}, command: ['sleep infinity']}
  test: {<<: *box, depends_on: {db: *healthy}, command: ['exit 0']}
",
        line: "ci",
        verdict: "stage=db outcome=unhealthy code=78",
        says: &["the probe says this"],
    },
    Cause {
        services: "  db: {<<: *box, command: ['echo the database says this; sleep 1; exit 5']}
  test: {<<: *box, depends_on: [db], command: ['sleep 10']}
",
        line: "ci",
        verdict: "stage=db outcome=ended code=78",
        says: &["the database says this", "5"],
    },
    Cause {
        services: "  test: {<<: *box, command: ['sleep 60']}\n",
        line: "ci --timeout 2s",
        verdict: "stage=test outcome=timed_out code=124",
        says: &["may take 2"],
    },
    Cause {
        // The engine hears only of what happens once it watches the container, and probes it only then.
        services: "  test:
    <<: *box
    x-towline: {kind: job}
    healthcheck: {test: [CMD, touch, /watched], interval: 100ms}
    command: ['echo the test says this; until test -e /watched; do sleep 0.1; done; tail /dev/zero']
    mem_limit: 16m
    memswap_limit: 16m
",
        line: "ci",
        verdict: "stage=test outcome=out_of_memory code=137",
        says: &["the test says this", "memory"],
    },
    Cause {
        services: "  test: {<<: *box, command: ['echo the test says this >&2; exit 3']}\n",
        line: "ci",
        verdict: "stage=test outcome=failed code=3",
        says: &["the test says this"],
    },
];

#[test]
fn each_cause_is_told_with_its_stage_and_leaves_nothing_behind() {
    let Some(engine) = engine() else { return };
    let mut wrong = Vec::new();
    for cause in CAUSES {
        for line in [cause.line, "up --exit-code-from test"] {
            let is_up_without_limit = line.starts_with("up") && cause.line.contains("--timeout");
            if !is_up_without_limit {
                wrong.extend(check(engine, cause, line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n========\n"));
}

/// What is wrong with how towline tells this cause: all causes are tried before the test fails.
fn check(engine: &Engine, cause: &Cause, line: &str) -> Option<String> {
    let project = Project::with_services(engine, "faults", cause.services);
    let finished = project.towline(line).run();
    let mut wrong = Vec::new();
    let expected = format!("towline: FAILED {} run=", cause.verdict);
    if !finished.last_line().starts_with(&expected) {
        wrong.push(format!("the last line must be {expected}…"));
    }
    if !cause
        .verdict
        .ends_with(&format!("code={}", finished.code.unwrap_or(-1)))
    {
        wrong.push("the code must be that of the last line".to_owned());
    }
    let unsaid = cause.says.iter().filter(|words| !finished.stderr.contains(**words));
    wrong.extend(unsaid.map(|words| format!("it does not say {words:?}")));
    if line.starts_with("ci") && !project.parts().is_empty() {
        wrong.push(format!("left behind: {:?}", project.parts()));
    }
    (!wrong.is_empty()).then(|| format!("{}\n{finished}\n{}", wrong.join("\n"), cause.services))
}

#[test]
fn a_port_that_is_taken_is_told_with_its_stage() {
    let Some(engine) = engine() else { return };
    let other = Project::with_services(
        engine,
        "faults",
        "  web: {<<: *box, command: ['sleep infinity'], ports: ['127.0.0.1::80']}\n",
    );
    other.compose("up --detach").run().ended(0);
    let taken = other.compose("port web 80").run().text().trim().to_owned();
    let services = format!(
        "  app: {{<<: *box, command: ['sleep infinity'], ports: ['{taken}:80']}}
  test: {{<<: *box, depends_on: [app], command: ['echo test >>/ran/log']}}
"
    );
    let project = Project::with_services(engine, "faults", &services);
    let port = taken.rsplit(':').next().expect("a port");
    let finished = project.towline("ci").run();
    finished.failed("stage=app outcome=port_taken code=77").says(port);
    finished.stage("test", "skipped");
    project.nothing_left();
    assert!(project.ran().is_empty(), "{finished}");
    project
        .towline("up --exit-code-from test")
        .run()
        .failed("stage=app outcome=port_taken code=77");
}

#[test]
fn two_stages_that_want_one_port_are_told_apart_from_a_stranger() {
    let Some(engine) = engine() else { return };
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port");
    let services = format!(
        "  one: {{<<: *box, command: ['sleep infinity'], ports: ['{free}:80']}}
  two: {{<<: *box, command: ['sleep infinity'], ports: ['{free}:80'], depends_on: [one]}}
"
    );
    let project = Project::with_services(engine, "faults", &services);
    project
        .towline("ci")
        .run()
        .failed("stage=two outcome=port_taken code=77")
        .stage("one", "passed");
    project.nothing_left();
}

#[test]
fn the_causes_have_codes_and_outcomes_of_their_own() {
    let told: BTreeSet<&str> = CAUSES
        .iter()
        .map(|cause| cause.verdict.split_once(' ').expect("two words").1)
        .collect();
    let outcomes: BTreeSet<&str> = told
        .iter()
        .map(|words| words.split(' ').next().expect("a word"))
        .collect();
    assert_eq!(told.len(), outcomes.len(), "an outcome has one code: {told:?}");
    assert_eq!(outcomes.len(), 10, "{outcomes:?}");
}

#[test]
fn what_cannot_be_made_leaves_the_rest_alone_when_asked_to_keep_going() {
    let Some(engine) = engine() else { return };
    let services = "  alpha_test: {build: {dockerfile_inline: \"FROM busybox\\nRUN exit 9\\n\"}}
  beta_test: {image: 'localhost:1/nosuch:1'}
  gamma_test: {image: busybox, command: [nosuchcmd]}
  delta_test: {<<: *box, command: ['echo delta >>/ran/log']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    let project = Project::with_services(engine, "faults", services);
    let finished = project.towline("ci --keep-going").run();
    finished.failed("stage=alpha_test outcome=build_failed code=76");
    for (stage, outcome) in [
        ("alpha_test", "build_failed"),
        ("beta_test", "pull_failed"),
        ("gamma_test", "command_not_found"),
        ("delta_test", "passed"),
        ("deploy", "skipped"),
    ] {
        finished.stage(stage, outcome);
    }
    assert_eq!(project.ran(), ["delta"], "{finished}");
    project.nothing_left();
}

#[test]
fn a_failed_start_does_not_take_others_of_the_same_call_with_it() {
    let Some(engine) = engine() else { return };
    let services = "  alpha_test: {image: busybox, command: [nosuchcmd]}
  beta_test: {<<: *box, command: ['echo beta >>/ran/log']}
  gamma_test: {<<: *box, command: ['echo gamma >>/ran/log']}
";
    let project = Project::with_services(engine, "faults", services);
    let finished = project.towline("ci --keep-going").run();
    finished.failed("stage=alpha_test outcome=command_not_found code=77");
    finished.stage("beta_test", "passed").stage("gamma_test", "passed");
    let mut ran = project.ran();
    ran.sort();
    assert_eq!(ran, ["beta", "gamma"], "each once\n{finished}");
}

#[test]
fn without_an_engine_nothing_runs_and_the_reader_is_told_what_to_do() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "faults", "  test: {<<: *box, command: ['exit 0']}\n");
    let socket = format!("unix://{}", project.directory.join("no.sock").display());
    for line in ["ci", "up --exit-code-from test"] {
        let finished = project.towline(line).env("DOCKER_HOST", &socket).limit(NOTICE).run();
        finished.refused(69, &["no.sock", "help:", "DOCKER_HOST"]);
    }
}

#[test]
fn an_engine_that_dies_while_a_job_runs_is_lost_and_nothing_has_passed() {
    let Some(mut private) = PrivateEngine::start() else {
        return;
    };
    let services = "  app: {<<: *box, command: ['sleep infinity']}
  test: {<<: *box, command: ['touch /ran/started; sleep 120']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    for line in ["ci", "up --exit-code-from deploy"] {
        let mut project = Project::with_services(private.engine(), "faults", services);
        let running = project.towline(line).start();
        running.until("the test runs", || project.has("started"));
        let (killed, finished) = kill_and_wait(&mut private, &mut project, running);
        finished
            .failed("stage=test outcome=engine_lost code=69")
            .stage("deploy", "cancelled")
            .says("engine");
        assert!(
            killed.elapsed() < NOTICE,
            "it took {:?} to end\n{finished}",
            killed.elapsed()
        );
        assert!(project.ran().is_empty(), "{finished}");
        private.start_again();
    }
}

#[test]
fn an_engine_that_dies_while_an_image_is_built_is_lost() {
    let Some(mut private) = PrivateEngine::start() else {
        return;
    };
    let services = "  test: {build: {dockerfile_inline: \"FROM busybox\\nRUN echo first step\\nRUN sleep 120\\n\"}}\n";
    let mut project = Project::with_services(private.engine(), "faults", services);
    let running = project.towline("ci").start();
    running.until("the build is at its second step", || {
        project.events_so_far().contains("echo first step")
    });
    let (killed, finished) = kill_and_wait(&mut private, &mut project, running);
    finished.ended(69);
    // The build may hear of it first, or the run: both have lost their engine.
    assert!(
        finished.last_line().contains("outcome=engine_lost code=69"),
        "{finished}"
    );
    assert!(
        killed.elapsed() < NOTICE,
        "it took {:?} to end\n{finished}",
        killed.elapsed()
    );
}

#[test]
fn an_engine_that_dies_under_a_service_that_a_stage_waits_for_is_lost() {
    let Some(mut private) = PrivateEngine::start() else {
        return;
    };
    let services = "  db: {<<: *box, healthcheck: {<<: *probe, start_period: 300s}, command: ['touch /ran/started; sleep infinity']}
  test: {<<: *box, depends_on: {db: *healthy}, command: ['echo test >>/ran/log']}
";
    let mut project = Project::with_services(private.engine(), "faults", services);
    let running = project.towline("ci").start();
    running.until("the database runs", || project.has("started"));
    let (killed, finished) = kill_and_wait(&mut private, &mut project, running);
    finished
        .failed("stage=db outcome=engine_lost code=69")
        .stage("test", "cancelled");
    assert!(
        killed.elapsed() < NOTICE,
        "it took {:?} to end\n{finished}",
        killed.elapsed()
    );
}

#[test]
fn an_engine_that_is_stopped_in_good_order_does_not_make_a_run_pass() {
    let Some(mut private) = PrivateEngine::start() else {
        return;
    };
    // The job takes the stop for a reason to end well.
    let services =
        "  test: {<<: *box, x-towline: {kind: job}, command: ['trap \"exit 0\" TERM; touch /ran/started; while :; do sleep 0.1; done']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    let mut project = Project::with_services(private.engine(), "faults", services);
    let running = project.towline("ci").start();
    running.until("the test runs", || project.has("started"));
    private.signal(Signal::TERM);
    project.engine_is_gone();
    let finished = running.wait();
    finished.ended(69);
    assert!(finished.last_line().contains("outcome=engine_lost"), "{finished}");
    assert!(project.ran().is_empty(), "{finished}");
}

/// An engine that neither answers nor goes away. How long a run may take to give up on it after a second signal.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn an_engine_that_hangs_does_not_hold_a_run_that_is_told_to_end() {
    let Some(mut private) = PrivateEngine::start() else {
        return;
    };
    let services = "  test: {<<: *box, command: ['touch /ran/started; sleep 120']}\n";
    let mut project = Project::with_services(private.engine(), "faults", services);
    let running = project.towline("ci").start();
    running.until("the test runs", || project.has("started"));
    private.signal(Signal::STOP);
    project.engine_is_gone();
    running.signal(Signal::INT);
    running.until("the first signal is heard", || running.stderr().contains("SIGINT"));
    let begun = Instant::now();
    running.signal(Signal::INT);
    let finished = running.wait();
    private.signal(Signal::KILL);
    finished.ended(130);
    assert!(begun.elapsed() < PATIENCE, "it took {:?}\n{finished}", begun.elapsed());
}

#[test]
fn an_engine_that_hangs_does_not_hold_a_run_beyond_its_time_limit() {
    let Some(mut private) = PrivateEngine::start() else {
        return;
    };
    let services = "  test: {<<: *box, command: ['touch /ran/started; sleep 120']}\n";
    let mut project = Project::with_services(private.engine(), "faults", services);
    let running = project.towline("ci --timeout 10s").start();
    running.until("the test runs", || project.has("started"));
    private.signal(Signal::STOP);
    project.engine_is_gone();
    let finished = running.wait();
    private.signal(Signal::KILL);
    finished.failed("stage=test outcome=timed_out code=124");
    // What could not be removed is named.
    finished.says("could not remove everything of project");
}

fn kill_and_wait(
    private: &mut PrivateEngine,
    project: &mut Project,
    running: crate::common::Running,
) -> (Instant, Finished) {
    private.signal(Signal::KILL);
    project.engine_is_gone();
    (Instant::now(), running.wait())
}

#[test]
fn process_killed_for_memory_in_a_job_that_goes_on_is_warned_of() {
    let Some(engine) = engine() else { return };
    // The engine hears only of what happens once it watches the container, and probes it only then.
    let services = "  test:
    <<: *box
    x-towline: {kind: job}
    mem_limit: 20m
    memswap_limit: 20m
    healthcheck: {test: [CMD, touch, /watched], interval: 100ms}
    command:
      - |
        until test -e /watched; do sleep 0.1; done
        tail /dev/zero
        echo $$? >/ran/killed
        until test -e /ran/go; do sleep 0.1; done
";
    let project = Project::with_services(engine, "faults", services);
    let running = project.towline("ci").start();
    running.until("the engine knows of it", || {
        let listed = engine.docker("ps --filter label=dev.towline.stage=test --format {{.Names}}");
        let name = listed
            .lines()
            .find(|name| name.starts_with(&project.name))
            .map(str::to_owned);
        project.has("killed")
            && name.is_some_and(|name| {
                engine
                    .docker(&format!("inspect --format {{{{.State.OOMKilled}}}} {name}"))
                    .trim()
                    == "true"
            })
    });
    project.write("ran/go", "");
    let finished = running.wait();
    finished.passed();
    let warnings = finished.report()["warnings"].to_string();
    assert!(
        warnings.contains("the kernel killed a process of `test` for lack of memory"),
        "{finished}"
    );
    assert_eq!(finished.stderr.matches("for lack of memory").count(), 2, "{finished}");
}
