//! The failure card: why a stage failed, the evidence, and what to do, on less than a screen.

use std::io;

use anstyle::{AnsiColor, Style};

use super::logs::{Logs, Tail};
use super::words;
use crate::event::{Outcome, Probe, Refusal, Report, StageReport};
use crate::term::{Terminal, columns, cut, sanitised_lines, wrap};

/// So many cards are shown; further failed stages are counted.
const CARDS: usize = 5;
/// So many of its own last lines are shown.
const OWN_LINES: usize = 20;
/// So many last lines of each service that it needs are shown.
const NEEDED_LINES: usize = 5;
/// So many lines of what the engine or compose said are shown.
const CAUSE_LINES: usize = 20;
/// A line of evidence is cut after this many rows.
const ROWS_A_LINE: usize = 5;
/// The column in which everything but labels stands.
const INDENT: usize = 10;
/// Text is never wrapped narrower than this.
const NARROWEST: usize = 24;

const FAILED: Style = AnsiColor::Red.on_default().bold();
const LABEL: Style = Style::new().bold();
const EVIDENCE: Style = Style::new().dimmed();

/// The cards of a failed run: the stage that the verdict comes from first, then the others in plan order.
///
/// Empty for a run that passed, and where no stage is at fault.
pub(super) fn cards(report: &Report, logs: &Logs, terminal: &Terminal) -> String {
    if report.verdict.passed {
        return String::new();
    }
    if let Some(refusal) = &report.refusal {
        return refused(refusal, terminal);
    }
    let blamed = report.verdict.stage.as_deref();
    let mut failed: Vec<&StageReport> = report
        .results
        .iter()
        .filter(|stage| stage.outcome.is_failure())
        .collect();
    failed.sort_by_key(|stage| Some(stage.stage.as_str()) != blamed);
    let mut text: String = failed
        .iter()
        .take(CARDS)
        .map(|stage| card(report, stage, logs, terminal))
        .collect();
    if failed.len() > CARDS {
        let more = failed[CARDS..].iter().map(|stage| &stage.stage);
        text.push_str(&format!(
            "{} failed: {}\n",
            words::count(failed.len() - CARDS, "more stage"),
            words::list(more)
        ));
    }
    text
}

/// The card of a run that did not start.
fn refused(refusal: &Refusal, terminal: &Terminal) -> String {
    let mut card = Card {
        text: String::new(),
        terminal,
    };
    card.rule("before anything started");
    card.prose("cause", &one_line(&refusal.message));
    for (at, hint) in refusal.hints.iter().enumerate() {
        card.prose(if at == 0 { "try" } else { "or" }, &one_line(hint));
    }
    card.text.push('\n');
    card.text
}

/// The card of one failed stage.
pub(super) fn card(report: &Report, stage: &StageReport, logs: &Logs, terminal: &Terminal) -> String {
    let mut card = Card {
        text: String::new(),
        terminal,
    };
    card.rule(&stage.stage);
    card.prose("cause", &words::ending(stage));
    card.cause(stage);
    card.build(stage, logs);
    if let Some(advice) = advice(stage) {
        card.prose("try", &advice);
    }
    if let Some(command) = &stage.command {
        card.prose("command", &one_line(command));
    }
    if let Some(probe) = &stage.probe {
        card.probe(probe);
    }
    card.output(stage, logs);
    for need in needed_services(report, stage) {
        card.needed(need, logs);
    }
    card.not_run(report, stage);
    if let Some(path) = logs.path(stage) {
        card.prose("log", &path);
    }
    card.text.push('\n');
    card.text
}

/// The services that this stage needs, as they ended. One that failed has a card of its own.
fn needed_services<'a>(report: &'a Report, stage: &'a StageReport) -> impl Iterator<Item = &'a StageReport> {
    report.results.iter().filter(|other| {
        other.kind.runs_as_service()
            && !other.outcome.is_failure()
            && stage.needs.iter().any(|need| need.stage == other.stage)
    })
}

