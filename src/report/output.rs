//! What a stage wrote, as a block under its line.

use super::logs::Logs;
use super::words;
use crate::event::{Outcome, StageReport};
use crate::term::{Terminal, cut, sanitised_lines};

/// So many lines of what the engine or compose said are shown.
const CAUSE_LINES: usize = 20;
/// A line is cut after so many columns: the log has the rest.
const LINE_COLUMNS: usize = 2000;
/// What stands in front of a block's own words.
const INDENT: &str = "      ";

/// What the engine said of a stage's end and the last lines of its log, each behind a bar, and where the log is.
///
/// The bar is more than looks: behind it nothing that a container writes is a command to a CI system.
pub(super) fn block(stage: &StageReport, logs: &Logs, lines: usize, terminal: &Terminal) -> String {
    let mut text = String::new();
    if let Some(cause) = words::long_cause(stage) {
        let cause: Vec<String> = sanitised_lines(cause.as_bytes()).collect();
        let last = cause.len().saturating_sub(CAUSE_LINES);
        bar(&mut text, &cause[last..], terminal);
    }
    if let Some(output) = &stage.build_output {
        let lines: Vec<String> = sanitised_lines(output.as_bytes()).collect();
        text.push_str(&format!("{INDENT}the last lines of the step that failed:\n"));
        bar(&mut text, &lines, terminal);
    }
    if let Some(path) = logs.build_path(stage).filter(|_| stage.outcome == Outcome::BuildFailed) {
        text.push_str(&format!("{INDENT}all of the build: {path}\n"));
    }
    if let Some(probe) = &stage.probe {
        text.push_str(&format!("{INDENT}{}\n", words::last_probe(probe)));
    }
    let Some(path) = logs.path(stage) else {
        return text;
    };
    let say = match logs.tail(stage, lines) {
        Ok(tail) => {
            bar(&mut text, &tail.lines, terminal);
            if tail.partial {
                let count = words::count(tail.lines.len(), "line");
                format!("the last {count}; all of it: {path}")
            } else {
                format!("log: {path}")
            }
        }
        Err(error) => format!("its log cannot be read: {path}: {error}"),
    };
    text + INDENT + &say + "\n"
}

fn bar(text: &mut String, lines: &[String], terminal: &Terminal) {
    for line in lines {
        let line = cut(line, LINE_COLUMNS, terminal);
        let line = format!("{INDENT}{} {line}", terminal.either("│", "|"));
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
