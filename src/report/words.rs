//! The words that views share: durations, needs, probes and how a stage ended, as phrases without a final stop.

use std::time::Duration;

use anstyle::{AnsiColor, Style};

use crate::event::{CancelReason, Condition, Kind, NeedInfo, Outcome, Probe, RunInfo, StageReport};
use crate::term::{Terminal, sanitise, sanitised_lines};

/// Names of a list that are written out before the rest becomes a count.
const NAMED: usize = 6;
/// A cause of so many bytes still fits behind how a stage ended.
const SHORT_CAUSE: usize = 300;

/// A duration as a person reads it: `0.4s`, `12.0s`, `1m02s`, `1h02m`.
pub(super) fn duration(time: Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    let seconds = tenths / 10;
    match seconds {
        0..60 => format!("{seconds}.{}s", tenths % 10),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// [`duration`], of milliseconds.
pub(super) fn millis(milliseconds: u64) -> String {
    duration(Duration::from_millis(milliseconds))
}

/// Time since the run started, as a clock: `02:07`, `1:02:07`.
pub(super) fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{minutes:02}:{seconds:02}")
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}

/// `1 stage`, `2 stages`.
pub(super) fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// The first few of these, and how many more there are: `a, b and 3 more`.
pub(super) fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    joined(items, ", ")
}

/// [`list`], with this between two of them.
pub(super) fn joined<T: AsRef<str>>(items: impl IntoIterator<Item = T>, between: &str) -> String {
    let items: Vec<T> = items.into_iter().collect();
    let named = if items.len() > NAMED + 1 { NAMED } else { items.len() };
    let text = items[..named]
        .iter()
        .map(AsRef::as_ref)
        .collect::<Vec<_>>()
        .join(between);
    match items.len() - named {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The first line of a run: who runs it, and how much there is to do.
pub(super) fn header(info: &RunInfo, terminal: &Terminal) -> String {
    let known = [
        ("towline", &info.towline),
        ("compose", &info.compose),
        ("engine", &info.engine),
        ("run", &info.run),
    ];
    let mut parts: Vec<String> = known
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name} {}", sanitise(value.as_bytes())))
        .collect();
    parts.push(count(info.stages.len(), "stage"));
    parts.join(terminal.either(" · ", " | "))
}

/// What a stage waits for: `unit_tests to succeed, db to be healthy`.
pub(super) fn needs(on: &[NeedInfo]) -> String {
    list(on.iter().map(|need| {
        let what = match need.condition {
            Condition::Built => "to be built",
            Condition::Started => "to start",
            Condition::Settled => "to stay up",
            Condition::Healthy => "to be healthy",
            Condition::Succeeded => "to succeed",
        };
        format!("{} {what}", need.stage)
    }))
}

/// A failed probe on one line: `probe failed (exit 2, 3 in a row): role "app" does not exist`.
pub(super) fn probe(probe: &Probe) -> String {
    format!("probe failed ({}){}", probe_end(probe), probe_said(probe))
}

/// The same of a stage that has ended: `its last failed probe: exit 2, 3 in a row: role "app" does not exist`.
pub(super) fn last_probe(probe: &Probe) -> String {
    format!("its last failed probe: {}{}", probe_end(probe), probe_said(probe))
}

/// How a probe ended: `exit 2, 3 in a row`.
pub(super) fn probe_end(probe: &Probe) -> String {
    let end = if probe.code == -1 {
        "out of time".to_owned()
    } else {
        format!("exit {}", probe.code)
    };
    match probe.streak {
        0 | 1 => end,
        streak => format!("{end}, {streak} in a row"),
    }
}

/// The last thing that a probe printed, behind a colon.
fn probe_said(probe: &Probe) -> String {
    probe
        .output
        .lines()
        .map(|line| sanitise(line.as_bytes()))
        .rfind(|line| !line.trim().is_empty())
        .map(|line| format!(": {}", line.trim()))
        .unwrap_or_default()
}

/// Why a run stops early, and what that means.
pub(super) fn stopping(reason: &CancelReason, stops: bool) -> String {
    let why = match reason {
        CancelReason::StageFailed { stage } => format!("{stage} failed"),
        CancelReason::ContainerEnded { stage } => format!("{stage} ended"),
        CancelReason::Signal { name } => format!("{name} came"),
        CancelReason::TimedOut => "the run took longer than it may".to_owned(),
        CancelReason::EngineLost => "the engine went away".to_owned(),
        CancelReason::Refused(refusal) => sanitise(refusal.message.as_bytes()),
    };
    let then = if stops { ", what runs is stopped" } else { "" };
    format!("{why}: nothing new starts{then}")
}

/// What the build of a stage wrote, line by line.
pub(super) fn build_lines(stage: Option<&str>, text: &[u8]) -> Vec<String> {
    let prefix = stage.map(|stage| format!("{stage}: ")).unwrap_or_default();
    sanitised_lines(text).map(|line| format!("{prefix}{line}")).collect()
}

/// A warning, with the stage that it is about.
pub(super) fn warning(stage: Option<&str>, message: &str) -> String {
    let message = sanitise(message.as_bytes());
    match stage {
        Some(stage) => format!("{stage}: {message}"),
        None => message,
    }
}

/// How the clean-up ended: `in 0.9s`, and what it left.
pub(super) fn cleaned(took_ms: u64, left: &[String]) -> String {
    let took = millis(took_ms);
    if left.is_empty() {
        format!("in {took}")
    } else {
        let left = left.iter().map(|name| sanitise(name.as_bytes()));
        format!("in {took}; could not remove {}", list(left))
    }
}

/// The one word for how a stage ended that stands in front of its line.
pub(super) const fn verb(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "PASS",
        Outcome::Cached => "CACHED",
        Outcome::Skipped => "SKIP",
        Outcome::Cancelled => "STOP",
        _ => "FAIL",
    }
}

