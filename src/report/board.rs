//! What is going on right now: events folded into one row a stage, which the views draw from.
//!
//! It grows with the number of stages alone: of what containers write, it keeps the last line of each stage.

use std::collections::HashMap;
use std::time::Instant;

use super::words;
use crate::event::{Condition, Event, Fact, NeedInfo, Outcome, Probe, RunInfo, StageInfo, StageReport, Stream};
use crate::term::sanitise;

/// So much of a line that is not complete yet is kept.
const LINE_BUDGET: usize = 1024;

/// The state of a run.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub info: RunInfo,
    pub rows: Vec<Row>,
    index: HashMap<String, usize>,
    pulling: Vec<String>,
    clock: Clock,
}

/// The state of one stage.
#[derive(Debug)]
pub(super) struct Row {
    pub stage: StageInfo,
    pub phase: Phase,
    /// Whether its image is being built.
    pub building: bool,
    /// The build step that ended last, while it is being built.
    pub step: Option<String>,
    /// The last failed probe since it started.
    pub probe: Option<Probe>,
    pub restarts: u32,
    output: LastLine,
}

/// How far a stage is.
#[derive(Debug, PartialEq)]
pub(super) enum Phase {
    /// Nothing is known of it yet.
    Planned,
    Waiting(Vec<NeedInfo>),
    Starting {
        since: u64,
    },
    Running {
        since: u64,
        healthy: bool,
    },
    Finished(Box<StageReport>),
}

/// How many stages are in which phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub running: usize,
    pub waiting: usize,
    pub passed: usize,
    pub failed: usize,
    pub left_out: usize,
}

impl Board {
    /// Takes note of one fact.
    pub(super) fn note(&mut self, event: &Event) {
        self.clock.note(event.elapsed_ms);
        let now = event.elapsed_ms;
        match &event.fact {
            Fact::RunStarted(info) => self.begin(info),
            Fact::BuildStarted { stages } => {
                for stage in stages {
                    self.with(stage, |row| row.building = true);
                }
            }
            Fact::BuildStepFinished { stage, step, .. } => {
                if let Some(stage) = stage {
                    self.with(stage, |row| row.step = Some(step.clone()));
                }
            }
            Fact::BuildFinished { .. } => {
                for row in &mut self.rows {
                    row.building = false;
                }
            }
            Fact::PullStarted { image } => self.pulling.push(image.clone()),
            Fact::PullFinished { image } => self.pulling.retain(|pulled| pulled != image),
            Fact::Created { .. } => self.pulling.clear(),
            Fact::KindFound { stage, kind, .. } => self.with(stage, |row| row.stage.kind = *kind),
            Fact::StageWaited { stage, on } => {
                self.with(stage, |row| row.phase = Phase::Waiting(on.clone()));
            }
            Fact::StageStarting { stage } => {
                self.with(stage, |row| row.phase = Phase::Starting { since: now });
            }
            Fact::InstanceStarted { stage, .. } => self.with(stage, |row| row.run(now)),
            Fact::StageHealthy { stage } => self.with(stage, Row::heal),
            Fact::ProbeFailed { stage, probe } => {
                self.with(stage, |row| row.probe = Some(probe.clone()));
            }
            Fact::InstanceRestarted { stage, restarts, .. } => self.with(stage, |row| row.restarts = *restarts),
            Fact::Output {
                stage, stream, text, ..
            } => self.with(stage, |row| row.output.take(*stream, text)),
            Fact::StageFinished(report) => {
                self.with(&report.stage, |row| row.finish(report));
            }
            Fact::Warned { .. }
            | Fact::Cancelled { .. }
            | Fact::CleanUpStarted
            | Fact::CleanUpFinished { .. }
            | Fact::RunFinished { .. } => {}
        }
    }

    /// Takes note of the time, and says how many milliseconds the run has been going on.
    pub(super) fn tick(&mut self, now: Instant) -> u64 {
        self.clock.tick(now)
    }

    /// The row of a stage.
    pub(super) fn row(&self, stage: &str) -> Option<&Row> {
        self.index.get(stage).map(|at| &self.rows[*at])
    }

    /// Whether the image of this row's stage is being pulled.
    fn pulls(&self, row: &Row) -> bool {
        row.stage
            .image
            .as_ref()
            .is_some_and(|image| self.pulling.contains(image))
    }

