//! Events to something that a person or a program reads. One file a view or format; nothing here knows how a run works.

use std::time::Instant;

use crate::event::{Event, Report};

/// A consumer of events. Reporters never call back into the run.
pub trait Reporter {
    /// Takes note of one fact.
    ///
    /// # Errors
    /// When what it writes to cannot be written.
    fn event(&mut self, event: &Event) -> std::io::Result<()>;

    /// Called about ten times a second with the current time, for what moves without an event: clocks, heartbeats.
    ///
    /// # Errors
    /// When what it writes to cannot be written.
    fn tick(&mut self, now: Instant) -> std::io::Result<()> {
        let _ = now;
        Ok(())
    }

    /// The run is over; `report` sums it up. The last call.
    ///
    /// # Errors
    /// When what it writes to cannot be written.
    fn finish(&mut self, report: &Report) -> std::io::Result<()>;
}
