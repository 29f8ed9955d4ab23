//! Starts a set of stages in one call, and finds out which of them failed where the call did: compose gives up at the first
//! failure and leaves the others as they are.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::classify;
use super::command::Commands;
use super::compose_output::{self, Progress};
use super::documents::Documents;
use super::inspect::Record;
use super::process::Spawner;
use super::query::records;
use super::scheduler::StartFailure;
use crate::event::Outcome;
use crate::plan::Plan;

/// What starting stages needs to know.
#[derive(Clone, Debug)]
pub(super) struct Starter {
    pub(super) commands: Commands,
    pub(super) documents: Arc<Documents>,
    pub(super) plan: Arc<Plan>,
    /// Its own, so that breaking it off ends its calls and no others.
    pub(super) spawner: Spawner,
}

static HOOK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\S+) .*hook.* exited with (?:status|code) ").ok());

impl Starter {
    /// Starts these stages and gives back those that could not be started.
    pub(super) fn start(&self, stages: &[usize]) -> Vec<StartFailure> {
        let mut open = stages.to_vec();
        let mut failures = Vec::new();
        while !open.is_empty() {
            let Err(message) = self.call(&open) else { break };
            let (failed, untried) = self.sort_out(&open, &message);
            failures.extend(failed);
            open = untried;
        }
        failures
    }

    /// One call of compose; compose's last word where it failed.
    fn call(&self, stages: &[usize]) -> Result<(), String> {
        let names: Vec<&str> = stages
            .iter()
            .map(|stage| self.plan.stages[*stage].name.as_str())
            .collect();
        let document = self.documents.of(names.iter().copied());
        let finished = self.spawner.capture(&self.commands.start(document, &names), None);
        let finished = finished.map_err(|error| format!("{error:#}"))?;
        if finished.succeeded() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&finished.stderr);
        let words = text.lines().flat_map(compose_output::read);
        let mut last = format!("'docker compose up' ended with code {}", finished.code);
        for word in words {
            if let Progress::Error(message) | Progress::Failed { details: message, .. } = word {
                last = message;
            }
        }
        Err(last)
    }

    /// Tells the failed stages from those that the call did not come to.
    fn sort_out(&self, stages: &[usize], message: &str) -> (Vec<StartFailure>, Vec<usize>) {
        let records = records(&self.spawner, &self.commands).unwrap_or_default();
        let own = |stage: usize| -> Vec<&Record> {
            let name = &self.plan.stages[stage].name;
            records.iter().filter(|record| record.service == *name).collect()
        };
        if classify::is_engine_lost(message) {
            // A connection that was cut is no word about the containers. Without a hook, one that was started is as it
            // should be.
            let is_fit = |stage: &&usize| !self.plan.stages[**stage].has_start_hooks && is_started(&own(**stage));
            let lost = stages.iter().filter(|stage| !is_fit(stage));
            let lost = lost.map(|stage| failure(*stage, Outcome::EngineLost, message, None));
            return (lost.collect(), Vec::new());
        }
        let hook = HOOK
            .as_ref()
            .and_then(|hook| Some(hook.captures(message)?.get(1)?.as_str().to_owned()));
        let mut failed = Vec::new();
        let mut untried = Vec::new();
        for stage in stages {
            let name = &self.plan.stages[*stage].name;
            let own = own(*stage);
            let refused = own
                .iter()
                .find(|record| !record.was_started() && (!record.error.is_empty() || record.code != 0));
            if let Some(record) = refused {
                let words = if record.error.is_empty() {
                    message
                } else {
                    &record.error
                };
                failed.push(failure(
                    *stage,
                    classify::start_failure(words),
                    words,
                    Some(record.code),
                ));
            } else if hook.as_ref() == Some(name) {
                failed.push(failure(*stage, Outcome::StartFailed, message, None));
            } else if !is_started(&own) {
                untried.push(*stage);
            }
        }
        if failed.is_empty() {
            // Nothing tells whose failure it is: none of them may count as started.
            let blamed = if untried.is_empty() { stages } else { &untried };
            failed = blamed
                .iter()
                .map(|stage| failure(*stage, classify::start_failure(message), message, None))
                .collect();
            untried.clear();
        }
        (failed, untried)
    }
}

/// Whether all of a stage's containers were started; one without any was not.
fn is_started(own: &[&Record]) -> bool {
    !own.is_empty() && own.iter().all(|record| record.was_started())
}

fn failure(stage: usize, outcome: Outcome, message: &str, code: Option<i32>) -> StartFailure {
    StartFailure {
        stage,
        outcome,
        cause: classify::clean(message),
        code,
    }
}
