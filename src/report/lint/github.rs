//! Workflow commands of GitHub Actions, which become annotations of a commit.

use std::fmt::Write as _;

use super::Report;
use crate::diagnostic::Severity;

pub(super) fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let command = match finding.level() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "notice",
        };
        let mut properties = format!("file={}", property(&finding.place.path));
        if let Some((start, end)) = finding.place.range {
            // Writing to a String cannot fail.
            let _ = write!(properties, ",line={},endLine={}", start.line, end.line);
            // GitHub refuses columns where the lines differ.
            if start.line == end.line {
                let _ = write!(properties, ",col={},endColumn={}", start.column, end.column);
            }
        }
        let title = property(&finding.diagnostic.code);
        let message = data(&finding.sentence());
        let _ = writeln!(text, "::{command} {properties},title={title}::{message}");
    }
    text
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, where two more characters mean something.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
