//! `towline plan --native`, and what the line and the settings say of kinds. Docker is never asked.

use std::fs;

use crate::common::{Finished, Sandbox};

const FILE: &str = "\
name: shop
services:
  db: {image: postgres}
  runner: {image: busybox, command: ./go, depends_on: [db], tty: true}
  slow-tests: {image: busybox, profiles: [slow]}
  test: {image: busybox, tty: true, restart: always}
  deploy: {image: busybox, command: sh -c 'echo DEPLOYED'}
";

/// Runs a line beside this compose file and these settings.
fn run(settings: &str, line: &str) -> Finished {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("work/compose.yaml"), FILE).unwrap();
    if !settings.is_empty() {
        fs::write(sandbox.path("work/.towline.yaml"), settings).unwrap();
    }
    let finished = sandbox.line(line);
    assert_eq!(sandbox.call_lines(), [""; 0], "{line}");
    finished
}

#[test]
fn an_unknown_stage_is_shown_with_what_ci_does_about_it() {
    let finished = run("", "plan --native");
    assert_eq!((finished.code(), finished.stderr()), (0, String::new()));
    insta::assert_snapshot!(finished.stdout(), @"
    shop: 4 stages
      1* db      service its image is `postgres`, a server
      2* runner  unknown nothing says whether it runs to completion
                   needs db started
      3  test    job     its name says `test`
      4  deploy  deploy  its name says `deploy`
                   needs test succeeded (a deploy waits for every job)

    longest chain: db → runner
    note: `deploy` runs without `slow-tests` (--profile slow), whose profile is not active
    note: `ci` runs `test` without its `restart` and `tty`: it is a job
    note: `ci` asks the image about `runner`, and where it does not say either, does not start: cannot tell whether `runner` runs to completion, and `deploy` would be deployed without waiting for it; say it on the command line, with `service` for what keeps running: --kind runner=job
    ");
}

#[test]
fn strict_makes_an_unknown_stage_an_error_with_three_ways_out() {
    let finished = run("", "plan --native --strict");
    assert_eq!(finished.code(), 65);
    insta::assert_snapshot!(finished.stderr(), @"
    towline: cannot tell whether `runner` runs to completion, and `deploy` would be deployed without waiting for it
      help: say it on the command line, with `service` for what keeps running: --kind runner=job
      help: or in the compose file, below `runner:`: x-towline: {kind: job}
      help: or let a stage wait for it: depends_on: {runner: {condition: service_completed_successfully}}
    ");
    assert_eq!(run("", "plan --native --strict --kind runner=job").code(), 0);
}

#[test]
fn the_line_and_the_settings_say_kinds() {
    let shown = |settings: &str, line: &str| {
        let finished = run(settings, line);
        assert_eq!((finished.code(), finished.stderr()), (0, String::new()), "{line}");
        finished.stdout()
    };
    let text = shown("kinds: {'run*': job}", "plan --native");
    assert!(
        text.contains("runner  job     `kinds` of .towline.yaml says so (`run*=job`)"),
        "{text}"
    );
    assert!(text.contains("needs runner succeeded"), "{text}");
    let text = shown(
        "kinds: {runner: job}",
        "plan --native --kind 'r*=service'".replace('\'', "").as_str(),
    );
    assert!(text.contains("runner  service --kind says so (`r*=service`)"), "{text}");
    // Whatever else is wrong in the settings is no matter of a plan's.
    shown("preset: nonsense", "plan --native");
}

#[test]
fn what_is_wrong_with_a_kind_is_told_with_its_place() {
    let finished = run("kinds:\n  runner: jop\n", "plan --native");
    assert_eq!(finished.code(), 65);
    insta::assert_snapshot!(finished.stderr(), @"
    towline: the kinds of the settings file are not valid
    error[settings]: unknown kind `jop`
     --> .towline.yaml:2:11
      |
    2 |   runner: jop
      |           ^^^
      |
      = help: did you mean `job`?
    ");
    let finished = run("", "plan --native --kind runer=job");
    assert_eq!(finished.code(), 2);
    insta::assert_snapshot!(finished.stderr(), @"
    towline: --kind runer=job: no service of project `shop` matches `runer`
      help: did you mean 'runner'?
    ");
    for line in ["plan --kind runner=jop", "ci --kind runner", "ci --kind a[=job"] {
        assert_eq!(run("", line).code(), 2, "{line}");
    }
}

#[test]
fn a_kind_on_a_line_that_compose_runs_is_wrong_usage() {
    for line in [
        "up --kind runner=job",
        "up -d --kind=runner=job",
        "up --wait --no-start --kind runner=job",
    ] {
        let finished = run("", line);
        assert_eq!(finished.code(), 2, "{line}");
        let stderr = finished.stderr();
        assert!(
            stderr.contains("--kind is a flag of towline, and docker compose runs this line"),
            "{stderr}"
        );
    }
}

#[test]
fn a_file_that_compose_would_reject_is_shown_without_docker() {
    let sandbox = Sandbox::new();
    fs::write(
        sandbox.path("work/compose.yaml"),
        "services: {a: {image: i, port: []}}\n",
    )
    .unwrap();
    let finished = sandbox.line("plan --native");
    assert_eq!(finished.code(), 65);
    assert!(
        finished.stderr().contains("error[unknown-key]"),
        "{}",
        finished.stderr()
    );
}

#[test]
fn jobs_that_are_all_behind_profiles_are_named() {
    let sandbox = Sandbox::new();
    let file = "services:\n  db: {image: postgres}\n  tests: {image: i, profiles: [ci]}\n  web: {image: nginx, profiles: [dev]}\n";
    fs::write(sandbox.path("work/compose.yaml"), file).unwrap();
    let finished = sandbox.line("plan --native --strict");
    assert_eq!(finished.code(), 65);
    let stderr = finished.stderr();
    assert!(
        stderr.contains("activate the profile of `tests` (--profile ci)"),
        "{stderr}"
    );
    assert_eq!(sandbox.line("--profile ci plan --native --strict").code(), 0);
}
