//! Tests of the scheduler: they read like timetables. A made-up clock, no process.

use proptest::prelude::*;

use super::*;
use crate::compose::Project;
use crate::event::Refusal;
use crate::plan;

/// A run under test: stages by name, inputs in, outcomes out.
struct Run {
    scheduler: Scheduler,
    now: Duration,
    started: Vec<String>,
    stopped: Vec<String>,
    ended: Vec<(String, Outcome)>,
    warned: Vec<String>,
    finished: bool,
}

fn rules(end: End) -> Rules {
    Rules {
        end,
        end_without_jobs: if end == End::JobsDone { End::AllUp } else { end },
        keep_going: false,
        jobs: None,
        settle: Duration::from_secs(2),
        timeout: None,
        exit_code_from: None,
        leave: false,
    }
}

fn run_with(services: &str, rules: Rules) -> Run {
    let project = Project::read_yaml(&format!("name: p\nservices:\n{services}")).unwrap();
    let plan = plan::build(&project, &plan::Options::default()).unwrap();
    Run {
        scheduler: Scheduler::new(plan, rules),
        now: Duration::ZERO,
        started: Vec::new(),
        stopped: Vec::new(),
        ended: Vec::new(),
        warned: Vec::new(),
        finished: false,
    }
}

fn run(services: &str) -> Run {
    run_with(services, rules(End::JobsDone))
}

impl Run {
    fn at(&self, name: &str) -> usize {
        self.scheduler.plan.index(name).unwrap()
    }

    fn name(&self, stage: usize) -> String {
        self.scheduler.plan.stages[stage].name.clone()
    }

    fn input(&mut self, input: Input) {
        let mut confirm = false;
        for effect in self.scheduler.step(self.now, input) {
            match effect {
                Effect::Start(stages) => {
                    let names: Vec<String> = stages.iter().map(|stage| self.name(*stage)).collect();
                    self.started.extend(names);
                }
                Effect::Stop { stages, .. } => {
                    let names: Vec<String> = stages.iter().map(|stage| self.name(*stage)).collect();
                    self.stopped.extend(names);
                }
                Effect::Ended { stage, end } => self.ended.push((self.name(stage), end.outcome)),
                Effect::Finish => self.finished = true,
                Effect::Confirm => confirm = true,
                Effect::Emit(Fact::Warned { message, .. }) => self.warned.push(message),
                Effect::Abort | Effect::Emit(_) => {}
            }
        }
        if confirm {
            self.input(Input::Confirmed);
        }
    }

    fn prepared(&mut self) {
        self.input(Input::Prepared { failed: Vec::new() });
    }

    /// The stage's only container starts and the call returns.
    fn up(&mut self, name: &str) {
        let stage = self.at(name);
        self.input(Input::Started { stage, instance: 1 });
        self.input(Input::UpReturned {
            stages: vec![stage],
            failed: Vec::new(),
        });
    }

    fn died(&mut self, name: &str, code: i32) {
        let stage = self.at(name);
        self.input(Input::Died {
            stage,
            instance: 1,
            code,
            oom: false,
            is_last: false,
            by_hand: false,
        });
    }

    fn healthy(&mut self, name: &str, healthy: bool) {
        let stage = self.at(name);
        self.input(Input::Health {
            stage,
            instance: 1,
            healthy,
        });
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.input(Input::Tick);
    }

    fn outcome(&self, name: &str) -> Option<Outcome> {
        let mut ends = self.ended.iter().filter(|(stage, _)| stage == name);
        let first = ends.next().map(|(_, outcome)| *outcome);
        assert!(ends.next().is_none(), "{name} ended twice: {:?}", self.ended);
        first
    }

    fn code(&self) -> u8 {
        assert!(self.finished, "the run goes on: {:?}", self.ended);
        self.scheduler.verdict().code
    }
}

const PIPELINE: &str = "  unit: {image: i, command: [pytest]}
  app: {image: i, depends_on: {unit: {condition: service_completed_successfully}}}
  deploy: {image: i, depends_on: {app: {condition: service_started}}}
";

#[test]
fn stages_start_when_their_needs_are_open() {
    let mut run = run(PIPELINE);
    run.prepared();
    assert_eq!(run.started, ["unit"]);
    run.up("unit");
    run.died("unit", 0);
    assert_eq!(run.started, ["unit", "app"]);
    run.up("app");
    assert_eq!(run.started, ["unit", "app"], "the application may still crash");
    run.wait(2);
    assert_eq!(run.started, ["unit", "app", "deploy"]);
    run.up("deploy");
    run.died("deploy", 0);
    assert_eq!(run.code(), 0);
    assert_eq!(run.outcome("app"), Some(Outcome::Passed));
}

