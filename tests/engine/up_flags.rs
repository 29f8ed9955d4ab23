//! Every flag of `up`, alone and beside each flag that asks for a verdict: what compose makes of it, and what towline does.
//!
//! `tests/up-flags.md` has the answers; `TOWLINE_UPDATE_TABLES=1` writes it anew, which asks compose too and takes a quarter of
//! an hour. Without it towline is held to the table, each flag beside one verdict flag, and `TOWLINE_UP_FLAGS=all` takes
//! all rows.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::common::{Engine, Finished, Project, engine};

/// How many rows run at once.
const AT_ONCE: usize = 3;

/// How long compose may take before it counts as hanging.
const COMPOSE_LIMIT: Duration = Duration::from_secs(30);

/// A service, and a test that fails; both say something on each stream.
const SERVICES: &str = "  db: {<<: *box, command: ['echo db says one; echo db says two >&2; touch /ran/db; sleep 60']}
  t: {<<: *box, depends_on: [db], command: ['until test -e /ran/db; do sleep 0.1; done; echo t says one; echo t says two; echo t says three >&2; sleep 1; exit 3']}
";

/// What stands before the flags of each row, and behind them.
const VERDICTS: [(&str, &str); 5] = [
    ("--exit-code-from t", ""),
    ("--abort-on-container-exit", ""),
    ("--abort-on-container-failure", ""),
    ("--wait", "db"),
    // None: such a line goes on until all containers have ended, so it runs in the background.
    ("--detach", ""),
];

/// Flags of `up`, with values that compose takes and, where it looks at them, values that it refuses. `--watch` is not among
/// them: it has no end. Those before the bar stand before the command.
const FLAGS: [&str; 53] = [
    "",
    "--abort-on-container-exit",
    "--abort-on-container-failure",
    "--always-recreate-deps",
    "--attach t",
    "--attach db",
    "--attach nope",
    "--attach t --attach-dependencies",
    "--attach-dependencies",
    "--build",
    "--build --no-build",
    "--detach",
    "--dry-run",
    "--exit-code-from t",
    "--exit-code-from nope",
    "--exit-code-from ''",
    "--force-recreate",
    "--force-recreate --no-recreate",
    "--menu",
    "--no-attach db",
    "--no-attach nope",
    "--no-build",
    "--no-color",
    "--no-deps",
    "--no-log-prefix",
    "--no-recreate",
    "--no-recreate -V",
    "--no-start",
    "--pull missing",
    "--pull never",
    "--pull if_not_present",
    "--pull bogus",
    "--quiet-build",
    "--quiet-pull",
    "--remove-orphans",
    "-V",
    "--scale db=2",
    "--scale nope=2",
    "--scale db=many",
    "--scale db",
    "-t 0",
    "-t soon",
    "--timestamps",
    "--timestamps --no-log-prefix",
    "--wait",
    "--wait-timeout 30",
    "--wait-timeout 1",
    "--wait-timeout=-1",
    "-y",
    "--progress plain |",
    "--progress bogus |",
    "--ansi always |",
    "--bogus",
];

/// A row: where the flags stand, and the whole line.
#[derive(Clone)]
struct Row {
    verdict: &'static str,
    flags: &'static str,
    line: String,
}

/// What a command made of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    code: Option<i32>,
    /// Whether it was refused before any container ran.
    is_refused: bool,
    /// The containers' lines on each stream, in their order, by container.
    said: BTreeMap<String, Vec<String>>,
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (verdict, services) in VERDICTS {
        for flags in FLAGS {
            let (before, behind) = flags.split_once('|').unwrap_or(("", flags));
            let line = format!("{before} up -t 0 {verdict} {behind} {services}");
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ").replace("''", "");
            rows.push(Row { verdict, flags, line });
        }
    }
    rows
}

