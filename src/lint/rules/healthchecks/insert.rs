//! Words put into health checks.

use crate::diagnostic::Edit;
use crate::lint::health::{Check, Word};
use crate::lint::project::Project;
use crate::source::Span;

/// Puts words behind one of a check's words. Nothing where the text does not show how.
pub(super) fn behind(project: &Project<'_>, check: &Check<'_>, word: &Word, words: &[&str]) -> Option<Vec<Edit>> {
    let raw = project.text(word.span);
    let end = Span {
        start: word.span.end,
        ..word.span
    };
    if check.is_shell && check.items().len() > 1 {
        // The words behind the first are lost as it is: another rule tells.
        return None;
    }
    if check.script().is_some() {
        // A word that is found in the text of its script: what is put in stands in the same quotes.
        return (raw == word.text).then(|| vec![Edit::replace(end, format!(" {}", words.join(" ")))]);
    }
    let is_flow = project.text(check.test.span).starts_with('[');
    let is_word = raw.trim_matches(['"', '\'']) == word.text;
    let more: String = words.iter().map(|word| format!(", \"{word}\"")).collect();
    (is_flow && is_word).then(|| vec![Edit::replace(end, more)])
}
