//! What is compose's reaches docker as it was written, and what docker does comes back as it is.

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::ExitStatusExt as _;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::common::{FAKE, Sandbox, TOWLINE, finish_with, start};

/// Arguments as awkward as they come, for any command.
fn awkward() -> Vec<OsString> {
    let words = [
        "--flag", "a b", "", "-x=1", "--", "-d", "*", "$HOME", "'\"\\", "zwölf\n", "--wait",
    ];
    words
        .into_iter()
        .map(OsString::from)
        .chain([OsString::from_vec(b"\xff\xfe".to_vec())])
        .collect()
}

#[test]
fn every_command_of_compose_gets_its_arguments_as_they_are() {
    let sandbox = Sandbox::new();
    for (number, command) in towline::cli::COMPOSE.iter().enumerate() {
        let code = 1 + i32::try_from(number).unwrap();
        sandbox.answer("compose", &format!("exit {code}"));
        // A line of `up` that asks for a verdict is not passed on; this one stands for the others.
        let mut awkward = awkward();
        if *command == "up" {
            awkward.retain(|word| word != "--wait");
        }
        for flags in [
            &[] as &[&str],
            &[
                "-f",
                "a b.yaml",
                "--profile=x",
                "-pp",
                "--env-file",
                "up",
                "--dry-run=false",
            ],
        ] {
            let args: Vec<OsString> = flags
                .iter()
                .chain([command])
                .map(OsString::from)
                .chain(awkward.iter().cloned())
                .collect();
            let finished = sandbox.run(&args);
            assert_eq!(finished.code(), code, "{args:?}");
            assert_eq!(
                (finished.stdout(), finished.stderr()),
                (String::new(), String::new()),
                "{args:?}"
            );
            let expected: Vec<_> = ["docker", "compose"]
                .map(OsString::from)
                .into_iter()
                .chain(args)
                .collect();
            assert_eq!(sandbox.calls(), [expected]);
        }
    }
}

#[test]
fn lines_without_a_command_are_passed_on() {
    let sandbox = Sandbox::new();
    for line in [
        "-f a.yaml",
        "-f",
        "-v",
        "-- up",
        "- up",
        "-p x --version",
        "--bogus",
        "--bogus up",
        "-H tcp://x ps",
        "--dry-run=maybe ps",
    ] {
        sandbox.answer("compose", "exit 9");
        assert_eq!(sandbox.line(line).code(), 9, "{line}");
        assert_eq!(sandbox.call_lines(), [format!("docker compose {line}")]);
    }
}

#[test]
fn an_up_that_asks_for_no_verdict_is_passed_on() {
    let sandbox = Sandbox::new();
    for line in [
        "up",
        "up -d --build",
        "-f a.yaml up -d web",
        "up --wait=false",
        "up --bogus",
        "up --help",
        "up --wait --help",
        "up -t x",
        "--parallel x up",
        "up --no-start --exit-code-from a",
        "--dry-run up --wait",
        "up --watch --abort-on-container-exit",
    ] {
        assert_eq!(sandbox.line(line).code(), 0, "{line}");
        assert_eq!(sandbox.call_lines(), [format!("docker compose {line}")]);
    }
}

#[test]
fn streams_environment_and_directory_are_the_same() {
    let sandbox = Sandbox::new();
    sandbox.answer(
        "compose",
        r"cat; printf '\377\n'; echo err >&2; echo $COMPOSE_FILE; pwd -P",
    );
    let finished = finish_with(sandbox.command(["config", "-"]).env("COMPOSE_FILE", "a:b"), b"in\xfe\n");
    let directory = sandbox.path("work").canonicalize().unwrap();
    let expected = [b"in\xfe\n\xff\na:b\n", directory.to_str().unwrap().as_bytes(), b"\n"].concat();
    assert_eq!(finished.stdout, expected);
    assert_eq!(finished.stderr(), "err\n");
}

