//! The scheduler: a pure state machine that decides what starts, what stops and how each stage ended. No I/O, no clock.
//!
//! Everything that happens comes in through [`Scheduler::step`] with the time since the run's start; what is to be done
//! comes out as [`Effect`]s. Two rules hold at any time: a stage starts only when all its needs are open, and every stage
//! ends in exactly one outcome.

use std::time::Duration;

use crate::compose::{Health, show_duration};
use crate::event::{CancelReason, Condition, Fact, Kind, NeedInfo, Outcome, Verdict};
use crate::exit::Exit;
use crate::plan::{Need, Plan, Stage};

/// How often a container may end within [`QUICK`] of its start, one time after the other, before it counts as failed although
/// its restart policy would go on for ever. The engine's own pauses between them add up to about 100 s by then.
const CRASH_LOOP: u32 = 10;

/// An end within this time of the start is one of a crash loop.
const QUICK: Duration = Duration::from_secs(10);

/// How long stopping may take beyond the longest grace period before the run ends without having seen every end.
const DRAIN: Duration = Duration::from_secs(20);

/// How long containers have to end after a second signal.
const KILL: Duration = Duration::from_secs(3);

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Rules {
    /// When the run is over.
    pub end: End,
    /// Whether a failure leaves the stages alone that do not need the failed one.
    pub keep_going: bool,
    /// How many jobs run at once.
    pub jobs: Option<usize>,
    /// How long a service without a health check must stay up to count as up.
    pub settle: Duration,
    /// How long the run may take.
    pub timeout: Option<Duration>,
    /// The stage whose own code the run ends with when it fails.
    pub exit_code_from: Option<usize>,
    /// Whether what runs is left running when the run fails (`up --wait`).
    pub leave: bool,
}

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// When every job has ended.
    JobsDone,
    /// When every job has ended and every service is up.
    AllUp,
    /// When the first container has ended (`--abort-on-container-exit` without a job in the plan).
    FirstExit,
    /// When every container has ended (`--abort-on-container-failure` without a job in the plan).
    AllEnded,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Images and containers are there, but for those of the stages that failed.
    Prepared {
        /// The stages that could not be prepared, with how and why.
        failed: Vec<StartFailure>,
    },
    /// A call that starts stages came back.
    UpReturned {
        /// The stages that the call was for.
        stages: Vec<usize>,
        /// Those of them that could not be started.
        failed: Vec<StartFailure>,
    },
    /// A container runs.
    Started {
        /// The stage.
        stage: usize,
        /// The container's number, from 1.
        instance: u32,
    },
    /// A container ended.
    Died {
        /// The stage.
        stage: usize,
        /// The container's number, from 1.
        instance: u32,
        /// Its exit code.
        code: i32,
        /// Whether the engine's record says that memory ran out.
        oom: bool,
    },
    /// A container's health changed.
    Health {
        /// The stage.
        stage: usize,
        /// The container's number, from 1.
        instance: u32,
        /// What it is now.
        healthy: bool,
    },
    /// The engine said whether the stage's containers have a health check.
    HealthFound {
        /// The stage.
        stage: usize,
        /// Whether they have.
        present: bool,
    },
    /// towline was told to stop.
    Signal(Signal),
    /// The engine does not answer any more.
    EngineLost,
    /// Time went by.
    Tick,
}

/// A stage that could not be prepared or started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFailure {
    /// The stage.
    pub stage: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, in the words of compose or the engine.
    pub cause: String,
    /// The code that the engine recorded, if it did.
    pub code: Option<i32>,
}

/// A signal that ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP.
    HangUp,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Start these stages; one call where that is possible.
    Start(Vec<usize>),
    /// Stop the containers of these stages.
    Stop {
        /// The stages.
        stages: Vec<usize>,
        /// Whether to kill them rather than to ask.
        kill: bool,
    },
    /// Break off what builds, pulls, creates and starts.
    Abort,
    /// Tell the reporters.
    Emit(Fact),
    /// A stage ended.
    Ended {
        /// The stage.
        stage: usize,
        /// How.
        end: StageEnd,
    },
    /// The run is over: clean up.
    Finish,
}

/// How a stage ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageEnd {
    /// The outcome.
    pub outcome: Outcome,
    /// The code of its first failed container; 0 where all ended well.
    pub code: Option<i32>,
    /// What failed.
    pub cause: Option<String>,
    /// For skipped and cancelled stages: the stage it is because of.
    pub because_of: Option<usize>,
    /// The container that failed, by its number, where one did.
    pub instance: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Starting,
    Running,
    Done,
}