#[test]
fn a_failed_test_keeps_the_deploy_from_running() {
    let mut run = run(PIPELINE);
    run.prepared();
    run.up("unit");
    run.died("unit", 3);
    assert_eq!(run.started, ["unit"]);
    assert_eq!(run.outcome("unit"), Some(Outcome::Failed));
    assert_eq!(run.outcome("deploy"), Some(Outcome::Skipped));
    assert_eq!(run.code(), 3);
}

#[test]
fn an_end_counts_before_the_call_that_started_others_too_comes_back() {
    let mut run = run("  unit: {image: i}\n");
    run.prepared();
    run.input(Input::Started { stage: 0, instance: 1 });
    run.died("unit", 0);
    assert_eq!(run.code(), 0);
}

#[test]
fn an_end_that_comes_before_the_hooks_are_through_counts_once_they_are() {
    let mut run = run("  unit: {image: i, post_start: [{command: [x]}]}\n");
    run.prepared();
    run.input(Input::Started { stage: 0, instance: 1 });
    run.died("unit", 0);
    assert_eq!(run.outcome("unit"), None);
    run.input(Input::UpReturned {
        stages: vec![0],
        failed: Vec::new(),
    });
    assert_eq!(run.code(), 0);
}

#[test]
fn a_hook_that_fails_after_a_good_end_fails_the_stage() {
    let mut run = run("  unit: {image: i, post_start: [{command: [x]}]}\n");
    run.prepared();
    let stage = run.at("unit");
    run.input(Input::Started { stage, instance: 1 });
    run.died("unit", 0);
    let failure = StartFailure {
        stage,
        outcome: Outcome::StartFailed,
        cause: "hook".into(),
        code: None,
    };
    run.input(Input::UpReturned {
        stages: vec![stage],
        failed: vec![failure],
    });
    assert_eq!(run.outcome("unit"), Some(Outcome::StartFailed));
    assert_eq!(run.code(), 77);
}

#[test]
fn an_end_without_a_start_is_the_engines_word_for_a_failed_start() {
    let mut run = run("  unit: {image: i}\n");
    run.prepared();
    run.died("unit", 127);
    assert_eq!(run.outcome("unit"), None);
    let failure = StartFailure {
        stage: 0,
        outcome: Outcome::CommandNotFound,
        cause: String::new(),
        code: Some(127),
    };
    run.input(Input::UpReturned {
        stages: vec![0],
        failed: vec![failure],
    });
    assert_eq!(run.code(), 77);
}

const WITH_DB: &str = "  db: {image: postgres}
  unit: {image: i, command: [pytest], depends_on: {db: {condition: service_healthy}}}
";

#[test]
fn health_opens_a_need_and_its_loss_afterwards_is_a_warning() {
    let mut run = run(WITH_DB);
    run.prepared();
    run.up("db");
    assert_eq!(run.started, ["db"]);
    run.healthy("db", true);
    assert_eq!(run.started, ["db", "unit"]);
    run.up("unit");
    run.healthy("db", false);
    run.died("unit", 0);
    assert_eq!(run.code(), 0);
}

#[test]
fn a_service_that_is_unhealthy_while_waited_for_fails_the_run() {
    let mut run = run(WITH_DB);
    run.prepared();
    run.up("db");
    run.healthy("db", false);
    assert_eq!(run.outcome("db"), Some(Outcome::Unhealthy));
    assert_eq!(run.outcome("unit"), Some(Outcome::Skipped));
    assert_eq!(run.code(), 78);
}

#[test]
fn a_service_that_ends_before_it_is_healthy_fails_even_with_0() {
    for code in [0, 1] {
        let mut run = run(WITH_DB);
        run.prepared();
        run.up("db");
        run.died("db", code);
        assert_eq!(run.outcome("db"), Some(Outcome::Unhealthy));
        assert_eq!(run.code(), 78);
    }
}

#[test]
fn health_without_a_health_check_is_told_rather_than_waited_for() {
    let mut run = run(WITH_DB);
    run.prepared();
    run.up("db");
    assert!(run.scheduler.needs_health(0) && run.scheduler.health_is_unsaid(0));
    run.input(Input::HealthFound {
        stage: 0,
        present: false,
    });
    assert_eq!(run.code(), 78);
}

#[test]
fn a_service_that_ends_badly_fails_the_run_and_one_that_ends_well_does_not() {
    for (code, expected) in [(0, 0), (3, 78)] {
        let mut run = run("  helper: {image: i}\n  unit: {image: i, command: [pytest]}\n");
        run.prepared();
        run.up("helper");
        run.up("unit");
        run.died("helper", code);
        run.died("unit", 0);
        assert_eq!(run.code(), expected);
    }
}

