//! The truth table as text: printed after each run, and kept in `tests/truth-table.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use super::cases::{Case, Right, Row};
use super::{COMPOSE_ATTEMPTS, Line, table_path};
use crate::common::Engine;

/// Prints the lines where the test harness does not keep them to itself.
pub(super) fn print(engine: &Engine, lines: &[Line]) {
    // A closed standard error is no reason to fail.
    let rows: Vec<String> = lines.iter().map(row).collect();
    let _ = writeln!(std::io::stderr(), "{}", text(engine, &rows));
}

/// Writes the file: the rows of these lines, and of all other cases those that it has.
pub(super) fn write(engine: &Engine, lines: &[Line], cases: &[Case]) {
    let written = read();
    let all = cases
        .iter()
        .flat_map(|case| case.rows.iter().map(|row| key(case.what, row)));
    let rows: Vec<String> = all
        .filter_map(|key| {
            let measured = lines.iter().find(|line| self::key(line.case, &line.row) == key);
            let kept = || written.lines().find(|line| line.starts_with(&key)).map(str::to_owned);
            measured.map(row).or_else(kept)
        })
        .collect();
    assert!(
        rows.len() == lines.len() || written.contains(&measured_on(engine)),
        "the other rows were measured with another compose: write all of them anew"
    );
    std::fs::write(table_path(), text(engine, &rows)).expect("writing the truth table");
}

fn measured_on(engine: &Engine) -> String {
    format!("on a real engine (compose {})", engine.compose)
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

fn text(engine: &Engine, rows: &[String]) -> String {
    let column = |row: &str, at: usize| row.split(" | ").nth(at).unwrap_or_default().to_owned();
    let asked: Vec<&String> = rows.iter().filter(|row| column(row, COMPOSE) != NOT_ASKED).collect();
    let misled = asked
        .iter()
        .filter(|row| column(row, BLAME).contains("compose "))
        .count();
    let wrong = rows.iter().filter(|row| column(row, BLAME).contains(TOWLINE)).count();
    format!(
        "# Truth table\n\n\
         Each command as `towline …` and, where compose has it, as `docker compose …`, {}.\n\
         Compose was asked {COMPOSE_ATTEMPTS} times; `hang` means that it had to be killed. \
         What is right is written by hand in `tests/engine/truth/cases.rs`, by towline's rules:\n\
         a loose deploy waits for the tests, a code that only says less is not held against compose, one that is lost is.\n\
         This file is written by `TOWLINE_UPDATE_TABLES=1 cargo test --test engine truth`, and the rows of some cases by \
         `TOWLINE_TRUTH_ONLY=WORDS` before it.\n\n\
         {} rows. Wrong verdicts of towline: {wrong}. Wrong verdicts of compose: {misled} of {}.\n\n\
         | case | command | compose | towline | right | who is wrong |\n|---|---|---|---|---|---|\n{}\n",
        measured_on(engine),
        rows.len(),
        asked.len(),
        rows.join("\n"),
    )
}

/// The columns of compose's answers and of who is wrong.
const COMPOSE: usize = 2;
const BLAME: usize = 5;

/// What stands for compose's answer where it was not asked.
const NOT_ASKED: &str = "—";

/// What stands where towline is wrong.
const TOWLINE: &str = "**towline**";

fn row(line: &Line) -> String {
    let codes: BTreeSet<Option<i32>> = line.compose.iter().map(|answer| answer.code).collect();
    let compose: Vec<String> = codes.into_iter().map(shown).collect();
    let compose = if compose.is_empty() {
        NOT_ASKED.to_owned()
    } else {
        compose.join(" or ")
    };
    let mut blame = complaints(line);
    if line.wrong.is_some() {
        blame.insert(0, TOWLINE.to_owned());
    }
    format!(
        "{} {compose} | {} | {} | {} |",
        key(line.case, &line.row),
        shown(line.towline.code),
        right(&line.row),
        blame.join(", ")
    )
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
