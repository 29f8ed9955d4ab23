//! The truth table: kinds × ends × orders, each run by towline and, where it has the flags, by compose.
//!
//! What is right is written by hand, from towline's rules, in `cases.rs`. towline has to be right in every row; what compose says
//! is told beside it, in `tests/truth-table.md`, which `TOWLINE_UPDATE_TABLES=1` writes anew.

mod cases;
mod outside;
mod table;
mod unknown;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::common::{Engine, Finished, Project, Running, engine};
use cases::{Case, Right, Row};

/// How many cases run at once. The engine takes little more than this from two processors.
const AT_ONCE: usize = 3;

/// How long compose may take before it counts as hanging; every case is over in a few seconds.
const COMPOSE_LIMIT: Duration = Duration::from_secs(20);

/// How often compose is asked when the table is written: where it races, it gives more than one answer.
const COMPOSE_ATTEMPTS: usize = 3;

/// A row with what came of it.
struct Line {
    case: &'static str,
    row: Row,
    /// What compose's answers were, each once; empty where it has no such command, or was not asked.
    compose: BTreeSet<Answer>,
    /// What towline answered.
    towline: Answer,
    /// What is wrong with towline's answer, with all that is needed to see why.
    wrong: Option<String>,
}

/// What a command answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    /// Its code; `None` when it hung.
    code: Option<i32>,
    /// Whether it ran what it must run, and nothing that it must not run.
    kept_order: bool,
}

#[test]
fn towline_gives_the_right_verdict_in_every_case() {
    let Some(engine) = engine() else { return };
    let updates = std::env::var("TOWLINE_UPDATE_TABLES").is_ok_and(|value| value == "1");
    let only = std::env::var("TOWLINE_TRUTH_ONLY").ok();
    let is_meant = |case: &Case| {
        let is_asked = only.as_ref().is_none_or(|only| case.what.contains(only.as_str()));
        is_asked && engine.compose_line() >= case.since
    };
    let cases: Vec<Case> = cases::all().into_iter().filter(is_meant).collect();
    assert!(!cases.is_empty(), "no case is meant by {only:?}");
    let lines = run_all(engine, &cases, if updates { COMPOSE_ATTEMPTS } else { 0 });
    table::print(engine, &lines);
    if updates {
        table::write(engine, &lines, &cases::all());
    }
    let wrong: Vec<&String> = lines.iter().filter_map(|line| line.wrong.as_ref()).collect();
    let text = wrong
        .iter()
        .map(|wrong| format!("\n======== {wrong}"))
        .collect::<String>();
    assert!(
        wrong.is_empty(),
        "towline is wrong in {} of {} rows:\n{text}",
        wrong.len(),
        lines.len()
    );
}

#[test]
fn the_written_table_has_the_rows_of_the_cases() {
    let written = table::read();
    for case in cases::all() {
        for row in &case.rows {
            let begins = table::key(case.what, row);
            assert!(
                written
                    .lines()
                    .any(|line| line.starts_with(&begins) && line.contains(&table::right(row))),
                "tests/truth-table.md has no row {begins:?} with {:?}: write it anew with TOWLINE_UPDATE_TABLES=1",
                table::right(row)
            );
        }
    }
}

/// Runs the cases, some at once, and gives back their lines in the order of the cases.
fn run_all(engine: &Engine, cases: &[Case], attempts: usize) -> Vec<Line> {
    let queue: Mutex<VecDeque<usize>> = Mutex::new((0..cases.len()).collect());
    let done: Mutex<Vec<(usize, Vec<Line>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                while let Some(at) = next() {
                    let lines = run(engine, &cases[at], attempts);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, lines));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, lines)| lines).collect()
}

fn run(engine: &Engine, case: &Case, attempts: usize) -> Vec<Line> {
    let project = Project::with_services(engine, "truth", &case.file);
    let line = |row: &Row| {
        let ours = meddle(&project, row, project.towline(&row.line).start());
        let (towline, ran) = (answer(&project, row, &ours), project.ran());
        let left = project.clear();
        let wrong = mistakes(row, &ours, towline, &left);
        let wrong = wrong.map(|wrong| format!("{}\n{wrong}\nran: {ran:?}\n{ours}\n{}", case.what, case.file));
        let compose = (0..if row.is_composes() { attempts } else { 0 })
            .map(|_| {
                let theirs = project.compose(&row.line).limit(COMPOSE_LIMIT).start();
                let theirs = meddle(&project, row, theirs);
                let answer = answer(&project, row, &theirs);
                project.clear();
                answer
            })
            .collect();
        Line {
            case: case.what,
            row: row.clone(),
            compose,
            towline,
            wrong,
        }
    };
    case.rows.iter().map(line).collect()
}

/// Does what somebody else does to the run, and waits for its end.
fn meddle(project: &Project, row: &Row, running: Running) -> Finished {
    if let Some((command, stage)) = row.meddles.rsplit_once(' ') {
        running.until("a container says that it runs", || project.has("started"));
        project.meddle(&running, stage, command);
    }
    running.wait()
}

fn answer(project: &Project, row: &Row, finished: &Finished) -> Answer {
    let ran = project.ran();
    let mut rest = ran.iter();
    let ran_all = row.ran.split_whitespace().all(|stage| rest.any(|ran| ran == stage));
    let ran_none = row
        .never
        .split_whitespace()
        .all(|stage| ran.iter().all(|ran| ran != stage));
    Answer {
        code: finished.code,
        kept_order: ran_all && ran_none,
    }
}

/// What is wrong with towline's answer; `left` is what it left behind.
fn mistakes(row: &Row, finished: &Finished, answer: Answer, left: &[String]) -> Option<String> {
    let mut wrong = Vec::new();
    if answer.code != Some(row.right.code()) {
        wrong.push(format!("the code must be {}", row.right.code()));
    }
    if !answer.kept_order {
        wrong.push(format!(
            "these must run, in this order: {:?}; and these must not: {:?}",
            row.ran, row.never
        ));
    }
    let expected = match row.right {
        Right::Passes => Some("towline: PASSED run=".to_owned()),
        Right::Fails(verdict) => Some(format!("towline: FAILED {verdict} run=")),
        Right::Refuses(_) => None,
    };
    if let Some(expected) = expected.filter(|expected| !finished.last_line().starts_with(expected)) {
        wrong.push(format!("the last line must be {expected}…"));
    }
    if row.is_cis() && !left.is_empty() {
        wrong.push(format!("nothing may be left behind, and this was: {left:?}"));
    }
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

/// The file that holds the table.
fn table_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/truth-table.md")
}
