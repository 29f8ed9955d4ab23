//! GitLab's code quality report: the subset of Code Climate's format that GitLab reads.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Report;
use crate::diagnostic::Severity;

pub(super) fn render(report: &Report<'_>) -> String {
    let prints = fingerprints(report);
    let findings = report.findings.iter().zip(prints).map(|(finding, fingerprint)| {
        json!({
            "description": finding.sentence(),
            "check_name": finding.diagnostic.code,
            "fingerprint": fingerprint,
            "severity": match finding.level() {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Hint => "info",
            },
            "location": {
                "path": finding.place.path,
                "lines": { "begin": finding.start().line },
            },
        })
    });
    format!("{:#}\n", Value::Array(findings.collect()))
}

/// A name for each finding by which it is known again in the next version of the file. Lines are not in it, since they
/// move; of findings that are alike, each has its number.
pub(super) fn fingerprints(report: &Report<'_>) -> Vec<String> {
    let mut seen: HashMap<[&str; 3], usize> = HashMap::new();
    let print = |finding: &super::Finding<'_>| {
        let diagnostic = finding.diagnostic;
        let mut hasher = blake3::Hasher::new();
        for part in [finding.place.path.as_str(), &diagnostic.code, &diagnostic.message] {
            hasher.update(part.as_bytes()).update(b"\0");
        }
        hasher
    };
    let mut prints = Vec::with_capacity(report.findings.len());
    for finding in &report.findings {
        let diagnostic = finding.diagnostic;
        let alike = seen
            .entry([finding.place.path.as_str(), &diagnostic.code, &diagnostic.message])
            .or_default();
        let mut hasher = print(finding);
        hasher.update(alike.to_string().as_bytes());
        *alike += 1;
        prints.push(hasher.finalize().to_hex()[..32].to_owned());
    }
    prints
}
