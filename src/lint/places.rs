//! Parts of values at the places where they are written.

use std::ops::Range;

use super::project::{Project, Service};
use crate::source::Span;

pub use super::written::Parts;

/// The place of a part of the value at `span`, whose text is `text`. All of the value where it is not known better. Of
/// several parts of one value, [`Parts`] finds the places.
#[must_use]
pub fn part(project: &Project<'_>, span: Span, text: &str, range: Range<usize>) -> Span {
    Parts::new(project, span, text).at(range)
}

/// Whether the value at a place has an anchor, so that other places may use it too.
#[must_use]
pub fn is_anchored(project: &Project<'_>, span: Span) -> bool {
    let before = project
        .source(span.source)
        .and_then(|source| source.text.get(..span.range().start));
    let word = before.and_then(|before| before.trim_end().rsplit([' ', '\t', '\n', '[', '{', ',']).next());
    word.is_some_and(|word| word.starts_with('&'))
}

/// Whether a value of a service is written in the service itself, and used by nothing else: an edit changes it alone.
#[must_use]
pub fn is_own(project: &Project<'_>, service: &Service<'_>, span: Span) -> bool {
    let whole = service.node.span;
    whole.holds(span) && !is_anchored(project, whole) && !is_anchored(project, span)
}

/// A text in double quotes, as YAML and JSON read it.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
