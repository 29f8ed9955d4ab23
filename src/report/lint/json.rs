//! JSON with a schema of towline's own, which the README describes.

use serde_json::{Value, json};

use super::{Place, Report};
use crate::diagnostic::Severity;

/// Raised when a key changes its meaning or goes away.
const SCHEMA: u32 = 1;

pub(super) fn render(report: &Report<'_>) -> String {
    let findings = report.findings.iter().map(|finding| {
        let mut value = json!({
            "id": finding.diagnostic.code,
            "level": finding.level().word(),
            "message": finding.diagnostic.message,
        });
        add_place(&mut value, &finding.place);
        value["help"] = json!(finding.diagnostic.help);
        let labels = finding.others.iter().map(|(place, text)| {
            let mut label = json!({ "message": text });
            add_place(&mut label, place);
            label
        });
        value["labels"] = labels.collect();
        value["fix"] = finding.diagnostic.fix.as_ref().map_or(Value::Null, |fix| {
            let edits = finding.edits.iter().map(|(place, text)| {
                let mut edit = json!({ "text": text });
                add_place(&mut edit, place);
                edit
            });
            json!({ "title": fix.title, "safe": fix.is_safe, "edits": edits.collect::<Vec<Value>>() })
        });
        value
    });
    let whole = json!({
        "schema": SCHEMA,
        "towline": env!("CARGO_PKG_VERSION"),
        "summary": {
            "projects": report.projects.len(),
            "rejected": report.rejected,
            "skipped": report.skipped,
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "hints": report.count(Severity::Hint),
            "fixed": report.fixed,
            "known": report.known,
            "fails": report.fails(),
        },
        "findings": findings.collect::<Vec<Value>>(),
    });
    format!("{whole:#}\n")
}

/// The place's keys; the numbers are null for a whole file.
fn add_place(value: &mut Value, place: &Place<'_>) {
    let (start, end) = place.range.unzip();
    value["path"] = json!(place.path);
    value["line"] = json!(start.map(|start| start.line));
    value["column"] = json!(start.map(|start| start.column));
    value["end_line"] = json!(end.map(|end| end.line));
    value["end_column"] = json!(end.map(|end| end.column));
}
