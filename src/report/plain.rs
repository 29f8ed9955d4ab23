//! The view for logs: a line when something happens, a sign of life when nothing does, and no escapes off a terminal.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};

use super::board::{Board, Phase, Row};
use super::logs::Logs;
use super::{Reporter, output, summary, words};
use crate::event::{Event, Fact, Report, StageReport};
use crate::term::{Terminal, sanitise};

/// So many last lines of a stage are shown when it ends.
const OUTPUT_LINES: usize = 200;
/// How wide the verb's column is.
const VERB_WIDTH: usize = 8;

const QUIET: Style = Style::new().dimmed();
const NEWS: Style = AnsiColor::Cyan.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();

/// How much the view shows.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// 0: what happens; 1 and more: also build steps, containers, and the output of stages that passed.
    pub verbose: u8,
    /// After so long a silence, what runs is named.
    pub heartbeat: Duration,
    /// Whether to fold the output of stages that passed with the markers of GitHub Actions.
    pub github: bool,
    /// Whether to show what stages wrote when they end. Not where it is streamed anyway.
    pub output: bool,
}

/// The view.
pub struct Plain<W> {
    out: W,
    terminal: Terminal,
    options: Options,
    logs: Logs,
    board: Board,
    cleaning: bool,
    /// The run's time in milliseconds, by the last event or tick.
    now: u64,
    /// When something was written last.
    spoke: u64,
}

impl<W: Write + Send> Plain<W> {
    /// A view that writes here.
    pub fn new(out: W, terminal: Terminal, options: Options, logs: Logs) -> Self {
        Self {
            out,
            terminal,
            options,
            logs,
            board: Board::default(),
            cleaning: false,
            now: 0,
            spoke: 0,
        }
    }