#[derive(Clone, Copy, Debug, Default)]
struct Instance {
    started_at: Option<Duration>,
    running: bool,
    healthy: bool,
    code: Option<i32>,
    restarts: u32,
    quick_ends: u32,
}

#[derive(Clone, Debug)]
struct Track {
    state: State,
    instances: Vec<Instance>,
    /// Whether it has start hooks: it counts as started once the call that starts it, and runs them, has come back.
    has_hooks: bool,
    /// The call that starts it has come back.
    returned: bool,
    /// It has run with all its containers at least once.
    has_started: bool,
    /// It has been healthy with all its containers at least once.
    was_healthy: bool,
    /// Whether it has a health check; `None` where only its image knows.
    has_health: Option<bool>,
    /// Since when all its containers run.
    up_since: Option<Duration>,
    /// What it counts as once it has stopped, where towline stops it.
    stop_as: Option<Outcome>,
    /// The needs that were last told to be closed.
    told: Vec<NeedInfo>,
    end: Option<StageEnd>,
}

/// Whether a need lets its stage start.
enum Gate {
    Open,
    Closed,
    Broken,
}

/// The state of a run.
#[derive(Debug)]
pub struct Scheduler {
    plan: Plan,
    rules: Rules,
    tracks: Vec<Track>,
    prepared: bool,
    /// Set once something cut the run short; nothing starts any more.
    cancelled: Option<CancelReason>,
    signal: Option<Signal>,
    timed_out: bool,
    drain_deadline: Option<Duration>,
    finished: bool,
    /// Whether the run reached its end rather than being cut short.
    complete: bool,
    effects: Vec<Effect>,
}

impl Scheduler {
    /// A run of this plan, before anything has been prepared.
    #[must_use]
    pub fn new(plan: Plan, rules: Rules) -> Self {
        let tracks = plan.stages.iter().map(Track::new).collect();
        Self {
            plan,
            rules,
            tracks,
            prepared: false,
            cancelled: None,
            signal: None,
            timed_out: false,
            drain_deadline: None,
            finished: false,
            complete: false,
            effects: Vec::new(),
        }
    }

    /// Takes note of what happened at `now` (time since the run's start) and says what is to be done.
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Effect> {
        if self.finished {
            return Vec::new();
        }
        match input {
            Input::Prepared { failed } => self.prepared(now, failed),
            Input::UpReturned { stages, failed } => self.up_returned(now, &stages, failed),
            Input::Started { stage, instance } => self.started(now, stage, instance),
            Input::Died {
                stage,
                instance,
                code,
                oom,
            } => self.died(now, stage, instance, code, oom),
            Input::Health {
                stage,
                instance,
                healthy,
            } => self.health(now, stage, instance, healthy),
            Input::HealthFound { stage, present } => self.health_found(now, stage, present),
            Input::Signal(signal) => self.signalled(now, signal),
            Input::EngineLost => self.engine_lost(),
            Input::Tick => {}
        }
        self.check_clock(now);
        self.advance(now);
        std::mem::take(&mut self.effects)
    }

    /// When, after `now`, [`Input::Tick`] is due, as time since the run's start.
    #[must_use]
    pub fn next_deadline(&self, now: Duration) -> Option<Duration> {
        let timeout = self.rules.timeout.filter(|_| !self.timed_out);
        let fixed = [timeout, self.drain_deadline].into_iter().flatten();
        fixed
            .chain(self.settle_deadlines())
            .filter(|deadline| *deadline > now)
            .min()
    }

    /// Whether the stage's health decides something that is still open: the engine has to be asked whether it has any.
    #[must_use]
    pub fn needs_health(&self, stage: usize) -> bool {
        let track = &self.tracks[stage];
        let is_open = track.state != State::Done && !track.was_healthy;
        let is_service = self.plan.stages[stage].kind == Kind::Service;
        is_open && (self.waits_for_health(stage) || (self.rules.end == End::AllUp && is_service))
    }

    /// Whether the stage's start was asked for, and it has not ended.
    #[must_use]
    pub fn is_started(&self, stage: usize) -> bool {
        matches!(self.tracks[stage].state, State::Starting | State::Running)
    }

    /// Whether the file leaves it to the image whether the stage has a health check.
    #[must_use]
    pub fn health_is_unsaid(&self, stage: usize) -> bool {
        self.tracks[stage].has_health.is_none()
    }

