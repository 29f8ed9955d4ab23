//! What is wrong, where, and what to do about it: plain data, shown elsewhere.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::PathBuf;

use crate::source::{Sources, Span};

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Hint,
    /// Likely not what was meant.
    Warning,
    /// Compose rejects it.
    Error,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Another place that matters, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What it has to do with the problem.
    pub text: String,
}

/// A change to the text that takes a finding away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: "write the version in quotes".
    pub title: String,
    /// Whether what compose makes of the file stays the same but for what was found, beyond doubt.
    pub is_safe: bool,
    /// What it may change of what compose makes of the file, with all that lies below: paths of keys, with `*` for any one.
    pub changes: &'static [&'static str],
    /// The changes, none of which overlaps another.
    pub edits: Vec<Edit>,
}

/// A stretch of text and what comes in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty where something is put in.
    pub span: Span,
    /// What comes there.
    pub text: String,
}

impl Fix {
    /// A change that keeps what compose makes of the rest.
    #[must_use]
    pub fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            title: title.into(),
            is_safe: true,
            changes: &[],
            edits,
        }
    }

    /// A change after which the project may behave otherwise than before.
    #[must_use]
    pub fn unsafe_(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            title: title.into(),
            is_safe: false,
            changes: &[],
            edits,
        }
    }

    /// Says what it may change of what compose makes of the file.
    #[must_use]
    pub fn changing(self, changes: &'static [&'static str]) -> Self {
        Self { changes, ..self }
    }
}

impl Edit {
    /// Puts a text in the place of another.
    #[must_use]
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// A short name for this kind of finding, in kebab case. What another program has found begins with the program's name
    /// and a slash.
    pub code: Cow<'static, str>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The place; none where no text can be blamed, such as for a file that does not exist.
    pub span: Option<Span>,
    /// Other places.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// The change that does it.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// Whether it has a fix that keeps what compose makes of the rest.
    #[must_use]
    pub fn has_safe_fix(&self) -> bool {
        self.fix.as_ref().is_some_and(|fix| fix.is_safe)
    }

    /// A finding of this severity.
    #[must_use]
    pub fn new(
        severity: Severity,
        code: impl Into<Cow<'static, str>>,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code: code.into(),
            message: message.into(),
            span: span.into(),
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// An error.
    #[must_use]
    pub fn error(code: &'static str, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: &'static str, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    /// The same with another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The same with a change that takes it away.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Option<Fix>>) -> Self {
        self.fix = fix.into();
        self
    }

    /// The same, mattering no more than this.
    #[must_use]
    pub fn at_most(mut self, severity: Severity) -> Self {
        self.severity = self.severity.min(severity);
        self
    }
}

/// What another program says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub path: PathBuf,
    /// The first and the last line, counted from 1; none where it is about all of it.
    pub lines: Option<(usize, usize)>,
    /// The program, a slash, and its name for what it found.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it, or where to read of it.
    pub help: Option<String>,
    /// How much it matters.
    pub level: Severity,
}

/// What was found in one project.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The file that stands for the project where a finding has no place, as the user named it.
    pub project: String,
    /// Whether Compose would load it: an error in a project that it loads is one of towline's own.
    pub loads: bool,
    /// All that was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the places point into.
    pub sources: Sources,
}

impl Findings {
    /// The first file that was read.
    #[must_use]
    pub fn first_file(&self) -> Option<&str> {
        self.sources.iter().next()?.path.to_str()
    }
}

/// The findings so far, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    all: Vec<Diagnostic>,
    /// Whether there is an error among them: that is asked after each document.
    has_errors: bool,
}

/// What kind of finding one is, and where.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The name of its kind.
    pub code: &'a str,
    /// Its place.
    pub span: Option<Span>,
}

