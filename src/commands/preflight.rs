//! A look at the files with the native loader, before and after compose is asked about them.
//!
//! Compose has the last word on what is valid. towline speaks before it only where asking would do harm, and after it only
//! to say where in the file the place is that compose complains of.

use super::native;
use crate::cli::Globals;
use crate::compose::load::Request;
use crate::diagnostic::{Diagnostic, Findings, Severity};
use crate::failure::{Failure, Result};
use crate::lint;
use crate::term::Terminal;

/// What the native loader finds in the files; nothing where it cannot look without harm, or fails itself.
pub(super) fn look(globals: &Globals, services: &[String], stdin: Option<&[u8]>) -> Option<Findings> {
    let request = request(globals, services, stdin)?;
    lint::apart(|| native::check_project(request))
}

/// What the native loader is asked; nothing where it cannot look without harm.
pub(super) fn request(globals: &Globals, services: &[String], stdin: Option<&[u8]>) -> Option<Request> {
    let request = Request {
        services: services.to_vec(),
        // Never the standard input itself: what it holds is for compose.
        stdin: Some(stdin.unwrap_or_default().to_vec()),
        ..native::request(globals).ok()?
    };
    let by_variable = std::env::var("COMPOSE_FILE").unwrap_or_default();
    let named = request.files.iter().chain(&request.env_files).map(String::as_str);
    if named.chain(by_variable.split(':')).any(is_pipe) {
        return None;
    }
    Some(request)
}

/// Whether this can be read once only: then compose is the one to read it.
fn is_pipe(file: &str) -> bool {
    std::fs::metadata(file).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// Refuses a project that compose must not be asked about, or that must not be started.
pub(super) fn refuse_harm(findings: &Findings, terminal: &Terminal) -> Result<()> {
    let is_harmful = |found: &Diagnostic| lint::is_harmful(found, findings.loads);
    if !findings.diagnostics.iter().any(is_harmful) {
        return Ok(());
    }
    let message = match findings.loads {
        true => "the compose file would crash the engine, and is refused",
        false => "the compose file cannot be loaded, and compose could take all memory over it: it is refused",
    };
    Err(Failure::invalid(message).showing(native::shown(findings, is_harmful, terminal)))
}

/// Adds to compose's complaint the places that the native loader complains of.
pub(super) fn explain(failure: Failure, findings: &Findings, terminal: &Terminal) -> Failure {
    if findings.loads {
        return failure;
    }
    let is_placed = |found: &Diagnostic| found.severity == Severity::Error && found.span.is_some();
    failure.showing(native::shown(findings, is_placed, terminal))
}
