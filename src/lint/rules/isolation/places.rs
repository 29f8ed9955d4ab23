//! What the rules of this folder have in common: values that are the same in every run, told once for each file.

use std::collections::{BTreeMap, HashSet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::Project;
use crate::source::{SourceId, Span};

/// So many places are pointed at; a message counts them all.
const SHOWN: usize = 20;

/// Whether a value is written without a variable: then it is the same in every run.
pub(super) fn is_fixed(project: &Project<'_>, span: Span) -> bool {
    !project.text(span).contains('$')
}

/// How much it matters at most: what is no pipeline may be meant for one machine of one person.
pub(super) fn most(project: &Project<'_>) -> Severity {
    if project.is_pipeline() {
        Severity::Warning
    } else {
        Severity::Hint
    }
}

/// Places and what is there, for each file in the order of its text.
pub(super) fn by_file<T>(places: impl Iterator<Item = (Span, T)>) -> Vec<Vec<(Span, T)>> {
    let mut files: BTreeMap<SourceId, Vec<(Span, T)>> = BTreeMap::new();
    let mut seen = HashSet::new();
    for (span, what) in places {
        if seen.insert(span) {
            files.entry(span.source).or_default().push((span, what));
        }
    }
    files.values_mut().for_each(|file| file.sort_by_key(|(span, _)| *span));
    files.into_values().collect()
}

/// The same finding with what it is about in the rest of the file.
pub(super) fn with_others(mut finding: Diagnostic, others: impl Iterator<Item = Span>, text: &str) -> Diagnostic {
    for span in others.take(SHOWN) {
        finding = finding.label(span, text);
    }
    finding
}

/// `1 thing` or `3 things`.
pub(super) fn count(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}
