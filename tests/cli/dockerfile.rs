//! `towline lint --dockerfile` from outside, with a scripted BuildKit and a scripted hadolint.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::common::{FAKE, Finished, Sandbox, finish};

const CHECKED: &str = r#"cat <<'END'
{"warnings": [{"ruleName": "JSONArgsRecommended", "detail": "JSON is better", "url": "https://e.x/json",
  "location": {"ranges": [{"start": {"line": 2}, "end": {"line": 2}}]}}],
 "buildError": {"message": "unknown instruction: RUNN", "location": {"ranges": [{"start": {"line": 3}, "end": {"line": 3}}]}}}
END
exit 1"#;

const LINTED: &str = r#"#!/bin/sh
printf '%s\n' "$*" >> "$HOME/hadolint"
cat <<'END'
[{"line": 2, "code": "DL3025", "message": "the same", "level": "warning", "column": 1, "file": "Dockerfile"},
 {"line": 1, "code": "DL3006", "message": "name a tag", "level": "info", "column": 1, "file": "Dockerfile"},
 {"line": 1, "code": "DL3008", "message": "noise", "level": "warning", "column": 1, "file": "Dockerfile"}]
END
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let write = |path: &str, text: &str| {
        let path = sandbox.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let compose = "services:\n  app: {build: {context: app, target: base, args: {A: \"1\"}}}\n  too: {build: app}\n";
    write("work/compose.yaml", compose);
    write("work/app/Dockerfile", "FROM x AS base\nCMD a b\nRUNN c\nARG A\n");
    write("bin/hadolint", LINTED);
    fs::set_permissions(sandbox.path("bin/hadolint"), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox
}

fn lint(sandbox: &Sandbox, path: &str) -> Finished {
    let path = path.replace("BIN", sandbox.path("bin").to_str().unwrap());
    let line = [
        "lint",
        "--dockerfile",
        "--format",
        "concise",
        "--select",
        "hadolint/DL3006",
        "--select",
    ];
    let line = line
        .iter()
        .chain(&["buildkit/JSONArgsRecommended,buildkit/build-error,hadolint/DL3025,hadolint/DL3008"]);
    finish(sandbox.command(line).env("PATH", path))
}

#[test]
fn what_both_find_is_told_once_and_a_file_is_looked_at_once_a_way() {
    let sandbox = sandbox();
    sandbox.answer("buildx*build", CHECKED);
    let finished = lint(&sandbox, &format!("{FAKE}:BIN:/usr/bin:/bin"));
    assert_eq!(finished.code(), 1);
    insta::assert_snapshot!(finished.stdout(), @"
    app/Dockerfile:1:1: hint[hadolint/DL3006] name a tag; see https://github.com/hadolint/hadolint/wiki/DL3006
    app/Dockerfile:2:1: warning[buildkit/JSONArgsRecommended] JSON is better; see https://e.x/json
    app/Dockerfile:3:1: error[buildkit/build-error] unknown instruction: RUNN
    ");
    let calls: Vec<String> = sandbox
        .call_lines()
        .into_iter()
        .filter(|call| call.contains("--file"))
        .collect();
    let work = sandbox.path("work/app").display().to_string();
    let way =
        |more: &str| format!("docker buildx build --call=check,format=json --file {work}/Dockerfile{more} {work}");
    assert_eq!(calls, [way(" --target base --build-arg A=1"), way("")]);
    let linted = fs::read_to_string(sandbox.path("home/hadolint")).unwrap();
    assert_eq!(linted, format!("--no-fail --format json -- {work}/Dockerfile\n"));
}

#[test]
fn where_one_cannot_look_the_other_does_and_without_both_the_check_fails() {
    let sandbox = sandbox();
    sandbox.answer("buildx*build", "echo 'ERROR: no engine here' >&2; exit 1");
    let finished = lint(&sandbox, &format!("{FAKE}:BIN:/usr/bin:/bin"));
    assert_eq!(finished.code(), 0);
    assert!(
        finished.stderr().contains("Dockerfile: no engine here\n"),
        "{}",
        finished.stderr()
    );
    assert!(finished.stdout().contains("hadolint/DL3025"), "{}", finished.stdout());

    let alone = lint(&sandbox, &format!("{FAKE}:/usr/bin:/bin"));
    assert_eq!((alone.code(), alone.stdout()), (69, String::new()));
    assert!(
        alone.stderr().contains("BuildKit does not look at"),
        "{}",
        alone.stderr()
    );

    let neither = lint(&sandbox, "/nonexistent");
    assert_eq!(neither.code(), 2);
    insta::assert_snapshot!(neither.stderr(), @"
    towline: there is neither hadolint nor docker here to look at Dockerfiles with
      help: install one of them, or leave out --dockerfile
    ");
}