    /// What a stage does, as a phrase that follows its name; nothing where its own output says it better.
    pub(super) fn doing(&self, row: &Row) -> Option<String> {
        if let Phase::Finished(report) = &row.phase {
            return Some(words::ending(report));
        }
        if row.building {
            let step = row.step.as_deref().map(|step| sanitise(step.as_bytes()));
            return Some(step.map_or_else(|| "builds".to_owned(), |step| format!("builds {step}")));
        }
        if self.pulls(row) {
            let image = row.stage.image.as_deref().unwrap_or_default();
            return Some(format!("pulls {}", sanitise(image.as_bytes())));
        }
        match &row.phase {
            Phase::Waiting(on) => Some(format!("waits for {}", words::needs(on))),
            Phase::Starting { .. } => Some("starts".to_owned()),
            Phase::Running { .. } => row.probe.as_ref().map(words::probe),
            Phase::Planned | Phase::Finished(_) => None,
        }
    }

    /// The last failed probe of a stage whose health is waited for.
    pub(super) fn awaited_probe(&self, on: &[NeedInfo]) -> Option<&Probe> {
        on.iter()
            .filter(|need| need.condition == Condition::Healthy)
            .find_map(|need| self.row(&need.stage)?.probe.as_ref())
    }

    /// Whether something is done for a stage that does not run yet.
    pub(super) fn is_busy(&self, row: &Row) -> bool {
        row.building || self.pulls(row)
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            let field = match &row.phase {
                Phase::Planned | Phase::Waiting(_) => &mut counts.waiting,
                Phase::Starting { .. } | Phase::Running { .. } => &mut counts.running,
                Phase::Finished(report) => match report.outcome {
                    Outcome::Passed | Outcome::Cached => &mut counts.passed,
                    Outcome::Skipped | Outcome::Cancelled => &mut counts.left_out,
                    _ => &mut counts.failed,
                },
            };
            *field += 1;
        }
        counts
    }

    fn begin(&mut self, info: &RunInfo) {
        self.info = info.clone();
        self.rows = info.stages.iter().cloned().map(Row::new).collect();
        self.index = info
            .stages
            .iter()
            .enumerate()
            .map(|(at, stage)| (stage.stage.clone(), at))
            .collect();
    }

    /// Changes the row of a stage. Nothing happens to one that has ended, or that is not in the plan.
    fn with(&mut self, stage: &str, change: impl FnOnce(&mut Row)) {
        if let Some(at) = self.index.get(stage)
            && !matches!(self.rows[*at].phase, Phase::Finished(_))
        {
            change(&mut self.rows[*at]);
        }
    }
}

impl Row {
    fn new(stage: StageInfo) -> Self {
        Self {
            stage,
            phase: Phase::Planned,
            building: false,
            step: None,
            probe: None,
            restarts: 0,
            output: LastLine::default(),
        }
    }

    /// What to show of it while it runs: the last line that it wrote, or how it is.
    pub(super) fn running(&self) -> String {
        let line = self.output.shown();
        let healthy = matches!(self.phase, Phase::Running { healthy: true, .. });
        let state = if healthy { "healthy" } else { "" };
        let restarts = match self.restarts {
            0 => String::new(),
            times => format!("(restarted {}) ", words::count(times as usize, "time")),
        };
        let shown = if line.is_empty() { state } else { &line };
        restarts + shown
    }

    /// When what it does now began, in milliseconds since the run's start.
    pub(super) const fn since(&self) -> Option<u64> {
        match self.phase {
            Phase::Starting { since } | Phase::Running { since, .. } => Some(since),
            Phase::Planned | Phase::Waiting(_) | Phase::Finished(_) => None,
        }
    }

    /// Whether it is a service that needs nothing more than to stay up.
    pub(super) fn is_settled(&self) -> bool {
        self.stage.kind.runs_as_service() && self.probe.is_none() && matches!(self.phase, Phase::Running { .. })
    }

    fn run(&mut self, now: u64) {
        if !matches!(self.phase, Phase::Running { .. }) {
            self.phase = Phase::Running {
                since: now,
                healthy: false,
            };
        }
    }

