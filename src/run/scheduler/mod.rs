//! The scheduler: a pure state machine that decides what starts, what stops and how each stage ended. No I/O, no clock.
//!
//! Everything that happens comes in through [`Scheduler::step`] with the time since the run's start; what is to be done
//! comes out as [`Effect`]s. Two rules hold at any time: a stage starts only when all its needs are open, and every stage
//! ends in exactly one outcome.

mod track;
mod verdict;
mod words;

use std::time::Duration;

use crate::compose::{Restart, show_duration};
use crate::event::{CancelReason, Condition, Fact, Kind, NeedInfo, Outcome};
use crate::plan::{Evidence, Need, Plan, Stage};
use track::{Instance, State, Track};

pub use words::{Effect, End, Input, Rules, Signal, StageEnd, StartFailure};

/// How many ends of a crash loop in a row a container may have before it counts as failed although its restart policy would
/// go on for ever. The engine's own pauses between them add up to about 100 s by then: many an application crashes until its
/// database is there.
const CRASH_LOOP: u32 = 10;

/// The same once every job has ended: nothing that it could wait for is still to come.
const LATE_CRASH_LOOP: u32 = 3;

/// A failure within this time of the start is one of a crash loop; one before the container was healthy always is, where
/// its health is waited for.
const QUICK: Duration = Duration::from_secs(10);

/// How long a container may stand still that somebody paused, before its stage counts as timed out. Tests pause their
/// database for a while to see what happens.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How often it is told that the run goes on for a stage that is a job by its name alone.
const NAMED: Duration = Duration::from_secs(30);

/// How long stopping may take beyond the longest grace period before the run ends without having seen every end.
const DRAIN: Duration = Duration::from_secs(20);

/// How long containers have to end after a second signal.
const KILL: Duration = Duration::from_secs(3);

/// How a container ended.
#[derive(Clone, Copy)]
struct Death {
    code: i32,
    oom: bool,
    is_last: bool,
    by_hand: bool,
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
    /// When the run is over, with the jobs that the plan has.
    end: End,
    tracks: Vec<Track>,
    prepared: bool,
    /// Set once something cut the run short; nothing starts any more.
    cancelled: Option<CancelReason>,
    signal: Option<Signal>,
    timed_out: bool,
    drain_deadline: Option<Duration>,
    /// Whether the run ended without having seen every end.
    gave_up: bool,
    finished: bool,
    /// Whether the run reached its end rather than being cut short.
    complete: bool,
    confirmation: Confirmation,
    effects: Vec<Effect>,
}

/// Whether the engine's record agrees that the run may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Confirmation {
    Open,
    Asked,
    Given,
}

impl Scheduler {
    /// A run of this plan, before anything has been prepared.
    #[must_use]
    pub fn new(plan: Plan, rules: Rules) -> Self {
        let tracks = plan.stages.iter().map(Track::new).collect();
        Self {
            end: rules.end_of(&plan),
            plan,
            rules,
            tracks,
            prepared: false,
            cancelled: None,
            signal: None,
            timed_out: false,
            drain_deadline: None,
            gave_up: false,
            finished: false,
            complete: false,
            confirmation: Confirmation::Open,
            effects: Vec::new(),
        }
    }

    /// Goes on with this plan: the same stages, with what their images say of them. Nothing has been started by then.
    pub fn settle(&mut self, plan: Plan) {
        self.end = self.rules.end_of(&plan);
        self.plan = plan;
    }