    /// Whether the run was cut short.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        self.cancelled.is_some()
    }

    /// The verdict of a finished run.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if let Some(signal) = self.signal {
            let exit = match signal {
                Signal::Interrupt => Exit::Interrupted,
                Signal::Terminate | Signal::HangUp => Exit::Terminated,
            };
            return verdict(exit.code(), None, Outcome::Cancelled);
        }
        if let Some(stage) = self.decisive_failure() {
            let end = self.tracks[stage].end.as_ref();
            let outcome = end.map_or(Outcome::EngineLost, |end| end.outcome);
            let own_code = end.and_then(|end| end.code);
            return verdict(exit_code(outcome, own_code), Some(self.name(stage)), outcome);
        }
        match self.cancelled {
            _ if self.timed_out => verdict(Exit::TimedOut.code(), None, Outcome::TimedOut),
            Some(CancelReason::EngineLost) => verdict(Exit::NoEngine.code(), None, Outcome::EngineLost),
            _ if self.complete => verdict(Exit::Passed.code(), None, Outcome::Passed),
            // A run that did not reach its end has not passed, whatever the reason.
            _ => verdict(Exit::Bug.code(), None, Outcome::Cancelled),
        }
    }

    /// The failed stage that decides the code: the one of `--exit-code-from`, else the first failed job in plan order,
    /// else the first failed service.
    fn decisive_failure(&self) -> Option<usize> {
        let failed = |stage: &usize| {
            let end = self.tracks[*stage].end.as_ref();
            end.is_some_and(|end| end.outcome.is_failure())
        };
        let is_job = |stage: &usize| self.plan.stages[*stage].kind != Kind::Service;
        let all = || (0..self.tracks.len()).filter(failed);
        let asked = self
            .rules
            .exit_code_from
            .filter(|stage| failed(stage) && self.ran_to_its_end(*stage));
        asked.or_else(|| all().find(is_job)).or_else(|| all().next())
    }

    fn ran_to_its_end(&self, stage: usize) -> bool {
        let end = self.tracks[stage].end.as_ref();
        end.is_some_and(|end| matches!(end.outcome, Outcome::Failed | Outcome::OutOfMemory))
    }

    fn name(&self, stage: usize) -> String {
        self.plan.stages[stage].name.clone()
    }

    fn emit(&mut self, fact: Fact) {
        self.effects.push(Effect::Emit(fact));
    }

    fn warn(&mut self, stage: usize, message: String) {
        let stage = Some(self.name(stage));
        self.emit(Fact::Warned { stage, message });
    }

    // What happened.

    fn prepared(&mut self, now: Duration, failed: Vec<StartFailure>) {
        self.prepared = true;
        for failure in failed {
            self.start_failed(now, failure);
        }
        for stage in 0..self.tracks.len() {
            if self.tracks[stage].state == State::Done {
                continue;
            }
            if self.plan.stages[stage].kind == Kind::Build {
                self.finish(stage, StageEnd::passed(None));
            } else if self.plan.stages[stage].replicas == 0 {
                let cause = Some("it has no replicas".to_owned());
                self.finish(
                    stage,
                    StageEnd {
                        cause,
                        ..StageEnd::because(Outcome::Skipped, None)
                    },
                );
            }
        }
    }

    fn start_failed(&mut self, now: Duration, failure: StartFailure) {
        let StartFailure {
            stage,
            outcome,
            cause,
            code,
        } = failure;
        let end = StageEnd::failed(outcome, code, cause);
        self.fail(now, stage, end);
    }

    fn up_returned(&mut self, now: Duration, stages: &[usize], failed: Vec<StartFailure>) {
        for stage in stages {
            self.tracks[*stage].returned = true;
        }
        for failure in failed {
            // A call that was broken off to stop its stages says nothing about them.
            if self.tracks[failure.stage].stop_as.is_none() {
                self.start_failed(now, failure);
            }
        }
        let mut late = Vec::new();
        for stage in stages.iter().copied() {
            if self.tracks[stage].state == State::Done {
                continue;
            }
            if self.tracks[stage].stop_as.is_some() {
                late.push(stage);
            }
            self.look_again(now, stage);
        }
        if !late.is_empty() {
            // The stop came while the call was still starting them.
            self.effects.push(Effect::Stop {
                stages: late,
                kill: false,
            });
        }
    }

    fn started(&mut self, now: Duration, stage: usize, instance: u32) {
        let track = &mut self.tracks[stage];
        let Some(instance) = track.instance(instance) else {
            return;
        };
        instance.started_at = Some(now);
        instance.running = true;
        instance.healthy = false;
        instance.code = None;
        if track.instances.iter().all(|instance| instance.running) {
            track.up_since = Some(now);
        }
        if track.state == State::Starting {
            track.state = State::Running;
        }
        self.look_again(now, stage);
    }

    fn died(&mut self, now: Duration, stage: usize, number: u32, code: i32, oom: bool) {
        if self.tracks[stage].state == State::Done {
            return;
        }
        let restart = self.plan.stages[stage].restart;
        let track = &mut self.tracks[stage];
        let stopping = track.stop_as.is_some();
        track.up_since = None;
        // What never started cannot have ended: the engine also tells the end of a container that it could not start.
        let Some(instance) = track.instance(number) else { return };
        let Some(started_at) = instance.started_at else { return };
        let was_quick = now.saturating_sub(started_at) < QUICK;
        instance.running = false;
        instance.healthy = false;
        if !stopping && restart.restarts_after(code, instance.restarts) {
            instance.restarts += 1;
            instance.quick_ends = if was_quick { instance.quick_ends + 1 } else { 0 };
            let (restarts, quick_ends) = (instance.restarts, instance.quick_ends);
            self.restarted(now, stage, number, code, restarts, quick_ends);
            return;
        }
        instance.code = Some(code);
        if self.rules.end == End::FirstExit && self.cancelled.is_none() {
            self.first_exit(now, stage, number, code, oom);
        } else if code != 0 && !stopping {
            self.ended_badly(now, stage, number, code, oom);
        } else {
            self.look_again(now, stage);
        }
    }

    fn restarted(&mut self, now: Duration, stage: usize, instance: u32, code: i32, restarts: u32, quick_ends: u32) {
        let name = self.name(stage);
        self.emit(Fact::InstanceRestarted {
            stage: name,
            instance,
            code,
            restarts,
        });
        if quick_ends >= CRASH_LOOP && self.is_waited_for(stage) {
            let cause = format!(
                "it ended {quick_ends} times in a row within {} of its start",
                show_duration(QUICK)
            );
            self.fail(now, stage, StageEnd::failed(Outcome::Unhealthy, Some(code), cause));
        }
    }

    fn first_exit(&mut self, now: Duration, stage: usize, instance: u32, code: i32, oom: bool) {
        if code == 0 {
            self.finish(stage, StageEnd::passed(Some(0)));
        } else {
            let outcome = if oom { Outcome::OutOfMemory } else { Outcome::Failed };
            self.finish(stage, StageEnd::ended(outcome, code, instance));
        }
        self.complete = code == 0;
        let reason = CancelReason::ContainerEnded {
            stage: self.name(stage),
        };
        self.cancel(now, reason, Some(stage));
    }

    /// A container ended with another code than 0, by itself, and nothing starts it again.
    fn ended_badly(&mut self, now: Duration, stage: usize, instance: u32, code: i32, oom: bool) {
        let is_service = self.plan.stages[stage].kind == Kind::Service;
        let outcome = match () {
            () if oom => Outcome::OutOfMemory,
            () if !is_service || self.rules.end == End::AllEnded => Outcome::Failed,
            () if self.waits_for_health(stage) => Outcome::Unhealthy,
            () => Outcome::Ended,
        };
        self.fail(now, stage, StageEnd::ended(outcome, code, instance));
    }

    fn health(&mut self, now: Duration, stage: usize, instance: u32, healthy: bool) {
        let track = &mut self.tracks[stage];
        track.has_health = Some(true);
        let Some(instance) = track.instance(instance) else {
            return;
        };
        instance.healthy = healthy;
        if healthy {
            self.look_again(now, stage);
        } else if self.is_waited_for(stage) {
            let cause = "its health check failed as often as it may".to_owned();
            self.fail(now, stage, StageEnd::failed(Outcome::Unhealthy, None, cause));
        } else if self.tracks[stage].state != State::Done {
            self.warn(stage, "is unhealthy; nothing waits for its health".to_owned());
        }
    }

    fn health_found(&mut self, now: Duration, stage: usize, present: bool) {
        self.tracks[stage].has_health = Some(present);
        if !present && self.waits_for_health(stage) {
            let cause = "other stages wait for its health, and it has no health check".to_owned();
            self.fail(now, stage, StageEnd::failed(Outcome::Unhealthy, None, cause));
        }
    }

    fn signalled(&mut self, now: Duration, signal: Signal) {
        if self.signal.is_none() {
            self.signal = Some(signal);
            let name = match signal {
                Signal::Interrupt => "SIGINT",
                Signal::Terminate => "SIGTERM",
                Signal::HangUp => "SIGHUP",
            };
            self.cancel(now, CancelReason::Signal { name: name.to_owned() }, None);
            return;
        }
        let running = self.stages_where(|track| matches!(track.state, State::Starting | State::Running));
        self.effects.push(Effect::Abort);
        self.effects.push(Effect::Stop {
            stages: running,
            kill: true,
        });
        self.drain_deadline = Some(now + KILL);
    }

    fn engine_lost(&mut self) {
        for stage in 0..self.tracks.len() {
            let state = self.tracks[stage].state;
            let cause = "the engine went away while it ran; how it ended is not known".to_owned();
            let end = match state {
                State::Done => continue,
                State::Waiting => StageEnd::because(Outcome::Cancelled, None),
                State::Starting | State::Running => StageEnd::failed(Outcome::EngineLost, None, cause),
            };
            self.finish(stage, end);
        }
        if self.cancelled.is_none() {
            let reason = CancelReason::EngineLost;
            self.emit(Fact::Cancelled { reason, stops: false });
        }
        self.cancelled = Some(CancelReason::EngineLost);
        self.end_run(false);
    }

    // What follows from it.

    /// Looks whether a stage is up, healthy or at its end.
    fn look_again(&mut self, now: Duration, stage: usize) {
        let track = &mut self.tracks[stage];
        if track.state == State::Done {
            return;
        }
        if !track.hooks_are_open() && track.instances.iter().all(|instance| instance.started_at.is_some()) {
            track.has_started = true;
        }
        if track.has_started && !track.was_healthy && track.instances.iter().all(|instance| instance.healthy) {
            track.was_healthy = true;
            let stage = self.plan.stages[stage].name.clone();
            self.emit(Fact::StageHealthy { stage });
        }
        self.look_for_end(now, stage);
    }

    fn look_for_end(&mut self, now: Duration, stage: usize) {
        let track = &self.tracks[stage];
        let all_ended = track.instances.iter().all(|instance| instance.code.is_some());
        // A container that was never started leaves nothing to wait for once the stage is being stopped.
        let none_left = track.instances.iter().all(|instance| !instance.running);
        match track.stop_as {
            Some(outcome) if none_left && (track.returned || track.has_run()) => {
                let end = self.stopped_end(stage, outcome);
                self.finish(stage, end);
            }
            None if all_ended && !track.hooks_are_open() => self.ended_well(now, stage),
            _ => {}
        }
    }

    fn stopped_end(&self, stage: usize, outcome: Outcome) -> StageEnd {
        let code = self.tracks[stage].instances.iter().find_map(|instance| instance.code);
        let cause = match (outcome, self.rules.timeout) {
            (Outcome::TimedOut, Some(timeout)) => {
                Some(format!("the run may take {} and took longer", show_duration(timeout)))
            }
            _ => None,
        };
        let because_of = self.cause_of_cancel().filter(|_| outcome == Outcome::Cancelled);
        StageEnd {
            outcome,
            code,
            cause,
            because_of,
            instance: None,
        }
    }

    fn ended_well(&mut self, now: Duration, stage: usize) {
        if self.waits_for_health(stage) {
            let cause = "it ended before it was healthy, and others wait for its health".to_owned();
            self.fail(now, stage, StageEnd::failed(Outcome::Unhealthy, Some(0), cause));
        } else {
            self.tracks[stage].has_started = true;
            self.finish(stage, StageEnd::passed(Some(0)));
        }
    }

    fn fail(&mut self, now: Duration, stage: usize, end: StageEnd) {
        if self.tracks[stage].state == State::Done {
            return;
        }
        let still_runs = self.tracks[stage].instances.iter().any(|instance| instance.running);
        self.finish(stage, end);
        if self.rules.keep_going || self.cancelled.is_some() {
            if still_runs && !self.rules.leave {
                self.effects.push(Effect::Stop {
                    stages: vec![stage],
                    kill: false,
                });
            }
            return;
        }
        let reason = CancelReason::StageFailed {
            stage: self.name(stage),
        };
        self.cancel(now, reason, Some(stage));
    }

    fn finish(&mut self, stage: usize, end: StageEnd) {
        let track = &mut self.tracks[stage];
        if track.state == State::Done {
            return;
        }
        track.state = State::Done;
        track.end = Some(end.clone());
        self.effects.push(Effect::Ended { stage, end });
    }

    /// Cuts the run short: nothing starts any more, what runs is stopped.
    fn cancel(&mut self, now: Duration, reason: CancelReason, because_of: Option<usize>) {
        if self.cancelled.is_some() {
            return;
        }
        let timed_out = reason == CancelReason::TimedOut;
        let behind = self.stages_behind(because_of);
        let outcomes: Vec<Outcome> = (0..self.tracks.len())
            .map(|stage| self.stop_outcome(stage, timed_out))
            .collect();
        self.cancelled = Some(reason.clone());
        let stops = !self.rules.leave;
        self.emit(Fact::Cancelled { reason, stops });
        if !self.rules.leave || !self.prepared {
            self.effects.push(Effect::Abort);
        }
        let grace = self.plan.stages.iter().filter_map(|stage| stage.stop_grace).max();
        self.drain_deadline = Some(now + DRAIN + grace.unwrap_or_default());
        let mut to_stop = Vec::new();
        for stage in 0..self.tracks.len() {
            match self.tracks[stage].state {
                State::Done => {}
                State::Waiting => {
                    let outcome = if behind[stage] {
                        Outcome::Skipped
                    } else {
                        Outcome::Cancelled
                    };
                    self.finish(stage, StageEnd::because(outcome, because_of));
                }
                State::Starting | State::Running if self.rules.leave => {
                    let end = self.stopped_end(stage, outcomes[stage]);
                    self.finish(stage, end);
                }
                State::Starting | State::Running => {
                    self.tracks[stage].stop_as = Some(outcomes[stage]);
                    to_stop.push(stage);
                }
            }
        }
        if !to_stop.is_empty() {
            self.effects.push(Effect::Stop {
                stages: to_stop,
                kill: false,
            });
        }
    }

    /// For each stage, whether it needs the failed one, directly or through others.
    fn stages_behind(&self, failed: Option<usize>) -> Vec<bool> {
        let mut behind = vec![false; self.tracks.len()];
        for (at, stage) in self.plan.stages.iter().enumerate() {
            behind[at] = stage
                .needs
                .iter()
                .any(|need| Some(need.index) == failed || behind[need.index]);
        }
        behind
    }

    /// What a stage that towline stops counts as.
    fn stop_outcome(&self, stage: usize, timed_out: bool) -> Outcome {
        let is_service = self.plan.stages[stage].kind == Kind::Service;
        match () {
            () if timed_out && (!is_service || self.is_waited_for(stage)) => Outcome::TimedOut,
            () if is_service && self.tracks[stage].has_started => Outcome::Passed,
            () => Outcome::Cancelled,
        }
    }

    fn cause_of_cancel(&self) -> Option<usize> {
        match &self.cancelled {
            Some(CancelReason::StageFailed { stage } | CancelReason::ContainerEnded { stage }) => {
                self.plan.index(stage)
            }
            _ => None,
        }
    }

    /// Starts what can start, and ends the run where nothing is left to wait for.
    fn advance(&mut self, now: Duration) {
        if self.finished {
            return;
        }
        if self.prepared && self.cancelled.is_none() {
            self.skip_broken();
            self.start_ready();
            if self.finished_by_rule(now) {
                self.end_run(true);
                return;
            }
        }
        if self.cancelled.is_some() && self.tracks.iter().all(|track| track.state == State::Done) {
            self.end_run(self.complete);
        }
    }

    fn skip_broken(&mut self) {
        // Plan order: a stage that is skipped here breaks those behind it in the same pass.
        for stage in 0..self.tracks.len() {
            if self.tracks[stage].state != State::Waiting {
                continue;
            }
            let broken = self.plan.stages[stage]
                .needs
                .iter()
                .find(|need| matches!(self.gate(need), Gate::Broken));
            if let Some(need) = broken {
                let root = self.root_of(need.index);
                self.finish(stage, StageEnd::because(Outcome::Skipped, Some(root)));
            }
        }
    }

    /// The failure behind a stage that did not run.
    fn root_of(&self, stage: usize) -> usize {
        let because_of = self.tracks[stage].end.as_ref().and_then(|end| end.because_of);
        because_of.unwrap_or(stage)
    }

    fn start_ready(&mut self) {
        let is_job: Vec<bool> = self
            .plan
            .stages
            .iter()
            .map(|stage| stage.kind.runs_to_completion())
            .collect();
        let running = (0..self.tracks.len())
            .filter(|stage| self.is_started(*stage) && is_job[*stage])
            .count();
        let mut free = self.rules.jobs.unwrap_or(usize::MAX).saturating_sub(running);
        let mut ready = Vec::new();
        for stage in 0..self.tracks.len() {
            if self.tracks[stage].state != State::Waiting {
                continue;
            }
            let closed = self.closed_needs(stage);
            if !closed.is_empty() {
                self.tell_waiting(stage, closed);
            } else if !is_job[stage] || free > 0 {
                free -= usize::from(is_job[stage]);
                ready.push(stage);
            }
        }
        for stage in &ready {
            self.tracks[*stage].state = State::Starting;
            let stage = self.name(*stage);
            self.emit(Fact::StageStarting { stage });
        }
        if !ready.is_empty() {
            self.effects.push(Effect::Start(ready));
        }
    }

    fn tell_waiting(&mut self, stage: usize, closed: Vec<NeedInfo>) {
        if self.tracks[stage].told == closed {
            return;
        }
        self.tracks[stage].told.clone_from(&closed);
        let stage = self.name(stage);
        self.emit(Fact::StageWaited { stage, on: closed });
    }

    fn closed_needs(&self, stage: usize) -> Vec<NeedInfo> {
        let needs = self.plan.stages[stage].needs.iter();
        let closed = needs.filter(|need| !matches!(self.gate(need), Gate::Open));
        closed
            .map(|need| NeedInfo {
                stage: need.stage.clone(),
                condition: need.condition,
            })
            .collect()
    }

    fn gate(&self, need: &Need) -> Gate {
        let track = &self.tracks[need.index];
        // Compose does not wait for what has no replicas; the plan stops where that would let a deploy through.
        if self.plan.stages[need.index].replicas == 0 && need.condition != Condition::Built {
            return Gate::Open;
        }
        if let Some(end) = &track.end {
            let passed = matches!(end.outcome, Outcome::Passed | Outcome::Cached);
            let met = passed && (need.condition != Condition::Healthy || track.was_healthy);
            return if met { Gate::Open } else { Gate::Broken };
        }
        let open = match need.condition {
            Condition::Started => track.has_started,
            Condition::Healthy => track.was_healthy,
            Condition::Built | Condition::Succeeded => false,
        };
        if open { Gate::Open } else { Gate::Closed }
    }

    /// Whether a stage that has not started yet needs this one's health, and has not got it.
    fn waits_for_health(&self, stage: usize) -> bool {
        let waits = |(at, other): (usize, &Stage)| {
            self.tracks[at].state == State::Waiting
                && other
                    .needs
                    .iter()
                    .any(|need| need.index == stage && need.condition == Condition::Healthy)
        };
        !self.tracks[stage].was_healthy && self.plan.stages.iter().enumerate().any(waits)
    }

    /// Whether something still waits for this stage to be up: a need for its health, or the end of the run.
    fn is_waited_for(&self, stage: usize) -> bool {
        let track = &self.tracks[stage];
        let run_waits = self.rules.end == End::AllUp && !self.is_up(stage, Duration::MAX);
        let needed = |other: &Stage| other.needs.iter().any(|need| need.index == stage);
        let someone_waits = self
            .plan
            .stages
            .iter()
            .enumerate()
            .any(|(at, other)| self.tracks[at].state == State::Waiting && needed(other));
        track.state != State::Done
            && self.cancelled.is_none()
            && (self.waits_for_health(stage) || run_waits || (someone_waits && !track.has_started))
    }

    fn finished_by_rule(&self, now: Duration) -> bool {
        let is_done = |stage: usize| self.tracks[stage].state == State::Done;
        let is_service = |stage: usize| self.plan.stages[stage].kind == Kind::Service;
        let mut stages = 0..self.tracks.len();
        match self.rules.end {
            End::JobsDone => stages.all(|stage| is_done(stage) || is_service(stage)),
            End::AllUp => stages.all(|stage| is_done(stage) || (is_service(stage) && self.is_up(stage, now))),
            End::FirstExit | End::AllEnded => stages.all(is_done),
        }
    }

    /// Whether a service is up: healthy where it has a health check, else running for the settling time.
    fn is_up(&self, stage: usize, now: Duration) -> bool {
        let track = &self.tracks[stage];
        match track.has_health {
            _ if !track.has_started => false,
            Some(true) => track.was_healthy && track.instances.iter().all(|instance| instance.healthy),
            Some(false) => track
                .up_since
                .is_some_and(|since| now.saturating_sub(since) >= self.rules.settle),
            None => false,
        }
    }

    /// When services without a health check will have stayed up for the settling time.
    fn settle_deadlines(&self) -> impl Iterator<Item = Duration> {
        let counts = self.rules.end == End::AllUp && self.cancelled.is_none();
        let settles = |track: &&Track| track.state == State::Running && track.has_health == Some(false);
        let tracks = self.tracks.iter().filter(move |_| counts).filter(settles);
        tracks.filter_map(|track| Some(track.up_since? + self.rules.settle))
    }

    fn check_clock(&mut self, now: Duration) {
        if self.rules.timeout.is_some_and(|timeout| now >= timeout) && self.cancelled.is_none() && !self.finished {
            self.timed_out = true;
            self.cancel(now, CancelReason::TimedOut, None);
        }
        if self.drain_deadline.is_some_and(|deadline| now >= deadline) && !self.finished {
            for stage in self.stages_where(|track| track.state != State::Done) {
                let outcome = self.tracks[stage].stop_as.unwrap_or(Outcome::Cancelled);
                let end = self.stopped_end(stage, outcome);
                self.finish(stage, end);
            }
            self.end_run(self.complete);
        }
    }

    fn stages_where(&self, holds: impl Fn(&Track) -> bool) -> Vec<usize> {
        (0..self.tracks.len())
            .filter(|stage| holds(&self.tracks[*stage]))
            .collect()
    }

    /// Ends the run. What still runs was up as long as it was needed.
    fn end_run(&mut self, complete: bool) {
        self.complete = complete;
        self.finished = true;
        self.drain_deadline = None;
        for stage in self.stages_where(|track| track.state != State::Done) {
            let end = if complete && self.tracks[stage].state != State::Waiting {
                StageEnd::passed(None)
            } else {
                StageEnd::because(Outcome::Cancelled, self.cause_of_cancel())
            };
            self.finish(stage, end);
        }
        self.effects.push(Effect::Finish);
    }
}

