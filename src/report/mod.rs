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
//! | [`collected`] | what `gc` removed |
//! | [`stored`] | a record read back, and shown again |
//! | [`lint`] | findings, for people and in the notations of CI systems |
//! | [`rules`] | the catalogue of rules |
//! | [`patch`] | what was changed in files, as a patch |
//!
//! `board` folds events into what is going on, `logs` and `output` show the ends of log files, `words` holds the phrases.

mod board;
mod card;
pub mod collected;
mod fan;
mod file;
pub mod lint;
pub mod live;
mod logs;
mod output;
pub mod patch;
pub mod plain;
pub mod record;
pub mod rules;
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
pub use file::{rewrite, write_whole};
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::script::{Script, Shared};
    use super::summary::VerdictOnly;
    use super::*;
    use crate::event::{Kind, Outcome, Stream};

    /// What every view that writes to standard error makes of this run, off a terminal.
    fn shown(script: &Script, directory: &Path) -> Vec<(&'static str, String)> {
        let plain = |verbose, github| {
            let out = Shared::default();
            let options = plain::Options {
                verbose,
                heartbeat: HEARTBEAT,
                github,
                output: true,
            };
            let logs = script.leave_logs(directory);
            let mut view = plain::Plain::new(out.clone(), Terminal::plain(), options, logs);
            script.play(&mut view);
            out.text()
        };
        let quiet = Shared::default();
        script.play(&mut VerdictOnly::new(quiet.clone(), Terminal::plain()));
        vec![
            ("plain", plain(0, false)),
            ("plain -v", plain(1, false)),
            ("plain -v on GitHub", plain(1, true)),
            ("-q", quiet.text()),
            (
                "report",
                stored::render_text(&script.report, directory, &Terminal::plain()),
            ),
        ]
    }

    /// Nothing in the text is obeyed by a terminal or a CI system, and the verdict stands last.
    fn check(view: &str, text: &str, script: &Script) -> Result<(), TestCaseError> {
        let verdict = script.report.verdict.line(&script.report.info.run);
        prop_assert_eq!(text.lines().last(), Some(&verdict[..]), "{}", view);
        prop_assert!(text.ends_with('\n') && text.matches(&verdict).count() == 1);
        for line in text.lines() {
            prop_assert!(!line.chars().any(char::is_control), "{view}: {line:?}");
            let ours = line.starts_with("::group::output of ") || line == "::endgroup::";
            prop_assert!(ours || !line.trim_start().starts_with("::"), "{view}: {line}");
            prop_assert!(!line.contains("##["), "{view}: {line}");
        }
        Ok(())
    }

    #[test]
    fn every_view_of_every_run_is_safe_and_ends_with_the_verdict() {
        for script in [
            script::green(),
            script::failed(),
            script::unhealthy(),
            script::cancelled(),
        ] {
            let folder = tempfile::tempdir().unwrap();
            for (view, text) in shown(&script, folder.path()) {
                check(view, &text, &script).unwrap();
            }
        }
    }

    #[test]
    fn quiet_is_the_verdict_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let script = script::failed();
        let shown = shown(&script, folder.path());
        let quiet = shown.iter().find(|(view, _)| *view == "-q");
        assert_eq!(
            quiet.map(|(_, text)| text.as_str()),
            Some("towline: FAILED stage=unit_tests outcome=failed code=1 run=r1\n")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_containers_and_engines_say_is_safe(
            bytes: Vec<u8>,
            text in "(::error::|##\\[error\\]|\u{1b}\\[2J|\u{9b}|\r|\n|\t|[a-z ]){0,30}",
            failed: bool,
        ) {
            let mut script = Script::new(vec![script::stage("app", Kind::Job, &[])]);
            let outcome = if failed { Outcome::Failed } else { Outcome::Passed };
            script
                .starts(0, "app")
                .writes(400, "app", Stream::Stdout, &bytes)
                .writes(500, "app", Stream::Stderr, text.as_bytes())
                .at(600, crate::event::Fact::Warned { stage: None, message: text.clone() })
                .ends(900, "app", outcome, |report| {
                    report.cause = Some(text.clone());
                    report.command = Some(text.clone());
                    report.probe = Some(crate::event::Probe { code: 1, output: text, streak: 1 });
                });
            let code = u8::from(failed);
            let script = script.closes(1000, code, failed.then_some("app"), outcome);
            let folder = tempfile::tempdir().unwrap();
            for (view, text) in shown(&script, folder.path()) {
                check(view, &text, &script)?;
            }
        }
    }
}
