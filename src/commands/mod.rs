//! One file a command: wiring, no logic. This one finds the command and ends the process.

pub mod ci;
mod completions;
mod config_native;
mod explain;
mod gc;
mod guard;
mod help;
mod lint;
mod man;
mod native;
mod pass;
pub mod plan;
mod preflight;
pub mod report;
mod rules;
mod session;
pub mod up;

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::panic;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::{self, CiArgs, GcArgs, Globals, Line, Name, Own, Split, Up};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::term::{self, Ansi};

/// Does what the command line asks for.
#[must_use]
pub fn main() -> ExitCode {
    let mut words = env::args_os();
    let name = Name::of(&words.next().unwrap_or_default());
    let words: Vec<OsString> = words.collect();
    // The panic has told its message already.
    let result = panic::catch_unwind(|| run(name, &words)).unwrap_or_else(|_| {
        Err(Failure::message(
            Exit::Bug,
            "this is a bug in towline, and the command did not end",
        ))
    });
    ExitCode::from(result.unwrap_or_else(|failure| {
        tell(&failure);
        failure.exit.code()
    }))
}

fn run(name: Name, words: &[OsString]) -> Result<u8> {
    if let [word, rest @ ..] = words
        && word == crate::run::guard::COMMAND
    {
        return guard::run(rest);
    }
    if let Some(answer) = pass::question(name, words) {
        return answer;
    }
    let line = Line::read(name, words)?;
    for text in &line.notes {
        note(text);
    }
    match name {
        Name::Compose => drop_in(&line),
        Name::Towline | Name::Plugin => own_or_drop_in(&line),
    }
}

/// Compose's words, and towline's verdict on `up`.
fn drop_in(line: &Line) -> Result<u8> {
    match cli::split(&line.args) {
        Split::Command { flags, word, rest } if word == "up" => up_or_pass(line, flags, rest),
        Split::Unknown(flag) => {
            cli::check_unread(&line.args, &flag).map_err(Failure::of_run)?;
            pass::run(line)
        }
        _ => pass::run(line),
    }
}

/// Compose's words, and towline's own.
fn own_or_drop_in(line: &Line) -> Result<u8> {
    match (cli::split(&line.args), line.args.as_slice()) {
        (_, []) | (Split::Help, _) => help::overview(),
        (_, [flag]) if flag == "--version" || flag == "-V" => {
            print(&format!("towline {}\n", env!("CARGO_PKG_VERSION")))
        }
        (Split::Command { flags, word, rest }, _) if cli::is_own(word) => match cli::parse(word, rest) {
            Ok(command) => own(line, flags, command),
            Err(error) => Ok(show_clap(&error, word == "ci")),
        },
        (Split::Command { flags, word, rest }, _) if word == "config" => match cli::read_native(flags, rest)? {
            Some((globals, args)) => config_native::run(&looked_at(globals)?, &args),
            None => drop_in(line),
        },
        (Split::Command { word, rest, .. }, _) => {
            if let Some(text) = pass::remark(word, rest) {
                note(&text);
            }
            drop_in(line)
        }
        _ => drop_in(line),
    }
}

fn own(line: &Line, flags: &[OsString], command: Own) -> Result<u8> {
    let globals = |behind| looked_at(cli::globals(flags)?.then(behind));
    match command {
        Own::Ci(ci) => globals(ci.globals)
            .and_then(|globals| {
                let args = CiArgs {
                    dry_run: globals.dry_run,
                    ..ci.args
                };
                ci::run(&globals, &args, &line.docker)
            })
            .map_err(Failure::of_run),
        Own::Lint(lint) => lint::run(&globals(lint.globals)?, &lint.args, &line.docker),
        Own::Plan(plan) => plan::run(&globals(plan.globals)?, &plan.args, &line.docker),
        Own::Explain { rule } => globals(Globals::default()).and_then(|_| explain::run(&rule)),
        Own::Rules(args) => globals(Globals::default()).and_then(|_| rules::run(&args)),
        Own::Report(args) => globals(Globals::default()).and_then(|_| report::run(&args)),
        Own::Gc(gc) => {
            let dry_run = gc.dry_run || cli::globals(flags)?.dry_run;
            gc::run(&GcArgs { dry_run, ..gc }, &line.docker)
        }
        Own::Completions { shell } => completions::run(shell),
        Own::Man { command } => man::run(command.as_deref()),
        Own::Help { topic } => help::run(line, &topic),
    }
}

fn up_or_pass(line: &Line, flags: &[OsString], rest: &[OsString]) -> Result<u8> {
    match cli::read_up(flags, rest).map_err(Failure::of_run)? {
        (_, Up::Pass) => pass::run(line),
        (globals, Up::Verdict(args)) => looked_at(globals)
            .and_then(|globals| up::run(&globals, &args, &line.docker))
            .map_err(Failure::of_run),
    }
}

/// Takes note of how the user wants things to look, before anything is shown. Where no flag says so, compose's variables
/// do; a variable gives way to `NO_COLOR`.
fn looked_at(globals: Globals) -> Result<Globals> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let from_variable = globals.ansi.is_none();
    let globals = Globals {
        ansi: globals.ansi.or_else(|| variable("COMPOSE_ANSI")),
        progress: globals.progress.or_else(|| variable("COMPOSE_PROGRESS")),
        ..globals
    };
    globals.check_looks()?;
    term::decide(match globals.ansi.as_deref() {
        None | Some("auto") => Ansi::Auto,
        Some("always") if from_variable && variable("NO_COLOR").is_some() => Ansi::Auto,
        Some("always") => Ansi::Always,
        Some(_) => Ansi::Never,
    });
    Ok(globals)
}

/// Prints what clap has to say, which can be the help that was asked for, and gives its exit code.
fn show_clap(error: &clap::Error, ends_run: bool) -> u8 {
    // A closed pipe is a normal end, and there is nobody left to tell of anything else.
    let _ = error.print();
    let code = u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code());
    if ends_run && code != Exit::Passed.code() {
        complain(&last_line(code));
    }
    code
}

/// Writes to standard output. A reader that has gone away is a normal end.
fn print(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<u8> {
    write(anstream::stdout().lock(), text.as_ref())
}

/// Writes a text for programs to standard output, with every character that is in it.
fn print_exactly(text: &str) -> Result<u8> {
    write(io::stdout().lock(), text.as_bytes())
}

fn write(mut stdout: impl Write, text: &[u8]) -> Result<u8> {
    let written = stdout.write_all(text).and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("writing to standard output")?,
        _ => Ok(Exit::Passed.code()),
    }
}

/// Something worth knowing that stops nothing.
fn note(text: &str) {
    complain(&format!("towline: note: {text}\n"));
}

/// A failure and what to do about it.
fn tell(failure: &Failure) {
    let mut text = format!("towline: {failure}\n{}", failure.excerpts);
    for hint in &failure.hints {
        text += &format!("  help: {hint}\n");
    }
    if failure.ends_run {
        text += &last_line(failure.exit.code());
    }
    complain(&text);
}

/// The last line of a run that did not come to its stages.
fn last_line(code: u8) -> String {
    format!("towline: FAILED code={code}\n")
}

fn complain(text: &str) {
    // Where standard error cannot be written, the exit code has to do.
    let _ = io::stderr().write_all(text.as_bytes());
}