/// What a reader can do about it.
fn advice(stage: &StageReport) -> Option<String> {
    let name = &stage.stage;
    Some(match stage.outcome {
        Outcome::Failed => return failed_advice(stage.code?).map(str::to_owned),
        Outcome::OutOfMemory => format!(
            "raise `mem_limit` (or `deploy.resources.limits.memory`) of {name} in the compose file; \
             where it has none, the engine's machine is too small"
        ),
        Outcome::Unhealthy if stage.code.is_none() => {
            stage.probe.as_ref()?;
            format!(
                "see what its probe says; if {name} only needs longer, raise `healthcheck.start_period` or `retries`"
            )
        }
        Outcome::Unhealthy | Outcome::Ended => {
            "its last lines say why; if it may fail until something else is up, give it a `restart` policy".to_owned()
        }
        Outcome::TimedOut if stage.restarts > 0 => {
            "its last lines say why it exits; more time does not help what is started again and again".to_owned()
        }
        Outcome::TimedOut => "see what its last lines wait for, or raise its time limit".to_owned(),
        Outcome::PullFailed => {
            "check the name and the tag of the image, and the login to its registry (`docker login`)".to_owned()
        }
        Outcome::BuildFailed if stage.build_output.is_some() => return None,
        Outcome::BuildFailed => format!("build it alone: `docker compose build {name}`"),
        Outcome::CommandNotFound => {
            "check `command` and `entrypoint`; a script needs its execute bit and an interpreter that the image has"
                .to_owned()
        }
        Outcome::PortTaken => {
            "free the port, or publish another one or none: stages reach each other by name without it".to_owned()
        }
        Outcome::MountRefused if has_bad_name(stage) => {
            "the name of the volume is invalid: give it two or more letters, digits, dots, dashes and underscores"
                .to_owned()
        }
        Outcome::MountRefused => {
            "check that the path is there on the machine of the engine, and that the engine may share it".to_owned()
        }
        Outcome::EngineLost => {
            "see whether the engine is up (`docker info`) and why it went away; then run again".to_owned()
        }
        Outcome::StartFailed
        | Outcome::Refused
        | Outcome::Passed
        | Outcome::Cached
        | Outcome::Cancelled
        | Outcome::Skipped => return None,
    })
}

/// Whether the engine refused the name of a volume rather than a path. A name of one letter is taken for a drive of Windows.
fn has_bad_name(stage: &StageReport) -> bool {
    let cause = stage.cause.as_deref().unwrap_or_default();
    let drive = cause
        .split_once("invalid mount path: '")
        .map(|(_, path)| path.as_bytes());
    cause.contains("local volume name")
        || cause.contains("volume name is too short")
        || matches!(drive, Some([letter, b':', b'/', ..]) if letter.is_ascii_alphanumeric())
}

/// What the codes say that shells and kernels give.
const fn failed_advice(code: i32) -> Option<&'static str> {
    match code {
        126 => Some("a shell gives 126 for a file that it may not execute: check its execute bit"),
        127 => Some("a shell gives 127 for a command that it does not find: check that the image has it on its PATH"),
        137 => Some(
            "something outside killed it: a machine that runs out of memory does that without a word, and so does a memory \
             limit that is reached in the first moment",
        ),
        139 => Some("it crashed: a native library, or an image for another processor"),
        _ => None,
    }
}

/// A card while it is written.
struct Card<'a> {
    text: String,
    terminal: &'a Terminal,
}

