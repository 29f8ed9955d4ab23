//! The end of a run: the cards, the table, the total and, always last, the verdict on one line.

use std::io::{self, Write};

use anstyle::AnsiColor;

use super::card::cards;
use super::logs::Logs;
use super::{Reporter, words};
use crate::event::{Event, Outcome, Report, StageReport, Verdict};
use crate::term::{Terminal, columns, pad};

const HEADER: [&str; 6] = ["stage", "kind", "outcome", "time", "waited", "code"];
/// Between two columns of the table.
const GAP: &str = "  ";
/// What stands where there is nothing to say.
const NOTHING: &str = "-";

/// Everything that is written when a run has ended, the verdict last.
pub(super) fn ending(report: &Report, logs: &Logs, terminal: &Terminal) -> String {
    let mut text = String::from("\n");
    text.push_str(&cards(report, logs, terminal));
    text.push_str(&table(report, terminal));
    text.push_str(&total(report));
    text.push('\n');
    text.push_str(&format!("record: {}\n", logs.shown()));
    text.push_str(&verdict(report, terminal));
    text
}

/// The verdict on one line, line end included.
fn verdict(report: &Report, terminal: &Terminal) -> String {
    let line = report.verdict.line(&report.info.run);
    let style = if report.verdict.passed {
        AnsiColor::Green.on_default()
    } else {
        AnsiColor::Red.on_default()
    };
    format!("{}\n", terminal.paint(style.bold(), line))
}

/// The view that says nothing but the verdict: `-q`.
pub(super) struct VerdictOnly<W> {
    out: W,
    terminal: Terminal,
}

impl<W: Write + Send> VerdictOnly<W> {
    /// A view that writes here.
    pub(super) const fn new(out: W, terminal: Terminal) -> Self {
        Self { out, terminal }
    }
}

impl<W: Write + Send> Reporter for VerdictOnly<W> {
    fn event(&mut self, _: &Event) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.out.write_all(verdict(report, &self.terminal).as_bytes())?;
        self.out.flush()
    }
}

/// A row for each stage.
fn table(report: &Report, terminal: &Terminal) -> String {
    let rows: Vec<[String; 6]> = report.results.iter().map(row).collect();
    let mut widths = HEADER.map(columns);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = columns(cell).max(*width);
        }
    }
    let mut text = line(&HEADER.map(str::to_owned), &widths, |_, cell| cell);
    for (row, stage) in rows.iter().zip(&report.results) {
        text.push_str(&line(row, &widths, |column, cell| match column {
            2 => terminal.paint(words::style(stage.outcome), cell),
            _ => cell,
        }));
    }
    text
}

fn row(stage: &StageReport) -> [String; 6] {
    let nothing = || NOTHING.to_owned();
    let tells = stage.kind.runs_to_completion() || stage.outcome.is_failure();
    [
        stage.stage.clone(),
        stage.kind.to_string(),
        stage.outcome.to_string(),
        stage
            .started_ms
            .map_or_else(nothing, |_| words::duration(stage.ran_for())),
        stage.started_ms.map_or_else(nothing, words::millis),
        stage
            .code
            .filter(|_| tells)
            .map_or_else(nothing, |code| code.to_string()),
    ]
}

/// One line of the table. Cells are padded first and painted then, since paint has no width.
fn line(cells: &[String; 6], widths: &[usize; 6], paint: impl Fn(usize, String) -> String) -> String {
    let mut text = String::new();
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if column > 0 {
            text.push_str(GAP);
        }
        let last = column + 1 == cells.len();
        let cell = if last { cell.clone() } else { pad(cell, *width) };
        text.push_str(&paint(column, cell));
    }
    text.push('\n');
    text
}

/// `3 stages in 22.0s: 1 passed, 1 failed, 1 skipped`.
fn total(report: &Report) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for stage in &report.results {
        let name = stage.outcome.to_string();
        match counts.iter_mut().find(|(counted, _)| *counted == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let mut parts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{count} {}", name.replace('_', " ")))
        .collect();
    if !report.warnings.is_empty() {
        parts.push(words::count(report.warnings.len(), "warning"));
    }
    let restarts: u32 = report.results.iter().map(|stage| stage.restarts).sum();
    if restarts > 0 {
        parts.push(words::count(usize::try_from(restarts).unwrap_or(usize::MAX), "restart"));
    }
    parts.extend(stopped(&report.verdict));
    format!(
        "{} in {}: {}",
        words::count(report.results.len(), "stage"),
        words::millis(report.took_ms),
        parts.join(", ")
    )
}

/// The signal that ended the run, if one did.
fn stopped(verdict: &Verdict) -> Option<String> {
    (verdict.outcome == Outcome::Cancelled && verdict.stage.is_none())
        .then(|| words::signal(i32::from(verdict.code) - 128))
        .flatten()
        .map(|name| format!("stopped by {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    use crate::report::script::{self, Script};

    #[test]
    fn the_columns_are_as_wide_as_what_is_in_them() {
        let mut script = Script::new(vec![
            script::stage("app", Kind::Build, &[]),
            script::stage("a_long_name_for_a_database", Kind::Service, &[]),
            script::stage("seed", Kind::Job, &[]),
        ]);
        script
            .starts(0, "seed")
            .starts(0, "a_long_name_for_a_database")
            .ends(100, "app", Outcome::Passed, |report| report.code = None)
            .ends(62_300, "seed", Outcome::OutOfMemory, |report| report.code = Some(137))
            .ends(63_000, "a_long_name_for_a_database", Outcome::Passed, |report| {
                report.code = Some(143);
            });
        let script = script.closes(64_000, 137, Some("seed"), Outcome::OutOfMemory);
        let text = table(&script.report, &Terminal::plain()) + &total(&script.report);
        insta::assert_snapshot!(text, @r"
        stage                       kind     outcome        time   waited  code
        app                         build    passed         -      -       -
        a_long_name_for_a_database  service  passed         1m02s  0.3s    -
        seed                        job      out_of_memory  1m02s  0.3s    137
        3 stages in 1m04s: 2 passed, 1 out of memory
        ");
    }

    #[test]
    fn the_signal_that_ended_a_run_is_named() {
        let total = total(&script::cancelled().report);
        assert_eq!(total, "3 stages in 9.9s: 3 cancelled, stopped by SIGTERM");
    }

    #[test]
    fn paint_does_not_move_the_columns() {
        let coloured = Terminal {
            colour: true,
            ..Terminal::plain()
        };
        let report = script::failed().report;
        let bare = table(&report, &Terminal::plain());
        let painted = table(&report, &coloured);
        assert_ne!(painted, bare);
        for (bare, painted) in bare.lines().zip(painted.lines()) {
            assert_eq!(crate::term::sanitise(painted.as_bytes()), bare);
        }
    }
}
