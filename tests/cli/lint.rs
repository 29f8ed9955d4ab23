//! `towline lint` from outside: which files are checked, what comes out where, and the exit codes. No docker is called.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Finished, Sandbox, finish, finish_with};

const GOOD: &str = "services:\n  web:\n    image: nginx:1.27\n";
const OLD: &str = "version: '3'\nservices:\n  web:\n    image: nginx:1.27\n";
const WRONG: &str = "services:\n  web:\n    image: nginx:1.27\n    port: [80]\n";
const CRASH: &str = "services:\n  web:\n    image: nginx:1.27\n    healthcheck:\n      test: [CMD]\n";
const CYCLE: &str = "services:\n  web:\n    image: nginx:1.27\nx-a: &a\n  <<: *a\n";

/// A sandbox with these files where towline runs.
fn sandbox(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, text) in files {
        let path = sandbox.path("work").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    sandbox
}

/// Runs a line where neither docker nor anything else is on PATH.
fn lint(sandbox: &Sandbox, line: &str) -> Finished {
    let finished = finish(sandbox.command(line.split_whitespace()).env("PATH", "/nonexistent"));
    assert_eq!(sandbox.call_lines(), [""; 0], "{line}");
    finished
}

fn json(sandbox: &Sandbox, line: &str) -> Value {
    serde_json::from_str(&lint(sandbox, line).stdout()).unwrap()
}

#[test]
fn the_exit_code_says_what_was_found() {
    for (text, flags, code) in [
        (GOOD, "", 0),
        (GOOD, "--deny warning --deny hint --max-warnings 0", 0),
        (OLD, "", 0),
        (OLD, "--deny hint", 0),
        (OLD, "--deny warning", 1),
        (OLD, "--deny hint --deny warning", 1),
        (OLD, "--max-warnings 1", 0),
        (OLD, "--max-warnings 0", 1),
        (CRASH, "", 1),
        (WRONG, "", 65),
        (WRONG, "--deny warning", 65),
        ("services: [", "", 65),
        ("", "", 65),
        (GOOD, "--deny error", 2),
        (GOOD, "--format xml", 2),
        (GOOD, "--max-warnings many", 2),
        (GOOD, "-f compose.yaml compose.yaml", 2),
        (GOOD, "--output none/report.json", 2),
    ] {
        let sandbox = sandbox(&[("compose.yaml", text)]);
        let finished = lint(&sandbox, &format!("lint {flags}"));
        assert_eq!(finished.code(), code, "{flags}: {}", finished.stdout());
    }
}

