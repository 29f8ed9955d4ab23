//! towline's own flags, and targets.

use crate::common::{Project, engine};

/// Jobs that say when they are at work: the most that were so at once is the highest number in the log.
const CROWD: &str = "  a_test: &crowd {<<: *box, command: ['mkdir /ran/at-work-$$HOSTNAME; ls /ran | grep -c at-work >>/ran/log; sleep 1; rmdir /ran/at-work-$$HOSTNAME']}
  b_test: *crowd
  c_test: *crowd
  d_test: *crowd
";

#[test]
fn jobs_bounds_how_many_run_at_once() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "flags", CROWD);
    let most = |line: &str| {
        let finished = project.towline(line).run();
        finished.passed();
        let counts: Vec<u32> = project
            .ran()
            .iter()
            .map(|word| word.parse().expect("a count"))
            .collect();
        assert_eq!(counts.len(), 4, "{finished}");
        project.empty_ran();
        counts.into_iter().max().unwrap_or_default()
    };
    assert_eq!(most("ci --jobs 1"), 1);
    assert!(most("ci -j 2") <= 2);
    assert!(most("ci") > 1, "without a bound they run side by side");
}

#[test]
fn an_unknown_target_is_refused_with_what_was_meant() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "flags", "  unit_tests: {<<: *box, command: ['exit 0']}\n");
    for line in ["ci unit_test", "up --exit-code-from unit_test", "up --wait unit_test"] {
        project
            .towline(line)
            .run()
            .refused(2, &["unit_test", "did you mean 'unit_tests'?"]);
    }
    project
        .towline("ci nothing-like-it")
        .run()
        .refused(2, &["nothing-like-it", "unit_tests"]);
    project.nothing_left();
}

#[test]
fn a_dry_run_shows_the_plan_and_touches_nothing() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, command: ['echo test >>/ran/log']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    let project = Project::with_services(engine, "flags", services);
    for line in ["ci --dry-run", "--dry-run ci"] {
        let finished = project.towline(line).run();
        finished.ended(0);
        let plan = finished.text();
        for word in ["test", "deploy", "job"] {
            assert!(plan.contains(word), "no {word} in the plan\n{finished}");
        }
        assert!(
            !project.directory.join(".towline").exists(),
            "a dry run leaves no record\n{finished}"
        );
    }
    assert!(project.ran().is_empty());
    project.nothing_left();
}

#[test]
fn a_run_out_of_time_names_the_stage_and_ends_soon() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, command: ['sleep 60']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    let project = Project::with_services(engine, "flags", services);
    let finished = project.towline("ci --timeout 3s").run();
    finished
        .failed("stage=test outcome=timed_out code=124")
        .stage("deploy", "cancelled")
        .says("may take 3");
    assert!(project.ran().is_empty(), "{finished}");
    assert!(finished.took.as_secs() < 15, "{finished}");
    project.nothing_left();
}

#[test]
fn keep_going_tells_every_stage() {
    let Some(engine) = engine() else { return };
    let services = "  alpha_test: {<<: *box, command: ['exit 3']}
  beta_test: {<<: *box, command: ['sleep 1; echo beta >>/ran/log']}
  gamma_test: {<<: *box, command: ['exit 5'], depends_on: {alpha_test: *succeeded}}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    let project = Project::with_services(engine, "flags", services);
    let finished = project.towline("ci --keep-going").run();
    finished.failed("stage=alpha_test outcome=failed code=3");
    for (stage, outcome) in [
        ("alpha_test", "failed"),
        ("beta_test", "passed"),
        ("gamma_test", "skipped"),
        ("deploy", "skipped"),
    ] {
        finished.stage(stage, outcome);
    }
    assert_eq!(project.ran(), ["beta"], "{finished}");
}

#[test]
fn up_scales_what_it_is_asked_to() {
    let Some(engine) = engine() else { return };
    let services = "  app: {<<: *box, command: ['echo app >>/ran/log; sleep infinity']}
  test: {<<: *box, depends_on: [app], command: ['until test $$(wc -l </ran/log) -ge 2; do sleep 0.1; done']}
";
    let project = Project::with_services(engine, "flags", services);
    let finished = project.towline("up --scale app=2 --exit-code-from test").run();
    finished.passed();
    assert_eq!(project.ran(), ["app", "app"], "{finished}");
}

#[test]
fn a_cheap_settling_time_is_enough_where_nothing_ends() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "flags", "  app: {<<: *box, command: ['sleep 4; exit 3']}\n");
    project.towline("ci --kind app=service --settle 500ms").run().passed();
    project
        .towline("ci --kind app=service --settle 8s")
        .run()
        .failed("stage=app outcome=ended code=78");
}

#[test]
fn a_refused_run_has_a_last_line_too() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "flags", "services: {a: {image: busybox, comand: x}}\n");
    for line in ["ci", "up --wait"] {
        let finished = project.towline(line).run();
        finished.ended(65);
        let last = finished.last_line();
        assert!(
            last.starts_with("towline: FAILED ") && last.contains("code=65"),
            "the last line\n{finished}"
        );
    }
}

#[test]
fn a_deploy_without_its_test_is_refused_with_both_names() {
    let Some(engine) = engine() else { return };
    let services = "  smoke: {<<: *box, command: ['exit 0'], profiles: [full]}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {smoke: {<<: *succeeded, required: false}}}
";
    let project = Project::with_services(engine, "flags", services);
    project
        .towline("ci")
        .run()
        .refused(65, &["'deploy'", "'smoke'", "--profile", "--no-gate"]);
    assert!(project.ran().is_empty());
    project.nothing_left();
}

#[test]
fn many_jobs_at_once_run_each_once() {
    let Some(engine) = engine() else { return };
    let jobs: String = (0..30)
        .map(|job| {
            format!(
                "  job{job}_test: {{<<: *box, command: ['echo {job} >>/ran/log; exit {}']}}\n",
                i32::from(job == 17) * 9
            )
        })
        .collect();
    let project = Project::with_services(engine, "flags", &jobs);
    let finished = project.towline("ci --keep-going").run();
    finished.failed("stage=job17_test outcome=failed code=9");
    let mut ran: Vec<u32> = project
        .ran()
        .iter()
        .map(|word| word.parse().expect("a number"))
        .collect();
    ran.sort_unstable();
    assert_eq!(ran, (0..30).collect::<Vec<u32>>(), "{finished}");
    project.nothing_left();
}
