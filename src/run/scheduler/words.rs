//! The words that a scheduler and the world around it speak: what the user asked for, what happened, what is to be done.

use std::time::Duration;

use crate::event::{Fact, Outcome, Refusal};
use crate::plan::Plan;

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Rules {
    /// When the run is over.
    pub end: End,
    /// The same where nothing in the plan is known to run to completion.
    pub end_without_jobs: End,
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

impl Rules {
    pub(super) fn end_of(&self, plan: &Plan) -> End {
        match plan.has_jobs() {
            true => self.end,
            false => self.end_without_jobs,
        }
    }
}

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// When every job has ended, and every service has been up for the settling time, is healthy or has ended well.
    JobsDone,
    /// When every job has ended and every service is up: healthy where it has a health check.
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
    /// Images and containers are there, and the run may not start all the same.
    Refused(Refusal),
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
        /// Whether the engine is known not to start it again, whatever its restart policy.
        is_last: bool,
        /// Whether somebody had the engine send it a signal to end.
        by_hand: bool,
    },
    /// Somebody froze a container, or let it go on.
    Paused {
        /// The stage.
        stage: usize,
        /// The container's number, from 1.
        instance: u32,
        /// Whether it stands still now.
        paused: bool,
    },
    /// A call that stops stages came back: what ran of them has ended.
    StopReturned {
        /// The stages that the call was for.
        stages: Vec<usize>,
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
    /// The engine's record, asked for by [`Effect::Confirm`], has been looked through.
    Confirmed,
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
    /// Ask the engine whether what is to pass is really up: the run is over if nothing else comes of it.
    Confirm,
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

    pub(super) const fn passed(code: Option<i32>) -> Self {
        Self::of(Outcome::Passed, code)
    }

    /// A container ended badly by itself: outcome and code say it all.
    pub(super) fn ended(outcome: Outcome, code: i32, instance: u32) -> Self {
        Self {
            instance: Some(instance),
            ..Self::of(outcome, Some(code))
        }
    }

    pub(super) fn failed(outcome: Outcome, code: Option<i32>, cause: String) -> Self {
        Self {
            cause: Some(cause),
            ..Self::of(outcome, code)
        }
    }

    pub(super) fn because(outcome: Outcome, because_of: Option<usize>) -> Self {
        Self {
            because_of,
            ..Self::of(outcome, None)
        }
    }
}
