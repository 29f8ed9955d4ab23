//! One line each: `path:line:col: level[id] message`. What editors and `grep` know.

use std::fmt::Write as _;

use super::{Report, one_line};

pub(super) fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let path = one_line(&finding.place.path);
        let at = match finding.place.range {
            Some((start, _)) => format!("{path}:{}:{}", start.line, start.column),
            None => path,
        };
        let (level, id) = (finding.level().word(), &finding.diagnostic.code);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{at}: {level}[{id}] {}", finding.sentence());
    }
    text
}