/// The colour of an outcome.
pub(super) const fn style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Passed | Outcome::Cached => AnsiColor::Green.on_default(),
        Outcome::Skipped | Outcome::Cancelled => AnsiColor::Yellow.on_default(),
        _ => AnsiColor::Red.on_default(),
    }
}

/// How a stage ended: `ended with code 1 after 6.0s`, and what caused it where that is said in one line.
pub(super) fn ending(stage: &StageReport) -> String {
    let end = format!("{}{}", end(stage), restarts(stage));
    match cause(stage) {
        Some(cause) if is_short(cause) => format!("{end}: {}", sanitise(cause.as_bytes())),
        _ => end,
    }
}

/// How often its containers were started again, and with which code they had exited.
fn restarts(stage: &StageReport) -> String {
    let code = stage.code.map(|code| format!(" (it exited with code {code})"));
    match stage.restarts {
        0 => String::new(),
        1 => format!(", restarted once{}", code.unwrap_or_default()),
        times => format!(", restarted {times} times{}", code.unwrap_or_default()),
    }
}

/// What caused a failure, where that takes several lines or a very long one.
pub(super) fn long_cause(stage: &StageReport) -> Option<&str> {
    cause(stage).filter(|cause| !is_short(cause))
}

fn is_short(cause: &str) -> bool {
    cause.len() <= SHORT_CAUSE && !cause.contains('\n')
}

/// What the engine, compose or towline said of it, unless outcome and code say it all.
fn cause(stage: &StageReport) -> Option<&str> {
    let was_stopped = stage.code == Some(0) && stage.cause.is_some();
    let said = !was_stopped
        && matches!(
            stage.outcome,
            Outcome::Failed | Outcome::OutOfMemory | Outcome::Ended | Outcome::EngineLost
        )
        || (stage.outcome == Outcome::Unhealthy && stage.code.is_some());
    let cause = stage.cause.as_deref()?.trim();
    (!said && !cause.is_empty()).then_some(cause)
}

