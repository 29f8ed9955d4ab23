//! Parts of values at the places where they are written.

use std::ops::Range;

use super::project::Project;
use crate::source::Span;

/// The place of a part of the value at `span`, whose text is `text`. All of the value where it is written in another way
/// than it reads: with escapes, or folded.
#[must_use]
pub fn part(project: &Project<'_>, span: Span, text: &str, range: Range<usize>) -> Span {
    let raw = project.text(span);
    let Some(wanted) = text.get(range.clone()).filter(|wanted| !wanted.is_empty()) else {
        return span;
    };
    let earlier = text.match_indices(wanted).filter(|(at, _)| *at < range.start).count();
    let is_same = text.matches(wanted).count() == raw.matches(wanted).count();
    let place = raw.match_indices(wanted).nth(earlier).filter(|_| is_same);
    place.map_or(span, |(at, _)| span.part(at, at + wanted.len()))
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

/// A text in double quotes, as YAML and JSON read it.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
