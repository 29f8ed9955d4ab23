//! `towline report`: a run that is over, shown again.

use std::path::Path;

use super::print;
use crate::cli::{ReportArgs, ReportFormat};
use crate::failure::Result;
use crate::report::stored;
use crate::term::Terminal;

/// Where runs leave their records, under the directory that towline is called in.
const RUNS: &str = ".towline/runs";

/// Shows the run.
///
/// # Errors
/// There is no such run, or its record cannot be read.
pub fn run(args: &ReportArgs) -> Result<u8> {
    let directory = stored::find(Path::new(RUNS), args.run.as_deref())?;
    let report = stored::load(&directory)?;
    print(&match args.format {
        ReportFormat::Text => stored::render_text(&report, &directory, &Terminal::stdout()),
        ReportFormat::Json => stored::render_json(&report)?,
    })
}
