//! Events to something that a person or a program reads. One file a view or format; nothing here knows how a run works.
//!
//! | file | what it makes |
//! |---|---|
//! | [`fan`](Fan) | one reporter of several: the record, and the views that the [`Options`] ask for |
//! | [`plain`] | lines for a log |
//! | [`live`] | rows for a terminal that somebody watches |
//! | [`stream`] | the containers' lines, passed on as `up` does it |
//! | `card`, `summary` | what stands at the end of a run; the verdict is its last line |
//! | [`record`] | `events.jsonl` and `report.json` |
//! | [`stored`] | a record read back, and shown again |
//!
//! `board` folds events into what is going on, `logs` and `output` show the ends of log files, `words` holds the phrases.

mod board;
mod card;
mod fan;
pub mod live;
mod logs;
mod output;
pub mod plain;
pub mod record;
#[cfg(test)]
mod script;
pub mod stored;
pub mod stream;
mod summary;
mod words;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::event::{Event, Report};
use crate::term::Terminal;

pub use fan::Fan;
pub use logs::{Logs, Tail};

/// After so long a silence, views for logs name what runs: CI systems end jobs that say nothing.
pub const HEARTBEAT: Duration = Duration::from_secs(30);

/// What is shown of a run, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The run's directory, which holds its record and its logs.
    pub directory: PathBuf,
    /// Whether to say nothing but the verdict.
    pub quiet: bool,
    /// How often `-v` was given.
    pub verbose: u8,
    /// After so long a silence, what runs is named; usually [`HEARTBEAT`].
    pub heartbeat: Duration,
    /// Whether GitHub Actions reads along, which folds what stands between its markers.
    pub github: bool,
    /// For `up`: how the containers' lines are passed on.
    pub stream: Option<stream::Options>,
    /// What standard output can show.
    pub stdout: Terminal,
    /// What standard error can show.
    pub stderr: Terminal,
}

/// A consumer of events. Reporters never call back into the run.
pub trait Reporter: Send {
    /// Takes note of one fact.
    ///
    /// # Errors
    /// When what it writes to cannot be written.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Called about ten times a second with the current time, for what moves without an event: clocks, heartbeats.
    ///
    /// # Errors
    /// When what it writes to cannot be written.
    fn tick(&mut self, now: Instant) -> io::Result<()> {
        let _ = now;
        Ok(())
    }

    /// The run is over; `report` sums it up. The last call.
    ///
    /// # Errors
    /// When what it writes to cannot be written.
    fn finish(&mut self, report: &Report) -> io::Result<()>;
}
