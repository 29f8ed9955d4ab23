//! What the command line and the settings say about a plan.

use globset::{Glob, GlobMatcher};

use crate::event::Kind;

/// What the command line says about the plan.
#[derive(Clone, Debug)]
pub struct Options {
    /// The stages asked for; none means all.
    pub targets: Vec<String>,
    /// The service that `--exit-code-from` names.
    pub exit_code_from: Option<String>,
    /// Whether a deploy that the file leaves loose waits for every job that is not behind it.
    pub gate: bool,
    /// Whether the targets' own needs are left out (`up --no-deps`).
    pub no_deps: bool,
    /// Kinds given by hand: those of the command line first, then those of the settings.
    pub kinds: Vec<KindRule>,
    /// Whose run it is.
    pub mode: Mode,
    /// Whether the run ends as soon as everything is up (`up --wait`).
    pub wait: bool,
    /// The jobs of the file that are behind profiles which are not active.
    pub hidden: Vec<Hidden>,
}

impl Options {
    /// The jobs behind profiles that are not active, with the flags that activate them, where the plan is of the whole file.
    pub(super) fn hidden_jobs(&self) -> Option<String> {
        if self.hidden.is_empty() || !self.targets.is_empty() {
            return None;
        }
        let jobs: Vec<String> = self.hidden.iter().map(Hidden::shown).collect();
        Some(jobs.join(", "))
    }
}

/// A job behind profiles that are not active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The service's name.
    pub name: String,
    /// Its profiles; one of them activates it.
    pub profiles: Vec<String>,
}

impl Hidden {
    /// The job with the flag that activates it.
    fn shown(&self) -> String {
        let Self { name, profiles } = self;
        match profiles.first() {
            Some(profile) => format!("`{name}` (--profile {profile})"),
            None => format!("`{name}`"),
        }
    }
}

/// Whose run a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `towline ci`: the project is the run's own.
    Ci,
    /// `towline up` with a flag that asks for a verdict: the project is the user's.
    Up,
}

/// A kind given by hand to the services whose names match.
#[derive(Clone, Debug)]
pub struct KindRule {
    /// What the names have to match.
    pub pattern: GlobMatcher,
    /// Their kind.
    pub kind: Kind,
    /// Where the rule is written.
    pub place: RulePlace,
}

/// Where a [`KindRule`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulePlace {
    /// `--kind NAME=KIND`.
    Flag,
    /// `kinds:` of `.towline.yaml`.
    Settings,
}

impl KindRule {
    /// Reads a pattern for names.
    ///
    /// # Errors
    /// When it is not a valid glob.
    pub fn new(pattern: &str, kind: Kind, place: RulePlace) -> Result<Self, globset::Error> {
        Ok(Self {
            pattern: Glob::new(pattern)?.compile_matcher(),
            kind,
            place,
        })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.pattern.glob().glob()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            exit_code_from: None,
            gate: true,
            no_deps: false,
            kinds: Vec::new(),
            mode: Mode::Ci,
            wait: false,
            hidden: Vec::new(),
        }
    }
}
