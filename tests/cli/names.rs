//! No word of compose changes its meaning: towline's names are held against compose's.

use std::collections::BTreeSet;
use std::process::Command;

use towline::cli::{COMPOSE, Globals, Up, decide, own_names};

use crate::common::finish;

/// What `docker compose --help` lists: compose 2.40.3 and 5.6.1, which have the same commands.
const LISTED: [&str; 35] = [
    "attach", "bridge", "build", "commit", "config", "cp", "create", "down", "events", "exec", "export", "images",
    "kill", "logs", "ls", "pause", "port", "ps", "publish", "pull", "push", "restart", "rm", "run", "scale", "start",
    "stats", "stop", "top", "unpause", "up", "version", "volumes", "wait", "watch",
];

/// Commands that older lines had, and those that compose does not list.
const OTHER: [&str; 8] = [
    "alpha",
    "convert",
    "generate",
    "viz",
    "dry-run",
    "bundle",
    "rescale",
    "migrate-to-labels",
];

#[test]
fn no_command_of_compose_is_shadowed() {
    let own: BTreeSet<String> = own_names().into_iter().collect();
    for command in LISTED.iter().chain(&OTHER).chain(&COMPOSE) {
        assert!(!own.contains(*command), "{command}");
    }
    for command in LISTED {
        assert!(COMPOSE.contains(&command), "{command}");
    }
}

/// The machine's own `docker compose`, where there is one; it needs no engine for this.
fn real_help(args: &[&str]) -> Option<String> {
    let finished = finish(
        Command::new("sh")
            .args(["-c", r#"exec docker compose "$@""#, "sh"])
            .args(args),
    );
    let text = finished.stdout();
    (finished.status.success() && text.contains("docker compose")).then_some(text)
}

#[test]
fn no_command_of_the_compose_on_this_machine_is_shadowed() {
    let Some(help) = real_help(&["--help"]) else { return };
    let own = own_names();
    let commands = help
        .lines()
        .skip_while(|line| !line.contains("Commands:"))
        .filter_map(|line| {
            let name = line.strip_prefix("  ")?.split_whitespace().next()?;
            name.chars().all(|letter| letter.is_ascii_lowercase()).then_some(name)
        });
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() > 20, "{help}");
    for command in commands {
        assert!(!own.contains(&command.to_owned()), "{command}");
    }
}

#[test]
fn every_flag_of_up_of_the_compose_on_this_machine_is_known() {
    let Some(help) = real_help(&["up", "--help"]) else {
        return;
    };
    let mut count = 0;
    for line in help.lines() {
        let Some((names, _)) = line.trim_start().split_once("  ") else {
            continue;
        };
        let names = names.split_once("--").filter(|_| names.starts_with('-'));
        let Some((short, long)) = names else { continue };
        count += 1;
        // A value for each flag that takes one; it suits every type.
        let flag = match long.split_once(' ') {
            Some((name, "int")) => format!("--{name}=1"),
            Some(("pull", _)) => "--pull=never".to_owned(),
            Some(("scale", _)) => "--scale=a=1".to_owned(),
            Some((name, _)) => format!("--{name}=a"),
            None => format!("--{long}=false"),
        };
        let args = ["--abort-on-container-failure".into(), flag.into(), "-h".into()];
        let read = decide(&Globals::default(), &args);
        assert!(matches!(read, Ok(Up::Pass)), "{line}: {read:?}");
        if let Some(short) = short.trim().strip_suffix(',') {
            let args = [
                "--abort-on-container-failure".into(),
                format!("{short}=1").into(),
                "-h".into(),
            ];
            let read = decide(&Globals::default(), &args);
            assert!(matches!(read, Ok(Up::Pass)), "{line}: {read:?}");
        }
    }
    assert!(count > 25, "{help}");
}
