//! What the native loader is asked: compose's flags and this process's surroundings, as a request.

use std::collections::HashMap;
use std::path::Path;
use std::{env, io};

use anyhow::Context as _;

use crate::cli::Globals;
use crate::compose::load::{Model, Request, load};
use crate::diagnostic::{Diagnostic, Findings};
use crate::failure::Result;
use crate::lint::fix::Fixed;
use crate::lint::{self, Settings};
use crate::report::lint::{Report, Threshold, excerpts};
use crate::term::Terminal;

/// The request that compose's global flags stand for.
pub(super) fn request(globals: &Globals) -> Result<Request> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    };
    Ok(Request {
        directory: current_directory()?,
        project_directory: globals.project_directory.clone(),
        project_name: globals.project_name.clone(),
        files: globals.files.clone(),
        env_files: globals.env_files.clone(),
        profiles: globals.profiles.clone(),
        services: Vec::new(),
        all_resources: globals.all_resources,
        environment: env::vars_os().map(text).collect(),
        home: env::home_dir().map(|home| home.to_string_lossy().into_owned()),
        stdin: None,
        texts: HashMap::new(),
    })
}

/// Lints the project that compose would load. Where a finding has no place, the file that was named stands for it.
pub(super) fn lint_project(request: Request, settings: &Settings) -> Findings {
    named(request, |project, request| lint::lint(project, request, settings))
}

/// The model of the project that compose would load, where it can be loaded, and what was found on the way.
pub(super) fn load_project(request: Request) -> (Option<Model>, Findings) {
    let file = request.files.first().cloned();
    let loaded = load(request);
    let findings = Findings {
        project: file.unwrap_or_else(|| ".".to_owned()),
        loads: loaded.model.is_some(),
        diagnostics: loaded.diagnostics.into_vec(),
        sources: loaded.sources,
    };
    (loaded.model, findings)
}

/// Fixes the project that compose would load, without writing anything.
pub(super) fn fix_project(request: &Request, settings: &Settings, allow_unsafe: bool) -> Fixed {
    let file = request.files.first().cloned().unwrap_or_default();
    let mut fixed = lint::fix::fix(&file, request, settings, allow_unsafe);
    name(&mut fixed.findings);
    fixed
}

/// Looks whether the project that compose would load can be loaded, and does no harm.
pub(super) fn check_project(request: Request) -> Findings {
    named(request, lint::check)
}

fn named(request: Request, look: impl FnOnce(String, Request) -> Findings) -> Findings {
    let file = request.files.first().cloned();
    let mut findings = look(file.unwrap_or_default(), request);
    name(&mut findings);
    findings
}

/// Where a project was found and not named, its first file stands for it.
fn name(findings: &mut Findings) {
    if findings.project.is_empty() {
        findings.project = findings.first_file().unwrap_or(".").to_owned();
    }
}

/// What was found and is wanted, as people read it on standard error.
pub(super) fn shown(findings: &Findings, wanted: impl Fn(&Diagnostic) -> bool, terminal: &Terminal) -> String {
    // Without a current directory, files are named by their whole path.
    let directory = current_directory().unwrap_or_default();
    let mut report = Report::new(std::slice::from_ref(findings), directory.as_ref(), Threshold::default());
    report.findings.retain(|finding| wanted(finding.diagnostic));
    excerpts(&report, terminal)
}

/// The current directory by the name that the shell has for it, which can lead through a link.
pub(super) fn current_directory() -> Result<String> {
    let current = env::current_dir().context("finding the current directory")?;
    let named = env::var("PWD").ok().filter(|named| {
        let named = Path::new(named);
        named.is_absolute() && named.canonicalize().is_ok_and(|real| real == current)
    });
    Ok(named.unwrap_or_else(|| current.to_string_lossy().into_owned()))
}

/// What stands on standard input. No more than this process can hold is read: the loader refuses what is too large.
pub(super) fn read_stdin() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = crate::source::Source::MAX_BYTES as u64 + 1;
    io::Read::read_to_end(&mut io::Read::take(io::stdin().lock(), limit), &mut bytes)
        .context("reading the compose file from standard input")?;
    Ok(bytes)
}
