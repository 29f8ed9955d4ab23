//! Which evidence outweighs which.

use super::*;

fn rules(kinds: &[(&str, Kind, RulePlace)]) -> Options {
    let rule = |(pattern, kind, place): &(&str, Kind, RulePlace)| KindRule::new(pattern, *kind, *place).unwrap();
    Options {
        kinds: kinds.iter().map(rule).collect(),
        ..Options::default()
    }
}

/// A service of this name that nobody depends on.
fn alone(name: &str, service: &str) -> (Kind, Evidence) {
    kind_with(
        &format!("  {name}: {{image: i, {service}}}\n"),
        name,
        &Options::default(),
    )
}

#[test]
fn a_program_outweighs_what_looks_like_a_server() {
    for service in [
        "command: [pytest]",
        "command: [pytest], restart: always",
        "command: [pytest], scale: 3",
        "command: [pytest], ports: [{target: 80}]",
        "command: [pytest], expose: ['80']",
        "command: [pytest], healthcheck: {test: [CMD, 'true']}",
        "entrypoint: [/entrypoint.sh], command: [npm, test], restart: unless-stopped",
    ] {
        assert_eq!(alone("thing", service), (Kind::Job, Evidence::Program), "{service}");
    }
    assert_eq!(alone("thing", "command: [helm, upgrade, a, .]").0, Kind::Deploy);
    assert_eq!(alone("deploy", "command: [rake]"), (Kind::Deploy, Evidence::Program));
    assert_eq!(
        kind_with(
            "  a: {image: grafana/k6, command: [run, x.js], ports: [{target: 6565}]}\n",
            "a",
            &Options::default()
        ),
        (Kind::Job, Evidence::Program)
    );
}

#[test]
fn a_strong_name_outweighs_replicas_and_restart_and_nothing_more() {
    for name in [
        "test",
        "tests",
        "test-runner",
        "unittests",
        "acceptance",
        "smoke",
        "migrate-db",
        "pytest",
        "k6",
        "e2e",
    ] {
        for service in [
            "restart: always",
            "scale: 3",
            "restart: on-failure",
            "restart: unless-stopped",
        ] {
            assert_eq!(alone(name, service), (Kind::Job, Evidence::Name), "{name} {service}");
        }
        // Tests that are based on the application have its ports and its health check: a guess would be green.
        for service in [
            "ports: [{target: 80}]",
            "expose: ['80']",
            "healthcheck: {test: [CMD, 'true']}",
            "command: [/run.sh], ports: [{target: 80}]",
        ] {
            assert_eq!(
                alone(name, service),
                (Kind::Unknown, Evidence::Nothing),
                "{name} {service}"
            );
        }
        for service in ["command: [nginx]", "command: [nginx], ports: [{target: 80}]"] {
            assert_eq!(
                alone(name, service),
                (Kind::Service, Evidence::Server),
                "{name} {service}"
            );
        }
    }
    // Somebody is to run the tests in it, or it waits for their end: a name and a program that say the opposite.
    let waits = "command: [sleep, infinity]";
    assert_eq!(alone("tests", waits), (Kind::Unknown, Evidence::Nothing));
    assert_eq!(alone("audit", waits), (Kind::Service, Evidence::Server));
    let healthy = "  test: {image: i}\n  a: {image: i, depends_on: {test: {condition: service_healthy}}}\n";
    assert_eq!(
        kind_with(healthy, "test", &Options::default()),
        (Kind::Service, Evidence::Server)
    );
    let called = "  test: {image: acme/api-server}\n";
    assert_eq!(
        kind_with(called, "test", &Options::default()),
        (Kind::Service, Evidence::Server)
    );
    let replaced = "  test: {image: acme/api-server, command: [/x/suite]}\n";
    assert_eq!(
        kind_with(replaced, "test", &Options::default()),
        (Kind::Job, Evidence::Name)
    );
    let image = "  test: {image: postgres:16}\n";
    assert_eq!(
        kind_with(image, "test", &Options::default()),
        (Kind::Service, Evidence::Server)
    );
}

#[test]
fn an_ambiguous_name_makes_a_job_where_nothing_says_server() {
    for name in [
        "integration",
        "audit",
        "release",
        "unit",
        "package",
        "push",
        "scan",
        "init",
        "init-db",
        "setup",
        "sut",
    ] {
        assert!(alone(name, "restart: 'no'").0.runs_to_completion(), "{name}");
        assert!(alone(name, "restart: on-failure").0.runs_to_completion(), "{name}");
        for service in ["restart: always", "scale: 2", "ports: [{target: 80}]"] {
            assert_eq!(
                alone(name, service),
                (Kind::Service, Evidence::Server),
                "{name} {service}"
            );
        }
        let needed = format!(
            "  {name}: {{image: i}}\n  web: {{image: i, depends_on: {{{name}: {{condition: service_started}}}}}}\n"
        );
        assert_eq!(
            kind_with(&needed, name, &Options::default()),
            (Kind::Service, Evidence::Dependents),
            "{name}"
        );
    }
}

