//! What is compose's does through towline what it does through docker: output, exit code, signals, terminal.

use std::fmt::Write as _;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;
use std::{env, fs};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use regex::Regex;
use rustix::process::Signal;

use crate::common::{Engine, Finished, Program, Project, Running, engine};

/// The program that is tested.
const TOWLINE: &str = env!("CARGO_BIN_EXE_towline");

/// A project with what every command needs: something that runs, something that ends, something that is built.
const FILE: &str = r#"
services:
  web:
    image: busybox
    init: true
    command: sh -c 'echo hello; sleep 100'
    stop_grace_period: 1s
    ports: ["127.0.0.1::80"]
  tests:
    image: busybox
    command: sh -c 'echo out; echo err >&2; exit 3'
  built:
    build:
      dockerfile_inline: FROM busybox
    command: "true"
volumes:
  data: {}
"#;

/// Every command of compose, each at least once, in an order in which it has something to do. (Shells in the containers
/// make a blank of `${IFS}`.)
const CALLS: [&str; 58] = [
    "version --short",
    "config",
    "config --services",
    "config nosuch",
    "build -q built",
    "create web",
    "start web",
    "ps",
    "ps -q --status running",
    "ls -q --filter name=nosuch",
    "up -d --no-build web",
    "up nosuch",
    "up --bogus",
    "up -d --attach web",
    "exec -T web sh -c echo${IFS}in;exit${IFS}7",
    "exec nosuch true",
    "logs --no-color web",
    "logs nosuch",
    "port web 80",
    "port web 81",
    "top web",
    "stats --no-stream web",
    "images",
    "cp web:/etc/passwd passwd",
    "cp web:/nosuch .",
    "pause web",
    "unpause web",
    "restart -t 0 web",
    "kill -s KILL web",
    "start web",
    "stop -t 0 web",
    "rm -f web",
    "rm -f web",
    "run --rm tests",
    "run --rm -T --entrypoint sh tests -c cat;exit${IFS}9",
    "run nosuch",
    "run --rm web nosuchcommand",
    "up --no-color --no-log-prefix tests",
    "wait nosuch",
    "wait tests",
    "scale web=2",
    "up -d web",
    "commit web",
    "export web -o web.tar",
    "attach nosuch",
    "events --since 1 --until 2",
    "volumes -q",
    "pull nosuch",
    "push nosuch",
    "publish",
    "watch web",
    "bridge convert --nosuch",
    "alpha viz nosuch",
    "nosuch",
    "--bogus ps",
    "-f nosuch.yaml ps",
    "down -v -t 0",
    "down",
];

/// Both ways to compose: a line through docker, and through towline.
const WAYS: [fn(&Project, &str) -> Program; 2] = [
    |project, line| project.compose(line),
    |project, line| project.towline(line),
];

/// Code and output, without what differs from one call to the next: numbers, ids, times, and the order of lines.
fn show(finished: &Finished) -> String {
    let mut text = format!("code {:?}\n", finished.code);
    for (name, bytes) in [
        ("stdout", finished.stdout.as_slice()),
        ("stderr", finished.stderr.as_bytes()),
    ] {
        let bytes = String::from_utf8_lossy(bytes);
        let mut lines: Vec<String> = bytes.lines().map(steady).filter(|line| !line.is_empty()).collect();
        lines.sort();
        lines.dedup();
        for line in lines {
            let _ = writeln!(text, "{name}: {line}");
        }
    }
    text
}

fn steady(line: &str) -> String {
    static CHANGES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"\b[0-9a-f]{12,64}\b", "ID"),
            (r"\d+(\.\d+)?", "#"),
            (r"(about |less than )?(\ban?|#) (second|minute|hour)s?\b", "TIME"),
            (r"#[a-zµ]+\b", "#"),
            (r"-{2,}", "-"),
            (r"\s+", " "),
        ]
        .map(|(pattern, text)| (Regex::new(&format!("(?i){pattern}")).unwrap(), text))
        .into()
    });
    let mut line = line.trim().to_owned();
    for (pattern, text) in CHANGES.iter() {
        line = pattern.replace_all(&line, *text).into_owned();
    }
    line
}

/// All calls with what each said.
fn transcript(project: &Project, way: fn(&Project, &str) -> Program) -> Vec<String> {
    let said = |line: &&str| format!("$ {line}\n{}", show(&way(project, line).run()));
    CALLS.iter().map(said).collect()
}

