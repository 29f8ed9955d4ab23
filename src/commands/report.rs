//! `towline report`: a run that is over, shown again.

use std::path::{Path, PathBuf};

use super::print;
use crate::cli::{ReportArgs, ReportFormat};
use crate::failure::Result;
use crate::report::stored;
use crate::term::Terminal;

/// Where runs leave their records, under the project's directory.
const RUNS: &str = ".towline/runs";

/// Shows the run.
///
/// # Errors
/// There is no such run, or its record cannot be read.
pub fn run(args: &ReportArgs) -> Result<u8> {
    let directory = stored::find(&runs(), args.run.as_deref())?;
    let report = stored::load(&directory)?;
    print(&match args.format {
        ReportFormat::Text => stored::render_text(&report, &directory, &Terminal::stdout()),
        ReportFormat::Json => stored::render_json(&report)?,
    })
}

/// The records of the project: in the current directory or, as compose looks for its file, in the next one above.
pub(super) fn runs() -> PathBuf {
    let current = std::env::current_dir().unwrap_or_default();
    let found = current
        .ancestors()
        .skip(1)
        .map(|folder| folder.join(RUNS))
        .find(|runs| runs.is_dir());
    match found {
        Some(above) if !Path::new(RUNS).is_dir() => above,
        _ => PathBuf::from(RUNS),
    }
}