impl Card<'_> {
    fn rule(&mut self, stage: &str) {
        let dash = self.terminal.either("─", "-");
        let title = format!("FAILED {stage}");
        let used = columns(&title) + 4;
        let rest = self.terminal.width.saturating_sub(used).max(2);
        self.text.push_str(&format!(
            "{} {} {}\n",
            dash.repeat(2),
            self.terminal.paint(FAILED, title),
            dash.repeat(rest)
        ));
    }

    /// Wrapped text behind a label.
    fn prose(&mut self, label: &str, text: &str) {
        let mut label = Some(label);
        for line in wrap(text, self.room(0)) {
            // Behind blanks alone a CI system takes this for a command.
            let looks_like_a_command = label.is_none() && line.starts_with("::");
            self.start(label.take());
            if looks_like_a_command {
                self.text.push_str("| ");
            }
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    /// Lines that somebody else wrote, each behind a bar.
    fn evidence(&mut self, lines: impl IntoIterator<Item = impl AsRef<str>>) {
        let bar = self.terminal.either("│", "|");
        for line in lines {
            let rows = hard_wrap(line.as_ref(), self.room(2), self.terminal);
            for row in rows {
                self.start(None);
                let row = format!("{bar} {row}");
                self.text.push_str(&self.terminal.paint(EVIDENCE, row.trim_end()));
                self.text.push('\n');
            }
        }
    }

    /// What the engine or compose said, where it takes several lines.
    fn cause(&mut self, stage: &StageReport) {
        let cause = words::long_cause(stage).unwrap_or_default();
        let lines: Vec<String> = sanitised_lines(cause.as_bytes()).collect();
        if !cause.is_empty() {
            self.evidence(&lines[lines.len().saturating_sub(CAUSE_LINES)..]);
        }
    }

    /// The last lines of the step that failed while the stage's image was built.
    fn build(&mut self, stage: &StageReport, logs: &Logs) {
        if stage.outcome != Outcome::BuildFailed {
            return;
        }
        let output = stage.build_output.iter();
        let lines: Vec<String> = output.flat_map(|text| sanitised_lines(text.as_bytes())).collect();
        let shown = &lines[lines.len().saturating_sub(OWN_LINES)..];
        if !shown.is_empty() {
            let count = words::count(shown.len(), "line");
            self.prose("build", &format!("the last {count} of the step that failed:"));
            self.evidence(shown);
        }
        if let Some(path) = logs.build_path(stage) {
            self.prose(
                if shown.is_empty() { "build" } else { "" },
                &format!("all of it: {path}"),
            );
        }
    }

    /// The last failed probe, with all that it printed.
    fn probe(&mut self, probe: &Probe) {
        let text = format!("the last that failed: {}", words::probe_end(probe));
        self.prose("probe", &text);
        self.evidence(
            sanitised_lines(probe.output.as_bytes())
                .filter(|line| !line.is_empty())
                .take(NEEDED_LINES),
        );
    }

    /// The stage's own last lines.
    fn output(&mut self, stage: &StageReport, logs: &Logs) {
        let tail = logs.tail(stage, OWN_LINES);
        if stage.started_ms.is_some() || !is_empty(&tail) {
            self.prose("output", &tail_words(&tail));
        }
        self.tail(&tail);
    }

    /// A service that the stage needs: how it is, and its last lines.
    fn needed(&mut self, service: &StageReport, logs: &Logs) {
        let tail = logs.tail(service, NEEDED_LINES);
        let text = format!("{}, {}; {}", service.stage, words::ending(service), tail_words(&tail));
        self.prose("needed", &text);
        self.tail(&tail);
        if let Some(probe) = &service.probe {
            self.prose("", &words::last_probe(probe));
        }
    }

    fn tail(&mut self, tail: &io::Result<Tail>) {
        if let Ok(tail) = tail {
            self.evidence(&tail.lines);
        }
    }

    fn not_run(&mut self, report: &Report, stage: &StageReport) {
        let victims: Vec<String> = report
            .results
            .iter()
            .filter(|other| other.because_of.as_ref() == Some(&stage.stage))
            .map(|other| match other.started_ms {
                Some(_) => format!("{} (stopped)", other.stage),
                None => other.stage.clone(),
            })
            .collect();
        if !victims.is_empty() {
            self.prose("not run", &words::list(victims));
        }
    }

    /// The start of a row: the label, or blanks as wide as one.
    fn start(&mut self, label: Option<&str>) {
        let label = label.unwrap_or_default();
        let blanks = INDENT.saturating_sub(columns(label)).max(1);
        if !label.is_empty() {
            self.text.push_str(&self.terminal.paint(LABEL, label));
        }
        self.text.push_str(&" ".repeat(blanks));
    }

    fn room(&self, prefix: usize) -> usize {
        self.terminal.width.saturating_sub(INDENT + prefix).max(NARROWEST)
    }
}

fn is_empty(tail: &io::Result<Tail>) -> bool {
    tail.as_ref().is_ok_and(|tail| tail.lines.is_empty())
}

/// What is shown of a log.
fn tail_words(tail: &io::Result<Tail>) -> String {
    match tail {
        Ok(tail) if tail.lines.is_empty() => "it wrote nothing".to_owned(),
        Ok(tail) if tail.partial => {
            format!("its last {}:", words::count(tail.lines.len(), "line"))
        }
        Ok(_) => "all that it wrote:".to_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => "its log is not there any more".to_owned(),
        Err(error) => format!("its log cannot be read: {error}"),
    }
}

fn one_line(text: &str) -> String {
    sanitised_lines(text.as_bytes()).collect::<Vec<_>>().join(" ")
}

/// The line in rows of at most this many columns, broken wherever one is full; the rest of a very long line is cut.
fn hard_wrap(line: &str, width: usize, terminal: &Terminal) -> Vec<String> {
    let line = cut(line, width * ROWS_A_LINE, terminal);
    let mut rows = vec![String::new()];
    let mut taken = 0;
    for char in line.chars() {
        let char_columns = columns(char.encode_utf8(&mut [0; 4]));
        if taken + char_columns > width {
            rows.push(String::new());
            taken = 0;
        }
        let last = rows.len() - 1;
        rows[last].push(char);
        taken += char_columns;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    use crate::report::script::{self, Script};

    fn cards_of(script: &Script, terminal: &Terminal) -> String {
        let folder = tempfile::tempdir().unwrap();
        let logs = script.leave_logs(folder.path());
        cards(&script.report, &logs, terminal)
    }

    fn unicode() -> Terminal {
        Terminal {
            unicode: true,
            width: 80,
            ..Terminal::plain()
        }
    }

    #[test]
    fn a_failed_job_shows_its_output_and_the_service_that_it_needs() {
        insta::assert_snapshot!(cards_of(&script::failed(), &unicode()), @r"
        ── FAILED unit_tests ───────────────────────────────────────────────────────────
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
        ");
    }

    #[test]
    fn an_unhealthy_service_shows_its_probe() {
        insta::assert_snapshot!(cards_of(&script::unhealthy(), &unicode()), @r#"
        ── FAILED db ───────────────────────────────────────────────────────────────────
        cause     did not become healthy in 3.2s, restarted once: its health check
                  failed as often as it may
        try       see what its probe says; if db only needs longer, raise
                  `healthcheck.start_period` or `retries`
        probe     the last that failed: exit 2, 3 in a row
                  │ db:5432 - accepting connections
                  │ role "app" does not exist
        output    all that it wrote:
                  │ database system is ready
                  │ FATAL:  role "app" does not exist
        not run   unit_tests, deploy
        log       .towline/runs/r1/logs/db.log
        "#);
    }

    #[test]
    fn every_failure_says_what_happened_and_all_but_two_what_to_do() {
        let mut text = String::new();
        for outcome in [
            Outcome::OutOfMemory,
            Outcome::Ended,
            Outcome::TimedOut,
            Outcome::PullFailed,
            Outcome::BuildFailed,
            Outcome::CommandNotFound,
            Outcome::PortTaken,
            Outcome::MountRefused,
            Outcome::StartFailed,
            Outcome::EngineLost,
        ] {
            let mut script = Script::new(vec![script::stage("app", Kind::Service, &[])]);
            script.ends(900, "app", outcome, |report| {
                report.cause = Some("in the engine's \u{1b}[1mwords\n".into());
                report.code = (outcome == Outcome::Ended).then_some(3);
            });
            let script = script.closes(1000, 77, Some("app"), outcome);
            text.push_str(&cards_of(&script, &unicode()));
        }
        insta::assert_snapshot!(text, @r"
        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     ran out of memory: the kernel ended it
        try       raise `mem_limit` (or `deploy.resources.limits.memory`) of app in the
                  compose file; where it has none, the engine's machine is too small

        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     ended by itself with code 3 while it was needed
        try       its last lines say why; if it may fail until something else is up,
                  give it a `restart` policy

        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     took longer than it may: in the engine's words
        try       see what its last lines wait for, or raise its time limit

        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     its image could not be pulled: in the engine's words
        try       check the name and the tag of the image, and the login to its registry
                  (`docker login`)

        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     its image could not be built: in the engine's words
        try       build it alone: `docker compose build app`

        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     its command is not in the image, or cannot be executed: in the
                  engine's words
        try       check `command` and `entrypoint`; a script needs its execute bit and
                  an interpreter that the image has

        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     a port that it publishes is taken: in the engine's words
        try       free the port, or publish another one or none: stages reach each other
                  by name without it

        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     a mount was refused: in the engine's words
        try       check that the path is there on the machine of the engine, and that
                  the engine may share it

        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     its container could not be created or started: in the engine's words

        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     the engine went away: how it ended is not known
        try       see whether the engine is up (`docker info`) and why it went away;
                  then run again
        ");
    }

    #[test]
    fn invalid_name_of_a_volume_is_not_taken_for_a_path() {
        let advice_for = |cause: &str| {
            let mut script = Script::new(vec![script::stage("app", Kind::Job, &[])]);
            script.ends(900, "app", Outcome::MountRefused, |report| {
                report.cause = Some(cause.into())
            });
            advice(&script.report.results[0]).unwrap()
        };
        for cause in [
            "invalid mount config for type \"volume\": invalid mount path: 's:/s' mount path must be absolute",
            "create x: volume name is too short, names should be at least two alphanumeric characters",
            "create a b: \"a b\" includes invalid characters for a local volume name, only …",
        ] {
            assert!(
                advice_for(cause).contains("the name of the volume is invalid"),
                "{cause}"
            );
        }
        assert!(advice_for("bind source path does not exist: /x").contains("the path is there"));
    }

    #[test]
    fn failed_build_shows_the_last_lines_of_its_step() {
        let mut script = Script::new(vec![script::stage("app", Kind::Job, &[])]);
        script.ends(900, "app", Outcome::BuildFailed, |report| {
            report.cause = Some("Dockerfile:3\n   3 | >>> RUN make test".into());
            report.build_output = Some("compiling\n\u{1b}[31mFAILED test_it\u{1b}[0m\n".into());
            report.build_log = Some("logs/app.build.log".into());
        });
        let script = script.closes(1000, 76, Some("app"), Outcome::BuildFailed);
        insta::assert_snapshot!(cards_of(&script, &unicode()), @r"
        ── FAILED app ──────────────────────────────────────────────────────────────────
        cause     its image could not be built
                  │ Dockerfile:3
                  │    3 | >>> RUN make test
        build     the last 2 lines of the step that failed:
                  │ compiling
                  │ FAILED test_it
                  all of it: .towline/runs/r1/logs/app.build.log
        ");
    }

    #[test]
    fn the_blamed_stage_comes_first_and_the_sixth_is_counted() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let stages = names.map(|name| script::stage(name, Kind::Job, &[]));
        let mut script = Script::new(stages.to_vec());
        for name in names {
            script.ends(900, name, Outcome::Failed, |report| report.code = Some(1));
        }
        let script = script.closes(1000, 1, Some("d"), Outcome::Failed);
        let text = cards_of(&script, &Terminal::plain());
        let titles: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("-- FAILED ")?.split(' ').next())
            .collect();
        assert_eq!(titles, ["d", "a", "b", "c", "e"]);
        assert!(text.ends_with("\n2 more stages failed: f, g\n"), "{text}");
    }

    #[test]
    fn a_run_that_passed_has_no_cards() {
        let mut script = script::failed();
        script.report.verdict.passed = true;
        assert_eq!(cards_of(&script, &Terminal::plain()), "");
    }

    #[test]
    fn a_log_that_is_gone_is_no_reason_to_say_nothing() {
        let script = script::failed();
        let logs = Logs::new(std::path::Path::new("/nowhere"));
        let text = cards(&script.report, &logs, &Terminal::plain());
        assert!(text.contains("output    its log is not there any more"), "{text}");
    }

    #[test]
    fn long_words_stay_whole_and_long_lines_are_cut_after_a_few_rows() {
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrap("longer than four", 4), ["longer", "than", "four"]);
        assert_eq!(wrap("", 4), [""]);
        let rows = hard_wrap(&"x".repeat(100), 10, &Terminal::plain());
        assert_eq!(rows.len(), ROWS_A_LINE);
        assert!(rows[ROWS_A_LINE - 1].ends_with("..."));
    }

    #[test]
    fn no_row_begins_like_a_command_of_a_ci_system() {
        let mut script = Script::new(vec![script::stage("app", Kind::Job, &[])]);
        script.ends(900, "app", Outcome::Failed, |report| {
            report.command = Some("sh -c\n'echo\n::stop-commands::x'".into());
        });
        let script = script.closes(1000, 1, Some("app"), Outcome::Failed);
        let narrow = Terminal {
            width: 30,
            ..Terminal::plain()
        };
        let text = cards_of(&script, &narrow);
        assert!(text.contains("\n          | ::stop-commands::x'\n"), "{text}");
    }

    proptest::proptest! {
        #[test]
        fn a_card_fits_its_width(width in 40_usize..160, text in "[a-z ]{0,300}") {
            let mut script = Script::new(vec![script::stage("app", Kind::Job, &[])]);
            script
                .starts(0, "app")
                .prints(400, "app", &text)
                .ends(900, "app", Outcome::Failed, |report| {
                    report.code = Some(127);
                    report.command = Some("sh -c 'a few words'".into());
                    report.cause = Some(text.clone());
                });
            let script = script.closes(1000, 1, Some("app"), Outcome::Failed);
            let terminal = Terminal { width, ..Terminal::plain() };
            for line in cards_of(&script, &terminal).lines() {
                proptest::prop_assert!(columns(line) <= width, "{}", line);
            }
        }
    }
}
