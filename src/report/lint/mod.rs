//! Findings → what a person or a program reads. One file a format; each is a pure function of the [`Report`].
//!
//! A new format is a file, and a line in each of the three places of this file that name them.

mod baseline;
mod checkstyle;
mod concise;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;
#[cfg(test)]
mod tests;
mod xml;

use std::collections::BTreeSet;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Findings, Fix, Severity};
use crate::report::rules::Page;
use crate::source::{Position, Source, Span};
use crate::term::Terminal;

pub use baseline::Baseline;
pub use human::excerpts;

/// In which notation findings are written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: each place shown, with advice
    #[default]
    Human,
    /// One line each
    Concise,
    /// For programs; its schema is towline's own
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// Code quality report of GitLab
    Gitlab,
    /// Test report, for CI systems that show no findings
    Junit,
    /// Checkstyle's XML
    Checkstyle,
}

impl Format {
    /// The whole report in this notation.
    #[must_use]
    pub fn render(self, report: &Report<'_>, terminal: &Terminal) -> String {
        match self {
            Self::Human => human::render(report, terminal),
            Self::Concise => concise::render(report),
            Self::Json => json::render(report),
            Self::Sarif => sarif::render(report),
            Self::Github => github::render(report),
            Self::Gitlab => gitlab::render(report),
            Self::Junit => junit::render(report),
            Self::Checkstyle => checkstyle::render(report),
        }
    }
}

/// What makes a check fail besides errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threshold {
    /// Levels of which one finding is enough.
    pub denied: Vec<Severity>,
    /// How many warnings there may be.
    pub max_warnings: Option<usize>,
}

/// Everything that was found, in the order in which it is told.
#[derive(Debug)]
pub struct Report<'a> {
    /// By file, and in each file by place.
    pub findings: Vec<Finding<'a>>,
    /// The files that stand for the projects, in the order in which they were named.
    pub projects: Vec<String>,
    /// How many of the projects compose would reject.
    pub rejected: usize,
    /// How many files were left out since they are no compose files.
    pub skipped: usize,
    /// How many findings were fixed, and are no longer among these.
    pub fixed: usize,
    /// How many findings were left out since they are known.
    pub known: usize,
    /// How many known findings are no longer found.
    pub gone: usize,
    /// What makes the check fail.
    pub threshold: Threshold,
    /// All ids that a finding can have, for the formats that describe them.
    pub ids: Vec<About>,
}

/// What there is to say of an id.
#[derive(Clone, Debug)]
pub struct About {
    /// The id.
    pub id: &'static str,
    /// What is wrong where it is found.
    pub summary: &'static str,
    /// What a rule says besides.
    pub rule: Option<Page>,
}

/// One finding, with its places found.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// What was found.
    pub diagnostic: &'a Diagnostic,
    /// Where; of a finding without a place, the file alone.
    pub place: Place<'a>,
    /// Other places that matter, with what each has to do with it.
    pub others: Vec<(Place<'a>, &'a str)>,
    /// The changes of its fix, each with what comes in the place.
    pub edits: Vec<(Place<'a>, &'a str)>,
    /// Whether compose rejects the project, and this may be why.
    pub is_verdict: bool,
}

/// A place in a file.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The file, as seen from the current directory where it is below it.
    pub path: String,
    /// Its first and its last place; none for a whole file.
    pub range: Option<(Position, Position)>,
    text: Option<(&'a Source, Span)>,
}

impl<'a> Report<'a> {
    /// Puts what was found in each project in order. What two projects share, such as a file that both include, is told
    /// once. Paths are shown as seen from `directory`.
    #[must_use]
    pub fn new(projects: &'a [Findings], directory: &Path, threshold: Threshold) -> Self {
        let all = projects.iter().flat_map(|project| {
            let finding = |diagnostic| Finding::new(diagnostic, project, directory);
            project.diagnostics.iter().map(finding)
        });
        let mut findings: Vec<Finding<'a>> = all.collect();
        findings.sort_by(|a, b| a.key().cmp(&b.key()));
        findings.dedup_by(|a, b| a.key() == b.key());
        let named = projects.iter().map(|project| shorten(&project.project, directory));
        Self {
            findings,
            projects: named.collect(),
            rejected: projects.iter().filter(|project| !project.loads).count(),
            skipped: 0,
            fixed: 0,
            known: 0,
            gone: 0,
            threshold,
            ids: Vec::new(),
        }
    }

