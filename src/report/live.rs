//! The view for a terminal that somebody watches: a row a stage, redrawn in place, and above the rows what must not be missed.
//!
//! All rows are one indicatif bar with a text of several lines: they are drawn in one go, and once a tick.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use super::board::{Board, Counts, Phase, Row};
use super::logs::Logs;
use super::{Reporter, output, summary, words};
use crate::event::{Event, Fact, Outcome, Report, StageReport};
use crate::term::{Terminal, columns, cut, pad};

/// So many last lines of a stage are shown when it ends.
const OUTPUT_LINES: usize = 40;
/// So many rows are drawn at most.
const ROWS: usize = 20;
/// So many rows of the terminal are left for what stands above, and for the last line.
const SPARE_ROWS: usize = 4;
/// A longer name is cut.
const NAME_WIDTH: usize = 24;
/// How wide the column of times is: `1h02m` and `59.9s` fit.
const TIME_WIDTH: usize = 6;

/// Ticks may come more often; rows are drawn again after this time.
const DRAWN_EVERY: Duration = Duration::from_millis(90);

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const ASCII_SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

const QUIET: Style = Style::new().dimmed();
const ACTIVE: Style = AnsiColor::Cyan.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();

/// The view.
pub struct Live<W> {
    bar: ProgressBar,
    out: W,
    terminal: Terminal,
    verbose: bool,
    logs: Logs,
    board: Board,
    ending: Ending,
    /// The run's time in milliseconds, by the last event or tick.
    now: u64,
    drawn: Option<Instant>,
    frame: usize,
}

/// How near its end the run is.
#[derive(Debug, Default, PartialEq, Eq)]
enum Ending {
    #[default]
    Open,
    Stopping,
    CleaningUp,
}

