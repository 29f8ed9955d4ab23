//! Processes that the kernel killed for lack of memory in a container that went on: nothing else would tell of them.

use super::Driver;
use crate::event::{Fact, Outcome};

impl Driver<'_> {
    /// The engine says that the kernel killed a process of this container. Whether the container ends by it is not known yet.
    pub(super) fn ran_out_of_memory(&mut self, id: &str) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        container.oom = true;
        let stage = container.stage;
        if let Some(outcome) = self.stages[stage].result.as_ref().map(|report| report.outcome) {
            self.warn_of_memory(stage, outcome);
        }
    }

    /// Warns of what was killed in a stage that did not end by it.
    pub(super) fn warn_of_memory(&mut self, stage: usize, outcome: Outcome) {
        let mut containers = self.containers.values();
        if outcome == Outcome::OutOfMemory || !containers.any(|c| c.stage == stage && c.oom) {
            return;
        }
        let name = self.plan.stages[stage].name.clone();
        let message = format!(
            "the kernel killed a process of `{name}` for lack of memory: raise `mem_limit` (or \
             `deploy.resources.limits.memory`), or have it do less at once"
        );
        self.emit(Fact::Warned {
            stage: Some(name),
            message,
        });
    }
}
