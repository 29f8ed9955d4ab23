//! SARIF 2.1.0, for code scanning services.

use serde_json::{Value, json};

use super::gitlab::fingerprints;
use super::{Place, Report};
use crate::diagnostic::Severity;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(report: &Report<'_>) -> String {
    let rules = report
        .ids
        .iter()
        .map(|(id, summary)| json!({ "id": id, "shortDescription": { "text": summary } }));
    let results = report
        .findings
        .iter()
        .zip(fingerprints(report))
        .map(|(finding, fingerprint)| {
            let id = finding.diagnostic.code;
            let mut result = json!({
                "ruleId": id,
                "level": match finding.level() {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Hint => "note",
                },
                "message": { "text": finding.sentence() },
                "locations": [location(&finding.place)],
                "partialFingerprints": { "towline/v1": fingerprint },
            });
            if let Some(index) = report.ids.iter().position(|(known, _)| *known == id) {
                result["ruleIndex"] = json!(index);
            }
            if !finding.others.is_empty() {
                result["relatedLocations"] = related(finding);
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

fn related(finding: &super::Finding<'_>) -> Value {
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
    if let Some((start, end)) = place.range {
        physical["region"] = json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        });
    }
    json!({ "physicalLocation": physical })
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