#[test]
fn the_project_is_found_as_compose_finds_it() {
    let sandbox = sandbox(&[
        ("docker-compose.yml", GOOD),
        ("docker-compose.override.yml", "services: {web: {port: [80]}}"),
        ("ci/other.yaml", "services: {web: {image: '$IMAGE'}}"),
        ("ci/vars", "IMAGE=nginx"),
        ("ci/below/keep", ""),
    ]);
    let finished = lint(&sandbox, "lint");
    assert_eq!(finished.code(), 65);
    insta::assert_snapshot!(finished.stdout(), @r#"
    error[unknown-key]: services.web: unknown key "port"
     --> docker-compose.override.yml:1:18
      |
    1 | services: {web: {port: [80]}}
      |                  ^^^^
      |
      = help: did you mean "ports"?

    checked docker-compose.yml: 1 error; compose would reject it
    "#);
    let named = lint(&sandbox, "lint -f ci/other.yaml").stdout();
    assert_eq!(lint(&sandbox, "-f ci/other.yaml lint").stdout(), named);
    insta::assert_snapshot!(named, @r#"
    error[no-image]: the service "web" has neither an image nor a build
     --> ci/other.yaml:1:12
      |
    1 | services: {web: {image: '$IMAGE'}}
      |            ^^^
      |
      = help: add "image" or "build"; if this file only adds to another one, check both: -f FIRST -f THIS

    warning[variable-unset]: the variable "IMAGE" is not set, and an empty text stands for it
     --> ci/other.yaml:1:26
      |
    1 | services: {web: {image: '$IMAGE'}}
      |                          ^^^^^^
      |
      = help: set it, or give a default: ${IMAGE:-value}

    checked ci/other.yaml: 1 error, 1 warning; compose would reject it
    "#);
    let finished = lint(&sandbox, "lint -f ci/other.yaml --env-file ci/vars");
    insta::assert_snapshot!(finished.stdout(), @"checked ci/other.yaml: nothing found");
    let below = finish(sandbox.command(["lint"]).current_dir(sandbox.path("work/ci/below")));
    assert_eq!(below.code(), 65, "the file of a folder above is found");
    let none = finish(sandbox.command(["lint"]).current_dir(sandbox.path("home")));
    assert_eq!(none.code(), 65);
    insta::assert_snapshot!(none.stdout(), @"
    error[no-compose-file]: no compose file here or in a folder above
    --> .
     = help: name one with -f FILE, or go to where one is

    checked .: 1 error; compose would reject it
    ");
}

#[test]
fn each_file_is_a_project_and_others_are_skipped() {
    let sandbox = sandbox(&[
        ("a/compose.yaml", GOOD),
        ("a/compose.override.yaml", "services: {web: {hostname: a}}"),
        ("b/stack.yml", WRONG),
        ("c/docker-compose.ci.yml", OLD),
        ("k8s/deployment.yaml", "kind: Deployment\nspec: {}"),
        ("notes.txt", "services: {web: {image: nginx}}"),
    ]);
    let line = "lint a/compose.override.yaml c/docker-compose.ci.yml k8s/deployment.yaml b/stack.yml notes.txt \
                a/compose.yaml a/compose.yaml gone/compose.yaml";
    let finished = lint(&sandbox, line);
    assert_eq!((finished.code(), finished.stderr()), (65, String::new()));
    insta::assert_snapshot!(finished.stdout().replace(sandbox.path("work").to_str().unwrap(), "/work"), @r#"
    error[unknown-key]: services.web: unknown key "port"
     --> b/stack.yml:4:5
      |
    4 |     port: [80]
      |     ^^^^
      |
      = help: did you mean "ports"?

    warning[version-obsolete]: "version" is obsolete and ignored
     --> c/docker-compose.ci.yml:1:10
      |
    1 | version: '3'
      |          ^^^
      |
      = help: remove it

    error[compose-file]: the compose file /work/gone/compose.yaml does not exist
    --> gone/compose.yaml

    checked 5 projects, skipped 2 files that are no compose files: 2 errors, 1 warning; --fix can fix 1; compose would reject 2 of them
    "#);
    let folder = lint(&sandbox, "lint a");
    insta::assert_snapshot!(folder.stdout(), @"checked a/compose.yaml: nothing found");
    let finished = lint(&sandbox, "lint k8s/deployment.yaml notes.txt");
    assert_eq!(finished.code(), 0);
    insta::assert_snapshot!(finished.stdout(), @"nothing checked: no compose file among 2 files");
}

#[test]
fn what_two_projects_share_is_told_once() {
    let sandbox = sandbox(&[
        ("a.yaml", "include: [shared.yaml]\nservices: {a: {image: x}}"),
        ("b.yaml", "include: [shared.yaml]\nservices: {b: {image: x}}"),
        ("shared.yaml", "services:\n  db:\n    image: x\n    port: [1]\n"),
    ]);
    let finished = lint(&sandbox, "lint --format concise a.yaml b.yaml shared.yaml");
    assert_eq!(finished.code(), 65);
    insta::assert_snapshot!(finished.stdout(), @r#"shared.yaml:4:5: error[unknown-key] services.db: unknown key "port"; did you mean "ports"?"#);
    insta::assert_snapshot!(finished.stderr(), @"checked 3 projects: 1 error; compose would reject 3 of them");
}

#[test]
fn standard_input_is_a_file() {
    let sandbox = sandbox(&[]);
    for line in [["lint", "-"].as_slice(), &["lint", "-f", "-"]] {
        let finished = finish_with(&mut sandbox.command(line), WRONG.as_bytes());
        assert_eq!(finished.code(), 65);
        assert!(finished.stdout().contains("--> <stdin>:4:5"), "{}", finished.stdout());
    }
    assert_eq!(
        finish_with(&mut sandbox.command(["lint", "-"]), GOOD.as_bytes()).code(),
        0
    );
}

#[test]
fn many_files_come_in_one_order() {
    let names: Vec<String> = (0..60).map(|index| format!("p{index:02}/compose.yaml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), WRONG)).collect();
    let sandbox = sandbox(&files);
    let line = format!("lint --format concise {}", names.join(" "));
    let first = lint(&sandbox, &line).stdout();
    assert_eq!(first.lines().count(), 60);
    assert!(first.lines().is_sorted());
    assert_eq!(lint(&sandbox, &line).stdout(), first);
}

#[test]
fn a_report_in_a_file_leaves_the_view_for_people() {
    let sandbox = sandbox(&[("compose.yaml", WRONG)]);
    let finished = lint(&sandbox, "lint --format sarif --output out.sarif");
    assert_eq!(finished.code(), 65);
    assert_eq!(finished.stdout(), lint(&sandbox, "lint").stdout());
    let read = |name: &str| fs::read_to_string(sandbox.path("work").join(name)).unwrap();
    assert_eq!(read("out.sarif"), lint(&sandbox, "lint --format sarif").stdout());
    let finished = lint(&sandbox, "lint --output none/out.json --format json");
    assert_eq!((finished.code(), finished.stdout()), (2, String::new()));
    insta::assert_snapshot!(finished.stderr(), @"towline: the report cannot be written to none/out.json: there is no such folder");
}

#[test]
fn json_has_the_schema_of_the_readme() {
    let sandbox = sandbox(&[("compose.yaml", CRASH)]);
    let report = json(&sandbox, "lint --format json");
    assert_eq!(
        (&report["schema"], &report["summary"]["errors"]),
        (&1.into(), &1.into())
    );
    let finding = &report["findings"][0];
    assert_eq!(finding["id"], "healthcheck-empty-command");
    assert_eq!((&finding["line"], &finding["column"]), (&5.into(), &13.into()));
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let objects = [&report, &report["summary"], finding];
    let keys = objects.iter().flat_map(|object| object.as_object().unwrap().keys());
    for key in keys {
        assert!(readme.contains(&format!("`{key}`")), "the README lacks {key}");
    }
}

#[test]
fn lines_for_github_are_not_chosen_by_themselves() {
    let sandbox = sandbox(&[("compose.yaml", WRONG)]);
    let usual = lint(&sandbox, "lint").stdout();
    let finished = finish(sandbox.command(["lint"]).env("GITHUB_ACTIONS", "true"));
    assert_eq!(finished.stdout(), usual);
    insta::assert_snapshot!(lint(&sandbox, "lint --format github").stdout(), @r#"::error file=compose.yaml,line=4,endLine=4,col=5,endColumn=9,title=unknown-key::services.web: unknown key "port"; did you mean "ports"?"#);
}

#[test]
fn a_file_that_would_take_all_memory_never_reaches_compose() {
    for line in ["ci", "up --exit-code-from web", "plan"] {
        let sandbox = sandbox(&[("compose.yaml", CYCLE)]);
        let finished = sandbox.line(line);
        assert_eq!(finished.code(), 65, "{line}");
        let asked = sandbox.call_lines();
        assert!(asked.iter().all(|call| !call.contains("config")), "{line}: {asked:?}");
        let stderr = finished.stderr();
        assert!(stderr.contains(" --> compose.yaml:5:7\n"), "{stderr}");
        assert!(stderr.contains("error[yaml-alias-cycle]"), "{stderr}");
    }
}

#[test]
fn a_file_that_would_crash_the_engine_is_refused() {
    let sandbox = sandbox(&[("compose.yaml", CRASH)]);
    let finished = sandbox.line("ci");
    assert_eq!((finished.code(), sandbox.call_lines()), (65, Vec::new()));
    insta::assert_snapshot!(finished.stderr(), @r#"
    towline: the compose file would crash the engine, and is refused
    error[healthcheck-empty-command]: services.web.healthcheck.test: "CMD" without a command crashes the engine
     --> compose.yaml:5:13
      |
    5 |       test: [CMD]
      |             ^^^^^
      |
      = help: write the command behind it, such as ["CMD", "curl", "-f", "http://localhost"], or ["NONE"]

    towline: FAILED code=65
    "#);
    // What is passed on is compose's affair.
    assert_eq!(sandbox.line("up -d").code(), 0);
    assert_eq!(sandbox.call_lines(), ["docker compose up -d"]);
}

#[test]
fn what_compose_rejects_never_reaches_the_engine() {
    let sandbox = sandbox(&[("compose.yaml", &format!("{CRASH}    port: [80]\n"))]);
    sandbox.answer("config", "echo 'additional properties' >&2; exit 15");
    sandbox.answer("version", "echo 5.6.1");
    let stderr = sandbox.line("ci").stderr();
    for told in [
        "additional properties",
        "error[unknown-key]",
        "error[healthcheck-empty-command]",
    ] {
        assert!(stderr.contains(told), "{told}: {stderr}");
    }
}

#[test]
fn what_is_wrong_but_harmless_is_composes_to_tell() {
    let sandbox = sandbox(&[("compose.yaml", WRONG)]);
    sandbox.answer(
        "config",
        "echo 'validating compose.yaml: additional properties' >&2; exit 15",
    );
    sandbox.answer("version", "echo 5.6.1");
    let finished = sandbox.line("ci");
    assert_eq!(finished.code(), 65);
    insta::assert_snapshot!(finished.stderr(), @r#"
    towline: validating compose.yaml: additional properties
    error[unknown-key]: services.web: unknown key "port"
     --> compose.yaml:4:5
      |
    4 |     port: [80]
      |     ^^^^
      |
      = help: did you mean "ports"?

    towline: FAILED code=65
    "#);
}

#[test]
fn what_compose_accepts_runs_whatever_the_native_loader_says() {
    let sandbox = sandbox(&[("compose.yaml", WRONG)]);
    let model = r#"{"name":"work","services":{"web":{"image":"nginx"}}}"#;
    sandbox.answer("config", &format!("echo '{model}'"));
    sandbox.answer("version", "echo 5.6.1");
    let finished = sandbox.line("plan");
    assert_eq!((finished.code(), finished.stderr()), (0, String::new()));
    assert!(finished.stdout().contains("web"), "{}", finished.stdout());
}

#[test]
fn colours_are_for_terminals() {
    let sandbox = sandbox(&[("compose.yaml", WRONG)]);
    assert!(!lint(&sandbox, "lint").stdout().contains('\u{1b}'));
    let forced = finish(sandbox.command(["lint"]).env("CLICOLOR_FORCE", "1"));
    assert!(forced.stdout().contains('\u{1b}'), "{}", forced.stdout());
    let never = finish(sandbox.command(["--ansi", "never", "lint"]).env("CLICOLOR_FORCE", "1"));
    assert!(!never.stdout().contains('\u{1b}'), "{}", never.stdout());
    for words in [
        ["--ansi", "always", "lint"],
        ["lint", "--ansi", "always"],
        ["--ansi=always", "config", "--native"],
    ] {
        let always = finish(sandbox.command(words).env("NO_COLOR", "1"));
        let shown = always.stdout() + &always.stderr();
        assert!(shown.contains('\u{1b}'), "{words:?}: {shown}");
    }
    let variable = |name: &str| finish(sandbox.command(["lint"]).env("COMPOSE_ANSI", "always").env(name, "1"));
    assert!(variable("UNRELATED").stdout().contains('\u{1b}'));
    assert!(
        !variable("NO_COLOR").stdout().contains('\u{1b}'),
        "the variable is no word on the command line"
    );
}

#[test]
fn a_pipe_is_for_compose_to_read() {
    let sandbox = sandbox(&[]);
    finish_with(&mut sandbox.command(["-f", "/dev/stdin", "plan"]), CYCLE.as_bytes());
    assert!(sandbox.call_lines().iter().any(|call| call.contains("config")));
}

#[test]
fn the_mistakes_that_towline_was_made_for_are_found() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mistakes");
    let line = ["lint", "--preset", "ci", "--format", "json"];
    let sandbox = Sandbox::new();
    let finished = finish(sandbox.command(line).current_dir(&project).env("PATH", "/nonexistent"));
    let report: Value = serde_json::from_str(&finished.stdout()).unwrap();
    let text = fs::read_to_string(project.join("compose.yaml")).unwrap();
    let findings = report["findings"].as_array().unwrap();
    for (id, mistake) in [
        ("version-obsolete", "version:"),
        ("service-only-for-image", "command: \"true\""),
        ("bind-masks-build", ".:/app"),
        ("deploy-not-after-tests", "deploy:"),
        ("image-unpinned", "alpine:latest"),
        ("hard-coded-server", "SERVER:"),
        ("secret-in-env", "DEPLOY_TOKEN:"),
        ("host-interpolation", "$SERVER"),
        ("unused-declaration", "cache:"),
    ] {
        let line = text.lines().position(|line| line.contains(mistake)).unwrap() + 1;
        let is_found = |finding: &Value| finding["id"] == id && finding["line"] == line;
        assert!(findings.iter().any(is_found), "{id} in line {line}: {report:#}");
    }
    assert!(
        findings.iter().all(|finding| finding["id"] != "variable-unset"),
        "host-interpolation says it"
    );
}

#[test]
fn fixing_twice_changes_nothing_more_and_keeps_the_rest() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mistakes");
    let text = fs::read_to_string(project.join("compose.yaml"))
        .unwrap()
        .replace('\n', "\r\n");
    let sandbox = sandbox(&[("compose.yaml", &text)]);
    let file = sandbox.path("work/compose.yaml");

    let shown = lint(&sandbox, "lint --diff");
    assert_eq!((shown.code(), fs::read_to_string(&file).unwrap()), (1, text.clone()));
    assert!(
        shown.stdout().starts_with("--- a/compose.yaml\n+++ b/compose.yaml\n"),
        "{}",
        shown.stdout()
    );

    assert_eq!(lint(&sandbox, "lint --fix").code(), 1);
    let fixed = fs::read_to_string(&file).unwrap();
    assert!(
        fixed.contains("$$SERVER") && !fixed.contains("version") && !fixed.contains("cache"),
        "{fixed}"
    );
    assert!(
        fixed.lines().count() > 25 && fixed.matches("\r\n").count() == fixed.matches('\n').count(),
        "{fixed:?}"
    );
    lint(&sandbox, "lint --fix");
    assert_eq!(fs::read_to_string(&file).unwrap(), fixed);
    let again = lint(&sandbox, "lint --diff");
    assert_eq!((again.code(), again.stdout()), (0, String::new()));
}

#[test]
fn a_settings_file_is_found_above_the_project_and_its_faults_are_told() {
    let settings = "rules: {image-unpinned: error}\nignore: [{services: [old*], reason: goes soon}]\n";
    let compose = "services: {web: {image: nginx}, older: {image: nginx}}\n";
    let sandbox = sandbox(&[(".towline.yaml", settings), ("app/compose.yaml", compose)]);
    let finished = lint(&sandbox, "lint app/compose.yaml --format concise");
    assert_eq!(finished.code(), 1);
    assert_eq!(finished.stdout().lines().count(), 1, "{}", finished.stdout());
    assert!(
        finished.stdout().contains("error[image-unpinned] the image of \"web\""),
        "{}",
        finished.stdout()
    );
    assert_eq!(lint(&sandbox, "lint app/compose.yaml --no-config").code(), 0);

    fs::write(sandbox.path("work/.towline.yaml"), "rulse: {}\n").unwrap();
    let finished = lint(&sandbox, "lint app/compose.yaml");
    assert_eq!(finished.code(), 1);
    insta::assert_snapshot!(finished.stdout().split("\n\n").next().unwrap(), @r#"
    error[settings]: settings: there is no key "rulse"
     --> .towline.yaml:1:1
      |
    1 | rulse: {}
      | ^^^^^
      |
      = help: did you mean "rules"?
    "#);
    let missing = lint(&sandbox, "lint app/compose.yaml --config none.yaml");
    assert_eq!(missing.code(), 2);
    assert!(
        missing.stderr().contains("there is no settings file none.yaml"),
        "{}",
        missing.stderr()
    );
}

#[test]
fn a_baseline_lets_only_new_findings_count() {
    let old = "services: {a: {image: \"i:1\", depends_on: [b]}, b: {image: \"i:1\", command: pytest}}\n";
    let sandbox = sandbox(&[("compose.yaml", old)]);
    assert_eq!(lint(&sandbox, "lint").code(), 1);
    let written = lint(&sandbox, "lint --write-baseline known.json");
    assert_eq!(
        (written.code(), written.stdout()),
        (0, "wrote 1 finding to known.json\n".to_owned())
    );
    let known = lint(&sandbox, "lint --baseline known.json");
    assert_eq!(known.code(), 0);
    assert!(
        known.stdout().contains("left out 1 finding of the baseline"),
        "{}",
        known.stdout()
    );

    let new = old.replace("}}", "}, c: {image: \"i:1\", depends_on: [b]}}");
    fs::write(sandbox.path("work/compose.yaml"), new).unwrap();
    let finished = lint(&sandbox, "lint --baseline known.json --format concise");
    assert_eq!(
        (finished.code(), finished.stdout().lines().count()),
        (1, 1),
        "{}",
        finished.stdout()
    );

    fs::write(sandbox.path("work/compose.yaml"), WRONG).unwrap();
    assert_eq!(lint(&sandbox, "lint --baseline known.json").code(), 65);
    assert_eq!(lint(&sandbox, "lint --write-baseline known.json").code(), 65);
    assert_eq!(lint(&sandbox, "lint --baseline none.json").code(), 2);
}

#[test]
fn rules_are_chosen_and_explained_by_name() {
    let sandbox = sandbox(&[("compose.yaml", "services: {web: {image: nginx, privileged: true}}\n")]);
    let ids = |line: &str| -> Vec<String> {
        let report = json(&sandbox, &format!("{line} --format json"));
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .map(|finding| finding["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids("lint --select security"), ["privileged"]);
    assert_eq!(ids("lint --ignore security,image-unpinned"), [""; 0]);
    assert!(ids("lint --preset strict").len() > 5);
    let unknown = lint(&sandbox, "lint --select priviledged");
    insta::assert_snapshot!(unknown.stderr(), @"
    towline: there is no rule and no category 'priviledged'
      help: did you mean 'privileged'?
    ");
    assert_eq!(unknown.code(), 2);
    let page = lint(&sandbox, "explain privileged");
    assert!(
        page.stdout().starts_with("privileged: ") && page.code() == 0,
        "{}",
        page.stdout()
    );
    assert_eq!(lint(&sandbox, "explain unknown-key").code(), 0);
    assert_eq!(lint(&sandbox, "explain nothing-like-it").code(), 2);
    let rules: Value = serde_json::from_str(&lint(&sandbox, "rules --format json").stdout()).unwrap();
    assert!(rules.as_array().unwrap().len() >= 90);
    assert!(
        lint(&sandbox, "rules --format markdown")
            .stdout()
            .starts_with("# Rules\n")
    );
}
