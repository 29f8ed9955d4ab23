//! Errors that end the program: what happened, what to do about it, and which exit code says so.
//!
//! A failed stage is not a `Failure`: it is an `Outcome`, and the run's verdict carries its code.

use std::fmt;

use crate::exit::Exit;

/// An error that ends the program.
#[derive(Debug)]
pub struct Failure {
    /// The exit code; it also says whose fault it is.
    pub exit: Exit,
    /// What happened.
    pub source: anyhow::Error,
    /// The places in files that it is about, as they are shown: lines, or nothing.
    pub excerpts: String,
    /// What the reader can do, one sentence each.
    pub hints: Vec<String>,
    /// Whether it kept a run from its verdict: the last line then says so, as it does for a run that failed.
    pub ends_run: bool,
}

/// The result of everything that can end the program.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// A failure with this exit code and message.
    pub fn new(exit: Exit, source: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            source: source.into(),
            excerpts: String::new(),
            hints: Vec::new(),
            ends_run: false,
        }
    }

    /// A failure with this exit code and a message that is only text.
    pub fn message(exit: Exit, message: impl fmt::Display) -> Self {
        Self::new(exit, anyhow::anyhow!("{message}"))
    }

    /// Wrong usage: exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::message(Exit::Usage, message)
    }

    /// The compose file or towline's configuration is not valid: exit code 65.
    pub fn invalid(message: impl fmt::Display) -> Self {
        Self::message(Exit::Invalid, message)
    }

    /// The failure of a command that was to run stages.
    #[must_use]
    pub fn of_run(self) -> Self {
        Self { ends_run: true, ..self }
    }

    /// Shows places in files beneath the message.
    #[must_use]
    pub fn showing(self, excerpts: String) -> Self {
        Self { excerpts, ..self }
    }

    /// Adds something that the reader can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// What is neither the user's nor the engine's doing is a bug: exit code 70.
impl From<anyhow::Error> for Failure {
    fn from(source: anyhow::Error) -> Self {
        Self::new(Exit::Bug, source)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.source)
    }
}
