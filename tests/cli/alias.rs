//! The other names: `docker-compose` is the drop-in alone, `docker-towline` a plugin of docker.

use crate::common::{Finished, Sandbox, finish};

fn compose(sandbox: &Sandbox, line: &str) -> Finished {
    let link = sandbox.link("docker-compose");
    finish(&mut sandbox.program(link, line.split_whitespace()))
}

fn plugin(sandbox: &Sandbox, line: &str) -> Finished {
    let link = sandbox.link("docker-towline");
    finish(&mut sandbox.program(link, line.split_whitespace()))
}

#[test]
fn as_docker_compose_every_word_is_composes() {
    let sandbox = Sandbox::new();
    sandbox.answer("compose", "exit 7");
    for line in [
        "ci",
        "plan",
        "help",
        "report",
        "gc",
        "run",
        "cii",
        "up -d",
        "-f a.yaml logs --tail=5",
        "completions bash",
        "",
        "ps -H x",
    ] {
        let finished = compose(&sandbox, line);
        assert_eq!(finished.code(), 7, "{line}");
        assert_eq!(finished.stderr(), "", "{line}");
        assert_eq!(
            sandbox.call_lines(),
            [format!("docker compose {line}").trim_end()],
            "{line}"
        );
    }
}

#[test]
fn as_docker_compose_old_flags_go_where_they_belong() {
    let sandbox = Sandbox::new();
    for (line, call) in [
        ("--version", "compose version"),
        ("-v", "compose version"),
        ("version --short", "compose version --short"),
        ("--help", "compose --help"),
        ("-h", "compose --help"),
        (
            "-H tcp://x:2375 -f a.yaml up -d",
            "--host tcp://x:2375 compose -f a.yaml up -d",
        ),
        ("-f a.yaml --host=tcp://x ps", "--host tcp://x compose -f a.yaml ps"),
        ("-c far ps", "--context far compose ps"),
        ("--context=far ps", "--context far compose ps"),
        (
            "--tlsverify --tlscacert ca.pem ps",
            "--tlscacert ca.pem --tlsverify compose ps",
        ),
        ("--log-level ERROR ps", "--log-level ERROR compose ps"),
        ("--verbose ps", "--debug compose ps"),
        ("-D ps", "--debug compose ps"),
        ("--no-ansi ps", "compose --no-ansi ps"),
        (
            "--compatibility --ansi never ps",
            "compose --compatibility --ansi never ps",
        ),
    ] {
        let finished = compose(&sandbox, line);
        assert_eq!((finished.code(), finished.stderr()), (0, String::new()), "{line}");
        assert_eq!(sandbox.call_lines(), [format!("docker {call}")], "{line}");
    }
}

#[test]
fn as_docker_compose_what_is_gone_is_told() {
    let sandbox = Sandbox::new();
    let finished = compose(&sandbox, "--skip-hostname-check up -d");
    insta::assert_snapshot!(finished.stderr(), @"towline: note: --skip-hostname-check is gone from compose and is ignored");
    assert_eq!(sandbox.call_lines(), ["docker compose up -d"]);
}

#[test]
fn as_docker_compose_the_verdict_is_towlines() {
    let sandbox = Sandbox::new();
    // Every flag that compose 1 had; the last one makes the line one that compose refuses, without an engine.
    let line = "up --no-color --quiet-pull --no-deps --force-recreate --always-recreate-deps --no-build \
                --abort-on-container-exit --attach-dependencies -t 5 -V --remove-orphans --exit-code-from a \
                --scale a=2 --no-log-prefix -d a";
    let finished = compose(&sandbox, line);
    assert_eq!(finished.code(), 2);
    insta::assert_snapshot!(finished.stderr(), @r"
    towline: --detach cannot be combined with --exit-code-from
      help: --detach does not stay to see how containers end; leave it out
    towline: FAILED code=2
    ");
    assert_eq!(sandbox.call_lines(), [""; 0]);
}

#[test]
fn in_the_plugin_s_place_the_real_plugin_answers_docker() {
    let sandbox = Sandbox::new();
    sandbox.answer("docker-cli-plugin-metadata", "echo real");
    assert_eq!(compose(&sandbox, "docker-cli-plugin-metadata").stdout(), "real\n");
    assert_eq!(sandbox.call_lines(), ["docker-compose docker-cli-plugin-metadata"]);
    compose(&sandbox, "-H x compose up -d");
    assert_eq!(sandbox.call_lines(), ["docker --host x compose up -d"]);
}

#[test]
fn as_a_plugin_it_tells_docker_who_it_is() {
    let answer = plugin(&Sandbox::new(), "docker-cli-plugin-metadata").stdout();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["SchemaVersion"], "0.1.0");
    assert_eq!(answer["Version"], env!("CARGO_PKG_VERSION"));
    for key in ["Vendor", "ShortDescription"] {
        assert!(answer[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
    }
}

#[test]
fn as_a_plugin_it_hands_docker_s_flags_on() {
    let sandbox = Sandbox::new();
    for (line, call) in [
        ("towline ps -a", "compose ps -a"),
        (
            "-H tcp://x --tls towline -f a.yaml ps",
            "--host tcp://x --tls compose -f a.yaml ps",
        ),
        (
            "--config c -l debug -D towline ps",
            "--config c --log-level debug --debug compose ps",
        ),
    ] {
        assert_eq!(plugin(&sandbox, line).code(), 0, "{line}");
        assert_eq!(sandbox.call_lines(), [format!("docker {call}")], "{line}");
    }
    assert_eq!(plugin(&sandbox, "towline --version").stdout(), "towline 0.1.0\n");
}

#[test]
fn as_a_plugin_it_gives_its_line_to_docker_away() {
    let sandbox = Sandbox::new();
    let link = sandbox.link("docker-towline");
    let mut command = sandbox.program(link, ["--context", "far", "towline", "ps"]);
    assert_eq!(finish(command.env("DOCKER_CLI_PLUGIN_SOCKET", "@socket")).code(), 0);
    assert_eq!(sandbox.call_lines(), ["docker-compose --context far compose ps"]);
}