impl<W: Write + Send> Live<W> {
    /// A view whose rows are drawn on `target`; what stands there when the run is over is written to `out`.
    ///
    /// Both are the same terminal.
    pub fn new(target: ProgressDrawTarget, out: W, terminal: Terminal, verbose: u8, logs: Logs) -> Self {
        // Where the run ends without a report, the rows go as well.
        let bar = ProgressBar::with_draw_target(None, target).with_finish(ProgressFinish::AndClear);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            out,
            terminal,
            verbose: verbose > 0,
            logs,
            board: Board::default(),
            ending: Ending::default(),
            now: 0,
            drawn: None,
            frame: 0,
        }
    }

    /// What an event leaves above the rows.
    fn above(&self, event: &Event) -> Option<String> {
        Some(match &event.fact {
            Fact::RunStarted(info) => words::header(info, &self.terminal),
            Fact::StageFinished(report) => return self.finished(report),
            Fact::Warned { stage, message } => self.notice(&words::warning(stage.as_deref(), message)),
            Fact::Cancelled { reason, stops } => self.notice(&words::stopping(reason, *stops)),
            Fact::CleanUpFinished { took_ms, left, .. } if !left.is_empty() => {
                self.notice(&format!("cleaned up {}", words::cleaned(*took_ms, left)))
            }
            // These are in the rows.
            Fact::BuildStarted { .. }
            | Fact::BuildStepFinished { .. }
            | Fact::BuildFinished { .. }
            | Fact::PullStarted { .. }
            | Fact::PullFinished { .. }
            | Fact::Created { .. }
            | Fact::KindFound { .. }
            | Fact::StageWaited { .. }
            | Fact::StageStarting { .. }
            | Fact::InstanceStarted { .. }
            | Fact::StageHealthy { .. }
            | Fact::ProbeFailed { .. }
            | Fact::InstanceRestarted { .. }
            | Fact::Output { .. }
            | Fact::CleanUpStarted
            | Fact::CleanUpFinished { .. }
            | Fact::RunFinished { .. } => return None,
        })
    }

    fn notice(&self, text: &str) -> String {
        format!("{} {text}", self.terminal.paint(WARNING, "!"))
    }

    /// The line and the output of a stage that failed; of one that passed only where that is asked for.
    fn finished(&self, report: &StageReport) -> Option<String> {
        let passed = self.verbose && report.log.is_some();
        if !report.outcome.is_failure() && !passed {
            return None;
        }
        Some(format!(
            "{} {}: {}\n{}",
            self.symbol(report.outcome),
            report.stage,
            words::ending(report),
            output::block(report, &self.logs, OUTPUT_LINES, &self.terminal)
        ))
    }

    fn draw(&self) {
        self.bar.set_message(self.rows().join("\n"));
    }

    /// All rows as they are now.
    fn rows(&self) -> Vec<String> {
        let room = ROWS.min(self.terminal.height.saturating_sub(SPARE_ROWS)).max(1);
        let names = self.name_width();
        let mut rows: Vec<String> = self.shown(room).into_iter().map(|row| self.row(row, names)).collect();
        rows.push(self.footer());
        rows
    }

    /// The rows that there is room for, in plan order: all, or what runs and what failed before the rest.
    fn shown(&self, room: usize) -> Vec<&Row> {
        let mut shown: Vec<(usize, &Row)> = self.board.rows.iter().enumerate().collect();
        if shown.len() > room {
            shown.retain(|(_, row)| interest(row) < 2);
            shown.sort_by_key(|(at, row)| (interest(row), *at));
            shown.truncate(room);
            shown.sort_by_key(|(at, _)| *at);
        }
        shown.into_iter().map(|(_, row)| row).collect()
    }

    fn row(&self, row: &Row, names: usize) -> String {
        let name = pad(&cut(&row.stage.stage, names, &self.terminal), names);
        let time = self.time(row);
        let used = 2 + 1 + 1 + names + 1 + TIME_WIDTH + 2;
        let room = self.terminal.width.saturating_sub(used + 1);
        let (style, text) = self.text(row);
        let text = self.terminal.paint(style, cut(&text, room, &self.terminal));
        format!("  {} {name} {time:>TIME_WIDTH$}  {text}", self.state(row))
    }

    /// What a row says behind its time, and how loud.
    fn text(&self, row: &Row) -> (Style, String) {
        let doing = || self.board.doing(row).unwrap_or_default();
        match &row.phase {
            Phase::Finished(report) if report.outcome == Outcome::Passed => (QUIET, String::new()),
            Phase::Finished(report) => (words::style(report.outcome), doing()),
            Phase::Running { .. } if row.probe.is_none() => (QUIET, row.running()),
            Phase::Waiting(on) if !self.board.is_busy(row) => {
                let probe = self.board.awaited_probe(on).map(words::probe);
                let probe = probe.map(|probe| format!("; {probe}")).unwrap_or_default();
                (Style::new(), doing() + &probe)
            }
            _ => (Style::new(), doing()),
        }
    }

    fn state(&self, row: &Row) -> String {
        match &row.phase {
            Phase::Finished(report) => self.symbol(report.outcome),
            Phase::Planned | Phase::Waiting(_) if !self.board.is_busy(row) => {
                self.terminal.paint(QUIET, self.terminal.either("·", "."))
            }
            _ => self.terminal.paint(ACTIVE, self.spinner()),
        }
    }

    fn symbol(&self, outcome: Outcome) -> String {
        let symbol = match outcome {
            Outcome::Passed | Outcome::Cached => self.terminal.either("✔", "+"),
            Outcome::Skipped | Outcome::Cancelled => self.terminal.either("○", "-"),
            _ => self.terminal.either("✘", "x"),
        };
        self.terminal.paint(words::style(outcome), symbol)
    }

    const fn spinner(&self) -> &'static str {
        if self.terminal.unicode {
            SPINNER[self.frame % SPINNER.len()]
        } else {
            ASCII_SPINNER[self.frame % ASCII_SPINNER.len()]
        }
    }

    fn time(&self, row: &Row) -> String {
        match (&row.phase, row.since()) {
            (Phase::Finished(report), _) if report.started_ms.is_some() => words::duration(report.ran_for()),
            (_, Some(since)) => words::millis(self.now.saturating_sub(since)),
            _ => String::new(),
        }
    }

    /// The clock, and how many stages are in which state: those without a row are counted here too.
    fn footer(&self) -> String {
        let Counts {
            running,
            waiting,
            passed,
            failed,
            left_out,
        } = self.board.counts();
        let counts: Vec<String> = [
            (running, "running"),
            (waiting, "waiting"),
            (passed, "passed"),
            (failed, "failed"),
            (left_out, "not run"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        let ending = match self.ending {
            Ending::Open => "",
            Ending::Stopping => "stopping, ",
            Ending::CleaningUp => "cleaning up, ",
        };
        let text = format!(
            "{}  {ending}{}",
            words::clock(self.now),
            counts.join(self.terminal.either(" · ", ", "))
        );
        let text = cut(&text, self.terminal.width.saturating_sub(3), &self.terminal);
        format!("  {}", self.terminal.paint(QUIET, text))
    }

    fn name_width(&self) -> usize {
        self.board
            .rows
            .iter()
            .map(|row| columns(&row.stage.stage))
            .max()
            .unwrap_or_default()
            .min(NAME_WIDTH)
            .min(self.terminal.width / 3)
    }
}

/// What is drawn first when there is not room for all: 0 is what runs, 1 what failed, 2 the rest.
const fn interest(row: &Row) -> u8 {
    match &row.phase {
        Phase::Starting { .. } | Phase::Running { .. } => 0,
        Phase::Finished(report) if report.outcome.is_failure() => 1,
        _ => 2,
    }
}

impl<W: Write + Send> Reporter for Live<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.now = self.now.max(event.elapsed_ms);
        match &event.fact {
            Fact::RunStarted(info) => self.logs.show_as(&info.directory),
            Fact::Cancelled { .. } => self.ending = Ending::Stopping,
            Fact::CleanUpStarted => self.ending = Ending::CleaningUp,
            _ => {}
        }
        self.board.note(event);
        if let Some(text) = self.above(event) {
            self.bar.println(text.trim_end());
        }
        if !matches!(event.fact, Fact::Output { .. }) {
            self.draw();
        }
        Ok(())
    }

    fn tick(&mut self, now: Instant) -> io::Result<()> {
        self.now = self.now.max(self.board.tick(now));
        let is_due = |drawn: Instant| now.saturating_duration_since(drawn) >= DRAWN_EVERY;
        if self.drawn.is_none_or(is_due) {
            self.drawn = Some(now);
            self.frame = self.frame.wrapping_add(1);
            self.draw();
        }
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.bar.finish_and_clear();
        let text = summary::ending(report, &self.logs, &self.terminal);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, TermLike};

    use super::*;
    use crate::event::Kind;
    use crate::report::script::{self, Script};

    /// Writes to the same screen that the rows are drawn on.
    struct Screen(InMemoryTerm);

    impl Write for Screen {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let shown = String::from_utf8_lossy(text).replace('\n', "\r\n");
            self.0.write_str(&shown)?;
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Shown {
        view: Live<Screen>,
        screen: InMemoryTerm,
        start: Instant,
        _logs: tempfile::TempDir,
    }

    impl Shown {
        fn new(script: &Script, width: u16, height: u16, verbose: u8) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let screen = InMemoryTerm::new(height, width);
            let terminal = Terminal {
                tty: true,
                colour: true,
                unicode: true,
                width: usize::from(width),
                height: usize::from(height),
            };
            let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
            let out = Screen(screen.clone());
            let logs = script.leave_logs(folder.path());
            Self {
                view: Live::new(target, out, terminal, verbose, logs),
                screen,
                start: Instant::now(),
                _logs: folder,
            }
        }

        /// Plays this part of the script, ticks once, and gives what is on the screen.
        fn at(&mut self, script: &Script, from: u64, until: u64) -> String {
            for event in &script.events {
                if (from..until).contains(&event.elapsed_ms) {
                    self.view.event(event).unwrap();
                }
            }
            self.start += DRAWN_EVERY;
            self.view.tick(self.start).unwrap();
            self.screen.contents()
        }
    }

    #[test]
    fn rows_show_what_is_done_and_what_is_waited_for() {
        let script = script::unhealthy();
        let mut shown = Shown::new(&script, 80, 24, 0);
        insta::assert_snapshot!(shown.at(&script, 0, 100), @r"
        towline 0.1.0 · compose 5.6.1 · engine 28.5.2 · run r1 · 3 stages
          ⠙ db                 pulls postgres:16
          ⠙ unit_tests         builds
          · deploy
          00:00  3 waiting
        ");
        insta::assert_snapshot!(shown.at(&script, 100, 5950), @r#"
        towline 0.1.0 · compose 5.6.1 · engine 28.5.2 · run r1 · 3 stages
          ⠹ db           1.0s  FATAL:  role "app" does not exist
          · unit_tests         waits for db to be healthy
          · deploy             waits for unit_tests to succeed
          00:05  1 running · 2 waiting
        "#);
        insta::assert_snapshot!(shown.at(&script, 5950, 8001), @r#"
        towline 0.1.0 · compose 5.6.1 · engine 28.5.2 · run r1 · 3 stages
        ! db: ended with code 1, and its policy restarts it
          ⠸ db           3.1s  probe failed (exit 2, 3 in a row): role "app" does not …
          · unit_tests         waits for db to be healthy; probe failed (exit 2, 3 in …
          · deploy             waits for unit_tests to succeed
          00:08  1 running · 2 waiting
        "#);
        insta::assert_snapshot!(shown.at(&script, 8001, 8200), @r#"
        towline 0.1.0 · compose 5.6.1 · engine 28.5.2 · run r1 · 3 stages
        ! db: ended with code 1, and its policy restarts it
        ✘ db: did not become healthy in 3.2s, restarted once: its health check failed as
         often as it may
              its last failed probe: exit 2, 3 in a row: role "app" does not exist
              │ database system is ready
              │ FATAL:  role "app" does not exist
              log: .towline/runs/r1/logs/db.log
        ! db failed: nothing new starts, what runs is stopped
          ✘ db           3.2s  did not become healthy in 3.2s, restarted once: its hea…
          ○ unit_tests         not started because db did not succeed
          ○ deploy             not started because db did not succeed
          00:08  cleaning up, 1 failed · 2 not run
        "#);
    }

    #[test]
    fn a_failure_is_printed_when_it_happens_and_the_rows_go_at_the_end() {
        let script = script::failed();
        let mut shown = Shown::new(&script, 72, 50, 0);
        insta::assert_snapshot!(shown.at(&script, 0, 9300), @r"
        towline 0.1.0 · compose 5.6.1 · engine 28.5.2 · run r1 · 3 stages
          ⠙ db           4.2s  database system is ready
          ⠙ unit_tests   2.7s  1 failed, 41 passed in 1.02s
          · deploy             waits for unit_tests to succeed
          00:09  2 running · 1 waiting
        ");
        insta::assert_snapshot!(shown.at(&script, 9300, 9500), @r"
        towline 0.1.0 · compose 5.6.1 · engine 28.5.2 · run r1 · 3 stages
        ! unit_tests failed: nothing new starts, what runs is stopped
        ✘ unit_tests: ended with code 1 after 3.0s
              │ collected 42 items
              │
              │ E  assert 500 == 200
              │ ::error::no command of ours
              │ ## [error]nor this
              │ 1 failed, 41 passed in 1.02s
              log: .towline/runs/r1/logs/unit_tests.log
          ⠹ db           4.5s  database system is ready
          ✘ unit_tests   3.0s  ended with code 1 after 3.0s
          ○ deploy             not started because unit_tests did not succeed
          00:09  stopping, 1 running · 1 failed · 1 not run
        ");
        shown.at(&script, 9500, u64::MAX);
        shown.view.finish(&script.report).unwrap();
        let screen = shown.screen.contents();
        assert!(
            screen.ends_with(&format!("\n{}", script.report.verdict.line("r1"))),
            "{screen}"
        );
        insta::assert_snapshot!(screen, @r"
        towline 0.1.0 · compose 5.6.1 · engine 28.5.2 · run r1 · 3 stages
        ! unit_tests failed: nothing new starts, what runs is stopped
        ✘ unit_tests: ended with code 1 after 3.0s
              │ collected 42 items
              │
              │ E  assert 500 == 200
              │ ::error::no command of ours
              │ ## [error]nor this
              │ 1 failed, 41 passed in 1.02s
              log: .towline/runs/r1/logs/unit_tests.log

        ── FAILED unit_tests ───────────────────────────────────────────────────
        cause     ended with code 1 after 3.0s
        command   pytest -q
        output    all that it wrote:
                  │ collected 42 items
                  │
                  │ E  assert 500 == 200
                  │ ::error::no command of ours
                  │ ## [error]nor this
                  │ 1 failed, 41 passed in 1.02s
        needed    db, up for 4.9s; all that it wrote:
                  │ database system is ready
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
    fn with_many_stages_those_that_run_and_those_that_failed_have_rows() {
        let names: Vec<String> = (1..=30).map(|number| format!("test_{number:02}")).collect();
        let stages = names.iter().map(|name| script::stage(name, Kind::Job, &[]));
        let mut script = Script::new(stages.collect());
        for name in &names[..25] {
            script.starts(100, name);
        }
        for name in &names[..20] {
            let outcome = if name == "test_03" {
                Outcome::Failed
            } else {
                Outcome::Passed
            };
            script.ends(1000, name, outcome, |_| {});
        }
        let mut shown = Shown::new(&script, 80, 12, 0);
        insta::assert_snapshot!(shown.at(&script, 0, u64::MAX), @r"
        towline 0.1.0 · compose 5.6.1 · engine 28.5.2 · run r1 · 30 stages
        ✘ test_03: ended with a code that nobody saw after 0.6s
          ✘ test_03   0.6s  ended with a code that nobody saw after 0.6s
          ⠙ test_21   0.6s
          ⠙ test_22   0.6s
          ⠙ test_23   0.6s
          ⠙ test_24   0.6s
          ⠙ test_25   0.6s
          00:01  5 running · 5 waiting · 19 passed · 1 failed
        ");
    }

    #[test]
    fn the_output_of_a_stage_that_passed_is_shown_when_asked_for() {
        let script = script::green();
        let mut quiet = Shown::new(&script, 80, 40, 0);
        assert!(!quiet.at(&script, 0, u64::MAX).contains("42 passed in 1.02s"));
        let mut verbose = Shown::new(&script, 80, 40, 1);
        assert!(verbose.at(&script, 0, u64::MAX).contains("42 passed in 1.02s"));
    }

    #[test]
    fn rows_never_wrap() {
        let mut script = Script::new(vec![script::stage(&"long".repeat(20), Kind::Job, &[])]);
        let name = "long".repeat(20);
        script.starts(0, &name).prints(400, &name, &"\u{6f22}word ".repeat(50));
        let mut shown = Shown::new(&script, 50, 10, 0);
        let screen = shown.at(&script, 0, u64::MAX);
        let rows = screen.lines().filter(|line| line.starts_with("  "));
        assert_eq!(rows.count(), 2, "{screen}");
        assert!(screen.ends_with("  00:00  1 running"), "{screen}");
    }
}
