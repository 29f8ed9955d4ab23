//! One reporter made of several: the record first, then the views. What cannot be written never ends or fails a run.

use std::io::{self, stderr, stdout};
use std::time::Instant;

use indicatif::ProgressDrawTarget;

use super::live::Live;
use super::logs::Logs;
use super::plain::{self, Plain};
use super::record::Record;
use super::stream::Streamed;
use super::summary::VerdictOnly;
use super::{Options, Reporter};
use crate::event::{Event, Fact, Report, Stream};

/// Hands every event to the record and to the views.
///
/// A view that cannot be written to any more, because its pipe was closed, is left out from then on. When the record
/// cannot be written, the views say so once. No method returns an error.
pub struct Fan {
    record: Option<Box<dyn Reporter>>,
    views: Vec<Box<dyn Reporter>>,
    /// What happened to the record and has not been said yet.
    trouble: Option<String>,
}

impl Fan {
    /// The record in the run's directory, and the views that the options ask for.
    ///
    /// # Errors
    /// When the record cannot be begun: the directory cannot be made or written to.
    pub fn open(options: &Options) -> io::Result<Self> {
        let record = Record::create(&options.directory).map_err(|error| {
            let path = options.directory.display();
            io::Error::new(
                error.kind(),
                format!("making the run's record in {path}: {error}"),
            )
        })?;
        Ok(Self::new(Box::new(record), views(options)))
    }

    fn new(record: Box<dyn Reporter>, views: Vec<Box<dyn Reporter>>) -> Self {
        Self {
            record: Some(record),
            views,
            trouble: None,
        }
    }

    fn record(&mut self, write: impl FnOnce(&mut dyn Reporter) -> io::Result<()>) {
        if let Some(record) = &mut self.record
            && let Err(error) = write(record.as_mut())
        {
            self.record = None;
            self.trouble = Some(format!("the record of this run is not complete: {error}"));
        }
    }

    fn view(&mut self, mut write: impl FnMut(&mut dyn Reporter) -> io::Result<()>) {
        self.views.retain_mut(|view| write(view.as_mut()).is_ok());
    }

    /// Lets the views say what happened to the record.
    fn warn(&mut self, at: &str, elapsed_ms: u64) {
        if let Some(message) = self.trouble.take() {
            let event = Event {
                at: at.to_owned(),
                elapsed_ms,
                fact: Fact::Warned {
                    stage: None,
                    message,
                },
            };
            self.view(|view| view.event(&event));
        }
    }
}

impl Reporter for Fan {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.record(|record| record.event(event));
        self.view(|view| view.event(event));
        self.warn(&event.at, event.elapsed_ms);
        Ok(())
    }

    fn tick(&mut self, now: Instant) -> io::Result<()> {
        self.record(|record| record.tick(now));
        self.view(|view| view.tick(now));
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.record(|record| record.finish(report));
        self.warn(&report.started_at, report.took_ms);
        self.view(|view| view.finish(report));
        Ok(())
    }
}

/// The views, the one on standard error last: it writes the verdict, and nothing comes behind that.
fn views(options: &Options) -> Vec<Box<dyn Reporter>> {
    let mut views: Vec<Box<dyn Reporter>> = Vec::new();
    if let Some(stream) = &options.stream {
        let (out, err) = (options.stdout, options.stderr);
        views.push(Box::new(Streamed::new(
            stdout(),
            Stream::Stdout,
            out,
            stream.clone(),
        )));
        views.push(Box::new(Streamed::new(
            stderr(),
            Stream::Stderr,
            err,
            stream.clone(),
        )));
    }
    views.push(progress(options));
    views
}

fn progress(options: &Options) -> Box<dyn Reporter> {
    let terminal = options.stderr;
    if options.quiet {
        return Box::new(VerdictOnly::new(stderr(), terminal));
    }
    let logs = Logs::new(&options.directory);
    let target = ProgressDrawTarget::stderr();
    if terminal.live() && options.stream.is_none() && !target.is_hidden() {
        return Box::new(Live::new(target, stderr(), terminal, options.verbose, logs));
    }
    let shown = plain::Options {
        verbose: options.verbose,
        heartbeat: options.heartbeat,
        github: options.github,
        output: options.stream.is_none(),
    };
    Box::new(Plain::new(stderr(), terminal, shown, logs))
}
