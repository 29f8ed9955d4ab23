//! What a shell script does: its last command that says something. Many servers migrate or wait before they serve.

use super::{Does, Sign, read as read_words};
use crate::shell::{Command, Then, commands, program_name};

/// Commands that say nothing of what a script is there for.
#[rustfmt::skip]
pub(super) const FILLERS: &[&str] = &[
    "echo", "printf", "exit", "true", "false", ":", "wait", "rm", "cp", "mv", "chmod", "chown", "touch", "mkdir", "rmdir", "ls",
    "cat", "date", "kill", "pkill", "set", "cd", "export", "unset", "source", ".", "local", "trap", "test", "[", "[[", "sleep",
    "tee", "grep", "sed", "awk", "head", "sort", "uniq", "wc", "tr", "cut", "gzip", "id", "whoami", "pwd", "which", "return",
    "break", "continue", "shift", "read", "ulimit", "umask", "ln", "mktemp", "dirname", "basename", "let", "declare", "env",
    "apt-get", "apt", "apk", "yum", "dnf", "useradd", "adduser", "groupadd", "addgroup", "sync", "ps", "stat", "du", "df",
    "getent", "hostname", "uname", "nslookup", "ping", "service", "logger", "pushd", "popd", "alias", "hash", "type",
];

/// What a script does that gets these words as `$1` and so on.
pub(super) fn read(text: &str, arguments: &[String], depth: usize) -> Option<Sign> {
    let commands: Vec<Command> = commands(text)
        .into_iter()
        .filter(|command| !command.place.in_function)
        .collect();
    if let Some(sign) = endless_loop(&commands) {
        return Some(sign);
    }
    let mut foreground = None;
    let mut seen = Vec::new();
    let mut background = Vec::new();
    let mut follows_or = false;
    for pipe in commands.split_inclusive(|command| command.then != Then::Pipe) {
        let Some(last) = pipe.last() else { continue };
        let is_alternative = std::mem::replace(&mut follows_or, last.then == Then::Or);
        let in_condition_of_loop = last.place.in_loop && last.place.in_condition;
        if in_condition_of_loop || pipe.iter().all(is_filler) {
            continue;
        }
        let sign = of_pipe(pipe, arguments, depth);
        match () {
            () if last.then == Then::Background => background.push(sign),
            // It runs only where what stands before it failed.
            () if is_alternative && sign.is_none() => {}
            () => {
                seen.extend(sign.clone());
                foreground = Some(sign);
            }
        }
    }
    match foreground {
        Some(last) => in_view_of(last, &seen),
        None => of_background(background),
    }
}

/// What the last command of a script makes of it, in view of all that it runs. A deploy that looks afterwards how it went is
/// one. Where tests are run and the container is kept after that, nobody can tell what it is there for.
fn in_view_of(last: Option<Sign>, seen: &[Sign]) -> Option<Sign> {
    let of = |wanted: Does| seen.iter().find(|sign| sign.does == wanted).cloned();
    match last {
        Some(last) if last.only_waits() && of(Does::Job).is_some() => None,
        Some(last) if last.does != Does::Job => Some(last),
        last => of(Does::Deploy).or(last),
    }
}

/// A pipe ends when all of it has ended.
fn of_pipe(pipe: &[Command], arguments: &[String], depth: usize) -> Option<Sign> {
    let signs: Vec<Sign> = pipe
        .iter()
        .filter(|command| !is_filler(command))
        .filter_map(|command| read_words(&words_of(command, arguments), depth))
        .collect();
    let serves = signs.iter().find(|sign| sign.does == Does::Serve);
    serves.or(signs.last()).cloned()
}

/// A script that starts all it has in the background waits for it, or is not worth a word.
fn of_background(signs: Vec<Option<Sign>>) -> Option<Sign> {
    let serves = |sign: &&Sign| sign.does == Does::Serve;
    let all: Option<Vec<Sign>> = signs.iter().cloned().collect();
    let server = signs.iter().flatten().find(serves).cloned();
    server.or_else(|| all.and_then(|signs| signs.into_iter().next_back()))
}

/// The words of a command, with `"$@"` replaced by what it stands for.
fn words_of(command: &Command, arguments: &[String]) -> Vec<String> {
    let words = command.words.iter().skip(command.assignments());
    let expand = |word: &str| match word {
        "$@" | "$*" | "${@}" | "${*}" => arguments.to_vec(),
        word => vec![word.to_owned()],
    };
    words.flat_map(|word| expand(&word.text)).collect()
}

/// `sleep 5`, `cd x`, or a redirection alone. What never ends is none.
fn is_filler(command: &Command) -> bool {
    let Some(program) = command.program() else { return true };
    let never_ends = || {
        command
            .arguments()
            .iter()
            .any(|word| ["infinity", "inf"].contains(&word.text.as_str()))
    };
    // `env A=b make test` runs something.
    let runs = program.text == "env" && command.arguments().iter().any(|word| !word.is_assignment());
    FILLERS.contains(&program_name(&program.text)) && !never_ends() && !runs
}

/// `while true; do …; done` without a way out, `while sleep 60; do …; done`, `until false; …`.
fn endless_loop(commands: &[Command]) -> Option<Sign> {
    let program = |command: &Command| command.program().map(|word| word.text.clone()).unwrap_or_default();
    let is_way_out =
        |command: &Command| command.place.in_loop && ["break", "exit", "return"].contains(&program(command).as_str());
    if commands.iter().any(is_way_out) {
        return None;
    }
    let is_endless = |command: &&Command| {
        let is_alone = !matches!(command.then, Then::And | Then::Or | Then::Pipe);
        let first = command.arguments().first().map(|word| word.text.as_str());
        let is_true = match program(command).as_str() {
            "true" | ":" | "sleep" => true,
            "[" | "test" => command.arguments().len() <= 2 && first.is_some_and(|word| word == "1" || word == "true"),
            "false" => true,
            _ => false,
        };
        command.place.in_loop && command.place.in_condition && is_alone && is_true
    };
    // What keeps a machine awake in the background ends with the script.
    let is_aside = |at: usize| {
        let mut body = commands[at..].iter().take_while(|command| command.place.in_loop);
        let ends = body.by_ref().last();
        let is_last = commands[at..].iter().all(|command| command.place.in_loop);
        !is_last && ends.is_some_and(|last| last.then == Then::Background)
    };
    let mut loops = commands.iter().enumerate().filter(|(_, command)| is_endless(command));
    let (_, found) = loops.find(|(at, _)| !is_aside(*at))?;
    Some(Sign::new(Does::Serve, format!("while {}", program(found))))
}
