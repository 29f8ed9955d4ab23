//! The view for a terminal that somebody watches: a row a stage, redrawn in place, and above the rows what must not be missed.
//!
//! All rows are one indicatif bar with a text of several lines: they are drawn in one go, and once a tick.

use std::io::{self, Write};
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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
    pub fn new(
        target: ProgressDrawTarget,
        out: W,
        terminal: Terminal,
        verbose: u8,
        logs: Logs,
    ) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
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
            frame: 0,
        }
    }

    /// What an event leaves above the rows.
    fn above(&self, event: &Event) -> Option<String> {
        Some(match &event.fact {
            Fact::RunStarted(info) => words::header(info, &self.terminal),
            Fact::StageFinished(report) => return self.finished(report),
            Fact::Warned { stage, message } => {
                self.notice(&words::warning(stage.as_deref(), message))
            }
            Fact::Cancelled { reason } => self.notice(&words::stopping(reason)),
            Fact::CleanUpFinished { took_ms, left } if !left.is_empty() => {
                self.notice(&format!("cleaned up {}", words::cleaned(*took_ms, left)))
            }
            _ => return None,
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
        let room = ROWS
            .min(self.terminal.height.saturating_sub(SPARE_ROWS))
            .max(1);
        let names = self.name_width();
        let mut rows: Vec<String> = self
            .shown(room)
            .into_iter()
            .map(|row| self.row(row, names))
            .collect();
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
        match &row.phase {
            Phase::Finished(report) if report.outcome == Outcome::Passed => (QUIET, String::new()),
            Phase::Finished(report) => (words::style(report.outcome), words::ending(report)),
            Phase::Running { .. } if row.probe.is_none() => (QUIET, row.running()),
            _ => (Style::new(), self.board.doing(row).unwrap_or_default()),
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
            (Phase::Finished(report), _) if report.started_ms.is_some() => {
                words::duration(report.ran_for())
            }
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
        Ok(())
    }

    fn tick(&mut self, now: Instant) -> io::Result<()> {
        self.now = self.now.max(self.board.tick(now));
        self.frame = self.frame.wrapping_add(1);
        self.draw();
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.bar.finish_and_clear();
        let text = summary::ending(report, &self.logs, &self.terminal);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}
