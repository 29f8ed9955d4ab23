//! What the scheduler knows of each stage and of each of its containers.

use std::time::Duration;

use super::words::StageEnd;
use crate::compose::Health;
use crate::event::{NeedInfo, Outcome};
use crate::plan::Stage;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Starting,
    Running,
    Done,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Instance {
    pub(super) started_at: Option<Duration>,
    pub(super) running: bool,
    pub(super) healthy: bool,
    /// It has been healthy since it was last started.
    pub(super) was_healthy: bool,
    /// Since when it has run without a pause.
    pub(super) up_since: Option<Duration>,
    /// Since when somebody keeps it frozen.
    pub(super) paused_since: Option<Duration>,
    /// The code of its last end, after which it may be started again.
    pub(super) last_code: Option<i32>,
    /// Whether somebody else ended it then.
    pub(super) ended_by_hand: bool,
    /// The code with which it ended for good.
    pub(super) code: Option<i32>,
    pub(super) restarts: u32,
    /// How many ends in a row were ones of a crash loop.
    pub(super) bad_ends: u32,
}

impl Instance {
    /// Whether it runs, and is not kept from it.
    pub(super) const fn is_up(&self) -> bool {
        self.up_since.is_some()
    }

    /// Whether it came up for good, as far as can be told: it has been up for this long or was healthy, or it did its work.
    pub(super) fn has_settled(&self, now: Duration, settle: Duration) -> bool {
        let is_up = |since: Duration| self.was_healthy || now.saturating_sub(since) >= settle;
        self.up_since.is_some_and(is_up) || self.ended_well()
    }

    /// Whether it did what it had to do the last time it ran.
    pub(super) const fn ended_well(&self) -> bool {
        matches!(self.last_code, Some(0)) && !self.ended_by_hand
    }
}

#[derive(Clone, Debug)]
pub(super) struct Track {
    pub(super) state: State,
    pub(super) instances: Vec<Instance>,
    /// Whether it has start hooks: it counts as started once the call that starts it, and runs them, has come back.
    pub(super) has_hooks: bool,
    /// The call that starts it has come back.
    pub(super) returned: bool,
    /// The call that stops it has come back.
    pub(super) stop_returned: bool,
    /// It has run with all its containers at least once.
    pub(super) has_started: bool,
    /// It has been healthy with all its containers at least once.
    pub(super) was_healthy: bool,
    /// Whether it has a health check; `None` where only its image knows.
    pub(super) has_health: Option<bool>,
    /// What it counts as once it has stopped, where towline stops it.
    pub(super) stop_as: Option<Outcome>,
    /// When it is next told that the run goes on for it alone.
    pub(super) named_at: Option<Duration>,
    /// The needs that were last told to be closed.
    pub(super) told: Vec<NeedInfo>,
    pub(super) end: Option<StageEnd>,
}

impl Track {
    pub(super) fn new(stage: &Stage) -> Self {
        // What a provider brings about has no container: it is there once the call that asks for it has come back.
        let containers = if stage.provided { 0 } else { stage.replicas };
        Self {
            state: State::Waiting,
            instances: vec![Instance::default(); usize::try_from(containers).unwrap_or(usize::MAX)],
            has_hooks: stage.has_start_hooks || stage.provided,
            returned: false,
            stop_returned: false,
            has_started: false,
            was_healthy: false,
            has_health: match stage.health {
                Health::Checked => Some(true),
                Health::Disabled => Some(false),
                Health::Unsaid => None,
            },
            stop_as: None,
            named_at: None,
            told: Vec::new(),
            end: None,
        }
    }

    /// Whether all its containers are healthy now.
    pub(super) fn is_healthy(&self) -> bool {
        self.has_started && self.instances.iter().all(|instance| instance.healthy)
    }

    /// Whether hooks may still be running that decide whether it was started.
    pub(super) const fn hooks_are_open(&self) -> bool {
        self.has_hooks && !self.returned
    }

    /// Whether all its containers were seen running: none of them is still to come.
    pub(super) fn has_run(&self) -> bool {
        self.instances.iter().all(|instance| instance.started_at.is_some())
    }

    pub(super) fn instance(&mut self, number: u32) -> Option<&mut Instance> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.instances.get_mut(index)
    }
}
