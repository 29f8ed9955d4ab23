//! How the outcomes of the stages become the verdict and the exit code of a run.

use super::Scheduler;
use super::words::{End, Signal};
use crate::event::{CancelReason, Outcome, Verdict};
use crate::exit::Exit;

impl Scheduler {
    /// The verdict of a finished run.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if let Some(signal) = self.signal {
            let exit = match signal {
                Signal::Interrupt => Exit::Interrupted,
                Signal::Terminate => Exit::Terminated,
                Signal::HangUp => Exit::HungUp,
            };
            return verdict(exit.code(), None, Outcome::Cancelled);
        }
        if let Some(stage) = self.decisive_failure() {
            let end = self.tracks[stage].end.as_ref();
            let outcome = end.map_or(Outcome::EngineLost, |end| end.outcome);
            let own_code = end.and_then(|end| end.code);
            // A service's own code means nothing to the user, unless a flag made it the run's.
            let is_service = self.plan.stages[stage].kind.runs_as_service();
            let code = match self.end {
                End::JobsDone | End::AllUp if is_service && outcome == Outcome::OutOfMemory => Exit::Service.code(),
                _ => exit_code(outcome, own_code),
            };
            return verdict(code, Some(self.name(stage)), outcome);
        }
        match self.cancelled {
            _ if self.timed_out => verdict(Exit::TimedOut.code(), None, Outcome::TimedOut),
            Some(CancelReason::Refused(_)) => verdict(Exit::Invalid.code(), None, Outcome::Refused),
            Some(CancelReason::EngineLost) => verdict(Exit::NoEngine.code(), None, Outcome::EngineLost),
            _ if self.complete => match self.not_run() {
                Some(stage) => verdict(Exit::Start.code(), Some(self.name(stage)), Outcome::Skipped),
                None => verdict(Exit::Passed.code(), None, Outcome::Passed),
            },
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
        let is_job = |stage: &usize| !self.plan.stages[*stage].kind.runs_as_service();
        let all = || (0..self.tracks.len()).filter(failed);
        let asked = self
            .rules
            .exit_code_from
            .filter(|stage| failed(stage) && self.ran_to_its_end(*stage));
        asked.or_else(|| all().find(is_job)).or_else(|| all().next())
    }

    /// A job that the run was for and that did not run: it has not passed.
    fn not_run(&self) -> Option<usize> {
        let ends_with_jobs = matches!(self.end, End::JobsDone | End::AllUp);
        let is_meant = |stage: &usize| {
            let planned = &self.plan.stages[*stage];
            (ends_with_jobs && planned.holds && planned.replicas > 0) || self.rules.exit_code_from == Some(*stage)
        };
        let did_not_pass = |stage: &usize| {
            let end = self.tracks[*stage].end.as_ref();
            !end.is_some_and(|end| matches!(end.outcome, Outcome::Passed | Outcome::Cached))
        };
        (0..self.tracks.len()).filter(is_meant).find(did_not_pass)
    }

    fn ran_to_its_end(&self, stage: usize) -> bool {
        let end = self.tracks[stage].end.as_ref();
        end.is_some_and(|end| matches!(end.outcome, Outcome::Failed | Outcome::OutOfMemory))
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
        Outcome::Refused => Exit::Invalid,
        Outcome::EngineLost => Exit::NoEngine,
        Outcome::Passed | Outcome::Cached | Outcome::Cancelled | Outcome::Skipped => Exit::Bug,
    };
    exit.code()
}
