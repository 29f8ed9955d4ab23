//! What a rule is: what it finds, why that matters, examples, and the check itself.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::project::Project;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

/// A rule of the catalogue. Its examples are its documentation and its tests.
#[derive(Debug)]
pub struct Rule {
    /// Its id: stable, since people write it into their settings.
    pub id: &'static str,
    /// What is wrong where it finds something, in one phrase.
    pub summary: &'static str,
    /// Why that matters, in sentences: what happens, and when.
    pub why: &'static str,
    /// How much a finding matters where nothing else is said. A single finding can matter less.
    pub level: Severity,
    /// What it is about.
    pub category: Category,
    /// From which preset on it is looked at.
    pub preset: Preset,
    /// Files in which it finds exactly what stands between `«` and `»`: see [`Example`](super::example::Example).
    pub bad: &'static str,
    /// Files in which it finds nothing.
    pub good: &'static str,
    /// What its fix makes of the bad example, where it has one.
    pub fixed: Option<&'static str>,
    /// Looks through a project.
    pub check: fn(&Project<'_>, &mut Found),
}

/// A number that a rule goes by, which a settings file can change.
#[derive(Debug)]
pub struct Limit {
    /// The rule's id.
    pub rule: &'static str,
    /// The key in the settings file.
    pub name: &'static str,
    /// What the number is, with its unit.
    pub summary: &'static str,
    /// What it is where nothing else is said.
    pub default: u64,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// The file does not do what it says.
    Correctness,
    /// A pipeline goes wrong, hangs, or says that it went well.
    Pipeline,
    /// A container can do more than it should, or a secret lies open.
    Security,
    /// The same file gives another result elsewhere, or later.
    Reproducibility,
    /// A matter of reading.
    Style,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Correctness,
        Self::Pipeline,
        Self::Security,
        Self::Reproducibility,
        Self::Style,
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Correctness => "correctness",
            Self::Pipeline => "pipeline",
            Self::Security => "security",
            Self::Reproducibility => "reproducibility",
            Self::Style => "style",
        }
    }
}

/// A choice of rules. Each has those of the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preset {
    /// What is worth a word in any compose file.
    #[default]
    Default,
    /// Besides that, what goes wrong on machines that run many pipelines.
    Ci,
    /// Everything, matters of taste and of hardening too.
    Strict,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Default, Self::Ci, Self::Strict];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Ci => "ci",
            Self::Strict => "strict",
        }
    }
}

/// What a rule has found.
#[derive(Debug, Default)]
pub struct Found {
    findings: Vec<Diagnostic>,
    /// The places of all of them.
    places: HashSet<Option<Span>, RandomState>,
}

impl Found {
    /// Takes a finding in.
    pub fn push(&mut self, finding: Diagnostic) {
        self.places.insert(finding.span);
        self.findings.push(finding);
    }

    /// Takes a finding in, unless there is one at its place: what is written once can hold for several services.
    pub fn push_once(&mut self, finding: Diagnostic) {
        if !self.places.contains(&finding.span) {
            self.push(finding);
        }
    }

    /// All that was found so far.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// The same, taken out.
    #[must_use]
    pub fn into_findings(self) -> Vec<Diagnostic> {
        self.findings
    }

    /// Takes in what a rule has found in one service, in the same way.
    pub fn extend_once(&mut self, findings: impl IntoIterator<Item = Diagnostic>) {
        findings.into_iter().for_each(|finding| self.push_once(finding));
    }
}

/// A finding at a place. Its id and its level are those of the rule that makes it.
#[must_use]
pub fn at(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("", span, message)
}
