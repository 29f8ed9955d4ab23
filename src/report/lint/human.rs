//! For people: each finding with its line, a caret under the exact place, other places that matter, and advice.

use std::ops::Range;
use std::panic::resume_unwind;
use std::thread::{self, Builder, available_parallelism};

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Finding, Place, Report, one_line};
use crate::diagnostic::Severity;
use crate::source::Source;
use crate::term::{Terminal, visible};

/// Of a line with more bytes, only what stands around a place is shown: files written by programs can be one line.
const LONG: usize = 1000;

/// So many bytes are shown before and after a place, and of the place itself twice as many.
const AROUND: usize = 60;

/// Two places that lie closer than so many lines are shown in one excerpt.
const NEAR: usize = 50;

/// For so many findings it is worth the while to start another thread.
const MANY: usize = 1000;

/// All findings, and what came of the check.
pub(super) fn render(report: &Report<'_>, terminal: &Terminal) -> String {
    excerpts(report, terminal) + &report.summary() + "\n"
}

/// All findings, each followed by an empty line.
#[must_use]
pub fn excerpts(report: &Report<'_>, terminal: &Terminal) -> String {
    let renderer = if terminal.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(terminal.width);
    let render = |findings: &[Finding<'_>]| -> String {
        let shown = findings.iter().map(|finding| show(finding, &renderer) + "\n\n");
        shown.collect()
    };
    let most = available_parallelism().map_or(1, usize::from);
    let parts = (report.findings.len() / MANY).clamp(1, most);
    let mut chunks = report.findings.chunks(report.findings.len().div_ceil(parts).max(1));
    let first = chunks.next().unwrap_or_default();
    thread::scope(|scope| {
        let start = |chunk| (chunk, Builder::new().spawn_scoped(scope, move || render(chunk)));
        let others: Vec<_> = chunks.map(start).collect();
        let first = render(first);
        let others = others.into_iter().map(|(chunk, thread)| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => render(chunk),
        });
        first + &others.collect::<String>()
    })
}

fn show(finding: &Finding<'_>, renderer: &Renderer) -> String {
    let diagnostic = finding.diagnostic;
    let level = match finding.level() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Hint => Level::INFO.with_name("hint"),
    };
    let title = level.primary_title(one_line(&diagnostic.message)).id(&*diagnostic.code);
    let mut group = Group::with_title(title);
    if finding.place.text.is_none() {
        group = group.element(Origin::path(one_line(&finding.place.path)));
    }
    for excerpt in excerpts_of(finding) {
        if !excerpt.has_long_line() {
            group = group.element(excerpt.snippet());
            continue;
        }
        for (kind, range, label) in &excerpt.marks {
            let at = excerpt.source.position(range.start);
            let origin = Origin::path(one_line(&excerpt.path)).line(at.line);
            group = group.element(origin.char_column(at.column));
            let (text, shown) = around(&excerpt.source.text, range);
            let mark = kind.span(shown).label(label.map(one_line));
            group = group.element(Snippet::source(text).line_start(at.line).annotation(mark));
        }
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(one_line(help)));
    }
    renderer.render(&[group])
}

/// Lines of a file with places in them that are marked.
struct Excerpt<'a> {
    path: String,
    source: &'a Source,
    first_line: usize,
    last_line: usize,
    marks: Vec<(AnnotationKind, Range<usize>, Option<&'a str>)>,
}

/// The finding's own place and the others; those that lie near to each other together.
fn excerpts_of<'a>(finding: &Finding<'a>) -> Vec<Excerpt<'a>> {
    let own = (AnnotationKind::Primary, &finding.place, None);
    let others = finding.others.iter();
    let others = others.map(|(place, text)| (AnnotationKind::Context, place, Some(*text)));
    let mut excerpts: Vec<Excerpt<'a>> = Vec::new();
    for (kind, place, text) in std::iter::once(own).chain(others) {
        let Some((source, range)) = marked(place) else { continue };
        let line = source.position(range.start).line;
        let near = |excerpt: &&mut Excerpt<'a>| {
            std::ptr::eq(excerpt.source, source) && line + NEAR > excerpt.first_line && line < excerpt.last_line + NEAR
        };
        match excerpts.iter_mut().find(near) {
            Some(excerpt) => {
                excerpt.first_line = excerpt.first_line.min(line);
                excerpt.last_line = excerpt.last_line.max(line);
                excerpt.marks.push((kind, range, text));
            }
            None => excerpts.push(Excerpt {
                path: place.path.clone(),
                source,
                first_line: line,
                last_line: line,
                marks: vec![(kind, range, text)],
            }),
        }
    }
    excerpts
}

/// What is marked of a place: no more than its first line, since where a block ends is of no interest.
fn marked<'a>(place: &Place<'a>) -> Option<(&'a Source, Range<usize>)> {
    let (source, span) = place.text?;
    let range = span.range();
    let start = range.start.min(source.text.len());
    let text = source
        .text
        .get(start..range.end.min(source.text.len()))
        .unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().trim_end();
    Some((source, start..start + line.len()))
}

/// The part of a line around a place, as it is shown, and where the place is in it.
fn around(text: &str, range: &Range<usize>) -> (String, Range<usize>) {
    let start = text.floor_char_boundary(range.start);
    let end = text.floor_char_boundary(range.end.min(start + 2 * AROUND)).max(start);
    let before = &text[text.floor_char_boundary(start.saturating_sub(AROUND))..start];
    let after = &text[end..text.floor_char_boundary(end + AROUND)];
    let mut part = before.rsplit('\n').next().unwrap_or_default().to_owned();
    let begin = visible(&part).len();
    part += &text[start..end];
    let shown = begin..visible(&part).len();
    part += after.lines().next().unwrap_or_default();
    (visible(&part), shown)
}

impl<'a> Excerpt<'a> {
    fn has_long_line(&self) -> bool {
        (self.first_line..=self.last_line).any(|line| self.source.line(line).len() > LONG)
    }

    fn snippet(&self) -> Snippet<'a, Annotation<'a>> {
        let lines = (self.first_line..=self.last_line).map(|line| self.source.line(line));
        let text: Vec<String> = lines.map(visible).collect();
        let marks = self.marks.iter().map(|(kind, range, label)| {
            let label = label.map(one_line);
            let shown = self.shown(range.start, &text)..self.shown(range.end, &text);
            kind.span(shown).label(label)
        });
        Snippet::source(text.join("\n"))
            .line_start(self.first_line)
            .path(one_line(&self.path))
            .annotations(marks.collect::<Vec<_>>())
    }

    /// Where a byte of the file is in the lines as they are shown, which can be longer or shorter.
    fn shown(&self, byte: usize, lines: &[String]) -> usize {
        let position = self.source.position(byte);
        let above = lines.iter().take(position.line - self.first_line);
        let above = above.map(|line| line.len() + 1);
        let line = self.source.line(position.line);
        let before: String = line.chars().take(position.column - 1).collect();
        above.sum::<usize>() + visible(&before).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_line_the_part_around_a_place_is_shown() {
        let text = format!("é: 1\n{}<<here>>{}\nnext", "ü".repeat(900), "x".repeat(900));
        let at = text.find("<<here>>").unwrap();
        let (shown, place) = around(&text, &(at..at + 8));
        assert_eq!(&shown[place.clone()], "<<here>>");
        assert_eq!((place.start, shown.len()), (AROUND, 2 * AROUND + 8));
        let (shown, place) = around("a\nb: c\nd", &(5..6));
        assert_eq!((shown.as_str(), place), ("b: c", 3..4));
    }
}
