//! What may not start, and what is said of it.

use super::*;

fn refused(plan: &Plan, strict: bool) -> Option<String> {
    plan.refusal(strict).map(|refusal| refusal.message)
}

const DEPLOY: &str = "  deploy: {image: i, command: [kubectl, apply, -f, x]}\n";

#[test]
fn an_unknown_stage_before_a_deploy_is_refused_with_three_ways_out() {
    let plan = plan(&format!(
        "  app: {{image: i}}\n  runner: {{image: i}}\n  lint: {{image: i, command: [eslint, .]}}\n{DEPLOY}"
    ));
    let refusal = plan.refusal(false).unwrap();
    let names: Vec<_> = refusal.stages.iter().map(|at| plan.stages[*at].name.as_str()).collect();
    assert_eq!(names, ["app", "runner"]);
    let failure = Failure::from(refusal);
    assert_eq!(failure.exit.code(), 65);
    assert_snapshot!(format!("{failure}\n{}", failure.hints.join("\n")), @r"
    cannot tell whether `app` and `runner` run to completion, and `deploy` would be deployed without waiting for it
    say it on the command line, with `service` for what keeps running: --kind app=job --kind runner=job
    or in the compose file, below `app:`: x-towline: {kind: job}
    or let a stage wait for it: depends_on: {app: {condition: service_completed_successfully}}
    ");
}

#[test]
fn an_unknown_stage_alone_is_refused() {
    assert_eq!(
        refused(&plan("  app: {image: i}\n"), false).as_deref(),
        Some("cannot tell whether `app` runs to completion, and no other stage does")
    );
    let with_db = plan("  app: {image: i, depends_on: {db: {condition: service_started}}}\n  db: {image: postgres}\n");
    assert!(refused(&with_db, false).is_some());
}

#[test]
fn beside_jobs_and_without_a_deploy_an_unknown_stage_may_start_unless_strict() {
    let plan = plan("  app: {image: i}\n  lint: {image: i, command: [eslint, .]}\n");
    assert_eq!(refused(&plan, false), None);
    assert_eq!(
        refused(&plan, true).as_deref(),
        Some("cannot tell whether `app` runs to completion, and --strict does not let that pass")
    );
}

#[test]
fn without_gates_an_unknown_stage_before_a_deploy_is_a_note() {
    let options = Options {
        gate: false,
        ..Options::default()
    };
    let plan = plan_with(&format!("  app: {{image: i}}\n{DEPLOY}"), &options).unwrap();
    assert_eq!(refused(&plan, false), None);
    assert_eq!(
        plan.notes,
        ["`deploy` does not wait for `app`, which may be a job: --no-gate"]
    );
    assert!(refused(&plan, true).is_some());
}

#[test]
fn in_a_project_of_the_users_the_deploy_that_counts_decides() {
    let yaml = format!("  app: {{image: i}}\n  other: {{image: i, command: [eslint, .]}}\n{DEPLOY}");
    let of = |options: &Options| refused(&plan_with(&yaml, options).unwrap(), false);
    assert!(of(&up_to("deploy")).is_some());
    assert_eq!(of(&up_to("other")), None);
    let up = Options {
        mode: Mode::Up,
        ..Options::default()
    };
    assert_eq!(of(&up), None);
    assert_eq!(
        refused(&plan_with("  app: {image: i}\n", &up).unwrap(), true).as_deref(),
        None
    );
}

#[test]
fn services_alone_pass_with_a_note_and_not_when_strict() {
    let plan = plan("  db: {image: postgres}\n");
    assert_eq!(
        plan.notes,
        ["nothing here runs to completion: passed when all services were up"]
    );
    assert_eq!(refused(&plan, false), None);
    assert_eq!(
        refused(&plan, true).as_deref(),
        Some("nothing in this run runs to completion, and --strict does not let that pass")
    );
    let builds = super::plan("  a: {build: {context: .}, x-towline: {kind: build}}\n");
    assert_eq!((refused(&builds, true), builds.notes.len()), (None, 0));
}

fn hidden(targets: &[&str]) -> Options {
    Options {
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        hidden: vec![Hidden {
            name: "tests".into(),
            profiles: vec!["ci".into(), "full".into()],
        }],
        ..Options::default()
    }
}

#[test]
fn jobs_behind_profiles_are_named_where_nothing_else_ends() {
    let plan = plan_with("  db: {image: postgres}\n", &hidden(&[])).unwrap();
    let refusal = plan.refusal(false).unwrap();
    assert_snapshot!(format!("{}\n{}", refusal.message, refusal.hints.join("\n")), @r"
    nothing in this run runs to completion, and the jobs of the file are behind profiles that are not active
    activate the profile of `tests` (--profile ci)
    if one of the stages is a job, name it: --kind NAME=job
    to start the services alone, name them: towline ci NAME
    ");
    // Who names the service knows what is left out.
    let plan = plan_with("  db: {image: postgres}\n", &hidden(&["db"])).unwrap();
    assert_eq!(refused(&plan, false), None);
    let plan = plan_with("  lint: {image: i, command: [eslint, .]}\n", &hidden(&[])).unwrap();
    assert_eq!((refused(&plan, false), plan.notes.len()), (None, 0));
    let unknown = plan_with("  app: {image: i}\n", &hidden(&[]))
        .unwrap()
        .refusal(false)
        .unwrap();
    assert_eq!(
        unknown.hints.last().unwrap(),
        "activate the profile of `tests` (--profile ci)"
    );
}

#[test]
fn jobs_behind_profiles_that_a_deploy_does_not_wait_for_are_a_note_beside_others() {
    let plan = plan_with(&format!("{DEPLOY}  lint: {{image: i}}\n"), &hidden(&[])).unwrap();
    assert_eq!(
        plan.notes,
        ["`deploy` runs without `tests` (--profile ci), whose profile is not active"]
    );
    assert_eq!(plan.refusal(false), None);
}

#[test]
fn a_deploy_does_not_start_where_all_tests_are_behind_profiles() {
    let refusal = plan_with(DEPLOY, &hidden(&[])).unwrap().refusal(false).unwrap();
    assert_eq!(
        refusal.message,
        "`deploy` would be deployed without a test: the jobs of the file are behind profiles that are not active"
    );
    assert_eq!(refusal.hints[0], "activate the profile of `tests` (--profile ci)");
    let ungated = Options {
        gate: false,
        ..hidden(&[])
    };
    assert_eq!(plan_with(DEPLOY, &ungated).unwrap().refusal(false), None);
}

#[test]
fn a_deploy_does_not_start_behind_the_start_of_what_may_be_a_job_by_its_name() {
    let yaml = "  verify: {image: i}\n  deploy: {image: i, depends_on: {verify: {condition: service_started}}}\n";
    let refusal = plan_with(yaml, &Options::default()).unwrap().refusal(false).unwrap();
    assert_eq!(
        refusal.message,
        "cannot tell whether `verify` runs to completion: it is so by name, and `deploy` waits for no more than the start"
    );
    // Behind a test that needs it, it is a server.
    let yaml = "  integration: {image: i}
  tests: {image: i, depends_on: {integration: {condition: service_started}}}
  deploy: {image: i, depends_on: {tests: {condition: service_completed_successfully}}}
";
    assert_eq!(plan_with(yaml, &Options::default()).unwrap().refusal(false), None);
}

#[test]
fn a_need_for_the_health_of_a_stage_without_health_check_is_an_error() {
    for check in ["disable: true", "test: [NONE]"] {
        let yaml = format!(
            "  db: {{image: i, healthcheck: {{{check}}}}}
  test: {{image: i, depends_on: {{db: {{condition: service_healthy}}}}}}
"
        );
        for options in [Options::default(), up_to("test")] {
            let failure = error(&yaml, &options);
            assert_eq!(failure.exit.code(), 65);
            assert_eq!(
                failure.to_string(),
                "services.test.depends_on.db: `test` waits for `db` to become healthy, and the health check of `db` is disabled"
            );
        }
    }
}

#[test]
fn a_job_without_replicas_is_an_error() {
    let failure = error("  tests: {image: i, scale: 0}\n", &Options::default());
    assert_eq!(failure.exit.code(), 65);
    assert_eq!(
        failure.to_string(),
        "`tests` never runs: it has no replicas (its name says `tests`)"
    );
    assert_eq!(
        failure.hints,
        ["give it a replica (scale: 1), or say that it is not a job: --kind tests=service"]
    );
    let failure = error("  a: {image: i, scale: 0}\n", &up_to("a"));
    assert_eq!(
        failure.to_string(),
        "`a` never runs: it has no replicas (--exit-code-from names it)"
    );
    // Elsewhere in a project of the user's, compose says what such a service is good for.
    assert!(plan_with("  a: {image: i}\n  tests: {image: i, scale: 0}\n", &up_to("a")).is_ok());
}

#[test]
fn a_reader_of_the_plan_learns_what_ci_changes_and_does_about_unknown_stages() {
    let plan = plan(&format!(
        "  app: {{image: i, tty: true}}\n  test: {{image: i, tty: true, stdin_open: true, restart: always}}\n{DEPLOY}"
    ));
    assert_eq!(
        plan.remarks(false),
        [
            "`ci` runs `test` without its `restart`, `tty` and `stdin_open`: it is a job",
            "`ci` asks the image about `app`, and where it does not say either, does not start: cannot tell whether `app` runs to \
             completion, and `deploy` would be deployed without waiting for it; say it on the command line, with `service` for \
             what keeps running: --kind app=job",
        ]
    );
    let plan = super::plan("  app: {image: i}\n  lint: {image: i, command: [eslint, .]}\n");
    assert_eq!(
        plan.remarks(false),
        ["`ci` asks the image about `app`, and takes for a service what it does not say either"]
    );
}
