//! Tests of the plan as a whole: model in, stages out.

mod kinds;
mod refusal;
mod settle;

use insta::assert_snapshot;

use super::*;

fn plan_with(yaml: &str, options: &Options) -> Result<Plan> {
    let project = Project::read_yaml(&format!("name: shop\nservices:\n{yaml}")).unwrap();
    build(&project, options)
}

fn plan(yaml: &str) -> Plan {
    plan_with(yaml, &Options::default()).unwrap()
}

fn error(yaml: &str, options: &Options) -> Failure {
    plan_with(yaml, options).unwrap_err()
}

/// The kind and the evidence of a stage.
fn kind_with(yaml: &str, name: &str, options: &Options) -> (Kind, Evidence) {
    let plan = plan_with(yaml, options).unwrap();
    kind_in(&plan, name)
}

fn kind_in(plan: &Plan, name: &str) -> (Kind, Evidence) {
    let stage = &plan.stages[plan.index(name).unwrap()];
    (stage.kind, stage.evidence)
}

/// What a stage needs, as `name condition`.
fn needs(plan: &Plan, name: &str) -> Vec<String> {
    let stage = &plan.stages[plan.index(name).unwrap()];
    let show = |need: &Need| format!("{} {}", need.stage, need.condition);
    stage.needs.iter().map(show).collect()
}

fn up_to(name: &str) -> Options {
    Options {
        exit_code_from: Some(name.into()),
        mode: Mode::Up,
        ..Options::default()
    }
}

#[test]
fn three_stages_and_a_loose_deploy() {
    let plan = plan(
        "  app: {build: {context: .}, ports: [{target: 80}]}
  deploy: {image: busybox, command: [sh, -c, echo], depends_on: {app: {condition: service_started}}}
  unit_tests: {build: {context: .}, command: [pytest]}
",
    );
    assert_snapshot!(text(&plan), @r"
    shop: 3 stages
      1  app         service it publishes ports
      2* unit_tests  job     its command runs `pytest`
      3* deploy      deploy  its name says `deploy`
                       needs app started
                       needs unit_tests succeeded (a deploy waits for every job)

    longest chain: unit_tests → deploy
    ");
}

#[test]
fn a_short_dependency_on_a_test_still_gates_the_deploy() {
    let plan = plan(
        "  unit_tests: {image: i, command: [pytest]}
  app: {image: i, depends_on: {unit_tests: {condition: service_started}}}
  deploy: {image: i, depends_on: {app: {condition: service_started}}}
",
    );
    let deploy = plan.stages.last().unwrap();
    assert_eq!(deploy.name, "deploy");
    let gates = |need: &&Need| need.stage == "unit_tests" && need.condition == Condition::Succeeded;
    assert!(deploy.needs.iter().any(|need| gates(&need)), "{deploy:?}");
}

#[test]
fn a_job_behind_the_deploy_does_not_gate_it() {
    let plan = plan(
        "  deploy: {image: i}
  smoke_test: {image: i, depends_on: {deploy: {condition: service_completed_successfully}}}
",
    );
    assert_eq!(plan.stages[0].name, "deploy");
    assert_eq!(plan.stages[0].needs, []);
}

#[test]
fn two_deploys_do_not_wait_for_each_other() {
    let plan = plan("  deploy_a: {image: i}\n  deploy_b: {image: i}\n  lint: {image: i}\n");
    for stage in plan.stages.iter().filter(|stage| stage.kind == Kind::Deploy) {
        let needs: Vec<_> = stage.needs.iter().map(|need| need.stage.as_str()).collect();
        assert_eq!(needs, ["lint"]);
    }
}

#[test]
fn a_deploy_that_waits_along_a_chain_is_not_gated_twice() {
    let plan = plan(
        "  lint: {image: i}
  app: {image: i, depends_on: {lint: {condition: service_completed_successfully}}}
  deploy: {image: i, depends_on: {app: {condition: service_started}}}
",
    );
    let deploy = plan.stages.last().unwrap();
    assert_eq!(deploy.needs.len(), 1, "{:?}", deploy.needs);
}

#[test]
fn targets_take_what_they_need_along_and_name_what_they_leave() {
    let options = Options {
        targets: vec!["deploy".into()],
        ..Options::default()
    };
    let plan = plan_with(
        "  db: {image: postgres}
  deploy: {image: i, depends_on: {db: {condition: service_started}}}
  lint: {image: i}
",
        &options,
    )
    .unwrap();
    let names: Vec<_> = plan.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["db", "deploy"]);
    assert_eq!(
        plan.notes,
        ["'deploy' runs without lint: not in the plan of these targets"]
    );
}