#[test]
fn a_strong_name_that_others_depend_on_being_started_stays_a_job() {
    let yaml = "  test: {image: i}\n  deploy: {image: i, depends_on: {test: {condition: service_started}}}\n";
    let plan = plan(yaml);
    assert_eq!(kind_in(&plan, "test"), (Kind::Job, Evidence::Name));
    assert_eq!(needs(&plan, "deploy"), ["test succeeded"]);
}

#[test]
fn without_evidence_the_kind_is_unknown() {
    for (name, service) in [
        ("app", "restart: 'no'"),
        ("app", "restart: on-failure"),
        ("test-db", "restart: 'no'"),
    ] {
        assert_eq!(
            alone(name, service),
            (Kind::Unknown, Evidence::Nothing),
            "{name} {service}"
        );
    }
    assert_eq!(alone("app", "restart: always"), (Kind::Service, Evidence::Server));
    // An image of a server says nothing of a script that runs in its place.
    let script = "  a: {image: postgres, command: [sh, -c, ./do-it]}\n";
    assert_eq!(
        kind_with(script, "a", &Options::default()),
        (Kind::Unknown, Evidence::Nothing)
    );
    let options = "  a: {image: postgres, command: [-c, fsync=off]}\n";
    assert_eq!(
        kind_with(options, "a", &Options::default()),
        (Kind::Service, Evidence::Server)
    );
}

#[test]
fn what_others_depend_on_decides() {
    for (condition, expected) in [
        ("service_completed_successfully", (Kind::Job, Evidence::Place)),
        ("service_healthy", (Kind::Service, Evidence::Server)),
        ("service_started", (Kind::Service, Evidence::Dependents)),
    ] {
        let yaml = format!("  a: {{image: i}}\n  b: {{image: i, depends_on: {{a: {{condition: {condition}}}}}}}\n");
        assert_eq!(kind_with(&yaml, "a", &Options::default()), expected, "{condition}");
    }
}

#[test]
fn a_target_that_nothing_in_the_plan_depends_on_is_a_job() {
    let yaml = "  acme: {image: i}
  served: {image: i, ports: [{target: 80}]}
  needed: {image: i}
  web: {image: i, depends_on: {needed: {condition: service_started}}}
";
    let of = |targets: &[&str], name: &str| {
        let options = Options {
            targets: targets.iter().map(|target| (*target).to_owned()).collect(),
            ..Options::default()
        };
        kind_with(yaml, name, &options)
    };
    assert_eq!(of(&["acme"], "acme"), (Kind::Job, Evidence::Target));
    assert_eq!(of(&["served"], "served"), (Kind::Service, Evidence::Server));
    assert_eq!(of(&["needed", "web"], "needed"), (Kind::Service, Evidence::Dependents));
    // What depends on it is not in this plan.
    assert_eq!(of(&["needed"], "needed"), (Kind::Job, Evidence::Target));
    assert_eq!(of(&["web"], "web"), (Kind::Job, Evidence::Target));
    // In a project of the user's, a service that is named is not what the run is for.
    let up = Options {
        targets: vec!["acme".into()],
        mode: Mode::Up,
        ..Options::default()
    };
    assert_eq!(kind_with(yaml, "acme", &up), (Kind::Unknown, Evidence::Nothing));
}

#[test]
fn a_kind_said_by_hand_outweighs_all() {
    use RulePlace::{Flag, Settings};
    let of = |kinds: &[(&str, Kind, RulePlace)], name: &str, service: &str| {
        kind_with(&format!("  {name}: {{image: i, {service}}}\n"), name, &rules(kinds))
    };
    let job = (Kind::Job, Evidence::Explicit);
    let service = (Kind::Service, Evidence::Explicit);
    assert_eq!(of(&[("a", Kind::Job, Flag)], "a", "ports: [{target: 80}]"), job);
    assert_eq!(of(&[("a", Kind::Job, Settings)], "a", "ports: [{target: 80}]"), job);
    assert_eq!(of(&[("imp*", Kind::Job, Flag)], "import-x", "restart: always"), job);
    assert_eq!(alone("a", "command: [pytest], x-towline: {kind: service}"), service);
    // The command line before the file, the file before the settings.
    let key = "x-towline: {kind: service}";
    assert_eq!(
        of(&[("a", Kind::Job, Flag), ("a", Kind::Build, Settings)], "a", key),
        job
    );
    assert_eq!(of(&[("a", Kind::Job, Settings)], "a", key), service);
    // A whole name before a pattern, and the later of two.
    assert_eq!(of(&[("a", Kind::Job, Flag), ("*", Kind::Service, Flag)], "a", key), job);
    assert_eq!(
        of(&[("*", Kind::Service, Flag), ("a*", Kind::Job, Flag)], "ab", key),
        job
    );
}