    /// Takes note of what happened at `now` (time since the run's start) and says what is to be done.
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Effect> {
        if self.finished {
            return Vec::new();
        }
        match input {
            Input::Prepared { failed } => self.prepared(now, failed),
            Input::Refused(refusal) => self.cancel(now, CancelReason::Refused(refusal), None),
            Input::UpReturned { stages, failed } => self.up_returned(now, &stages, failed),
            Input::StopReturned { stages } => self.stop_returned(now, &stages),
            Input::Started { stage, instance } => self.started(now, stage, instance),
            Input::Died {
                stage,
                instance,
                code,
                oom,
                is_last,
                by_hand,
            } => {
                let death = Death {
                    code,
                    oom,
                    is_last,
                    by_hand,
                };
                self.died(now, stage, instance, death);
            }
            Input::Paused {
                stage,
                instance,
                paused,
            } => self.paused(now, stage, instance, paused),
            // What happened since it was asked for is not in it.
            Input::Confirmed if self.confirmation == Confirmation::Asked => self.confirmation = Confirmation::Given,
            Input::Confirmed => {}
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
            .chain(self.stage_deadlines())
            .filter(|deadline| *deadline > now)
            .min()
    }

    /// Whether the stage's health decides something that is still open: the engine has to be asked whether it has any.
    #[must_use]
    pub fn needs_health(&self, stage: usize) -> bool {
        let track = &self.tracks[stage];
        let is_open = track.state != State::Done && !track.is_healthy();
        let is_service = self.plan.stages[stage].kind.runs_as_service();
        is_open && (self.waits_for_health(stage) || (self.end == End::AllUp && is_service))
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

    /// Whether stopping took longer than it may, and the run ended without having seen every end.
    #[must_use]
    pub const fn gave_up(&self) -> bool {
        self.gave_up
    }

    fn is_job(&self, stage: usize) -> bool {
        self.plan.stages[stage].kind.runs_to_completion()
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
                self.tracks[stage].stop_returned = false;
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

    fn stop_returned(&mut self, now: Duration, stages: &[usize]) {
        for stage in stages {
            self.tracks[*stage].stop_returned = true;
            self.look_again(now, *stage);
        }
    }

    fn started(&mut self, now: Duration, stage: usize, number: u32) {
        let track = &mut self.tracks[stage];
        let Some(instance) = track.instance(number) else {
            return;
        };
        if instance.running {
            return;
        }
        let ended_with = instance.last_code.filter(|_| instance.started_at.is_some());
        instance.restarts += u32::from(ended_with.is_some());
        let restarts = instance.restarts;
        instance.started_at = Some(now);
        instance.running = true;
        instance.healthy = false;
        instance.was_healthy = false;
        instance.code = None;
        instance.paused_since = None;
        instance.up_since = Some(now);
        if track.state == State::Starting {
            track.state = State::Running;
        }
        if let Some(code) = ended_with {
            let stage = self.name(stage);
            self.emit(Fact::InstanceRestarted {
                stage,
                instance: number,
                code,
                restarts,
            });
        }
        self.look_again(now, stage);
    }

    fn died(&mut self, now: Duration, stage: usize, number: u32, death: Death) {
        if self.tracks[stage].state == State::Done {
            return;
        }
        let restart = self.restart_policy(stage);
        let waits_for_health = self.waits_for_health(stage);
        let settle = self.rules.settle;
        let is_job = self.is_job(stage);
        let track = &mut self.tracks[stage];
        let stopping = track.stop_as.is_some();
        // What never started cannot have ended: the engine also tells the end of a container that it could not start.
        let Some(instance) = track.instance(number) else { return };
        let Some(started_at) = instance.started_at else { return };
        if instance.code.is_some() || !(instance.running || death.is_last) {
            return;
        }
        if instance.running {
            let is_quick = now.saturating_sub(started_at) < QUICK.max(settle);
            let is_bad = is_quick || (waits_for_health && !instance.was_healthy);
            instance.bad_ends = if death.code != 0 && is_bad {
                instance.bad_ends + 1
            } else {
                0
            };
        }
        instance.running = false;
        instance.healthy = false;
        instance.paused_since = None;
        instance.last_code = Some(death.code);
        instance.ended_by_hand = death.by_hand;
        instance.up_since = None;
        let (restarts, bad_ends) = (instance.restarts, instance.bad_ends);
        // What somebody stopped he may start again, as `docker restart` does at once; and where it is the engine that stops,
        // its record will not tell. A job that failed by it has lost what it was doing.
        let may_run_again =
            restart.restarts_after(death.code, restarts) || (death.by_hand && (!is_job || death.code == 0));
        if !stopping && !death.is_last && may_run_again {
            self.check_crash_loop(now, stage, death.code, restarts, bad_ends);
            return;
        }
        if let Some(instance) = self.tracks[stage].instance(number) {
            instance.code = Some(death.code);
        }
        if self.end == End::FirstExit && self.cancelled.is_none() {
            self.first_exit(now, stage, number, death.code, death.oom);
        } else if death.by_hand && death.code == 0 && !stopping {
            self.stopped_by_hand(now, stage, number);
        } else if death.code != 0 && !stopping {
            self.ended_badly(now, stage, number, death.code, death.oom);
        } else {
            self.look_again(now, stage);
        }
    }

    /// Somebody else stopped a container, and it took that for a good end: many programs exit with 0 then, whatever was left
    /// to do.
    fn stopped_by_hand(&mut self, now: Duration, stage: usize, number: u32) {
        let outcome = match self.is_job(stage) || self.end == End::AllEnded {
            true => Outcome::Failed,
            false => Outcome::Ended,
        };
        let cause = "somebody stopped its container from outside".to_owned();
        let end = StageEnd {
            cause: Some(cause),
            ..StageEnd::ended(outcome, 0, number)
        };
        self.fail(now, stage, end);
    }

    /// What makes the engine start a stage's containers again. The first end of a job is its end, whatever its policy.
    fn restart_policy(&self, stage: usize) -> Restart {
        match self.is_job(stage) {
            true => Restart::No,
            false => self.plan.stages[stage].restart,
        }
    }

    fn check_crash_loop(&mut self, now: Duration, stage: usize, code: i32, restarts: u32, bad_ends: u32) {
        let jobs_are_done = (0..self.tracks.len()).all(|at| !self.is_job(at) || self.tracks[at].state == State::Done);
        let limit = if jobs_are_done && self.plan.has_jobs() {
            LATE_CRASH_LOOP
        } else {
            CRASH_LOOP
        };
        if bad_ends >= limit {
            let times = restarts + 1;
            let cause =
                format!("it exited {times} times, the last time with code {code}, and was started again each time");
            let outcome = if self.waits_for_health(stage) {
                Outcome::Unhealthy
            } else {
                Outcome::Ended
            };
            self.fail(now, stage, StageEnd::failed(outcome, Some(code), cause));
        }
    }

    fn paused(&mut self, now: Duration, stage: usize, number: u32, paused: bool) {
        let track = &mut self.tracks[stage];
        let Some(instance) = track.instance(number) else {
            return;
        };
        instance.paused_since = paused.then_some(now);
        // What stood still has not been up.
        instance.up_since = (instance.running && !paused).then_some(now);
        if paused && self.tracks[stage].state != State::Done {
            let limit = show_duration(LONGEST_PAUSE);
            self.warn(
                stage,
                format!("somebody paused its container; the stage fails if it is still paused after {limit}"),
            );
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
        let is_service = self.plan.stages[stage].kind.runs_as_service();
        let outcome = match () {
            () if oom => Outcome::OutOfMemory,
            () if !is_service || self.end == End::AllEnded => Outcome::Failed,
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
        instance.was_healthy |= healthy;
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
            Some(outcome) if none_left && (track.has_run() || (track.returned && track.stop_returned)) => {
                let end = self.stopped_end(stage, outcome);
                self.finish(stage, end);
            }
            None if all_ended && !track.hooks_are_open() => self.ended_well(now, stage),
            _ => {}
        }
    }

    fn stopped_end(&self, stage: usize, outcome: Outcome) -> StageEnd {
        let instances = &self.tracks[stage].instances;
        let code = instances
            .iter()
            .find_map(|instance| instance.code.or(instance.last_code));
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
        self.stop_from_running_again(stage);
    }

    /// A job that has ended is done, also where its policy has the engine start it again and again.
    fn stop_from_running_again(&mut self, stage: usize) {
        let restart = self.plan.stages[stage].restart;
        let would_run_again = |instance: &Instance| {
            let code = instance.code.filter(|_| !instance.running);
            code.is_some_and(|code| restart.restarts_after(code, instance.restarts))
        };
        if self.is_job(stage) && self.tracks[stage].instances.iter().any(would_run_again) {
            self.effects.push(Effect::Stop {
                stages: vec![stage],
                kill: false,
            });
        }
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
        let is_service = self.plan.stages[stage].kind.runs_as_service();
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
            self.start_ready(now);
            if self.finished_by_rule(now) {
                self.confirm();
            } else {
                self.confirmation = Confirmation::Open;
                self.name_the_last(now);
            }
        }
        if self.cancelled.is_some() && self.tracks.iter().all(|track| track.state == State::Done) {
            self.end_run(self.complete);
        }
    }

    /// Names the stages for which alone the run goes on, where only a word makes jobs of them: they may be servers.
    fn name_the_last(&mut self, now: Duration) {
        // What waits for one of them, or for its turn, does not keep the run open.
        let is_open = |stage: &usize| {
            !matches!(self.tracks[*stage].state, State::Done | State::Waiting)
                && (self.is_job(*stage) || !self.has_settled(*stage, now))
        };
        let open: Vec<usize> = (0..self.tracks.len()).filter(is_open).collect();
        let is_by_word = |stage: &usize| {
            let planned = &self.plan.stages[*stage];
            self.tracks[*stage].state == State::Running
                && self.is_job(*stage)
                && matches!(planned.evidence, Evidence::Name | Evidence::Target)
        };
        if self.end != End::JobsDone || open.is_empty() || !open.iter().all(is_by_word) {
            self.tracks.iter_mut().for_each(|track| track.named_at = None);
            return;
        }
        for stage in open {
            let due = *self.tracks[stage].named_at.get_or_insert(now + NAMED);
            if now < due {
                continue;
            }
            self.tracks[stage].named_at = Some(now + NAMED);
            let Stage { name, reason, .. } = &self.plan.stages[stage];
            let message = format!(
                "still runs, and all else is done; it counts as a job because {reason}. If it is a server, run with --kind {name}=service"
            );
            self.warn(stage, message);
        }
    }

    /// Ends a run that may pass, once the engine's record agrees that what should be up is. Events can be late.
    fn confirm(&mut self) {
        let is_quiet = self.tracks.iter().all(|track| track.state == State::Done);
        if is_quiet || self.confirmation == Confirmation::Given {
            self.end_run(true);
        } else if self.confirmation == Confirmation::Open {
            self.confirmation = Confirmation::Asked;
            self.effects.push(Effect::Confirm);
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

    fn start_ready(&mut self, now: Duration) {
        let running = self.stages_where(|track| matches!(track.state, State::Starting | State::Running));
        let running_jobs = running.iter().filter(|stage| self.is_job(**stage)).count();
        let mut free = self.rules.jobs.unwrap_or(usize::MAX).saturating_sub(running_jobs);
        let mut ready = Vec::new();
        for stage in self.stages_where(|track| track.state == State::Waiting) {
            let is_job = self.is_job(stage);
            let closed = self.closed_needs(now, stage);
            if !closed.is_empty() {
                self.tell_waiting(stage, closed);
            } else if !is_job || free > 0 {
                free -= usize::from(is_job);
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

    fn closed_needs(&self, now: Duration, stage: usize) -> Vec<NeedInfo> {
        let needs = self.plan.stages[stage].needs.iter();
        let closed = needs.filter(|need| !matches!(self.gate(need), Gate::Open));
        let closed = closed.map(|need| NeedInfo {
            stage: need.stage.clone(),
            condition: need.condition,
        });
        closed.chain(self.unsettled(now, stage)).collect()
    }

    /// The services in front of a deploy that have started and may still crash: a deploy cannot be taken back, so it waits
    /// until they have settled.
    fn unsettled(&self, now: Duration, stage: usize) -> Vec<NeedInfo> {
        if self.plan.stages[stage].kind != Kind::Deploy || self.end == End::AllUp {
            return Vec::new();
        }
        let is_unsettled = |at: &usize| {
            let track = &self.tracks[*at];
            self.plan.stages[*at].kind.runs_as_service()
                && !track.instances.is_empty()
                && track.state != State::Done
                && track.has_started
                && !self.has_settled(*at, now)
        };
        let unsettled = self.plan.needed_by(stage).into_iter().filter(is_unsettled);
        unsettled
            .map(|at| NeedInfo {
                stage: self.name(at),
                condition: Condition::Settled,
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
            Condition::Started | Condition::Settled => track.has_started,
            Condition::Healthy => track.is_healthy(),
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
        !self.tracks[stage].is_healthy() && self.plan.stages.iter().enumerate().any(waits)
    }

    /// Whether something still waits for this stage to be up: a need for its health, or the end of the run.
    fn is_waited_for(&self, stage: usize) -> bool {
        let track = &self.tracks[stage];
        let run_waits = self.end == End::AllUp && !self.is_up(stage, Duration::MAX);
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
        (0..self.tracks.len()).all(|stage| {
            let is_waiting = self.tracks[stage].state == State::Waiting;
            self.tracks[stage].state == State::Done
                || match self.end {
                    End::FirstExit | End::AllEnded => false,
                    // The stage that the line names ends the run; what nothing of it waits for does not hold it open.
                    End::JobsDone if self.is_job(stage) => !self.plan.stages[stage].holds,
                    End::JobsDone if is_waiting && self.rules.exit_code_from.is_some() => true,
                    End::JobsDone => self.has_settled(stage, now),
                    End::AllUp if self.is_job(stage) => !self.plan.stages[stage].holds && self.has_settled(stage, now),
                    End::AllUp => self.is_up(stage, now),
                }
        })
    }

    /// Whether all containers of a stage have come up for good. That must not hang on the moment at which the last job
    /// happens to end.
    fn has_settled(&self, stage: usize, now: Duration) -> bool {
        let track = &self.tracks[stage];
        let settle = self.rules.settle;
        track.has_started && track.instances.iter().all(|instance| instance.has_settled(now, settle))
    }

    /// Whether a service is up: healthy where it has a health check, else running for the settling time.
    fn is_up(&self, stage: usize, now: Duration) -> bool {
        let track = &self.tracks[stage];
        match track.has_health {
            _ if !track.has_started => false,
            Some(true) => {
                track.was_healthy
                    && track
                        .instances
                        .iter()
                        .all(|instance| instance.is_up() && instance.healthy)
            }
            Some(false) => self.has_settled(stage, now),
            None => false,
        }
    }

    /// When something is next to be looked at that only time brings about: services that have stayed up for the settling
    /// time, pauses that are too long, jobs by their name alone that are to be named.
    fn stage_deadlines(&self) -> impl Iterator<Item = Duration> {
        let tracks = self.tracks.iter().filter(|track| track.state == State::Running);
        tracks.flat_map(|track| {
            let up = track.instances.iter().filter_map(|instance| instance.up_since);
            let settled: Vec<Duration> = up.map(|since| since + self.rules.settle).collect();
            let paused = track
                .instances
                .iter()
                .filter_map(|instance| instance.paused_since)
                .min();
            let paused = paused.map(|since| since + LONGEST_PAUSE);
            settled
                .into_iter()
                .chain([paused, track.named_at].into_iter().flatten())
        })
    }

    fn check_pauses(&mut self, now: Duration) {
        let is_too_long = |since: Duration| now.saturating_sub(since) >= LONGEST_PAUSE;
        let paused_too_long = |track: &Track| {
            let is_over = |instance: &Instance| instance.paused_since.is_some_and(is_too_long);
            track.state == State::Running && track.stop_as.is_none() && track.instances.iter().any(is_over)
        };
        for stage in self.stages_where(paused_too_long) {
            let limit = show_duration(LONGEST_PAUSE);
            let cause = format!("its container has been paused from outside for {limit}");
            self.fail(now, stage, StageEnd::failed(Outcome::TimedOut, None, cause));
        }
    }

    fn check_clock(&mut self, now: Duration) {
        self.check_pauses(now);
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
            self.gave_up = true;
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
            let end = match self.tracks[stage].state {
                State::Waiting if complete => {
                    let cause = Some("the run was over before it could start".to_owned());
                    StageEnd {
                        cause,
                        ..StageEnd::because(Outcome::Skipped, None)
                    }
                }
                _ if complete && self.is_job(stage) && self.end == End::JobsDone => StageEnd {
                    cause: Some("the run was over, and nothing waited for it".to_owned()),
                    ..StageEnd::because(Outcome::Cancelled, None)
                },
                _ if complete => StageEnd::passed(None),
                _ => StageEnd::because(Outcome::Cancelled, self.cause_of_cancel()),
            };
            self.finish(stage, end);
        }
        self.effects.push(Effect::Finish);
    }
}

#[cfg(test)]
mod tests;