#[test]
fn a_service_that_is_being_started_has_to_get_there_before_the_run_can_pass() {
    let mut run = run("  helper: {image: i}\n  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.up("unit");
    run.died("unit", 0);
    assert!(!run.finished);
    let failure = StartFailure {
        stage: 0,
        outcome: Outcome::CommandNotFound,
        cause: String::new(),
        code: Some(127),
    };
    run.input(Input::UpReturned {
        stages: vec![0],
        failed: vec![failure],
    });
    assert_eq!(run.code(), 77);
}

#[test]
fn a_service_that_waits_for_another_has_to_come_up_before_the_run_can_pass() {
    let mut run = run("  db: {image: postgres, healthcheck: {test: [CMD, x]}}
  web: {image: i, depends_on: {db: {condition: service_healthy}}}
  unit: {image: i, command: [pytest]}
");
    run.prepared();
    run.up("db");
    run.up("unit");
    run.died("unit", 0);
    run.wait(60);
    assert!(!run.finished);
    run.healthy("db", true);
    run.up("web");
    assert!(!run.finished);
    run.wait(2);
    assert_eq!(run.code(), 0);
}

#[test]
fn a_stop_by_towline_never_counts_against_a_service() {
    let mut run = run("  helper: {image: i}\n  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.up("helper");
    run.up("unit");
    run.died("unit", 1);
    assert_eq!(run.stopped, ["helper"]);
    run.died("helper", 137);
    assert_eq!(run.outcome("helper"), Some(Outcome::Passed));
    assert_eq!(
        (run.code(), run.scheduler.verdict().stage.as_deref()),
        (1, Some("unit"))
    );
}

#[test]
fn a_restart_policy_gives_up_or_recovers() {
    let services = "  app: {image: i, restart: 'on-failure:2'}\n  unit: {image: i, command: [pytest]}\n";
    for (ends, expected) in [(2, 0), (3, 78)] {
        let mut run = run(services);
        run.prepared();
        run.up("unit");
        run.up("app");
        for _ in 0..ends {
            run.died("app", 1);
            run.input(Input::Started { stage: 0, instance: 1 });
        }
        run.died("unit", 0);
        assert_eq!(run.finished, expected != 0, "it has not been up again for long");
        run.wait(2);
        assert_eq!(run.code(), expected);
    }
}

#[test]
fn a_crash_loop_that_is_waited_for_ends() {
    let services = "  db: {image: postgres, restart: always}
  unit: {image: i, command: [pytest], depends_on: {db: {condition: service_healthy}}}
";
    let mut run = run(services);
    run.prepared();
    run.up("db");
    for _ in 0..CRASH_LOOP {
        run.wait(1);
        run.died("db", 1);
        run.input(Input::Started { stage: 0, instance: 1 });
    }
    assert_eq!(run.outcome("db"), Some(Outcome::Unhealthy));
}

#[test]
fn a_service_that_starts_last_and_crashes_at_once_fails_the_run() {
    let services = "  migrate: {image: i, x-towline: {kind: job}}
  app: {image: i, x-towline: {kind: service}, depends_on: {migrate: {condition: service_completed_successfully}}}
";
    for (after, code, expected) in [(0, 3, 78), (1, 3, 78), (1, 0, 0)] {
        let mut run = run(services);
        run.prepared();
        run.up("migrate");
        run.died("migrate", 0);
        run.up("app");
        run.wait(after);
        assert!(!run.finished);
        run.died("app", code);
        assert_eq!(run.code(), expected, "{code} after {after} s");
    }
}

#[test]
fn a_run_passes_only_once_the_record_agrees() {
    let mut run = run("  app: {image: i, x-towline: {kind: service}}\n  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.up("app");
    run.up("unit");
    run.now += Duration::from_secs(5);
    let at = run.at("unit");
    let death = Input::Died {
        stage: at,
        instance: 1,
        code: 0,
        oom: false,
        is_last: false,
        by_hand: false,
    };
    let effects = run.scheduler.step(run.now, death);
    assert!(effects.contains(&Effect::Confirm) && !effects.contains(&Effect::Finish));
    // The event of this end was lost, and the record tells it before it agrees.
    run.input(Input::Died {
        stage: run.at("app"),
        instance: 1,
        code: 4,
        oom: false,
        is_last: true,
        by_hand: false,
    });
    run.input(Input::Confirmed);
    assert_eq!(run.code(), 78);
}

#[test]
fn what_somebody_stopped_is_not_waited_for() {
    let services = "  app: {image: i, restart: always}\n  unit: {image: i, command: [pytest]}\n";
    for (code, expected) in [(0, 0), (143, 78)] {
        let mut run = run(services);
        run.prepared();
        run.up("app");
        run.up("unit");
        run.died("app", code);
        assert_eq!(run.outcome("app"), None, "its policy may start it again");
        run.input(Input::Died {
            stage: 0,
            instance: 1,
            code,
            oom: false,
            is_last: true,
            by_hand: false,
        });
        run.died("unit", 0);
        assert_eq!(run.code(), expected);
    }
}

/// Somebody stops the stage's only container, which takes that for a good end.
fn stopped_by_hand(run: &mut Run, name: &str, is_last: bool) {
    let stage = run.at(name);
    run.input(Input::Died {
        stage,
        instance: 1,
        code: 0,
        oom: false,
        is_last,
        by_hand: true,
    });
}

#[test]
fn a_job_that_somebody_stopped_has_not_passed() {
    let mut run = run("  test: {image: i}\n  deploy: {image: i}\n");
    run.prepared();
    run.up("test");
    stopped_by_hand(&mut run, "test", false);
    assert_eq!(run.outcome("test"), None, "it may be the engine that stops");
    stopped_by_hand(&mut run, "test", true);
    assert_eq!(run.outcome("test"), Some(Outcome::Failed));
    assert_eq!(run.code(), 255);
    assert_eq!(run.started, ["test"]);
}

#[test]
fn a_service_that_somebody_stopped_fails_unless_he_starts_it_again() {
    for restarts in [false, true] {
        let mut run = run("  app: {image: i, ports: [{target: 80}]}\n  unit: {image: i, command: [pytest]}\n");
        run.prepared();
        run.up("app");
        run.up("unit");
        stopped_by_hand(&mut run, "app", false);
        if restarts {
            run.input(Input::Started { stage: 0, instance: 1 });
        } else {
            stopped_by_hand(&mut run, "app", true);
        }
        run.died("unit", 0);
        run.wait(2);
        assert_eq!(run.code(), if restarts { 0 } else { 78 });
    }
}

#[test]
fn a_service_that_turns_unhealthy_while_a_stage_still_waits_for_its_health_fails_the_run() {
    let mut run = run("  db: {image: postgres, healthcheck: {test: [CMD, x]}}
  deploy: {image: i, depends_on: {db: {condition: service_healthy}}}
  test: {image: i}
");
    run.prepared();
    run.up("db");
    run.up("test");
    run.healthy("db", true);
    run.healthy("db", false);
    run.died("test", 0);
    assert_eq!(run.outcome("db"), Some(Outcome::Unhealthy));
    assert_eq!(run.started, ["db", "test"]);
}

#[test]
fn one_container_of_a_service_may_do_its_work_while_the_other_stays() {
    let mut run =
        run("  app: {image: i, scale: 2, x-towline: {kind: service}}\n  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    for instance in [1, 2] {
        run.input(Input::Started { stage: 0, instance });
    }
    run.up("app");
    run.up("unit");
    run.died("app", 0);
    run.died("unit", 0);
    assert!(!run.finished);
    run.wait(2);
    assert_eq!(run.code(), 0);
}

#[test]
fn a_crash_within_the_settling_time_is_one_of_a_crash_loop() {
    let slow = Rules {
        settle: Duration::from_secs(15),
        ..rules(End::JobsDone)
    };
    let mut run = run_with(
        "  app: {image: i, restart: always}\n  unit: {image: i, command: [pytest]}\n",
        slow,
    );
    run.prepared();
    run.up("app");
    run.up("unit");
    run.died("unit", 0);
    for _ in 0..LATE_CRASH_LOOP {
        run.wait(11);
        run.died("app", 1);
        run.input(Input::Started { stage: 0, instance: 1 });
    }
    assert_eq!(run.outcome("app"), Some(Outcome::Ended));
}

#[test]
fn a_job_ends_with_its_first_end_whatever_its_policy() {
    let services = "  test: {image: i, restart: always, x-towline: {kind: job}}\n";
    for code in [0, 1] {
        let mut run = run(services);
        run.prepared();
        run.up("test");
        run.died("test", code);
        assert_eq!(i32::from(run.code()), code);
    }
}

#[test]
fn a_job_that_the_engine_would_start_again_is_stopped_when_it_has_ended() {
    let services = "  test: {image: i, restart: always}\n";
    for (mode, stopped) in [(plan::Mode::Up, vec!["test".to_owned()]), (plan::Mode::Ci, Vec::new())] {
        let options = plan::Options {
            mode,
            ..plan::Options::default()
        };
        let project = Project::read_yaml(&format!("name: p\nservices:\n{services}")).unwrap();
        let mut run = run(services);
        run.scheduler.settle(plan::build(&project, &options).unwrap());
        run.prepared();
        run.up("test");
        run.died("test", 0);
        assert_eq!(run.code(), 0);
        assert_eq!(run.stopped, stopped);
    }
}

#[test]
fn a_crash_loop_ends_though_nobody_waits_for_it() {
    let services = "  app: {image: i, restart: always}\n  unit: {image: i, command: [pytest]}\n";
    for (is_done, limit) in [(false, CRASH_LOOP), (true, LATE_CRASH_LOOP)] {
        let mut run = run(services);
        run.prepared();
        run.up("app");
        run.up("unit");
        if is_done {
            run.died("unit", 0);
        }
        for _ in 1..limit {
            run.wait(1);
            run.died("app", 1);
            assert_eq!(run.outcome("app"), None);
            run.input(Input::Started { stage: 0, instance: 1 });
        }
        run.wait(1);
        run.died("app", 1);
        assert_eq!(run.outcome("app"), Some(Outcome::Ended));
    }
}

#[test]
fn a_service_that_is_started_again_each_time_it_has_done_its_work_is_up() {
    let mut run = run("  app: {image: i, restart: always}\n  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.up("app");
    run.up("unit");
    for _ in 0..20 {
        run.wait(1);
        run.died("app", 0);
        run.input(Input::Started { stage: 0, instance: 1 });
    }
    run.died("unit", 0);
    assert_eq!(run.code(), 0);
}

#[test]
fn what_stands_still_is_not_up_and_not_waited_for_without_end() {
    let services = "  app: {image: i, x-towline: {kind: service}}\n  unit: {image: i, command: [pytest]}\n";
    for stage in ["app", "unit"] {
        let mut run = run(services);
        run.prepared();
        run.up("app");
        run.up("unit");
        let at = run.at(stage);
        let pause = |paused| Input::Paused {
            stage: at,
            instance: 1,
            paused,
        };
        run.input(pause(true));
        assert_eq!(run.warned.len(), 1);
        run.wait(30);
        run.input(pause(false));
        run.input(pause(true));
        if stage == "app" {
            run.died("unit", 0);
        }
        run.wait(59);
        assert!(!run.finished);
        run.wait(1);
        assert_eq!(run.outcome(stage), Some(Outcome::TimedOut));
    }
}

#[test]
fn a_run_that_goes_on_for_a_job_by_name_alone_says_so() {
    let mut run = run("  app: {image: i, ports: [{target: 80}]}\n  audit: {image: i}\n");
    run.prepared();
    run.up("app");
    run.up("audit");
    run.wait(5);
    assert!(run.warned.is_empty());
    run.wait(29);
    assert!(run.warned.is_empty());
    for _ in 0..2 {
        run.wait(30);
    }
    assert_eq!(run.warned.len(), 2);
    assert!(run.warned[0].contains("--kind audit=service"), "{:?}", run.warned);
}

#[test]
fn a_refused_run_starts_nothing() {
    let mut run = run("  a: {image: i}\n  deploy: {image: i}\n");
    let refusal = Refusal {
        stages: vec!["a".into()],
        message: "m".into(),
        hints: Vec::new(),
    };
    run.input(Input::Refused(refusal));
    assert!(run.started.is_empty());
    assert_eq!(run.code(), 65);
    assert_eq!(run.outcome("deploy"), Some(Outcome::Cancelled));
}

#[test]
fn what_the_images_say_decides_what_a_deploy_waits_for() {
    let mut run = run("  checks: {image: i}\n  deploy: {image: i}\n");
    let says = crate::plan::ImageSays {
        command: vec!["pytest".into()],
        ..crate::plan::ImageSays::default()
    };
    let settled = run
        .scheduler
        .plan
        .settle(&[("checks".to_owned(), says)].into())
        .unwrap();
    run.scheduler.settle(settled);
    run.prepared();
    assert_eq!(run.started, ["checks"]);
    run.up("checks");
    run.died("checks", 3);
    assert_eq!(run.started, ["checks"]);
    assert_eq!(run.code(), 3);
}

#[test]
fn keep_going_leaves_what_does_not_need_the_failed_stage() {
    let services = "  lint: {image: i}
  unit: {image: i, command: [pytest]}
  package: {image: i, depends_on: {lint: {condition: service_completed_successfully}}}
  push: {image: i, depends_on: {package: {condition: service_completed_successfully}}}
";
    let mut run = run_with(
        services,
        Rules {
            keep_going: true,
            ..rules(End::JobsDone)
        },
    );
    run.prepared();
    run.up("lint");
    run.up("unit");
    run.died("lint", 2);
    assert_eq!(run.outcome("push"), Some(Outcome::Skipped));
    assert!(run.stopped.is_empty());
    run.died("unit", 5);
    assert_eq!(run.code(), 2, "the first failed job in plan order decides");
}

#[test]
fn the_run_takes_the_code_of_the_service_that_the_user_named() {
    let services = "  a_test: {image: i}\n  z_test: {image: i}\n";
    let named = Rules {
        keep_going: true,
        exit_code_from: Some(1),
        ..rules(End::JobsDone)
    };
    let mut run = run_with(services, named);
    run.prepared();
    run.up("a_test");
    run.up("z_test");
    run.died("a_test", 4);
    run.died("z_test", 9);
    assert_eq!(run.code(), 9);
}

#[test]
fn jobs_run_no_more_at_once_than_the_user_said() {
    let services = "  a_test: {image: i}\n  b_test: {image: i}\n  db: {image: postgres}\n";
    let mut run = run_with(
        services,
        Rules {
            jobs: Some(1),
            ..rules(End::JobsDone)
        },
    );
    run.prepared();
    assert_eq!(run.started, ["a_test", "db"]);
    run.up("a_test");
    run.died("a_test", 0);
    assert_eq!(run.started, ["a_test", "db", "b_test"]);
}

#[test]
fn without_a_job_the_run_ends_when_everything_is_up() {
    let services = "  db: {image: postgres, healthcheck: {test: [CMD, 'true']}}\n  web: {image: i}\n";
    let mut run = run_with(services, rules(End::AllUp));
    run.prepared();
    run.up("db");
    run.up("web");
    run.input(Input::HealthFound {
        stage: 1,
        present: false,
    });
    run.wait(1);
    run.healthy("db", true);
    assert!(!run.finished);
    assert_eq!(run.scheduler.next_deadline(run.now), Some(Duration::from_secs(2)));
    run.wait(1);
    assert_eq!(run.code(), 0);
}

#[test]
fn a_service_that_does_not_settle_is_not_up() {
    let mut run = run_with("  web: {image: i, restart: always}\n", rules(End::AllUp));
    run.prepared();
    run.up("web");
    run.input(Input::HealthFound {
        stage: 0,
        present: false,
    });
    run.wait(1);
    run.died("web", 1);
    run.wait(2);
    assert!(!run.finished);
    run.input(Input::Started { stage: 0, instance: 1 });
    run.wait(2);
    assert_eq!(run.code(), 0);
}

#[test]
fn the_first_exit_decides_where_the_user_asked_for_it() {
    for code in [0, 3] {
        let mut run = run_with("  a: {image: i}\n  b: {image: i}\n", rules(End::FirstExit));
        run.prepared();
        run.up("a");
        run.up("b");
        run.died("b", i32::from(code));
        run.died("a", 137);
        assert_eq!(run.code(), code);
    }
}

#[test]
fn all_containers_ended_ends_the_run_where_no_job_does() {
    let mut run = run_with("  a: {image: i}\n  b: {image: i}\n", rules(End::AllEnded));
    run.prepared();
    run.up("a");
    run.up("b");
    run.died("a", 0);
    assert!(!run.finished);
    run.died("b", 4);
    assert_eq!(run.code(), 4);
}

#[test]
fn time_that_is_over_stops_everything() {
    let limited = Rules {
        timeout: Some(Duration::from_secs(10)),
        ..rules(End::JobsDone)
    };
    let mut run = run_with("  unit: {image: i, command: [pytest]}\n", limited);
    run.prepared();
    run.up("unit");
    run.wait(10);
    assert_eq!(run.stopped, ["unit"]);
    run.died("unit", 137);
    assert_eq!(run.outcome("unit"), Some(Outcome::TimedOut));
    assert_eq!(run.code(), 124);
}

#[test]
fn a_need_that_never_opens_is_what_timed_out() {
    let limited = Rules {
        timeout: Some(Duration::from_secs(10)),
        ..rules(End::JobsDone)
    };
    let mut run = run_with(WITH_DB, limited);
    run.prepared();
    run.up("db");
    run.wait(10);
    run.died("db", 137);
    assert_eq!(run.outcome("db"), Some(Outcome::TimedOut));
    assert_eq!(run.code(), 124);
}

#[test]
fn one_signal_asks_and_a_second_kills() {
    let mut run = run("  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.up("unit");
    run.input(Input::Signal(Signal::Interrupt));
    assert_eq!(run.stopped, ["unit"]);
    run.input(Input::Signal(Signal::Interrupt));
    assert_eq!(run.stopped, ["unit", "unit"]);
    run.wait(3);
    assert_eq!(run.code(), 130);
}

#[test]
fn a_stop_that_meets_a_start_on_its_way_is_sent_again() {
    let mut run = run("  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.input(Input::Signal(Signal::Terminate));
    assert_eq!(run.stopped, ["unit"]);
    run.up("unit");
    assert_eq!(run.stopped, ["unit", "unit"]);
    run.died("unit", 143);
    assert_eq!(run.code(), 143);
}

#[test]
fn an_end_that_was_not_seen_is_no_success() {
    let mut run = run("  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.up("unit");
    run.input(Input::EngineLost);
    assert_eq!(run.outcome("unit"), Some(Outcome::EngineLost));
    assert_eq!(run.code(), 69);
}

#[test]
fn a_build_that_fails_leaves_nothing_to_start() {
    let mut run = run(PIPELINE);
    let failure = StartFailure {
        stage: run.at("unit"),
        outcome: Outcome::BuildFailed,
        cause: "cc: not found".into(),
        code: None,
    };
    run.input(Input::Prepared { failed: vec![failure] });
    assert!(run.started.is_empty());
    assert_eq!(run.code(), 76);
}

#[test]
fn what_has_no_replicas_is_skipped_and_not_waited_for() {
    let mut run = run("  helper: {image: i, scale: 0}
  unit: {image: i, command: [pytest], depends_on: {helper: {condition: service_started}}}
");
    run.prepared();
    run.up("unit");
    run.died("unit", 0);
    assert_eq!(run.outcome("helper"), Some(Outcome::Skipped));
    assert_eq!(run.code(), 0);
}

#[test]
fn what_a_provider_brings_about_is_there_once_the_call_is_back() {
    let mut run = run("  db: {provider: {type: cloud}}
  unit: {image: i, command: [pytest], depends_on: {db: {condition: service_started}}}
");
    run.prepared();
    assert_eq!(run.started, ["db"]);
    run.input(Input::UpReturned {
        stages: vec![0],
        failed: Vec::new(),
    });
    assert_eq!(run.started, ["db", "unit"]);
    run.up("unit");
    run.died("unit", 0);
    assert_eq!(run.code(), 0);
}

#[test]
fn every_replica_of_a_job_has_to_end_well() {
    let services = "  unit: {image: i, command: [pytest], scale: 2, x-towline: {kind: job}}\n";
    for (second, expected) in [(0, 0), (6, 6)] {
        let mut run = run(services);
        run.prepared();
        for instance in [1, 2] {
            run.input(Input::Started { stage: 0, instance });
        }
        run.input(Input::UpReturned {
            stages: vec![0],
            failed: Vec::new(),
        });
        run.died("unit", 0);
        assert!(!run.finished);
        run.input(Input::Died {
            stage: 0,
            instance: 2,
            code: second,
            oom: false,
            is_last: false,
            by_hand: false,
        });
        assert_eq!(i32::from(run.code()), expected);
    }
}

#[test]
fn memory_is_named_and_keeps_its_code() {
    let mut run = run("  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.up("unit");
    run.input(Input::Died {
        stage: 0,
        instance: 1,
        code: 137,
        oom: true,
        is_last: false,
        by_hand: false,
    });
    assert_eq!(run.outcome("unit"), Some(Outcome::OutOfMemory));
    assert_eq!(run.code(), 137);
}

#[test]
fn a_service_that_runs_out_of_memory_is_a_needed_service_that_ended() {
    let mut run = run("  helper: {image: i}\n  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.up("helper");
    run.up("unit");
    run.input(Input::Died {
        stage: 0,
        instance: 1,
        code: 137,
        oom: true,
        is_last: false,
        by_hand: false,
    });
    run.died("unit", 137);
    assert_eq!(run.outcome("helper"), Some(Outcome::OutOfMemory));
    assert_eq!(run.code(), 78);
}

#[test]
fn what_was_being_started_is_over_once_the_call_that_stops_it_is() {
    let mut run = run("  unit: {image: i, command: [pytest]}\n");
    run.prepared();
    run.input(Input::Signal(Signal::Interrupt));
    run.input(Input::StopReturned { stages: vec![0] });
    run.input(Input::UpReturned {
        stages: vec![0],
        failed: Vec::new(),
    });
    assert!(!run.finished, "its container may run, and has not been asked to end");
    run.input(Input::StopReturned { stages: vec![0] });
    assert_eq!(run.code(), 130);
}

/// A made-up plan: for each stage its kind and its needs among the stages before it.
fn any_services() -> impl Strategy<Value = String> {
    let need = prop_oneof![Just(None), Just(Some(0)), Just(Some(1)), Just(Some(2))];
    let stage = (0..3usize, proptest::collection::vec(need, 6));
    proptest::collection::vec(stage, 1..7).prop_map(|stages| {
        let conditions = ["service_started", "service_healthy", "service_completed_successfully"];
        let mut text = String::new();
        for (at, (kind, needs)) in stages.iter().enumerate() {
            let kind = ["job", "service", "deploy"][*kind];
            text += &format!("  s{at}: {{image: i, x-towline: {{kind: {kind}}}, depends_on: {{");
            for (to, need) in needs.iter().enumerate().take(at) {
                let to_service = stages[to].0 == 1;
                if let Some(need) = need.filter(|need| !(to_service && *need == 2)) {
                    text += &format!("s{to}: {{condition: {}}}, ", conditions[need]);
                }
            }
            text += "}}\n";
        }
        text
    })
}

/// What a made-up engine says next.
#[derive(Clone, Debug)]
enum Word {
    Start,
    Return,
    Die(i32),
    Health(bool),
    Fail,
    Tick,
    Signal,
}

fn any_word() -> impl Strategy<Value = (usize, Word)> {
    let word = prop_oneof![
        8 => Just(Word::Start),
        8 => Just(Word::Return),
        4 => Just(Word::Die(0)),
        1 => Just(Word::Die(1)),
        3 => Just(Word::Health(true)),
        1 => Just(Word::Health(false)),
        1 => Just(Word::Fail),
        1 => Just(Word::Tick),
    ];
    let rare = prop_oneof![40 => word, 1 => Just(Word::Signal)];
    (0..7usize, rare)
}

proptest! {
    #[test]
    fn the_rules_hold_whatever_happens(
        services in any_services(),
        words in proptest::collection::vec(any_word(), 0..120),
        keep_going: bool,
        end in prop_oneof![Just(End::JobsDone), Just(End::AllUp), Just(End::FirstExit), Just(End::AllEnded)],
    ) {
        let mut run = run_with(&services, Rules { keep_going, ..rules(end) });
        run.prepared();
        let mut all_started_needs_open = true;
        let mut seen = 0;
        for (stage, word) in words {
            if run.finished {
                break;
            }
            let stage = stage % run.scheduler.tracks.len();
            let asked = run.started.contains(&run.name(stage));
            match word {
                Word::Signal => run.input(Input::Signal(Signal::Interrupt)),
                Word::Tick => run.wait(3),
                _ if !asked => {}
                Word::Start => run.input(Input::Started { stage, instance: 1 }),
                Word::Return => run.input(Input::UpReturned { stages: vec![stage], failed: Vec::new() }),
                Word::Die(code) => run.input(Input::Died { stage, instance: 1, code, oom: false, is_last: false, by_hand: false }),
                Word::Health(healthy) => run.input(Input::Health { stage, instance: 1, healthy }),
                Word::Fail => {
                    let failure = StartFailure { stage, outcome: Outcome::StartFailed, cause: String::new(), code: None };
                    run.input(Input::UpReturned { stages: vec![stage], failed: vec![failure] });
                }
            }
            // No stage starts before its needs: those that were just started have all of them met.
            for name in &run.started[seen..] {
                let at = run.at(name);
                for need in &run.scheduler.plan.stages[at].needs {
                    let needed = &run.scheduler.plan.stages[need.index].name;
                    let passed = run.outcome(needed) == Some(Outcome::Passed);
                    let track = &run.scheduler.tracks[need.index];
                    all_started_needs_open &= match need.condition {
                        Condition::Succeeded => passed,
                        Condition::Healthy => track.was_healthy,
                        Condition::Started | Condition::Settled => track.has_started,
                        Condition::Built => true,
                    };
                }
            }
            seen = run.started.len();
        }
        prop_assert!(all_started_needs_open);
        // Cancel always ends, even when nothing answers.
        run.input(Input::Signal(Signal::Interrupt));
        run.input(Input::Signal(Signal::Interrupt));
        run.wait(60);
        prop_assert!(run.finished);
        for stage in 0..run.scheduler.tracks.len() {
            prop_assert!(run.outcome(&run.name(stage)).is_some(), "{} has no outcome", run.name(stage));
        }
        // A green verdict means that nothing failed and every job passed.
        if run.scheduler.verdict().passed {
            for (name, outcome) in &run.ended {
                prop_assert!(!outcome.is_failure(), "{name} {outcome}");
                let is_job = run.scheduler.plan.stages[run.at(name)].kind.runs_to_completion();
                if is_job && end != End::FirstExit {
                    prop_assert_eq!(*outcome, Outcome::Passed, "{}", name);
                }
            }
        }
    }
}