#[test]
fn every_command_says_the_same_through_towline() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "pass", FILE);
    let [expected, found] = WAYS.map(|way| transcript(&project, way));
    let mut different = String::new();
    for (expected, found) in expected.iter().zip(&found) {
        // The one line that towline adds, to the names that are nobody's and are like one of its own.
        let found: String = found
            .split_inclusive('\n')
            .filter(|line| !line.contains("towline: note: "))
            .collect();
        if *expected != found {
            let _ = writeln!(different, "through docker: {expected}\nthrough towline: {found}");
        }
    }
    assert!(different.is_empty(), "{different}");
    let commands: Vec<&str> = CALLS.iter().filter_map(|line| line.split_whitespace().next()).collect();
    for command in towline::cli::COMPOSE {
        assert!(commands.contains(&command), "{command} is not called");
    }
}

#[test]
fn standard_input_goes_through() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "stdin", FILE);
    for way in WAYS {
        let cat = way(&project, "run --rm -T --no-deps --entrypoint cat tests");
        assert_eq!(cat.stdin(FILE).run().stdout, FILE.as_bytes());
        let services = way(&project, "-f - config --services").stdin(FILE).run();
        assert_eq!(
            show(&services),
            "code Some(0)\nstdout: built\nstdout: tests\nstdout: web\n"
        );
    }
}

/// Any program, in the project's folder.
fn inside(engine: &Engine, project: &Project, program: impl Into<PathBuf>, line: &str) -> Program {
    // Not run: by this the project knows that there may be something to remove at the end.
    drop(project.compose(""));
    engine.program(program, line).directory(&project.directory)
}

/// A program whose standard output goes where its standard error goes, which can be read meanwhile.
fn readable(engine: &Engine, project: &Project, program: &str, line: &str) -> Program {
    inside(engine, project, "sh", "-c")
        .arg(format!("exec {program} {line} >&2"))
        .limit(Duration::from_secs(60))
}

/// Starts a line that goes on, sends it a signal when it has said `hello`, and gives its code.
fn interrupted(program: Program, signal: impl FnOnce(&Running)) -> Option<i32> {
    let running = program.start();
    running.until("hello", || running.stderr().contains("hello"));
    signal(&running);
    let finished = running.wait();
    assert!(finished.code.is_some(), "{finished}");
    finished.code
}

#[test]
fn signals_do_the_same_through_towline() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "signals", FILE);
    let to_one: fn(&Running, Signal) = |running, signal| running.signal_alone(signal);
    let to_all: fn(&Running, Signal) = |running, signal| running.signal(signal);
    for (line, signal, send) in [
        ("up --no-color --menu=false web", Signal::INT, to_all),
        ("up --no-color --menu=false web", Signal::TERM, to_one),
        ("logs --no-color -f web", Signal::INT, to_one),
        ("logs --no-color -f web", Signal::TERM, to_all),
    ] {
        let [expected, found] = ["docker compose", TOWLINE].map(|program| {
            project.clear();
            if line.starts_with("logs") {
                project.compose("up -d --no-build web").run().ended(0);
            }
            let program = readable(engine, &project, program, line);
            let code = interrupted(program, |running| send(running, signal));
            let left = project.compose("ps -q --status running web").run().text();
            (code, left.is_empty())
        });
        assert_eq!(expected, found, "{line} {signal:?}");
    }
}

/// Runs a line in a terminal, types, and gives its code and what the screen got.
fn in_terminal(project: &Project, program: &[&str], words: &[&str], typed: &str) -> (u32, String) {
    let size = PtySize {
        rows: 31,
        cols: 97,
        ..PtySize::default()
    };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(program[0]);
    command.args(&program[1..]);
    command.args(words);
    command.cwd(&project.directory);
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    pair.master.take_writer().unwrap().write_all(typed.as_bytes()).unwrap();
    let mut screen = Vec::new();
    // Where the other side of a terminal is closed, reading ends with an error.
    let _ = reader.read_to_end(&mut screen);
    (
        child.wait().unwrap().exit_code(),
        String::from_utf8_lossy(&screen).into_owned(),
    )
}

#[test]
fn the_terminal_reaches_the_container() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "terminal", FILE);
    project.compose("up -d --no-build web").run().ended(0);
    // The size comes after the start.
    let script = "tty; read word; until stty size | grep .; do sleep 1; done; echo got-$word; exit 6";
    for words in [
        &["exec", "web", "sh", "-c", script] as &[&str],
        &["run", "--rm", "--no-deps", "--entrypoint", "sh", "tests", "-c", script],
    ] {
        for program in [&["docker", "compose"] as &[&str], &[TOWLINE]] {
            let (code, screen) = in_terminal(&project, program, words, "typed\n");
            assert_eq!(code, 6, "{screen}");
            for text in ["/dev/pts/", "31 97", "got-typed"] {
                assert!(screen.contains(text), "{screen}");
            }
        }
    }
}

/// Where docker finds compose.
fn compose_plugin(engine: &Engine) -> PathBuf {
    let format = r#"{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}"#;
    let found = engine.program("docker", "info --format").arg(format).run();
    PathBuf::from(found.ended(0).text().trim())
}

