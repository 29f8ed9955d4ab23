//! `towline lint`: what is wrong with compose files, without Docker.

mod dockerfiles;

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context as _;
use indexmap::IndexSet;

use super::rules::page;
use super::{complain, native, print};
use crate::cli::{self, Deny, Globals, LintArgs};
use crate::compose::load::Request;
use crate::diagnostic::{Findings, Severity};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::lint::fix::{Changed, Fixed};
use crate::lint::rule::Preset;
use crate::lint::{self, Settings, SettingsFile, rules};
use crate::report::lint::{About, Baseline, Format, Report, Threshold};
use crate::report::patch::patch;
use crate::report::{rewrite, write_whole};
use crate::run::binary::DockerGlobals;
use crate::term::Terminal;

/// Lints the project, or each of the files, and gives the exit code.
///
/// # Errors
/// Standard input cannot be read, or the report cannot be written.
pub(super) fn run(globals: &Globals, args: &LintArgs, docker: &DockerGlobals) -> Result<u8> {
    if let (Some(path), Some(file)) = (args.paths.first(), globals.files.first()) {
        return Err(Failure::usage(format!(
            "both a project of {file} and the file {path} by itself are to be checked"
        ))
        .hint("name the files of one project with -f alone, or files that are projects of their own without -f"));
    }
    let settings = settings(args)?;
    let (requests, skipped) = requests(globals, args)?;
    let directory = native::current_directory()?;
    let (mut projects, fixed) = if args.diff || args.fix || args.unsafe_fixes {
        let fixed = requests.iter().map(|request| fix(request, &settings, args));
        let (projects, files): (Vec<Findings>, Vec<_>) = fixed.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        (projects, files.into_iter().flatten().collect())
    } else {
        let checked = |request: &Request| native::lint_project(request.clone(), &settings);
        (lint::on_all_processors(&requests, checked), Vec::new())
    };
    if args.diff {
        return show_patch(&fixed, Path::new(&directory));
    }
    if args.dockerfile {
        dockerfiles::check(&requests, &mut projects, &settings, docker)?;
    }
    let mut report = Report::new(&projects, Path::new(&directory), threshold(args));
    report.skipped = skipped;
    report.fixed = fixed.iter().map(|file: &Changed| file.count).sum();
    if args.format == Format::Sarif {
        report.ids = ids();
    }
    if let Some(path) = &args.write_baseline {
        return write_baseline(path, &report);
    }
    if let Some(path) = &args.baseline {
        report.leave_out(&read_baseline(path)?);
    }
    show(args, &report)?;
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

/// All ids that a finding can have, with what each means.
fn ids() -> Vec<About> {
    let loader = lint::IDS.iter().map(|id| About {
        id: id.id,
        summary: id.summary,
        rule: None,
    });
    let rules = rules::all().map(|rule| About {
        id: rule.id,
        summary: rule.summary,
        rule: Some(page(rule)),
    });
    loader.chain(rules).collect()
}

fn read_baseline(path: &Path) -> Result<Baseline> {
    let failure = |why: &str| {
        Failure::usage(format!("the baseline {} cannot be read: {why}", path.display()))
            .hint(format!("`towline lint --write-baseline {}` writes it", path.display()))
    };
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failure("there is no such file"),
        _ => failure(&error.to_string()),
    })?;
    Baseline::parse(&text).map_err(|why| failure(&why))
}

/// Writes what is found now, unless compose would reject it: that is nothing to live with.
fn write_baseline(path: &Path, report: &Report<'_>) -> Result<u8> {
    let baseline = Baseline::of(report);
    write_whole(path, baseline.text().as_bytes()).map_err(|error| unwritten("the baseline", path, &error))?;
    let findings = if baseline.len() == 1 { "finding" } else { "findings" };
    print(&format!("wrote {} {findings} to {}\n", baseline.len(), path.display()))?;
    let exit = if report.rejected > 0 {
        Exit::Invalid
    } else {
        Exit::Passed
    };
    Ok(exit.code())
}