#[test]
fn up_flags_do_what_the_table_says() {
    let Some(engine) = engine() else { return };
    let all = std::env::var("TOWLINE_UP_FLAGS").is_ok_and(|value| value == "all");
    let updates = std::env::var("TOWLINE_UPDATE_TABLES").is_ok_and(|value| value == "1");
    let only = std::env::var("TOWLINE_UP_FLAGS_ONLY").ok();
    if engine.compose_line() != 5 && !all && !updates {
        // The table is that of compose 5.
        return;
    }
    let is_meant = |row: &Row| {
        let is_short = row.verdict == VERDICTS[0].0 && !matches!(row.flags, "--dry-run" | "--no-start");
        let is_asked = only.as_ref().is_none_or(|only| row.line.contains(only.as_str()));
        (all || updates || is_short) && is_asked
    };
    let rows: Vec<Row> = rows().into_iter().filter(is_meant).collect();
    let written = std::fs::read_to_string(path()).unwrap_or_default();
    let done = run_all(&rows, |row| {
        let project = Project::with_services(engine, "flags", SERVICES);
        let ours = ask(&project, row, &project.towline(&row.line).run());
        project.clear();
        let theirs = (all || updates).then(|| {
            let finished = project.compose(&row.line).limit(COMPOSE_LIMIT).run();
            ask(&project, row, &finished)
        });
        let Some(theirs) = theirs else {
            let begin = format!("{} {} |", key(row), shown(&ours));
            let is_kept = written.lines().any(|line| line.starts_with(&begin));
            return (
                String::new(),
                (!is_kept).then(|| format!("the table has no {begin:?}\n{ours:?}")),
            );
        };
        let differs = difference(row, &theirs, &ours);
        let told = differs
            .as_ref()
            .map_or_else(|| "**nothing says why**".to_owned(), Clone::clone);
        let text = format!("{} {} | {} | {told} |", key(row), shown(&ours), shown(&theirs));
        (
            text,
            differs
                .is_none()
                .then(|| format!("{}\ncompose: {theirs:?}\ntowline: {ours:?}", row.line)),
        )
    });
    let wrong: Vec<String> = done.iter().filter_map(|(_, wrong)| wrong.clone()).collect();
    if updates && only.is_none() {
        let lines: Vec<&String> = done.iter().map(|(line, _)| line).collect();
        write(engine, &lines);
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn up_flags_table_has_every_row() {
    let written = std::fs::read_to_string(path()).expect("reading the table");
    for row in rows() {
        let begins = key(&row);
        assert!(
            written.lines().any(|line| line.starts_with(&begins)),
            "tests/up-flags.md has no row {begins:?}: write it anew with TOWLINE_UPDATE_TABLES=1"
        );
    }
    assert!(!written.contains("nothing says why"));
}

fn key(row: &Row) -> String {
    format!("| `{}` |", row.line)
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/up-flags.md")
}

/// Runs the rows, some at once, and gives back what came of them in their order.
fn run_all<T: Send>(rows: &[Row], run: impl Fn(&Row) -> T + Sync) -> Vec<T> {
    let queue: Mutex<VecDeque<usize>> = Mutex::new((0..rows.len()).collect());
    let done: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                while let Some(at) = next() {
                    let result = run(&rows[at]);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn ask(project: &Project, row: &Row, finished: &Finished) -> Answer {
    let runs_nothing = row.line.contains("--dry-run") || row.line.contains("--no-start");
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (stream, text) in [("stdout", finished.text()), ("stderr", finished.stderr.clone())] {
        // What stands further in is of a card, which shows the last lines again.
        let is_said = |line: &&str| line.contains(" says ") && !line.starts_with(' ') && !line.contains("echo");
        for line in text.lines().filter(is_said) {
            let who = line.split(" says ").next().unwrap_or_default();
            let who = if who.ends_with("db") { "db" } else { "t" };
            said.entry(format!("{who} on {stream}")).or_default().push(form(line));
        }
    }
    // Containers of one service say the same, and which of them comes first is a matter of luck.
    said.values_mut()
        .filter(|_| row.flags.contains("db=2"))
        .for_each(|lines| lines.sort());
    Answer {
        code: finished.code,
        // What ran out of time was not refused.
        is_refused: !matches!(finished.code, Some(0 | 124) | None)
            && !project.has("db")
            && !runs_nothing
            && said.is_empty(),
        said,
    }
}

/// A line with its digits of times replaced; how far compose indents it is a matter of luck.
fn form(line: &str) -> String {
    let line = line
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('\u{1b}', "ESC");
    match line
        .find("20")
        .filter(|at| line[*at..].contains(".") && line[*at..].contains('T'))
    {
        Some(at) => {
            let (before, time) = line.split_at(at);
            let (time, rest) = time.split_once(' ').unwrap_or((time, ""));
            let time: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            format!("{before}{time} {rest}")
        }
        None => line,
    }
}

fn shown(answer: &Answer) -> String {
    let code = answer.code.map_or_else(|| "hang".to_owned(), |code| code.to_string());
    if answer.is_refused {
        format!("{code} (refused)")
    } else {
        code
    }
}

/// What differs and why that is right, which is nothing where it is the same; `None` where nothing explains it.
fn difference(row: &Row, theirs: &Answer, ours: &Answer) -> Option<String> {
    let mut told = Vec::new();
    match (theirs.is_refused, ours.is_refused) {
        (true, true) => {
            return Some(if theirs.code == ours.code {
                String::new()
            } else {
                "both refuse".to_owned()
            });
        }
        (false, false) => {}
        _ => return None,
    }
    if theirs.code != ours.code {
        told.push(reason(row, theirs.code, ours.code)?.to_owned());
    }
    if theirs.said != ours.said && theirs.code.is_some() && !is_cut_off(theirs, ours) {
        return None;
    }
    Some(told.join("; "))
}

fn reason(row: &Row, theirs: Option<i32>, ours: Option<i32>) -> Option<&'static str> {
    let waits = row.line.contains("--wait ") || row.line.ends_with("--wait");
    Some(match (theirs, ours) {
        (None, Some(_)) => "compose hangs",
        (Some(0), Some(78)) if waits => "compose does not look whether what came up stays up",
        (Some(0), Some(124)) if waits => "towline calls a service up after 2 s, which are more than the line allows",
        (Some(0), Some(3)) if row.verdict == "--abort-on-container-exit" => {
            "compose loses the code of the test that failed"
        }
        (Some(1), Some(code)) if waits && code > 1 => "compose has one code for every failure",
        (Some(137 | 143), Some(3)) => "compose gives the code of the container that it killed itself",
        _ => return None,
    })
}

/// Whether compose shows less, as it does now and then where it stops a container: that depends on the machine, and is no
/// difference of the flags.
fn is_cut_off(theirs: &Answer, ours: &Answer) -> bool {
    let is_shown = |who: &String, line: &String| ours.said.get(who).is_some_and(|all| all.contains(line));
    let mut said = theirs.said.iter();
    ours.code.is_some() && said.all(|(who, lines)| lines.iter().all(|line| is_shown(who, line)))
}

fn write(engine: &Engine, lines: &[&String]) {
    let same = lines.iter().filter(|line| line.ends_with("|  |")).count();
    let mut text = format!(
        "# Flags of `up`\n\n\
         Each line as `towline …` and as `docker compose …` (compose {}) on a project of a service and a test that depends on it and \
         ends with 3.\n\
         The codes, whether the line is refused before anything runs, and which lines of the containers are shown, in which form \
         and order, on which stream, are held\nbeside each other; the last column says what differs and why, and is empty where nothing \
         does. {same} of {} rows are the same.\nLast lines that compose does not show where it stops a container, now and then, are no \
         difference.\n\
         This file is written by `TOWLINE_UPDATE_TABLES=1 cargo test --test engine up_flags`.\n\n\
         | line | towline | compose | what differs, and why |\n|---|---|---|---|\n",
        engine.compose,
        lines.len()
    );
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    std::fs::write(path(), text).expect("writing the table");
}
