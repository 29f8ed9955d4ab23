//! For people: each finding with its line, a caret under the exact place, other places that matter, and advice.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Finding, Place, Report, one_line};
use crate::diagnostic::Severity;
use crate::source::Source;
use crate::term::{Terminal, visible};

/// Two places that lie closer than so many lines are shown in one excerpt.
const NEAR: usize = 50;

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
    let shown = report.findings.iter().map(|finding| show(finding, &renderer) + "\n\n");
    shown.collect()
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
        group = group.element(excerpt.snippet());
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

impl<'a> Excerpt<'a> {
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