impl Track {
    fn new(stage: &Stage) -> Self {
        Self {
            state: State::Waiting,
            instances: vec![Instance::default(); usize::try_from(stage.replicas).unwrap_or(usize::MAX)],
            has_hooks: stage.has_start_hooks,
            returned: false,
            has_started: false,
            was_healthy: false,
            has_health: match stage.health {
                Health::Checked => Some(true),
                Health::Disabled => Some(false),
                Health::Unsaid => None,
            },
            up_since: None,
            stop_as: None,
            told: Vec::new(),
            end: None,
        }
    }

    /// Whether hooks may still be running that decide whether it was started.
    const fn hooks_are_open(&self) -> bool {
        self.has_hooks && !self.returned
    }

    /// Whether all its containers were seen running: none of them is still to come.
    fn has_run(&self) -> bool {
        self.instances.iter().all(|instance| instance.started_at.is_some())
    }

    fn instance(&mut self, number: u32) -> Option<&mut Instance> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.instances.get_mut(index)
    }
}

impl StageEnd {
    const fn of(outcome: Outcome, code: Option<i32>) -> Self {
        Self {
            outcome,
            code,
            cause: None,
            because_of: None,
            instance: None,
        }
    }

    const fn passed(code: Option<i32>) -> Self {
        Self::of(Outcome::Passed, code)
    }