    /// Writes in one piece, so that lines of others do not come in between.
    fn write(&mut self, text: &str) -> io::Result<()> {
        self.spoke = self.now;
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// The text for an event; the board does not know of the event yet.
    fn text(&self, event: &Event) -> Option<String> {
        Some(match &event.fact {
            Fact::RunStarted(info) => words::header(info, &self.terminal) + "\n",
            Fact::StageFinished(report) => self.finished(report),
            fact => {
                let (verb, style, text) = self.line(fact)?;
                self.format(verb, style, &text)
            }
        })
    }

    /// Verb, its colour and the rest of the line for a fact that is worth a line.
    fn line(&self, fact: &Fact) -> Option<(&'static str, Style, String)> {
        Some(match fact {
            Fact::BuildStarted { stages } => ("build", NEWS, words::list(stages)),
            Fact::BuildStepFinished {
                step, cached, took_ms, ..
            } if self.verbose() => ("step", QUIET, step_words(step, *cached, *took_ms)),
            Fact::BuildFinished { took_ms } => ("built", NEWS, format!("in {}", words::millis(*took_ms))),
            Fact::PullStarted { image } => ("pull", NEWS, sanitise(image.as_bytes())),
            Fact::PullFinished { image } => ("pulled", NEWS, sanitise(image.as_bytes())),
            Fact::Created { took_ms } if self.verbose() => {
                ("created", QUIET, format!("in {}", words::millis(*took_ms)))
            }
            Fact::KindFound { stage, kind, reason } => ("kind", QUIET, format!("{stage}: {kind}, {reason}")),
            Fact::StageWaited { stage, on } if self.verbose() || self.is_new(stage) => {
                ("wait", QUIET, format!("{stage}: {}", words::needs(on)))
            }
            Fact::StageStarting { stage } => ("start", NEWS, stage.clone()),
            Fact::InstanceStarted {
                stage,
                instance,
                container,
            } if self.verbose() => ("up", QUIET, format!("{stage}: container {instance} is {container:.12}")),
            Fact::StageHealthy { stage } => ("healthy", NEWS, self.with_age(stage)),
            // A probe can fail every second: the first, second, fourth, eighth … failure is enough to read.
            Fact::ProbeFailed { stage, probe } if self.verbose() || probe.streak.is_power_of_two() => {
                ("probe", WARNING, format!("{stage}: {}", words::probe(probe)))
            }
            Fact::InstanceRestarted {
                stage, code, restarts, ..
            } => (
                "restart",
                WARNING,
                format!("{stage}: ended with code {code}, restart {restarts}"),
            ),
            Fact::Warned { stage, message } => ("warning", WARNING, words::warning(stage.as_deref(), message)),
            Fact::Cancelled { reason, stops } => ("stop", WARNING, words::stopping(reason, *stops)),
            Fact::CleanUpFinished { took_ms, removed, left } => {
                let done = if *removed { "cleaned" } else { "stopped" };
                (done, NEWS, words::cleaned(*took_ms, left))
            }
            Fact::RunStarted(_)
            | Fact::StageFinished(_)
            | Fact::BuildStepFinished { .. }
            | Fact::Created { .. }
            | Fact::StageWaited { .. }
            | Fact::InstanceStarted { .. }
            | Fact::ProbeFailed { .. }
            | Fact::Output { .. }
            | Fact::CleanUpStarted
            | Fact::RunFinished { .. } => return None,
        })
    }

    /// The line of a stage's end, with what it wrote where that is asked for.
    fn finished(&self, report: &StageReport) -> String {
        let text = format!("{}: {}", report.stage, words::ending(report));
        let mut text = self.format(words::verb(report.outcome), words::style(report.outcome).bold(), &text);
        if !self.options.output {
            return text;
        }
        let block = || output::block(report, &self.logs, OUTPUT_LINES, &self.terminal);
        if report.outcome.is_failure() {
            text.push_str(&block());
        } else if self.verbose() && report.log.is_some() {
            text.push_str(&self.folded(&report.stage, &block()));
        }
        text
    }

    fn folded(&self, stage: &str, block: &str) -> String {
        if self.options.github {
            format!("::group::output of {stage}\n{block}::endgroup::\n")
        } else {
            block.to_owned()
        }
    }

    fn format(&self, verb: &str, style: Style, text: &str) -> String {
        let verb = format!("{verb:VERB_WIDTH$}");
        let clock = words::clock(self.now);
        let mut line = format!("{clock} {} {text}", self.terminal.paint(style, verb));
        line.truncate(line.trim_end().len());
        line + "\n"
    }

    /// What runs, for how long, and what is waited for.
    fn heartbeat(&self) -> String {
        let (active, waiting): (Vec<&Row>, Vec<&Row>) = self
            .board
            .rows
            .iter()
            .filter(|row| !matches!(row.phase, Phase::Finished(_)) && !row.is_settled())
            .partition(|row| !matches!(row.phase, Phase::Waiting(_)));
        let parts: Vec<String> = active
            .into_iter()
            .chain(waiting)
            .filter_map(|row| self.activity(row))
            .collect();
        let text = match (self.cleaning, parts.is_empty()) {
            (true, _) => "cleaning up".to_owned(),
            (false, true) => "running".to_owned(),
            (false, false) => words::joined(parts, "; "),
        };
        self.format("still", QUIET, &text)
    }

    fn activity(&self, row: &Row) -> Option<String> {
        let name = &row.stage.stage;
        let doing = self.board.doing(row);
        match (row.since(), doing) {
            (Some(since), doing) => {
                let age = words::millis(self.now.saturating_sub(since));
                let doing = doing.map(|doing| format!(", {doing}")).unwrap_or_default();
                Some(format!("{name} for {age}{doing}"))
            }
            (None, Some(doing)) => Some(format!("{name} {doing}")),
            (None, None) => None,
        }
    }

    /// `db after 6.1s`: a stage that is up, and for how long.
    fn with_age(&self, stage: &str) -> String {
        match self.board.row(stage).and_then(Row::since) {
            Some(since) => format!("{stage} after {}", words::millis(self.now.saturating_sub(since))),
            None => stage.to_owned(),
        }
    }

    fn is_new(&self, stage: &str) -> bool {
        self.board.row(stage).is_none_or(|row| row.phase == Phase::Planned)
    }

    const fn verbose(&self) -> bool {
        self.options.verbose > 0
    }
}

impl<W: Write + Send> Reporter for Plain<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.now = self.now.max(event.elapsed_ms);
        let text = self.text(event);
        self.board.note(event);
        match &event.fact {
            Fact::RunStarted(info) => self.logs.show_as(&info.directory),
            Fact::CleanUpStarted => self.cleaning = true,
            // Somebody else shows it at once: that is a sign of life.
            Fact::Output { .. } if !self.options.output => self.spoke = self.now,
            _ => {}
        }
        text.map_or(Ok(()), |text| self.write(&text))
    }

    fn tick(&mut self, now: Instant) -> io::Result<()> {
        self.now = self.now.max(self.board.tick(now));
        let silence = Duration::from_millis(self.now.saturating_sub(self.spoke));
        if silence < self.options.heartbeat {
            return Ok(());
        }
        self.write(&self.heartbeat())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.write(&summary::ending(report, &self.logs, &self.terminal))
    }
}