#[test]
fn standard_input_is_not_touched() {
    let sandbox = Sandbox::new();
    let copy = sandbox.path("stdin");
    let bytes: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let finished = finish_with(
        sandbox
            .command(["exec", "-T", "db", "psql"])
            .env("FAKE_DOCKER_STDIN", &copy),
        &bytes,
    );
    assert_eq!(finished.code(), 0);
    assert_eq!(fs::read(copy).unwrap(), bytes);
}

#[test]
fn signals_reach_docker() {
    let sandbox = Sandbox::new();
    sandbox.answer(
        "compose",
        "trap 'exit 41' INT; trap 'exit 42' TERM; echo ready; sleep 60 & wait $!",
    );
    for (signal, code) in [(Signal::INT, 41), (Signal::TERM, 42)] {
        let mut child = start(&mut sandbox.command(["logs", "-f"]));
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
    let mut child = start(&mut sandbox.command(["logs", "-f"]));
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

#[test]
fn a_closed_pipe_ends_docker_as_it_does_without_towline() {
    let sandbox = Sandbox::new();
    // Were SIGPIPE ignored, as it is in towline, the shell would go on.
    sandbox.answer("compose", "kill -PIPE $$; exit 3");
    assert_eq!(sandbox.line("logs").signal(), Some(13));
}

#[test]
fn the_terminal_is_docker_s() {
    let sandbox = Sandbox::new();
    sandbox.answer(
        "compose",
        "test -t 0 && test -t 1 && test -t 2 && stty size && read word && echo got $word; exit 5",
    );
    let pty = native_pty_system();
    let size = PtySize {
        rows: 33,
        cols: 99,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = pty.openpty(size).unwrap();
    let mut command = CommandBuilder::new(TOWLINE);
    command.args(["run", "web", "sh"]);
    command.cwd(sandbox.path("work"));
    command.env_clear();
    command.env("PATH", format!("{FAKE}:/usr/bin:/bin"));
    command.env("FAKE_DOCKER_SCRIPT", sandbox.path("answers"));
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    pair.master.take_writer().unwrap().write_all(b"hello\n").unwrap();
    let mut screen = Vec::new();
    // Where the other side of a terminal is closed, reading ends with an error.
    let _ = reader.read_to_end(&mut screen);
    assert_eq!(child.wait().unwrap().exit_code(), 5);
    let screen = String::from_utf8(screen).unwrap();
    assert!(screen.contains("33 99"), "{screen}");
    assert!(screen.contains("got hello"), "{screen}");
}

#[test]
fn without_docker_the_code_says_so() {
    let sandbox = Sandbox::new();
    fs::remove_file(sandbox.path("home/.docker/cli-plugins/docker-compose")).unwrap();
    let finished = crate::common::finish(
        sandbox
            .command(["ps"])
            .env("PATH", "/nowhere")
            .env("DOCKER_CONFIG", "/nowhere"),
    );
    // A machine may have a plugin for all users, which then answers by itself.
    if finished.code() == 69 {
        insta::assert_snapshot!(finished.stderr(), @r"
        towline: the command `docker` is in none of the folders of PATH: /nowhere
          help: install the docker command line, or add its folder to PATH
        ");
    }
}

#[test]
fn a_docker_without_compose_is_told_apart() {
    let sandbox = Sandbox::new();
    fs::remove_file(sandbox.path("home/.docker/cli-plugins/docker-compose")).unwrap();
    sandbox.answer(
        "compose*version",
        "echo \"unknown command: docker compose\" >&2; exit 125",
    );
    let finished = sandbox.line("up --wait");
    // A machine may have a plugin for all users, which then answers in the place of this docker.
    if sandbox.call_lines() == ["docker compose version"] {
        assert_eq!(finished.code(), 69);
        let stderr = finished.stderr();
        assert!(
            stderr.starts_with("towline: the compose plugin `docker-compose` is in none of its folders: "),
            "{stderr}"
        );
        assert!(stderr.ends_with("towline: FAILED code=69\n"), "{stderr}");
    }
}