#[test]
fn an_unknown_target_suggests_a_near_one() {
    let options = Options {
        targets: vec!["unit_test".into()],
        ..Options::default()
    };
    let failure = error("  unit_tests: {image: i}\n", &options);
    assert_eq!(failure.exit.code(), 2);
    assert_eq!(failure.to_string(), "no service 'unit_test' in project 'shop'");
    assert_eq!(failure.hints, ["did you mean 'unit_tests'?"]);
}

#[test]
fn a_cycle_among_jobs_is_named() {
    let project = Project::read_yaml(
        "name: p
services: {}
jobs:
  a: {image: i, triggers: {manual: true}, depends_on: {b: {condition: service_completed_successfully}}}
  b: {image: i, triggers: {manual: true}, depends_on: {a: {condition: service_completed_successfully}}}
",
    )
    .unwrap();
    let failure = build(&project, &Options::default()).unwrap_err();
    assert_eq!(failure.exit.code(), 65);
    assert_eq!(failure.to_string(), "these stages wait for each other: a → b → a");
}

const GATED: &str =
    "  deploy: {image: i, depends_on: {tests: {condition: service_completed_successfully, required: false}}}\n";

#[test]
fn a_gate_that_is_not_there_stops_a_deploy() {
    let failure = error(GATED, &Options::default());
    assert_eq!(failure.exit.code(), 65);
    assert!(
        failure.to_string().contains("only after 'tests', which is not there"),
        "{failure}"
    );
    let ungated = Options {
        gate: false,
        ..Options::default()
    };
    assert_eq!(plan_with(GATED, &ungated).unwrap().notes.len(), 1);
}

#[test]
fn a_gate_without_replicas_stops_a_deploy() {
    let yaml = "  tests: {image: i, command: [pytest], scale: 0}\n  deploy: {image: i}\n";
    let failure = error(yaml, &Options::default());
    assert!(failure.to_string().contains("has no replicas"), "{failure}");
}

#[test]
fn an_absent_optional_dependency_of_a_test_is_a_note() {
    let plan = plan(
        "  tests: {image: i, command: [pytest], depends_on: {tracing: {condition: service_started, required: false}}}\n",
    );
    assert_eq!(plan.notes.len(), 1);
    assert!(plan.notes[0].contains("without 'tracing'"));
}

#[test]
fn a_wrong_kind_is_named_with_its_place() {
    let failure = error("  a: {image: i, x-towline: {kind: jab}}\n", &Options::default());
    assert_eq!(failure.to_string(), "services.a.x-towline.kind: unknown kind `jab`");
    assert_eq!(failure.hints, ["did you mean `job`?"]);
}

#[test]
fn a_service_that_does_not_end_cannot_be_waited_for() {
    let failure = error(
        "  a: {image: i, x-towline: {kind: service}}
  b: {image: i, depends_on: {a: {condition: service_completed_successfully}}}
",
        &Options::default(),
    );
    assert_eq!(failure.exit.code(), 65);
}

#[test]
fn no_more_replicas_than_an_engine_starts() {
    let failure = error("  a: {image: i, scale: 4000000000}\n", &Options::default());
    assert_eq!(failure.exit.code(), 65);
}

#[test]
fn exit_code_from_makes_a_job_and_a_deploy_where_it_says_so() {
    let options = Options {
        exit_code_from: Some("deploy".into()),
        ..Options::default()
    };
    let plan = plan_with(
        "  deploy: {image: i, ports: [{target: 80}]}\n  unit: {image: i}\n",
        &options,
    )
    .unwrap();
    let deploy = plan.stages.last().unwrap();
    assert_eq!((deploy.name.as_str(), deploy.kind), ("deploy", Kind::Deploy));
    assert_eq!(deploy.needs[0].stage, "unit");
}