/// The outcome as a phrase, with code and time where they belong to it.
fn end(stage: &StageReport) -> String {
    match stage.outcome {
        Outcome::Passed => passed(stage),
        Outcome::Failed => format!("ended with {}{}", code_words(stage.code), after(stage)),
        Outcome::OutOfMemory => {
            format!("ran out of memory{}: the kernel ended it", after(stage))
        }
        Outcome::Unhealthy => unhealthy(stage),
        Outcome::Ended => format!("ended by itself with {} while it was needed", code_words(stage.code)),
        Outcome::TimedOut => format!("took longer than it may{}", after(stage)),
        Outcome::Cancelled => cancelled(stage),
        Outcome::Skipped => match &stage.because_of {
            Some(because) => format!("not started because {because} did not succeed"),
            None => "not started".to_owned(),
        },
        Outcome::Cached => "nothing that it depends on has changed".to_owned(),
        Outcome::PullFailed => "its image could not be pulled".to_owned(),
        Outcome::BuildFailed => "its image could not be built".to_owned(),
        Outcome::CommandNotFound => "its command is not in the image, or cannot be executed".to_owned(),
        Outcome::PortTaken => "a port that it publishes is taken".to_owned(),
        Outcome::MountRefused => "a mount was refused".to_owned(),
        Outcome::StartFailed => "its container could not be created or started".to_owned(),
        Outcome::Refused => "refused".to_owned(),
        Outcome::EngineLost => {
            format!("the engine went away{}: how it ended is not known", after(stage))
        }
    }
}

fn passed(stage: &StageReport) -> String {
    match (stage.kind, stage.started_ms) {
        (Kind::Build, _) => "built".to_owned(),
        (Kind::Service | Kind::Unknown, Some(_)) => format!("up for {}", duration(stage.ran_for())),
        (_, Some(_)) => format!("in {}", duration(stage.ran_for())),
        (_, None) => "did not have to run".to_owned(),
    }
}

fn cancelled(stage: &StageReport) -> String {
    let end = match stage.started_ms {
        Some(_) => format!("stopped{}", after(stage)),
        None => "not started".to_owned(),
    };
    match &stage.because_of {
        Some(because) => format!("{end} because of {because}"),
        None => end,
    }
}

fn unhealthy(stage: &StageReport) -> String {
    if let Some(code) = stage.code {
        return format!(
            "ended with {}{} before it was healthy",
            code_words(Some(code)),
            after(stage)
        );
    }
    format!("did not become healthy{}", after_in("in", stage))
}

fn after(stage: &StageReport) -> String {
    after_in("after", stage)
}

fn after_in(word: &str, stage: &StageReport) -> String {
    match stage.started_ms {
        Some(_) => format!(" {word} {}", duration(stage.ran_for())),
        None => String::new(),
    }
}

/// An exit code, with the signal that it stands for: `code 137 (SIGKILL)`.
fn code_words(code: Option<i32>) -> String {
    match code {
        None => "a code that nobody saw".to_owned(),
        Some(code) => match signal(code.saturating_sub(128)) {
            Some(name) => format!("code {code} ({name})"),
            None => format!("code {code}"),
        },
    }
}

/// The name of a signal that ends containers and runs in practice.
pub(super) const fn signal(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_grow_coarser() {
        for (time, text) in [
            (0, "0.0s"),
            (449, "0.4s"),
            (12_000, "12.0s"),
            (59_949, "59.9s"),
            (59_950, "1m00s"),
            (62_000, "1m02s"),
            (3_725_000, "1h02m"),
        ] {
            assert_eq!(millis(time), text, "{time} ms");
        }
        assert_eq!(clock(127_900), "02:07");
        assert_eq!(clock(3_727_000), "1:02:07");
    }

    #[test]
    fn a_long_list_ends_in_a_count_of_more_than_one() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        assert_eq!(list(names), "a, b, c, d, e, f and 2 more");
        assert_eq!(list(&names[..7]), "a, b, c, d, e, f, g");
    }

    #[test]
    fn a_probe_shows_the_last_thing_that_it_said() {
        let mut failed = Probe {
            code: 2,
            output: "trying\nrole \u{1b}[1m\"app\" does not exist\n\n".into(),
            streak: 3,
        };
        assert_eq!(
            probe(&failed),
            "probe failed (exit 2, 3 in a row): role \"app\" does not exist"
        );
        failed.code = -1;
        failed.streak = 1;
        failed.output.clear();
        assert_eq!(probe(&failed), "probe failed (out of time)");
    }

    #[test]
    fn a_code_names_the_signal_that_it_stands_for() {
        assert_eq!(code_words(Some(137)), "code 137 (SIGKILL)");
        assert_eq!(code_words(Some(1)), "code 1");
        assert_eq!(code_words(Some(255)), "code 255");
    }
}
