//! Between creating and starting: what the containers that are there say of their stages' kinds, and which of them have a
//! life before this run. Whatever can be decided is decided before anything starts, so that no run hangs on timing.

use std::time::Duration;

use serde_json::Value;

use super::inspect::{self, Record};
use super::prepare::Preparation;
use super::query::inspect_all;
use super::scheduler::StartFailure;
use crate::event::{Outcome, Refusal};
use crate::plan::Plan;

/// How often the engine is asked for the containers before it counts as lost.
const TRIES: u32 = 3;

/// How long to wait before it is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// What was seen.
#[derive(Debug)]
pub(super) struct Seen {
    /// The engine's record of the containers, none of which this run has started.
    pub(super) records: Vec<Record>,
    /// The plan with what the images say.
    pub(super) plan: Plan,
    /// Why it may not start.
    pub(super) refusal: Option<Refusal>,
}

impl Preparation {
    /// Looks at the containers, where they decide anything.
    pub(super) fn look(&self) -> Result<Option<Seen>, StartFailure> {
        if self.owned && self.plan.undecided().is_empty() {
            return Ok(None);
        }
        let containers = self.ask().ok_or_else(|| {
            let cause = "the engine does not say which containers it has created".to_owned();
            self.failure(Outcome::EngineLost, cause)
        })?;
        let says = inspect::read_configurations(&containers);
        let plan = self.plan.settle(&says).map_err(|failure| {
            // With what the images say, the plan does not hold: a gate that cannot run, a need that cannot be met.
            self.failure(Outcome::StartFailed, failure.to_string())
        })?;
        Ok(Some(Seen {
            records: inspect::read(&containers),
            refusal: plan.refusal(self.strict).map(|refusal| refusal.named(&plan)),
            plan,
        }))
    }

    /// What the engine says of the containers. A single call that fails is no reason to give up the run.
    fn ask(&self) -> Option<Vec<Value>> {
        let mut pause = Duration::ZERO;
        let mut answers = (0..TRIES).map(|_| {
            std::thread::sleep(pause);
            pause = PAUSE;
            inspect_all(&self.spawner, &self.commands)
        });
        answers.find_map(|answer| answer)
    }

    fn failure(&self, outcome: Outcome, cause: String) -> StartFailure {
        StartFailure {
            stage: 0,
            outcome,
            cause,
            code: None,
        }
    }
}
