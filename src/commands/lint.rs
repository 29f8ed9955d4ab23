//! `towline lint`: what is wrong with compose files, without Docker.

use std::io;
use std::path::{Path, PathBuf};

use indexmap::IndexSet;

use super::{complain, native, print};
use crate::cli::{Deny, Globals, LintArgs};
use crate::compose::load::Request;
use crate::diagnostic::{Findings, Severity};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::lint;
use crate::report::lint::{Format, Report, Threshold};
use crate::report::write_whole;
use crate::term::Terminal;

/// Lints the project, or each of the files, and gives the exit code.
///
/// # Errors
/// Standard input cannot be read, or the report cannot be written.
pub(super) fn run(globals: &Globals, args: &LintArgs) -> Result<u8> {
    if let (Some(path), Some(file)) = (args.paths.first(), globals.files.first()) {
        return Err(Failure::usage(format!(
            "both a project of {file} and the file {path} by itself are to be checked"
        ))
        .hint("name the files of one project with -f alone, or files that are projects of their own without -f"));
    }
    let (projects, skipped) = check(globals, args)?;
    let directory = native::current_directory()?;
    let mut report = Report::new(&projects, Path::new(&directory), threshold(args));
    report.skipped = skipped;
    report.ids = lint::IDS.iter().map(|id| (id.id, id.summary)).collect();
    show(globals, args, &report)?;
    Ok(exit(&report).code())
}

/// A file that compose would reject outweighs findings: nothing can be said of what is in it.
fn exit(report: &Report<'_>) -> Exit {
    match () {
        () if report.rejected > 0 => Exit::Invalid,
        () if report.fails() => Exit::Findings,
        () => Exit::Passed,
    }
}

fn threshold(args: &LintArgs) -> Threshold {
    let level = |deny: &Deny| match deny {
        Deny::Warning => Severity::Warning,
        Deny::Hint => Severity::Hint,
    };
    Threshold {
        denied: args.deny.iter().map(level).collect(),
        max_warnings: args.max_warnings,
    }
}

/// The findings of each project, and how many files were skipped.
fn check(globals: &Globals, args: &LintArgs) -> Result<(Vec<Findings>, usize)> {
    let mut request = native::request(globals)?;
    if args.paths.iter().chain(&globals.files).any(|file| file == "-") {
        request.stdin = Some(native::read_stdin()?);
    }
    let paths: IndexSet<&String> = args.paths.iter().collect();
    let named = !paths.is_empty();
    let requests: Vec<Request> = if named {
        paths.into_iter().map(|path| of_file(path, &request)).collect()
    } else {
        vec![request]
    };
    let settings = lint::Settings::default();
    let checked = lint::on_all_processors(&requests, |request| {
        let is_skipped = named && !is_wanted(request);
        (!is_skipped).then(|| native::lint_project(request.clone(), &settings))
    });
    let skipped = checked.iter().filter(|findings| findings.is_none()).count();
    Ok((checked.into_iter().flatten().collect(), skipped))
}

/// A file as a project of its own; an override file together with the file that it lies over. A folder is the project that
/// compose would find in it.
fn of_file(path: &str, request: &Request) -> Request {
    if Path::new(path).is_dir() {
        return Request {
            project_directory: Some(path.to_owned()),
            ..request.clone()
        };
    }
    let base = lint::base_of_override(Path::new(path));
    let files = base.iter().map(|base| base.to_string_lossy().into_owned());
    Request {
        files: files.chain([path.to_owned()]).collect(),
        ..request.clone()
    }
}

/// Whether the file of a request is a compose file. One that cannot be read is told by the loader.
fn is_wanted(request: &Request) -> bool {
    let Some(path) = request.files.last().map(PathBuf::from) else {
        return true;
    };
    lint::is_compose_file(&path, || std::fs::read(&path)).unwrap_or(true)
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        _ => error.to_string(),
    };
    Failure::usage(format!("the report cannot be written to {}: {why}", path.display()))
}

/// Writes the report where it was asked for. With a file, people's view goes to standard output.
fn show(globals: &Globals, args: &LintArgs, report: &Report<'_>) -> Result<()> {
    let is_plain = globals.ansi.as_deref() == Some("never");
    let shown = |terminal: Terminal| if is_plain { terminal.without_escapes() } else { terminal };
    let stdout = shown(Terminal::stdout());
    if let Some(path) = &args.output {
        let text = args.format.render(report, &Terminal::plain());
        write_whole(path, text.as_bytes()).map_err(|error| unwritten(path, &error))?;
        print(&Format::Human.render(report, &stdout))?;
        return Ok(());
    }
    print(&args.format.render(report, &stdout))?;
    if args.format != Format::Human {
        complain(&format!("{}\n", report.summary()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