/// What the line says of rules.
fn settings(args: &LintArgs) -> Result<Settings> {
    if let Some(word) = args
        .select
        .iter()
        .chain(&args.ignore)
        .find(|word| !Settings::is_known(word))
    {
        let failure = Failure::usage(format!("there is no rule and no category '{word}'"));
        return Err(match lint::near(word) {
            Some(near) => failure.hint(format!("did you mean '{near}'?")),
            None => failure.hint("`towline rules` lists them"),
        });
    }
    let preset = args.preset.map(|preset| match preset {
        cli::Preset::Default => Preset::Default,
        cli::Preset::Ci => Preset::Ci,
        cli::Preset::Strict => Preset::Strict,
    });
    let file = match &args.config {
        Some(path) if path.is_file() => SettingsFile::At(path.clone()),
        Some(path) => {
            let failure = Failure::usage(format!("there is no settings file {}", path.display()));
            return Err(failure.hint("name one with --config, or leave that out to use the nearest .towline.yaml"));
        }
        None if args.no_config => SettingsFile::Without,
        None => SettingsFile::Search,
    };
    Ok(Settings {
        file,
        preset,
        only: (!args.select.is_empty()).then(|| args.select.clone()),
        ignored: args.ignore.clone(),
        ..Settings::default()
    })
}

/// What is to be loaded for each project, and how many files were skipped.
fn requests(globals: &Globals, args: &LintArgs) -> Result<(Vec<Request>, usize)> {
    let mut request = native::request(globals)?;
    if args.paths.iter().chain(&globals.files).any(|file| file == "-") {
        request.stdin = Some(native::read_stdin()?);
    }
    if args.paths.is_empty() {
        return Ok((vec![request], 0));
    }
    let paths: IndexSet<&String> = args.paths.iter().collect();
    let requests: Vec<Request> = paths.into_iter().map(|path| of_file(path, &request)).collect();
    let wanted = lint::on_all_processors(&requests, is_wanted);
    let all = requests.len();
    let kept = requests.into_iter().zip(wanted).filter(|(_, wanted)| *wanted);
    let kept: Vec<Request> = kept.map(|(request, _)| request).collect();
    let skipped = all - kept.len();
    Ok((kept, skipped))
}

/// Fixes a project, and writes its files unless only a patch is wanted.
fn fix(request: &Request, settings: &Settings, args: &LintArgs) -> Result<(Findings, Vec<Changed>)> {
    let fixed = lint::apart(|| native::fix_project(request, settings, args.unsafe_fixes));
    let Fixed { findings, files } = fixed.context("fixing a project")?;
    for file in files.iter().filter(|_| !args.diff) {
        rewrite(&file.path, file.after.as_bytes()).map_err(|error| unwritten("the fixed file", &file.path, &error))?;
    }
    Ok((findings, files))
}

fn show_patch(files: &[Changed], directory: &Path) -> Result<u8> {
    let patches = files.iter().map(|file| {
        let path = file.path.strip_prefix(directory).unwrap_or(&file.path);
        patch(&path.to_string_lossy(), &file.before, &file.after)
    });
    print(&patches.collect::<String>())?;
    let exit = if files.is_empty() { Exit::Passed } else { Exit::Findings };
    Ok(exit.code())
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

fn unwritten(what: &str, path: &Path, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        _ => error.to_string(),
    };
    Failure::usage(format!("{what} cannot be written to {}: {why}", path.display()))
}

/// Writes the report where it was asked for. With a file, people's view goes to standard output.
fn show(args: &LintArgs, report: &Report<'_>) -> Result<()> {
    let stdout = Terminal::stdout();
    if let Some(path) = &args.output {
        let text = args.format.render(report, &Terminal::plain());
        write_whole(path, text.as_bytes()).map_err(|error| unwritten("the report", path, &error))?;
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
