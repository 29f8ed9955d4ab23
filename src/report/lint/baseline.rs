//! Findings that are known and accepted: written once, and left out from then on, so that only new ones count.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::Report;
use super::gitlab::fingerprints;

/// Raised when what is written is read otherwise.
const SCHEMA: u32 = 1;

/// The known findings.
#[derive(Debug, Serialize, Deserialize)]
pub struct Baseline {
    schema: u32,
    findings: Vec<Known>,
}

/// A known finding. The fingerprint counts; the rest is for those who read the file.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    fingerprint: String,
    path: String,
    id: String,
    message: String,
}

impl Baseline {
    /// All that was found now, in what compose would load.
    #[must_use]
    pub fn of(report: &Report<'_>) -> Self {
        let findings = report.findings.iter().zip(fingerprints(report));
        let findings = findings.filter(|(finding, _)| !finding.is_verdict);
        let known = findings.map(|(finding, fingerprint)| Known {
            fingerprint,
            path: finding.place.path.clone(),
            id: finding.diagnostic.code.to_string(),
            message: finding.diagnostic.message.clone(),
        });
        Self {
            schema: SCHEMA,
            findings: known.collect(),
        }
    }

    /// Reads what was written.
    ///
    /// # Errors
    /// The text is no baseline, or one of another version: what is wrong, in one sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if baseline.schema == SCHEMA {
            Ok(baseline)
        } else {
            Err(format!(
                "its schema is {}, and this towline reads {SCHEMA}",
                baseline.schema
            ))
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// How many findings are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Report<'_> {
    /// Leaves out what is known. What compose rejects is never known: it is no finding that one can live with.
    pub fn leave_out(&mut self, baseline: &Baseline) {
        let known: HashSet<&str> = baseline
            .findings
            .iter()
            .map(|known| known.fingerprint.as_str())
            .collect();
        let mut prints = fingerprints(self).into_iter();
        let before = self.findings.len();
        self.findings.retain(|finding| {
            let is_known = prints.next().is_some_and(|print| known.contains(print.as_str()));
            finding.is_verdict || !is_known
        });
        self.known = before - self.findings.len();
        self.gone = known.len().saturating_sub(self.known);
    }
}