/// Makes a folder for docker's configuration, with towline as a plugin beside compose.
fn with_plugins(engine: &Engine, project: &Project) -> String {
    let plugins = project.directory.join("config/cli-plugins");
    fs::create_dir_all(&plugins).unwrap();
    symlink(TOWLINE, plugins.join("docker-towline")).unwrap();
    symlink(compose_plugin(engine), plugins.join("docker-compose")).unwrap();
    project.directory.join("config").to_str().unwrap().to_owned()
}

#[test]
fn docker_runs_it_as_a_plugin() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "plugin", FILE);
    let config = with_plugins(engine, &project);
    let call = |line: &str| {
        let program = inside(engine, &project, "docker", line);
        program.env("DOCKER_CONFIG", &config).run()
    };
    assert_eq!(call("towline --version").text(), "towline 0.1.0\n");
    for line in [
        "up -d --no-build web",
        "ps",
        "nosuch",
        "exec -T web false",
        "down -v -t 0",
    ] {
        let expected = show(&call(&format!("compose {line}")));
        // What changes something is done twice from the same state.
        if line.starts_with("up ") {
            project.clear();
        } else if line.starts_with("down ") {
            project.compose("up -d --no-build web").run().ended(0);
        }
        assert_eq!(expected, show(&call(&format!("towline {line}"))), "{line}");
    }
    let expected = show(&call("-H unix:///nowhere.sock compose ps"));
    assert!(expected.contains("code Some(1)"), "{expected}");
    assert_eq!(expected, show(&call("-H unix:///nowhere.sock towline ps")));
}

/// A verdict needs compose as a child, which must not take towline's docker for its own.
#[test]
fn as_a_plugin_it_gives_a_verdict() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "verdict", FILE);
    let config = with_plugins(engine, &project);
    for line in ["towline up --exit-code-from tests tests", "towline ci tests"] {
        let program = inside(engine, &project, "docker", line);
        program.env("DOCKER_CONFIG", &config).run().ended(3);
    }
}

#[test]
fn as_a_plugin_it_is_told_to_stop() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "stop", FILE);
    let config = with_plugins(engine, &project);
    project.compose("up -d --no-build web").run().ended(0);
    let [expected, found] = ["compose", "towline"].map(|name| {
        let line = format!("{name} logs --no-color -f web");
        let program = readable(engine, &project, "docker", &line).env("DOCKER_CONFIG", &config);
        interrupted(program, |running| running.signal_alone(Signal::TERM))
    });
    assert_eq!(expected, found);
}

#[test]
fn the_name_docker_compose_does_what_the_standalone_binary_does() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "alias", FILE);
    let link = project.directory.join("docker-compose");
    symlink(TOWLINE, &link).unwrap();
    let real = compose_plugin(engine);
    let host = env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
    let run = |program: &Path, line: &str| {
        let program = inside(engine, &project, program, line);
        without_log(&show(&program.run()))
    };
    for line in [
        "version",
        "--version",
        "-v",
        "version --short",
        "--help",
        "-h",
        "",
        "ci",
        "nosuch",
        "run",
        "--bogus ps",
        "config --services",
        "-f compose.yaml --verbose ps -q",
        "-H unix:///nowhere.sock ps",
        &format!("--host {host} -f compose.yaml ps -q"),
        "--context default config -q",
        "--context nosuch ps",
        "--no-ansi ps -q",
        "--log-level warn version --short",
    ] {
        assert_eq!(run(&real, line), run(&link, line), "{line}");
    }
}

/// Without what compose and docker log when they are asked to tell everything: they are two programs here, one there.
fn without_log(text: &str) -> String {
    text.split_inclusive('\n')
        .filter(|line| !line.contains("level="))
        .collect()
}

/// What towline refuses without asking, compose refuses too.
#[test]
fn flags_of_up_that_towline_refuses_are_refused_by_compose() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "conflicts", FILE);
    for line in [
        "--wait --exit-code-from web",
        "--wait --abort-on-container-exit",
        "--wait --abort-on-container-failure",
        "--wait --attach web",
        "--wait --attach-dependencies",
        "-d --exit-code-from web",
        "-d --abort-on-container-exit",
        "-d --abort-on-container-failure",
        "--abort-on-container-exit --abort-on-container-failure",
        "--exit-code-from web --attach web --attach-dependencies",
        "--wait --build --no-build",
        "--wait --no-recreate -V",
        "--wait --no-recreate --force-recreate",
        "--wait --no-recreate --always-recreate-deps",
        "--wait --pull monthly",
        "--wait --scale web",
        "--wait --scale web=many",
        "--wait --bogus",
        "--wait=perhaps",
        "--wait -t soon",
        "--exit-code-from",
    ] {
        project.compose(&format!("up {line}")).run().ended(1);
        project.towline(&format!("up {line}")).run().ended(2);
    }
    project.nothing_left();
}
