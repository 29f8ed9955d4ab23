//! The same plan, once the images are there.

use proptest::prelude::*;

use super::*;

fn says(command: &str) -> ImageSays {
    ImageSays {
        command: command.split_whitespace().map(str::to_owned).collect(),
        ..ImageSays::default()
    }
}

fn settled(plan: &Plan, images: &[(&str, ImageSays)]) -> Plan {
    let images = images.iter().map(|(name, says)| ((*name).to_owned(), says.clone()));
    plan.settle(&images.collect()).unwrap()
}

/// What an image makes of the only stage of a plan.
fn by_image(service: &str, name: &str, says: ImageSays) -> (Kind, Evidence) {
    kind_in(
        &settled(&plan(&format!("  {name}: {service}\n")), &[(name, says)]),
        name,
    )
}

#[test]
fn an_image_decides_what_the_file_leaves_open() {
    let entrypoint = ImageSays {
        entrypoint: vec!["newman".into()],
        command: vec!["run".into()],
        ..ImageSays::default()
    };
    let exposes = ImageSays {
        exposes: true,
        ..says("./server")
    };
    let health = ImageSays {
        health: true,
        ..says("./server")
    };
    for (says, expected) in [
        (says("pytest"), (Kind::Job, Evidence::Image)),
        (entrypoint, (Kind::Job, Evidence::Image)),
        (says("kubectl apply -f x"), (Kind::Deploy, Evidence::Image)),
        (says("nginx"), (Kind::Service, Evidence::Image)),
        (exposes.clone(), (Kind::Service, Evidence::Image)),
        (health, (Kind::Service, Evidence::Image)),
        (says("./server"), (Kind::Unknown, Evidence::Nothing)),
        (
            ImageSays {
                exposes: true,
                ..says("npm test")
            },
            (Kind::Job, Evidence::Image),
        ),
    ] {
        assert_eq!(by_image("{image: i}", "app", says.clone()), expected, "{says:?}");
    }
    // What the file decides, no image turns around.
    let ports = "{image: i, ports: [{target: 80}]}";
    assert_eq!(
        by_image(ports, "app", says("pytest")),
        (Kind::Service, Evidence::Server)
    );
    let said = "{image: i, x-towline: {kind: service}}";
    assert_eq!(
        by_image(said, "app", says("pytest")),
        (Kind::Service, Evidence::Explicit)
    );
}

#[test]
fn an_image_weighs_against_a_name() {
    assert_eq!(
        by_image("{image: i}", "test", says("pytest")),
        (Kind::Job, Evidence::Image)
    );
    assert_eq!(
        by_image("{image: i}", "deploy", says("make build")),
        (Kind::Deploy, Evidence::Image)
    );
    // A test is waited for whatever its image is called; what is called `integration` can be a server.
    assert_eq!(
        by_image("{image: i}", "test", says("nginx")),
        (Kind::Job, Evidence::Name)
    );
    assert_eq!(
        by_image("{image: i}", "integration", says("nginx")),
        (Kind::Service, Evidence::Image)
    );
    let exposes = ImageSays {
        exposes: true,
        ..says("./x")
    };
    assert_eq!(
        by_image("{image: i}", "integration", exposes.clone()),
        (Kind::Job, Evidence::Name)
    );
    // The image of what it tests says nothing of a test.
    let based = "{image: i, ports: [{target: 80}]}";
    assert_eq!(by_image(based, "test", exposes), (Kind::Unknown, Evidence::Nothing));
    assert_eq!(by_image(based, "test", says("nginx")), (Kind::Service, Evidence::Image));
}

#[test]
fn an_image_decides_about_what_others_start_and_about_a_target() {
    let yaml = "  api: {image: i}\n  web: {image: i, depends_on: {api: {condition: service_started}}}\n";
    let plan = settled(&plan(yaml), &[("api", says("pytest")), ("web", says("nginx"))]);
    assert_eq!(kind_in(&plan, "api"), (Kind::Job, Evidence::Image));
    let options = Options {
        targets: vec!["acme".into()],
        ..Options::default()
    };
    let plan = plan_with("  acme: {image: i}\n", &options).unwrap();
    assert_eq!(kind_in(&settled(&plan, &[]), "acme"), (Kind::Job, Evidence::Target));
    let exposes = ImageSays {
        exposes: true,
        ..ImageSays::default()
    };
    assert_eq!(
        kind_in(&settled(&plan, &[("acme", exposes)]), "acme"),
        (Kind::Service, Evidence::Image)
    );
}

#[test]
fn what_an_image_could_decide_is_listed() {
    let plan = plan(
        "  app: {image: i}
  api: {image: i}
  audit: {image: i}
  db: {image: postgres}
  lint: {image: i, command: [eslint, .]}
  said: {image: i, x-towline: {kind: job}}
  web: {image: i, ports: [{target: 80}], depends_on: {api: {condition: service_started}}}
",
    );
    assert_eq!(plan.undecided(), ["api", "app", "audit"]);
}