    /// A container ended badly by itself: outcome and code say it all.
    fn ended(outcome: Outcome, code: i32, instance: u32) -> Self {
        Self {
            instance: Some(instance),
            ..Self::of(outcome, Some(code))
        }
    }

    fn failed(outcome: Outcome, code: Option<i32>, cause: String) -> Self {
        Self {
            cause: Some(cause),
            ..Self::of(outcome, code)
        }
    }

    fn because(outcome: Outcome, because_of: Option<usize>) -> Self {
        Self {
            because_of,
            ..Self::of(outcome, None)
        }
    }
}

fn verdict(code: u8, stage: Option<String>, outcome: Outcome) -> Verdict {
    Verdict {
        passed: code == Exit::Passed.code(),
        code,
        stage,
        outcome,
    }
}

/// The exit code that a failed stage gives the run.
fn exit_code(outcome: Outcome, own_code: Option<i32>) -> u8 {
    let exit = match outcome {
        Outcome::Failed | Outcome::OutOfMemory => {
            // An end that failed is never told as 0, whatever number the engine has for it.
            return own_code
                .and_then(|code| u8::try_from(code).ok())
                .filter(|code| *code != 0)
                .unwrap_or(255);
        }
        Outcome::Unhealthy | Outcome::Ended => Exit::Service,
        Outcome::TimedOut => Exit::TimedOut,
        Outcome::PullFailed => Exit::Pull,
        Outcome::BuildFailed => Exit::Build,
        Outcome::CommandNotFound | Outcome::PortTaken | Outcome::MountRefused | Outcome::StartFailed => Exit::Start,
        Outcome::EngineLost => Exit::NoEngine,
        Outcome::Passed | Outcome::Cached | Outcome::Cancelled | Outcome::Skipped => Exit::Bug,
    };
    exit.code()
}

#[cfg(test)]
#[path = "scheduler_tests.rs"]
mod tests;
