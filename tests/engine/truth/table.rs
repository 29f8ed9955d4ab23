//! The truth table as text: printed after each run, and kept in `tests/truth-table.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use super::cases::{Right, Row};
use super::{COMPOSE_ATTEMPTS, Line, table_path};
use crate::common::Engine;

/// Prints the lines where the test harness does not keep them to itself.
pub(super) fn print(engine: &Engine, lines: &[Line]) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{}", text(engine, lines));
}

/// Writes the file.
pub(super) fn write(engine: &Engine, lines: &[Line]) {
    std::fs::write(table_path(), text(engine, lines)).expect("writing the truth table");
}

/// What the file says.
pub(super) fn read() -> String {
    std::fs::read_to_string(table_path()).unwrap_or_default()
}

/// What the line of a row begins with.
pub(super) fn key(case: &str, row: &Row) -> String {
    format!("| {case} | `{}` |", row.line)
}

/// What is right, as the table shows it.
pub(super) fn right(row: &Row) -> String {
    let mut text = match row.right {
        Right::Passes => "0".to_owned(),
        Right::Fails(verdict) => {
            let (what, code) = verdict.rsplit_once(" code=").expect("a verdict ends with its code");
            format!("{code} ({})", what.replace("stage=", "").replace(" outcome=", ": "))
        }
        Right::Refuses(code) => format!("{code} (refused)"),
    };
    if !row.never.is_empty() {
        let _ = write!(text, ", never {}", row.never.replace(' ', ", "));
    }
    text
}

fn text(engine: &Engine, lines: &[Line]) -> String {
    let asked: Vec<&Line> = lines.iter().filter(|line| !line.compose.is_empty()).collect();
    let misled = asked.iter().filter(|line| !complaints(line).is_empty()).count();
    let wrong = lines.iter().filter(|line| line.wrong.is_some()).count();
    let mut text = format!(
        "# Truth table\n\n\
         Each command as `towline …` and, where compose has it, as `docker compose …`, on a real engine (compose {}).\n\
         Compose was asked {COMPOSE_ATTEMPTS} times; `hang` means that it had to be killed. \
         What is right is written by hand in `tests/engine/truth/cases.rs`, by towline's rules:\n\
         a loose deploy waits for the tests, a code that only says less is not held against compose, one that is lost is.\n\
         This file is written by `TOWLINE_UPDATE_TABLES=1 cargo test --test engine truth`.\n\n\
         {} rows. Wrong verdicts of towline: {wrong}. Wrong verdicts of compose: {misled} of {}.\n\n\
         | case | command | compose | towline | right | who is wrong |\n|---|---|---|---|---|---|\n",
        engine.compose,
        lines.len(),
        asked.len(),
    );
    for line in lines {
        let codes: BTreeSet<Option<i32>> = line.compose.iter().map(|answer| answer.code).collect();
        let compose: Vec<String> = codes.into_iter().map(shown).collect();
        let compose = if compose.is_empty() {
            "—".to_owned()
        } else {
            compose.join(" or ")
        };
        let mut blame = complaints(line);
        if line.wrong.is_some() {
            blame.insert(0, "**towline**".to_owned());
        }
        let _ = writeln!(
            text,
            "{} {compose} | {} | {} | {} |",
            key(line.case, &line.row),
            shown(line.towline.code),
            right(&line.row),
            blame.join(", ")
        );
    }
    text
}

fn shown(code: Option<i32>) -> String {
    code.map_or_else(|| "hang".to_owned(), |code| code.to_string())
}

/// What is wrong with compose's answers: the verdict, a lost code, a hang, or stages that ran or did not run against the
/// file. A code that only says less than towline's is not held against it.
fn complaints(line: &Line) -> Vec<String> {
    let mut complaints = Vec::new();
    for answer in &line.compose {
        let complaint = match (answer.code, line.row.right) {
            (None, _) => "compose hangs",
            (Some(0), Right::Fails(_) | Right::Refuses(_)) => "compose passes",
            (Some(code), Right::Passes) if code != 0 => "compose fails",
            (Some(code), Right::Fails(verdict)) if is_lost(code, verdict) => "compose loses the code",
            _ if !answer.kept_order => "compose runs the wrong stages",
            _ => continue,
        };
        if !complaints.iter().any(|known| known == complaint) {
            complaints.push(complaint.to_owned());
        }
    }
    complaints
}

/// Whether a job's own code was to be given, and another was.
fn is_lost(code: i32, verdict: &str) -> bool {
    let is_own = verdict.contains("outcome=failed") || verdict.contains("outcome=out_of_memory");
    is_own && !verdict.ends_with(&format!("code={code}"))
}
