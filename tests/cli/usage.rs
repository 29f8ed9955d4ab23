//! Wrong usage: exit code 2, what is wrong, what to do.

use crate::common::Sandbox;

/// Code and standard error of a line that never reaches docker.
fn refused(line: &str) -> String {
    let sandbox = Sandbox::new();
    let finished = sandbox.line(line);
    assert_eq!(sandbox.call_lines(), [""; 0], "{line}");
    assert_eq!((finished.code(), finished.stdout()), (2, String::new()), "{line}");
    finished.stderr()
}

/// The same of a line that was to run stages: it ends with the line that grep finds.
fn not_run(line: &str) -> String {
    let stderr = refused(line);
    let told = stderr.strip_suffix("towline: FAILED code=2\n").unwrap();
    told.to_owned()
}

#[test]
fn a_verdict_line_that_is_not_understood() {
    insta::assert_snapshot!(not_run("up --exit-code-from tests --keep"), @r"
    towline: unknown flag: --keep
      help: towline gives no verdict on a line that it does not understand; `towline help up` lists the flags of your compose
    ");
    insta::assert_snapshot!(not_run("--bogus up --wait"), @r"
    towline: unknown flag: --bogus
      help: towline gives no verdict on a line that it does not understand; `towline help up` lists the flags of your compose
    ");
    insta::assert_snapshot!(not_run("up --wait=perhaps"), @r#"towline: value "perhaps" of --wait is not valid: it must be true or false"#);
    insta::assert_snapshot!(not_run("up --wait -t"), @"towline: flag --timeout needs a value");
    insta::assert_snapshot!(not_run("--parallel many up --wait"), @r#"towline: value "many" of --parallel is not valid: it must be a whole number"#);
}

#[test]
fn flags_that_exclude_each_other() {
    insta::assert_snapshot!(not_run("up --wait --exit-code-from tests"), @r"
    towline: --wait cannot be combined with --exit-code-from
      help: --wait ends when the services are up; to run until a container ends, leave it out
    ");
    insta::assert_snapshot!(not_run("up -d --abort-on-container-failure"), @r"
    towline: --detach cannot be combined with --abort-on-container-failure
      help: --detach does not stay to see how containers end; leave it out
    ");
    insta::assert_snapshot!(not_run("up --wait --attach web"), @r"
    towline: --wait cannot be combined with --attach
      help: a line that waits or detaches shows no output; leave one of the two out
    ");
    insta::assert_snapshot!(not_run("up --wait --pull monthly"), @r#"
    towline: --pull has no option "monthly"
      help: it can be one of: always, missing, never, build, if_not_present
    "#);
}

#[test]
fn looks_that_compose_refuses() {
    for line in [
        "--progress bogus up --wait",
        "ci --progress bogus",
        "--progress plain --ansi always ci",
        "--progress tty --ansi never up --wait",
    ] {
        assert!(not_run(line).contains("`--progress"), "{line}");
    }
    assert!(refused("--progress bogus lint").contains("unsupported value `bogus`"));
}

#[test]
fn towlines_own_commands() {
    insta::assert_snapshot!(not_run("ci --exit-code-from tests"), @r"
    error: unexpected argument '--exit-code-from' found

      tip: to pass '--exit-code-from' as a value, use '-- --exit-code-from'

    Usage: towline ci [OPTIONS] [TARGET]...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(not_run("ci --timeout soon"), @r"
    error: invalid value 'soon' for '--timeout <TIME>': it must be a duration such as 90s, 1m30s or 2h

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(not_run("ci --jobs 0"), @r"
    error: invalid value '0' for '--jobs <N>': number would be zero for non-zero type

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused("plan --format xml"), @r"
    error: invalid value 'xml' for '--format <FORMAT>'
      [possible values: text, json, yaml]

      tip: a similar value exists: 'yaml'

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(not_run("--parallel many ci"), @r#"towline: value "many" of --parallel is not valid: it must be a whole number"#);
    insta::assert_snapshot!(refused("man up"), @r#"
    towline: towline has no command "up"
      help: `towline --help` lists its commands; `towline help COMMAND` explains compose's too
    "#);
    insta::assert_snapshot!(refused("report nothing"), @r"
    towline: no run 'nothing' in .towline/runs
      help: without a name, 'towline report' shows the run that ended last
    ");
}
