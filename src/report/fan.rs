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
            io::Error::new(error.kind(), format!("making the run's record in {path}: {error}"))
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
                fact: Fact::Warned { stage: None, message },
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
        views.push(Box::new(Streamed::new(stdout(), Stream::Stdout, out, stream.clone())));
        views.push(Box::new(Streamed::new(stderr(), Stream::Stderr, err, stream.clone())));
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
        builds: options.builds,
    };
    Box::new(Plain::new(stderr(), terminal, shown, logs))
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::report::script::{self, Shared};
    use crate::term::Terminal;

    /// Fails at everything.
    struct Full;

    impl Reporter for Full {
        fn event(&mut self, _: &Event) -> io::Result<()> {
            Err(io::Error::other("no space left on device"))
        }

        fn finish(&mut self, _: &Report) -> io::Result<()> {
            Err(io::Error::other("no space left on device"))
        }
    }

    /// A pipe that nobody reads any more.
    struct Closed;

    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(ErrorKind::BrokenPipe.into())
        }
    }

    fn plain(out: impl io::Write + Send + 'static) -> Box<dyn Reporter> {
        let shown = plain::Options {
            verbose: 0,
            heartbeat: super::super::HEARTBEAT,
            github: false,
            output: true,
            builds: false,
        };
        let logs = Logs::new(std::path::Path::new("/nowhere"));
        Box::new(Plain::new(out, Terminal::plain(), shown, logs))
    }

    #[test]
    fn a_closed_pipe_silences_its_view_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::create(folder.path()).unwrap();
        let out = Shared::default();
        let mut fan = Fan::new(Box::new(record), vec![plain(Closed), plain(out.clone())]);
        script::failed().play(&mut fan);
        assert_eq!(fan.views.len(), 1);
        assert!(out.text().ends_with("outcome=failed code=1 run=r1\n"));
        let report = crate::report::stored::load(folder.path()).unwrap();
        assert_eq!(report, script::failed().report);
    }

    #[test]
    fn a_record_that_cannot_be_written_is_said_once_and_the_verdict_stays_last() {
        let out = Shared::default();
        let mut fan = Fan::new(Box::new(Full), vec![plain(out.clone())]);
        script::failed().play(&mut fan);
        let text = out.text();
        let said = "warning  the record of this run is not complete: no space left on device\n";
        assert_eq!(text.matches(said).count(), 1, "{text}");
        assert!(text.ends_with("outcome=failed code=1 run=r1\n"), "{text}");
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_an_error_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let options = Options {
            directory: file.join("run"),
            quiet: true,
            verbose: 0,
            builds: false,
            heartbeat: super::super::HEARTBEAT,
            github: false,
            stream: None,
            stdout: Terminal::plain(),
            stderr: Terminal::plain(),
        };
        let error = Fan::open(&options).err().unwrap().to_string();
        assert!(error.starts_with("making the run's record in "), "{error}");
    }
}