#[test]
fn a_job_by_image_gates_a_deploy_and_no_stage_moves() {
    let yaml = "  a_deploy: {image: i, command: [kubectl, apply]}\n  runner: {image: i}\n  served: {image: i}\n";
    let before = plan(yaml);
    assert_eq!(needs(&before, "a_deploy"), [""; 0]);
    let after = settled(&before, &[("runner", says("npm test")), ("served", says("nginx"))]);
    assert_eq!(needs(&after, "a_deploy"), ["runner succeeded"]);
    let names = |plan: &Plan| -> Vec<String> { plan.stages.iter().map(|stage| stage.name.clone()).collect() };
    assert_eq!(names(&before), ["runner", "served", "a_deploy"]);
    assert_eq!(names(&before), names(&after));
    assert!(after.stages[0].holds && after.stages[0].critical);
    // And the other way round: what was a gate by its name is none any more.
    let before = plan("  audit: {image: i}\n  deploy: {image: i}\n");
    assert_eq!(needs(&before, "deploy"), ["audit succeeded"]);
    assert_eq!(needs(&settled(&before, &[("audit", says("nginx"))]), "deploy"), [""; 0]);
}

#[test]
fn a_need_that_the_file_has_comes_back() {
    let yaml = "  api: {image: i}\n  deploy: {image: i, depends_on: {api: {condition: service_started}}}\n";
    let plan = plan(yaml);
    let job = settled(&plan, &[("api", says("pytest"))]);
    assert_eq!(needs(&job, "deploy"), ["api succeeded"]);
    assert_eq!(
        needs(&settled(&job, &[("api", says("nginx"))]), "deploy"),
        ["api started"]
    );
}

#[test]
fn notes_that_were_added_stay() {
    let mut plan = plan("  app: {image: i}\n");
    plan.notes.push("added".to_owned());
    let plan = settled(&plan, &[("app", says("nginx"))]);
    assert_eq!(
        plan.notes,
        [
            "added",
            "nothing here runs to completion: passed when all services were up"
        ]
    );
}

#[test]
fn what_cannot_come_true_is_an_error_after_settling_too() {
    let plan = plan("  app: {image: i, scale: 0}\n  lint: {image: i, command: [eslint, .]}\n");
    let images = [("app".to_owned(), says("pytest"))].into();
    let failure = plan.settle(&images).unwrap_err();
    assert_eq!(failure.exit.code(), 65);
    assert_eq!(
        failure.to_string(),
        "`app` never runs: it has no replicas (its image runs `pytest`)"
    );
}

/// What the images of a made-up plan say: nothing, a job, a server.
const SAID: [&str; 3] = ["./x", "pytest", "nginx"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Stages with needs among those before them, and one deploy: whatever the images say, each stage stands after those that
    /// it needs, in the place where it stood.
    #[test]
    fn no_stage_moves_whatever_the_images_say(
        stages in prop::collection::vec((0..4_usize, prop::collection::vec((0..8_usize, 0..2_usize), 0..3), 0..3_usize), 1..8),
        deploy in 0..8_usize,
    ) {
        let deploy = deploy % stages.len();
        let mut yaml = String::new();
        for (at, (looks, on, _)) in stages.iter().enumerate() {
            let looks = match at == deploy {
                true => "x-towline: {kind: deploy}",
                false => ["restart: 'no'", "restart: 'no'", "command: [pytest]", "ports: [{target: 80}]"][*looks],
            };
            // Names that sort the other way round.
            yaml += &format!("  s{}: {{image: i, {looks}, depends_on: {{", 9 - at);
            for (on, condition) in on.iter().filter(|(on, _)| *on < at) {
                yaml += &format!("s{}: {{condition: {}}}, ", 9 - on, ["service_started", "service_healthy"][*condition]);
            }
            yaml += "}}\n";
        }
        let before = plan(&yaml);
        let images = stages.iter().enumerate().map(|(at, (_, _, said))| (format!("s{}", 9 - at), says(SAID[*said])));
        let after = before.settle(&images.collect()).unwrap();
        for (at, (old, new)) in before.stages.iter().zip(&after.stages).enumerate() {
            prop_assert_eq!(&old.name, &new.name);
            for need in &new.needs {
                prop_assert!(need.index < at, "{} needs {} in {:?}", new.name, need.stage, after);
                prop_assert_eq!(&after.stages[need.index].name, &need.stage);
            }
        }
        // A deploy is behind every job that is not behind it.
        let at = after.index(&format!("s{}", 9 - deploy)).unwrap();
        for (job, stage) in after.stages.iter().enumerate() {
            let is_behind = edges::reaches(&after.stages, job, at);
            prop_assert!(stage.kind != Kind::Job || is_behind || edges::reaches(&after.stages, at, job), "{:?}", after);
        }
    }
}