    fn heal(&mut self) {
        self.probe = None;
        if let Phase::Running { healthy, .. } = &mut self.phase {
            *healthy = true;
        }
    }

    fn finish(&mut self, report: &StageReport) {
        self.building = false;
        self.output = LastLine::default();
        self.phase = Phase::Finished(Box::new(report.clone()));
    }
}

/// The last line of a stage's output, whichever stream it came on, in bounded space.
#[derive(Debug, Default)]
struct LastLine {
    complete: Vec<u8>,
    unfinished: Vec<u8>,
    stream: Option<Stream>,
}

impl LastLine {
    fn take(&mut self, stream: Stream, text: &[u8]) {
        if self.stream.replace(stream) != Some(stream) {
            self.end_line();
        }
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE_BUDGET.saturating_sub(self.unfinished.len());
            self.unfinished.extend_from_slice(&line[..line.len().min(room)]);
            if line.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        if !self.unfinished.trim_ascii().is_empty() {
            std::mem::swap(&mut self.complete, &mut self.unfinished);
        }
        self.unfinished.clear();
    }

    fn shown(&self) -> String {
        let unfinished = sanitise(&self.unfinished);
        if unfinished.trim().is_empty() {
            sanitise(&self.complete)
        } else {
            unfinished
        }
    }
}

/// The run's own time between events: the last event's, plus what has passed since by the clock that is handed in.
#[derive(Debug, Default)]
struct Clock {
    elapsed: u64,
    anchor: Option<(Instant, u64)>,
}

impl Clock {
    fn note(&mut self, elapsed: u64) {
        if elapsed > self.elapsed {
            self.elapsed = elapsed;
            self.anchor = None;
        }
    }

    fn tick(&mut self, now: Instant) -> u64 {
        let (at, elapsed) = *self.anchor.get_or_insert((now, self.elapsed));
        let passed = now.saturating_duration_since(at).as_millis();
        self.elapsed = elapsed.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX));
        self.elapsed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::script;

    #[test]
    fn rows_follow_the_events() {
        let script = script::unhealthy();
        let mut board = Board::default();
        for event in &script.events {
            board.note(event);
            if matches!(event.fact, Fact::ProbeFailed { .. }) {
                let row = board.row("db").unwrap();
                assert!(row.probe.is_some());
                assert!(matches!(row.phase, Phase::Running { .. }));
            }
        }
        assert_eq!(
            board.counts(),
            Counts {
                failed: 1,
                left_out: 2,
                ..Counts::default()
            }
        );
    }

    #[test]
    fn what_comes_after_the_end_of_a_stage_does_not_bring_it_back() {
        let script = script::failed();
        let mut board = Board::default();
        for event in script.events.iter().chain(&script.events[1..]) {
            board.note(event);
        }
        assert_eq!(board.counts().running + board.counts().waiting, 0);
    }

    #[test]
    fn the_last_line_is_the_unfinished_one_when_it_says_something() {
        let mut line = LastLine::default();
        line.take(Stream::Stdout, b"one\ntwo");
        assert_eq!(line.shown(), "two");
        line.take(Stream::Stdout, b" and a half\n\n  \n");
        assert_eq!(line.shown(), "two and a half");
        line.take(Stream::Stdout, b"\r 50%\r");
        assert_eq!(line.shown(), " 50%");
        line.take(Stream::Stderr, b"error");
        assert_eq!(line.shown(), "error");
    }

    #[test]
    fn an_endless_line_takes_bounded_space() {
        let mut line = LastLine::default();
        for _ in 0..1000 {
            line.take(Stream::Stdout, &[b'x'; 8192]);
        }
        assert_eq!(line.unfinished.len(), LINE_BUDGET);
    }

    #[test]
    fn time_goes_on_between_events() {
        let start = Instant::now();
        let mut clock = Clock::default();
        clock.note(1000);
        assert_eq!(clock.tick(start), 1000);
        assert_eq!(clock.tick(start + Duration::from_millis(500)), 1500);
        clock.note(1200);
        assert_eq!(
            clock.tick(start + Duration::from_millis(600)),
            1600,
            "an event that comes late does not turn time back"
        );
        clock.note(9000);
        assert_eq!(clock.tick(start + Duration::from_millis(700)), 9000);
    }
}