#[test]
fn a_flag_and_a_key_that_disagree_are_named() {
    let options = rules(&[("a", Kind::Job, RulePlace::Flag)]);
    let plan = plan_with("  a: {image: i, x-towline: {kind: service}}\n", &options).unwrap();
    assert_eq!(
        plan.notes,
        ["`a` is a job by --kind; its x-towline.kind says `service`"]
    );
    assert_eq!(plan.stages[0].reason, "--kind says so (`a=job`)");
}

#[test]
fn a_kind_for_nobody_is_wrong_usage() {
    let options = rules(&[("imports-*", Kind::Job, RulePlace::Flag)]);
    let failure = error("  import-x: {image: i}\n  web: {image: i}\n", &options);
    assert_eq!(failure.exit.code(), 2);
    assert_eq!(
        failure.to_string(),
        "--kind imports-*=job: no service of project `shop` matches `imports-*`"
    );
    assert_eq!(failure.hints, ["did you mean 'import-x'?"]);
    let options = rules(&[("wbe", Kind::Job, RulePlace::Flag)]);
    assert_eq!(error("  web: {image: i}\n", &options).hints, ["did you mean 'web'?"]);
    // The settings are for more files than one.
    let options = rules(&[("imports-*", Kind::Job, RulePlace::Settings)]);
    assert!(plan_with("  web: {image: i}\n", &options).is_ok());
}

#[test]
fn a_kind_that_a_service_cannot_have_is_an_error() {
    let options = rules(&[("a", Kind::Build, RulePlace::Flag)]);
    assert_eq!(
        error("  a: {image: i}\n", &options).to_string(),
        "--kind: 'build' needs a 'build:' and 'a' has none"
    );
    let options = rules(&[("a", Kind::Service, RulePlace::Flag)]);
    let yaml = "  a: {image: i}\n  b: {image: i, depends_on: {a: {condition: service_completed_successfully}}}\n";
    assert_eq!(
        error(yaml, &options).to_string(),
        "services.b.depends_on.a: waits for `a` to complete, and a service does not end (--kind says so (`a=service`))"
    );
}

#[test]
fn with_wait_a_job_by_name_is_not_waited_for_and_nothing_is_gated() {
    let options = Options {
        mode: Mode::Up,
        wait: true,
        gate: false,
        ..Options::default()
    };
    let plan = plan_with(
        "  test: {image: i}\n  lint: {image: i, command: [eslint, .]}\n  deploy: {image: i}\n",
        &options,
    )
    .unwrap();
    let holds = |name: &str| plan.stages[plan.index(name).unwrap()].holds;
    assert_eq!(kind_in(&plan, "test"), (Kind::Job, Evidence::Name));
    assert_eq!(kind_in(&plan, "deploy"), (Kind::Deploy, Evidence::Name));
    assert!(!holds("test") && !holds("deploy") && holds("lint"));
    assert_eq!(needs(&plan, "deploy"), [""; 0]);
}

#[test]
fn a_job_by_name_alone_holds_no_run_open_that_does_not_wait_for_it() {
    let yaml = "  audit: {image: i}
  lint: {image: i, command: [eslint, .]}
  seed: {image: i}
  test: {image: i, depends_on: {seed: {condition: service_started}}}
";
    let plan = plan_with(yaml, &up_to("test")).unwrap();
    let holds: Vec<_> = plan
        .stages
        .iter()
        .filter(|stage| stage.holds)
        .map(|stage| stage.name.as_str())
        .collect();
    assert_eq!(holds, ["lint", "seed", "test"]);
    assert_eq!(
        plan.notes,
        ["`audit` is a job by name alone, and the run does not wait for it; --kind audit=job makes it wait"]
    );
    // Before a deploy it is a gate, and that waits.
    let plan = plan_with("  audit: {image: i}\n  deploy: {image: i}\n", &up_to("deploy")).unwrap();
    assert!(plan.stages.iter().all(|stage| stage.holds));
    let plan = super::plan("  audit: {image: i}\n  web: {image: i, ports: [{target: 80}]}\n");
    assert!(plan.stages[0].holds && !plan.stages[1].holds);
}

#[test]
fn in_a_project_of_the_users_a_job_keeps_its_restart_policy() {
    let yaml = "  said: {image: i, restart: always, x-towline: {kind: job}}\n  test: {image: i, restart: always}\n";
    let restart = |options: &Options| -> Vec<Restart> {
        let plan = plan_with(yaml, options).unwrap();
        plan.stages.iter().map(|stage| stage.restart).collect()
    };
    assert_eq!(restart(&up_to("test")), [Restart::Always; 2]);
    assert_eq!(restart(&Options::default()), [Restart::No; 2]);
}
