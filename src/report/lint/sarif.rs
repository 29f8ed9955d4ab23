//! SARIF 2.1.0, for code scanning services.

use serde_json::{Value, json};

use super::gitlab::fingerprints;
use super::{About, Finding, Place, Report};
use crate::diagnostic::Severity;
use crate::report::rules;
use crate::term::Terminal;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(report: &Report<'_>) -> String {
    let rules = report.ids.iter().map(about);
    let results = report
        .findings
        .iter()
        .zip(fingerprints(report))
        .map(|(finding, fingerprint)| {
            let id = &*finding.diagnostic.code;
            let mut result = json!({
                "ruleId": id,
                "level": level(finding.level()),
                "message": { "text": finding.sentence() },
                "locations": [location(&finding.place)],
                "partialFingerprints": { "towline/v1": fingerprint },
            });
            if let Some(index) = report.ids.iter().position(|about| about.id == id) {
                result["ruleIndex"] = json!(index);
            }
            if !finding.others.is_empty() {
                result["relatedLocations"] = related(finding);
            }
            if let Some(fixes) = fix(finding) {
                result["fixes"] = fixes;
            }
            result
        });
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "towline",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<Value>>(),
            } },
            // Columns count characters, and not the units of UTF-16, which is what they count without this.
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<Value>>(),
        }],
    });
    format!("{log:#}\n")
}

/// What a service shows of a rule.
fn about(about: &About) -> Value {
    let mut value = json!({ "id": about.id, "shortDescription": { "text": about.summary } });
    if let Some(page) = &about.rule {
        value["fullDescription"] = json!({ "text": page.why });
        value["help"] = json!({ "text": rules::explain(page, &Terminal::plain()), "markdown": rules::page(page) });
        value["defaultConfiguration"] = json!({ "level": level(page.level) });
        value["properties"] = json!({ "tags": [page.category] });
    }
    value
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

/// The change that takes a finding away, of a file at a time.
fn fix(finding: &Finding<'_>) -> Option<Value> {
    let fix = finding.diagnostic.fix.as_ref()?;
    let changes = finding.edits.iter().map(|(place, text)| {
        let mut replacement = json!({ "deletedRegion": region(place)? });
        replacement["insertedContent"] = json!({ "text": text });
        Some(json!({
            "artifactLocation": { "uri": uri(&place.path) },
            "replacements": [replacement],
        }))
    });
    let changes = changes.collect::<Option<Vec<Value>>>()?;
    Some(json!([{ "description": { "text": fix.title }, "artifactChanges": changes }]))
}

fn related(finding: &Finding<'_>) -> Value {
    let others = finding.others.iter().enumerate();
    others
        .map(|(id, (place, text))| {
            let mut location = location(place);
            location["id"] = json!(id);
            location["message"] = json!({ "text": super::one_line(text) });
            location
        })
        .collect()
}

fn location(place: &Place<'_>) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(&place.path) } });
    if let Some(region) = region(place) {
        physical["region"] = region;
    }
    json!({ "physicalLocation": physical })
}

fn region(place: &Place<'_>) -> Option<Value> {
    let (start, end) = place.range?;
    Some(json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }))
}

/// A path as a URI: relative to the root of the checkout, or `file:` where it is absolute.
fn uri(path: &str) -> String {
    let kept = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    let escaped = path.bytes().map(|byte| {
        if kept(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    let escaped: String = escaped.collect();
    if path.starts_with('/') {
        format!("file://{escaped}")
    } else {
        escaped
    }
}
