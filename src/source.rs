//! Texts and places in them: which file, which bytes, and the line and column that a person reads.

use std::path::{Path, PathBuf};

/// Which of the [`Sources`] a place is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A range of bytes in one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source it is in.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to, and without, `end`. A text is never longer than `u32` can count: see
    /// [`Source::MAX_BYTES`].
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let byte = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            source,
            start: byte(start),
            end: byte(end.max(start)),
        }
    }

    /// Where it lies in the text.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether another place lies in this one, or is the same.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }

    /// The place of a part of it, counted from its start and kept inside it.
    #[must_use]
    pub fn part(self, start: usize, end: usize) -> Self {
        let length = self.range().len();
        let base = self.start as usize;
        Self::new(self.source, base + start.min(length), base + end.min(length))
    }
}

/// Spans, of which one that lies in another is found without a look at each.
#[derive(Debug, Default)]
pub struct SpanSet {
    /// In their order.
    sorted: Vec<Span>,
    /// For each, how soon one ends that begins there or later in its source.
    first_ends: Vec<u32>,
}

impl SpanSet {
    /// Whether one of them lies in `span`, or is the same.
    #[must_use]
    pub fn any_within(&self, span: Span) -> bool {
        let first = self
            .sorted
            .partition_point(|place| (place.source, place.start) < (span.source, span.start));
        let is_same_source = self.sorted.get(first).is_some_and(|place| place.source == span.source);
        is_same_source && self.first_ends.get(first).is_some_and(|end| *end <= span.end)
    }
}

impl FromIterator<Span> for SpanSet {
    fn from_iter<I: IntoIterator<Item = Span>>(places: I) -> Self {
        let mut sorted: Vec<Span> = places.into_iter().collect();
        sorted.sort_unstable();
        let mut first_ends: Vec<u32> = sorted.iter().map(|place| place.end).collect();
        for at in (1..sorted.len()).rev() {
            if sorted[at - 1].source == sorted[at].source {
                first_ends[at - 1] = first_ends[at - 1].min(first_ends[at]);
            }
        }
        Self { sorted, first_ends }
    }
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One text and where it came from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file, as a person would name it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    line_starts: Vec<usize>,
    /// How many characters begin before each block of bytes: lines can be as long as the text.
    characters: Vec<usize>,
}

/// The length of such a block.
const BLOCK: usize = 1024;

impl Source {
    /// The longest text that is read at all.
    pub const MAX_BYTES: usize = 64 << 20;

    /// A text from `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        let mut before = 0;
        let blocks = text.as_bytes().chunks(BLOCK).map(|block| {
            before += characters(block);
            before
        });
        let characters = std::iter::once(0).chain(blocks).collect();
        Self {
            path: path.into(),
            text,
            line_starts,
            characters,
        }
    }

    /// Line and column of a byte. A byte inside a character, or past the end, counts as the place before it.
    #[must_use]
    pub fn position(&self, byte: usize) -> Position {
        let byte = self.floor(byte);
        let line = self.line_of(byte);
        let start = self.line_starts[line - 1];
        let before = if byte - start < BLOCK {
            characters(&self.text.as_bytes()[start..byte])
        } else {
            self.characters_before(byte) - self.characters_before(start)
        };
        Position {
            line,
            column: before + 1,
        }
    }

    /// The line of a byte, counted from 1.
    #[must_use]
    pub fn line_of(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    /// How many lines there are.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.line_starts.len()
    }

    /// The text of a line, counted from 1, without its line break.
    #[must_use]
    pub fn line(&self, line: usize) -> &str {
        let start = self.line_starts.get(line.wrapping_sub(1)).copied();
        let end = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        start.map_or("", |start| self.text[start..end].trim_end_matches(['\n', '\r']))
    }

    /// The bytes of a span as text; empty where the span is not one of this text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    fn characters_before(&self, byte: usize) -> usize {
        let block = byte / BLOCK;
        self.characters[block] + characters(&self.text.as_bytes()[block * BLOCK..byte])
    }

    fn floor(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        (0..=byte).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }
}

/// How many characters begin in a stretch of a text.
fn characters(bytes: &[u8]) -> usize {
    let is_begin = |byte: &&u8| (**byte & 0b1100_0000) != 0b1000_0000;
    bytes.iter().filter(is_begin).count()
}

/// All texts of one load, by their ids.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Takes a text in and gives its id.
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = self.next_id();
        self.0.push(source);
        id
    }

    /// The id that the next text gets.
    #[must_use]
    pub fn next_id(&self) -> SourceId {
        SourceId(u32::try_from(self.0.len()).unwrap_or(u32::MAX))
    }

    /// The text with this id.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.0.get(id.0 as usize)
    }

    /// All texts, in the order in which they were read.
    pub fn iter(&self) -> std::slice::Iter<'_, Source> {
        self.0.iter()
    }

    /// All texts with their ids.
    pub fn with_ids(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0..).map(SourceId).zip(&self.0)
    }

    /// The file a span is in; empty for a span of no known source.
    #[must_use]
    pub fn path(&self, span: Span) -> &Path {
        self.get(span.source).map_or(Path::new(""), |source| &source.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let source = Source::new("f", "ab\r\nü x\n");
        let at = |byte| {
            let position = source.position(byte);
            (position.line, position.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(4), (2, 1));
        assert_eq!(at(5), (2, 1), "a byte inside a character is that character");
        assert_eq!(at(6), (2, 2));
        assert_eq!(at(99), (3, 1));
        assert_eq!((source.line(1), source.line(2), source.line(3)), ("ab", "ü x", ""));
        assert_eq!(source.line(0), "");
    }

    #[test]
    fn columns_of_a_long_line_count_characters_too() {
        let source = Source::new("f", format!("a\n{}x", "aü".repeat(BLOCK)));
        let end = source.text.len();
        for byte in (2..=end).filter(|byte| byte % 97 < 2 && source.text.is_char_boundary(*byte)) {
            let expected = source.text[2..byte].chars().count() + 1;
            assert_eq!(source.position(byte).column, expected, "{byte}");
        }
    }

    #[test]
    fn a_place_is_found_in_another_as_by_a_look_at_each() {
        let span = |source, start, end| Span::new(SourceId(source), start, end);
        let all = [
            span(0, 2, 9),
            span(0, 4, 6),
            span(0, 7, 7),
            span(1, 0, 3),
            span(1, 3, 8),
        ];
        let places: SpanSet = all.into_iter().collect();
        for source in 0..3 {
            for (start, end) in (0..10).flat_map(|start| (start..11).map(move |end| (start, end))) {
                let wanted = span(source, start, end);
                let expected = all.iter().any(|place| wanted.holds(*place));
                assert_eq!(places.any_within(wanted), expected, "{wanted:?}");
            }
        }
        assert!(!SpanSet::default().any_within(span(0, 0, 9)));
    }

    #[test]
    fn a_part_of_a_span_stays_inside_it() {
        let mut sources = Sources::default();
        let id = sources.add(Source::new("f", "0123456789"));
        let span = Span::new(id, 2, 6);
        let text = |span| sources.get(id).unwrap().slice(span);
        assert_eq!(text(span.part(1, 3)), "34");
        assert_eq!(text(span.part(3, 99)), "5");
        assert_eq!(sources.path(span), Path::new("f"));
    }
}