/// A stage could not go on. The diagnostics say why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.has_errors |= diagnostic.severity == Severity::Error;
        self.all.push(diagnostic);
    }

    /// Adds an error and stops.
    ///
    /// # Errors
    ///
    /// Always: it is the last word of a stage.
    pub fn stop<T>(&mut self, diagnostic: Diagnostic) -> Result<T, Stop> {
        self.push(diagnostic);
        Err(Stop)
    }

    /// Adds many findings.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// All of them, taken out.
    #[must_use]
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.all
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.all.iter()
    }

    /// The labels of each, to add to, with its place.
    pub fn labels_mut(&mut self) -> impl Iterator<Item = (Option<Span>, &mut Vec<Label>)> {
        self.all.iter_mut().map(|found| (found.span, &mut found.labels))
    }

    /// The help of each, to change, with its kind and its place.
    pub fn helps_mut(&mut self) -> impl Iterator<Item = (Found<'_>, &mut Option<String>)> {
        self.all.iter_mut().map(|found| {
            let Diagnostic { code, span, help, .. } = found;
            (Found { code, span: *span }, help)
        })
    }

    /// Leaves out what has been told before, word for word and at the same place.
    pub fn once(&mut self) {
        let mut seen = HashSet::new();
        self.all
            .retain(|found| seen.insert((found.code.clone(), found.span, found.message.clone())));
    }

    /// Whether there is an error among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// Ends a stage.
    ///
    /// # Errors
    ///
    /// Where there is an error among the findings: what follows would build on it.
    pub fn check(&self) -> Result<(), Stop> {
        if self.has_errors() { Err(Stop) } else { Ok(()) }
    }
}

/// The known word that a mistyped one is most likely to mean.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let letters = Letters::of(word);
    // Most words are far from each other by their letters already, which is found out sooner.
    let alike = known.filter(|known| letters.distance(known) <= known.len() / 3);
    let distances = alike.map(|known| (known, strsim::damerau_levenshtein(word, known)));
    let (near, distance) = distances.min_by_key(|(_, distance)| *distance)?;
    (distance <= near.len() / 3).then_some(near)
}

/// Looks for the name that a mistyped one is most likely to mean, among the names of a project. For the first of many that
/// are mistyped alone: each takes a look at all names, and nobody reads hundreds of hints.
#[derive(Debug)]
pub struct NearNames<'a> {
    names: Vec<&'a str>,
    left: usize,
}

impl<'a> NearNames<'a> {
    /// For so many names a near one is looked for.
    const MOST: usize = 100;

    /// Looks among these names.
    #[must_use]
    pub fn among(names: impl Iterator<Item = &'a str>) -> Self {
        Self {
            names: names.collect(),
            left: Self::MOST,
        }
    }

    /// The name that `word` is most likely to mean.
    #[must_use]
    pub fn nearest(&mut self, word: &str) -> Option<&'a str> {
        self.left = self.left.checked_sub(1)?;
        nearest(word, self.names.iter().copied())
    }
}

/// How often a word has each letter.
struct Letters {
    counts: [i32; 256],
    length: usize,
}

impl Letters {
    fn of(word: &str) -> Self {
        let mut counts = [0; 256];
        word.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
        Self {
            counts,
            length: word.len(),
        }
    }

    /// How many changes it takes at least to get from the word to another. Of other alphabets nothing is known.
    fn distance(&self, other: &str) -> usize {
        if self.counts[128..].iter().any(|count| *count > 0) {
            return 0;
        }
        let mut left = self.counts;
        let mut common = 0;
        for byte in other.bytes().map(usize::from) {
            common += usize::from(left[byte] > 0);
            left[byte] -= 1;
        }
        self.length.max(other.len()) - common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_whatever_was_mistyped() {
        let near = |word: &str| nearest(word, ["ports", "image", "environment", "depends_on"].into_iter());
        for (word, expected) in [
            ("prots", Some("ports")),
            ("port", Some("ports")),
            ("enviroment", Some("environment")),
            ("dependson", Some("depends_on")),
            ("imäge", Some("image")),
            ("x", None),
            ("portable", None),
        ] {
            assert_eq!(near(word), expected, "{word}");
        }
    }

    #[test]
    fn a_near_name_is_looked_for_a_limited_number_of_times() {
        let mut names = NearNames::among(["database", "web"].into_iter());
        let found: Vec<_> = (0..=NearNames::MOST).map(|_| names.nearest("databse")).collect();
        let (last, others) = found.split_last().unwrap();
        assert!(others.iter().all(|near| *near == Some("database")));
        assert_eq!(*last, None);
    }

    #[test]
    fn only_an_error_stops_a_stage() {
        let mut found = Diagnostics::default();
        found.push(Diagnostic::warning("w", None, "odd"));
        assert_eq!(found.check(), Ok(()));
        found.push(Diagnostic::error("e", Span::default(), "wrong").help("do not"));
        assert_eq!(found.check(), Err(Stop));
        assert_eq!(found.iter().count(), 2);
    }
}