fn step_words(step: &str, cached: bool, took_ms: u64) -> String {
    let step = sanitise(step.as_bytes());
    if cached {
        format!("{step}: cached")
    } else {
        format!("{step}: {}", words::millis(took_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::script::{self, Script};

    fn options() -> Options {
        Options {
            verbose: 0,
            heartbeat: Duration::from_secs(30),
            github: false,
            output: true,
        }
    }

    fn played(script: &Script, terminal: Terminal, options: Options) -> String {
        let folder = tempfile::tempdir().unwrap();
        let logs = script.leave_logs(folder.path());
        let mut out = Vec::new();
        script.play(&mut Plain::new(&mut out, terminal, options, logs));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_green_run_is_a_few_lines() {
        insta::assert_snapshot!(played(&script::green(), Terminal::plain(), options()), @r"
        towline 0.1.0 | compose 5.6.1 | engine 28.5.2 | run r1 | 3 stages
        00:00 build    unit_tests
        00:00 pull     postgres:16
        00:01 pulled   postgres:16
        00:04 built    in 4.2s
        00:04 start    db
        00:04 wait     unit_tests: db to be healthy
        00:04 wait     deploy: unit_tests to succeed
        00:06 healthy  db after 1.2s
        00:06 start    unit_tests
        00:09 PASS     unit_tests: in 3.0s
        00:09 start    deploy
        00:11 PASS     deploy: in 1.3s
        00:11 PASS     db: up for 6.1s
        00:11 cleaned  in 0.9s

        stage       kind     outcome  time  waited  code
        db          service  passed   6.1s  4.9s    -
        unit_tests  job      passed   3.0s  6.4s    0
        deploy      deploy   passed   1.3s  9.7s    0
        3 stages in 12.0s: 3 passed
        record: .towline/runs/r1
        towline: PASSED run=r1
        ");
    }

    #[test]
    fn a_failed_test_shows_its_output_at_once_and_its_card_at_the_end() {
        insta::assert_snapshot!(played(&script::failed(), Terminal::plain(), options()), @r"
        towline 0.1.0 | compose 5.6.1 | engine 28.5.2 | run r1 | 3 stages
        00:00 build    unit_tests
        00:00 pull     postgres:16
        00:01 pulled   postgres:16
        00:04 built    in 4.2s
        00:04 start    db
        00:04 wait     unit_tests: db to be healthy
        00:04 wait     deploy: unit_tests to succeed
        00:06 healthy  db after 1.2s
        00:06 start    unit_tests
        00:09 stop     unit_tests failed: nothing new starts, what runs is stopped
        00:09 FAIL     unit_tests: ended with code 1 after 3.0s
              | collected 42 items
              |
              | E  assert 500 == 200
              | ::error::no command of ours
              | ## [error]nor this
              | 1 failed, 41 passed in 1.02s
              log: .towline/runs/r1/logs/unit_tests.log
        00:09 SKIP     deploy: not started because unit_tests did not succeed
        00:09 PASS     db: up for 4.9s
        00:10 cleaned  in 0.9s

        -- FAILED unit_tests -------------------------------------------------------------------------------
        cause     ended with code 1 after 3.0s
        command   pytest -q
        output    all that it wrote:
                  | collected 42 items
                  |
                  | E  assert 500 == 200
                  | ::error::no command of ours
                  | ## [error]nor this
                  | 1 failed, 41 passed in 1.02s
        needed    db, up for 4.9s; all that it wrote:
                  | database system is ready
        not run   deploy
        log       .towline/runs/r1/logs/unit_tests.log

        stage       kind     outcome  time  waited  code
        db          service  passed   4.9s  4.9s    -
        unit_tests  job      failed   3.0s  6.4s    1
        deploy      deploy   skipped  -     -       -
        3 stages in 10.8s: 1 passed, 1 failed, 1 skipped
        record: .towline/runs/r1
        towline: FAILED stage=unit_tests outcome=failed code=1 run=r1
        ");
    }

    #[test]
    fn an_unhealthy_service_is_seen_while_it_is_waited_for() {
        insta::assert_snapshot!(played(&script::unhealthy(), Terminal::plain(), options()), @r#"
        towline 0.1.0 | compose 5.6.1 | engine 28.5.2 | run r1 | 3 stages
        00:00 build    unit_tests
        00:00 pull     postgres:16
        00:01 pulled   postgres:16
        00:04 built    in 4.2s
        00:04 start    db
        00:04 wait     unit_tests: db to be healthy
        00:04 wait     deploy: unit_tests to succeed
        00:06 probe    db: probe failed (exit 2): role "app" does not exist
        00:07 probe    db: probe failed (exit 2, 2 in a row): role "app" does not exist
        00:07 restart  db: ended with code 1, restart 1
        00:07 warning  db: ended with code 1, and its policy restarts it
        00:08 FAIL     db: did not become healthy in 3.2s, restarted once: its health check failed as often as it may
              its last failed probe: exit 2, 3 in a row: role "app" does not exist
              | database system is ready
              | FATAL:  role "app" does not exist
              log: .towline/runs/r1/logs/db.log
        00:08 stop     db failed: nothing new starts, what runs is stopped
        00:08 SKIP     unit_tests: not started because db did not succeed
        00:08 SKIP     deploy: not started because db did not succeed
        00:09 cleaned  in 0.9s

        -- FAILED db ---------------------------------------------------------------------------------------
        cause     did not become healthy in 3.2s, restarted once: its health check failed as often as it may
        try       see what its probe says; if db only needs longer, raise `healthcheck.start_period` or
                  `retries`
        probe     the last that failed: exit 2, 3 in a row
                  | db:5432 - accepting connections
                  | role "app" does not exist
        output    all that it wrote:
                  | database system is ready
                  | FATAL:  role "app" does not exist
        not run   unit_tests, deploy
        log       .towline/runs/r1/logs/db.log

        stage       kind     outcome    time  waited  code
        db          service  unhealthy  3.2s  4.9s    -
        unit_tests  job      skipped    -     -       -
        deploy      deploy   skipped    -     -       -
        3 stages in 9.0s: 1 unhealthy, 2 skipped, 1 warning, 1 restart
        record: .towline/runs/r1
        towline: FAILED stage=db outcome=unhealthy code=78 run=r1
        "#);
    }

    #[test]
    fn a_signal_is_named_and_what_is_left_too() {
        insta::assert_snapshot!(played(&script::cancelled(), Terminal::plain(), options()), @r"
        towline 0.1.0 | compose 5.6.1 | engine 28.5.2 | run r1 | 3 stages
        00:00 build    unit_tests
        00:00 pull     postgres:16
        00:01 pulled   postgres:16
        00:04 built    in 4.2s
        00:04 start    db
        00:04 wait     unit_tests: db to be healthy
        00:04 wait     deploy: unit_tests to succeed
        00:06 healthy  db after 1.2s
        00:06 start    unit_tests
        00:08 stop     SIGTERM came: nothing new starts, what runs is stopped
        00:08 STOP     unit_tests: stopped after 2.5s
        00:08 STOP     deploy: not started
        00:08 STOP     db: stopped after 4.0s
        00:09 cleaned  in 0.9s; could not remove network shop-ci-r1_default

        stage       kind     outcome    time  waited  code
        db          service  cancelled  4.0s  4.9s    -
        unit_tests  job      cancelled  2.5s  6.4s    143
        deploy      deploy   cancelled  -     -       -
        3 stages in 9.9s: 3 cancelled, stopped by SIGTERM
        record: .towline/runs/r1
        towline: FAILED outcome=cancelled code=143 run=r1
        ");
    }

    #[test]
    fn with_v_steps_containers_and_the_output_of_stages_that_passed_are_shown() {
        let verbose = Options {
            verbose: 1,
            github: true,
            ..options()
        };
        insta::assert_snapshot!(played(&script::green(), Terminal::plain(), verbose), @r"
        towline 0.1.0 | compose 5.6.1 | engine 28.5.2 | run r1 | 3 stages
        00:00 build    unit_tests
        00:00 pull     postgres:16
        00:01 pulled   postgres:16
        00:02 step     [unit_tests 2/3] RUN pip install pytest: cached
        00:04 step     [unit_tests 3/3] COPY . .: 0.0s
        00:04 built    in 4.2s
        00:04 created  in 0.3s
        00:04 start    db
        00:04 up       db: container 1 is db0123456789
        00:04 wait     unit_tests: db to be healthy
        00:04 wait     deploy: unit_tests to succeed
        00:06 healthy  db after 1.2s
        00:06 start    unit_tests
        00:06 up       unit_tests: container 1 is unit_tests01
        00:09 PASS     unit_tests: in 3.0s
        ::group::output of unit_tests
              | collected 42 items
              |
              | 42 passed in 1.02s
              log: .towline/runs/r1/logs/unit_tests.log
        ::endgroup::
        00:09 start    deploy
        00:09 up       deploy: container 1 is deploy012345
        00:11 PASS     deploy: in 1.3s
        ::group::output of deploy
              | deployed
              log: .towline/runs/r1/logs/deploy.log
        ::endgroup::
        00:11 PASS     db: up for 6.1s
        ::group::output of db
              | database system is ready
              log: .towline/runs/r1/logs/db.log
        ::endgroup::
        00:11 cleaned  in 0.9s

        stage       kind     outcome  time  waited  code
        db          service  passed   6.1s  4.9s    -
        unit_tests  job      passed   3.0s  6.4s    0
        deploy      deploy   passed   1.3s  9.7s    0
        3 stages in 12.0s: 3 passed
        record: .towline/runs/r1
        towline: PASSED run=r1
        ");
    }

    #[test]
    fn where_output_is_streamed_it_is_not_shown_again() {
        let streamed = Options {
            output: false,
            ..options()
        };
        let text = played(&script::failed(), Terminal::plain(), streamed);
        assert_eq!(
            text.matches("1 failed, 41 passed").count(),
            1,
            "in the card alone: {text}"
        );
    }

    #[test]
    fn colours_are_written_where_they_are_wanted() {
        let coloured = Terminal {
            colour: true,
            ..Terminal::plain()
        };
        let text = played(&script::failed(), coloured, options());
        assert!(text.contains("\u{1b}[1m\u{1b}[31mFAIL    \u{1b}[0m"), "{text}");
    }

    /// What is written up to a time, and then in so many seconds of silence.
    fn silent(script: &Script, until: u64, seconds: &[u64]) -> String {
        let logs = Logs::new(std::path::Path::new("/nowhere"));
        let mut out = Vec::new();
        let mut view = Plain::new(&mut out, Terminal::plain(), options(), logs);
        for event in script.events.iter().filter(|event| event.elapsed_ms < until) {
            view.event(event).unwrap();
        }
        let start = Instant::now();
        view.tick(start).unwrap();
        for second in seconds {
            view.tick(start + Duration::from_secs(*second)).unwrap();
        }
        let text = String::from_utf8(out).unwrap();
        text.lines()
            .filter(|line| line.contains("still"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn in_silence_what_runs_and_what_is_waited_for_is_named() {
        insta::assert_snapshot!(silent(&script::failed(), 100, &[30]), @r"
        00:30 still    db pulls postgres:16; unit_tests builds
        ");
        insta::assert_snapshot!(silent(&script::unhealthy(), 7001, &[10, 29, 30, 31, 59, 60]), @r#"
        00:37 still    db for 32.1s, probe failed (exit 2, 2 in a row): role "app" does not exist; unit_tests waits for db to be healthy; deploy waits for unit_tests to succeed
        01:07 still    db for 1m02s, probe failed (exit 2, 2 in a row): role "app" does not exist; unit_tests waits for db to be healthy; deploy waits for unit_tests to succeed
        "#);
        insta::assert_snapshot!(silent(&script::failed(), 9300, &[3600]), @r"
        1:00:09 still    unit_tests for 1h00m; deploy waits for unit_tests to succeed
        ");
        insta::assert_snapshot!(silent(&script::failed(), 9801, &[30]), @r"
        00:39 still    cleaning up
        ");
    }

    #[test]
    fn of_many_failed_probes_ever_fewer_are_shown() {
        let mut script = Script::new(vec![script::stage("db", crate::event::Kind::Service, &[])]);
        for streak in 1..=100 {
            script.probe_fails(u64::from(streak), "db", streak);
        }
        let text = played(
            &script.closes(200, 0, None, crate::event::Outcome::Passed),
            Terminal::plain(),
            options(),
        );
        assert_eq!(text.matches("probe failed").count(), 7, "{text}");
    }
}