    /// How many findings of this level there are.
    #[must_use]
    pub fn count(&self, level: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.level() == level).count()
    }

    /// How many findings have a fix: a safe one, and one that is not.
    fn fixable(&self) -> (usize, usize) {
        let fixes = self
            .findings
            .iter()
            .filter_map(|finding| finding.diagnostic.fix.as_ref());
        let (safe, others): (Vec<&Fix>, Vec<&Fix>) = fixes.partition(|fix| fix.is_safe);
        (safe.len(), others.len())
    }

    /// Whether a finding makes the check fail by itself.
    #[must_use]
    pub fn is_fatal(&self, finding: &Finding<'_>) -> bool {
        finding.level() == Severity::Error || self.threshold.denied.contains(&finding.level())
    }

    /// Whether the check fails.
    #[must_use]
    pub fn fails(&self) -> bool {
        let warnings = self.count(Severity::Warning);
        self.threshold.max_warnings.is_some_and(|max| warnings > max)
            || self.findings.iter().any(|finding| self.is_fatal(finding))
    }

    /// What came of the check, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let number = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let mut text = match (self.projects.as_slice(), self.skipped) {
            ([], 0) => "nothing to check".to_owned(),
            ([], skipped) => format!("nothing checked: no compose file among {}", number(skipped, "file")),
            ([project], _) => format!("checked {}", crate::term::visible(project)),
            (projects, _) => format!("checked {}", number(projects.len(), "project")),
        };
        if self.skipped > 0 && !self.projects.is_empty() {
            text += &format!(", skipped {} that is no compose file", number(self.skipped, "file"));
            if self.skipped > 1 {
                text = text.replace("that is no compose file", "that are no compose files");
            }
        }
        if self.projects.is_empty() {
            return text;
        }
        let levels = [Severity::Error, Severity::Warning, Severity::Hint];
        let counts = levels.map(|level| (self.count(level), level.word()));
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, word)| number(*count, word)).collect();
        text += ": ";
        text += &if counts.is_empty() {
            "nothing found".to_owned()
        } else {
            counts.join(", ")
        };
        if self.fixed > 0 {
            text += &format!("; fixed {}", number(self.fixed, "problem"));
        }
        match self.fixable() {
            (0, 0) => {}
            (0, others) => text += &format!("; --unsafe-fixes can fix {others}"),
            (safe, _) => text += &format!("; --fix can fix {safe}"),
        }
        if self.known > 0 {
            text += &format!("; left out {} of the baseline", number(self.known, "finding"));
        }
        if self.gone > 0 {
            text += &format!("; {} of the baseline no longer found", self.gone);
        }
        match (self.rejected, self.projects.len()) {
            (0, _) => {}
            (1, 1) => text += "; compose would reject it",
            (rejected, _) => text += &format!("; compose would reject {rejected} of them"),
        }
        if let Some(max) = self
            .threshold
            .max_warnings
            .filter(|max| self.count(Severity::Warning) > *max)
        {
            text += &format!("; more than {} allowed", number(max, "warning"));
        }
        text
    }

    /// The files of the report, each with its findings. A file that stands for a project is there without findings, too.
    fn by_file(&self) -> Vec<(&str, Vec<&Finding<'a>>)> {
        let found = self.findings.iter().map(|finding| finding.place.path.as_str());
        let files: BTreeSet<&str> = self.projects.iter().map(String::as_str).chain(found).collect();
        let of = |file| self.findings.iter().filter(move |finding| finding.place.path == file);
        files.into_iter().map(|file| (file, of(file).collect())).collect()
    }
}

impl<'a> Finding<'a> {
    fn new(diagnostic: &'a Diagnostic, project: &'a Findings, directory: &Path) -> Self {
        let place = |span| Place::new(span, project, directory);
        let labels = diagnostic.labels.iter();
        Self {
            diagnostic,
            place: place(diagnostic.span),
            others: labels
                .map(|label| (place(Some(label.span)), label.text.as_str()))
                .collect(),
            edits: diagnostic
                .fix
                .iter()
                .flat_map(|fix| &fix.edits)
                .map(|edit| (place(Some(edit.span)), edit.text.as_str()))
                .collect(),
            is_verdict: !project.loads && diagnostic.severity == Severity::Error,
        }
    }

    /// How much it matters.
    #[must_use]
    pub fn level(&self) -> Severity {
        self.diagnostic.severity
    }

    /// The first line and column; 1 where there is none.
    fn start(&self) -> Position {
        self.place
            .range
            .map_or(Position { line: 1, column: 1 }, |(start, _)| start)
    }

    /// What is wrong and what to do about it, in one line.
    fn sentence(&self) -> String {
        let message = one_line(&self.diagnostic.message);
        match &self.diagnostic.help {
            Some(help) => format!("{message}; {}", one_line(help)),
            None => message,
        }
    }

    fn key(&self) -> (&str, Option<Span2>, &str, &str) {
        let span = self.place.text.map(|(_, span)| (span.start, span.end));
        (&self.place.path, span, &self.diagnostic.code, &self.diagnostic.message)
    }
}

/// First and last byte.
type Span2 = (u32, u32);

impl<'a> Place<'a> {
    fn new(span: Option<Span>, project: &'a Findings, directory: &Path) -> Self {
        let text = span.and_then(|span| Some((project.sources.get(span.source)?, span)));
        let path = text.map_or(project.project.as_str().into(), |(source, _)| {
            source.path.to_string_lossy()
        });
        Self {
            path: shorten(&path, directory),
            range: text.map(|(source, span)| {
                let Span { start, end, .. } = span;
                (source.position(start as usize), source.position(end as usize))
            }),
            text,
        }
    }
}

/// A path as seen from the directory, where it is below it.
fn shorten(path: &str, directory: &Path) -> String {
    if path == "-" {
        return "<stdin>".to_owned();
    }
    let short = Path::new(path).strip_prefix(directory).unwrap_or(Path::new(path));
    short.to_string_lossy().into_owned()
}

/// Text that is safe to show, in one line.
fn one_line(text: &str) -> String {
    crate::term::visible(text).replace(['\n', '\t'], " ")
}
