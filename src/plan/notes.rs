//! What a reader should know of a plan, besides its stages.

use super::refusal::listed;
use super::{Evidence, Mode, Options, Plan, Stage};
use crate::compose::Restart;
use crate::event::Kind;

/// The notes that follow from the stages and their needs.
pub(super) fn of(stages: &[Stage], options: &Options) -> Vec<String> {
    let notes = [
        nothing_ends(stages, options),
        hidden(stages, options),
        not_held(stages),
        ungated_unknowns(stages, options),
    ];
    notes.into_iter().flatten().collect()
}

fn nothing_ends(stages: &[Stage], options: &Options) -> Option<String> {
    let ends = |stage: &Stage| stage.kind.runs_to_completion() || stage.kind == Kind::Unknown;
    let has_services = stages.iter().any(|stage| stage.kind == Kind::Service);
    (options.mode == Mode::Ci && has_services && !stages.iter().any(ends))
        .then(|| "nothing here runs to completion: passed when all services were up".to_owned())
}

/// Jobs that a deploy does not wait for, because their profile is not active.
fn hidden(stages: &[Stage], options: &Options) -> Option<String> {
    let deploy = stages.iter().find(|stage| stage.kind == Kind::Deploy)?;
    let jobs = options.hidden_jobs()?;
    Some(format!(
        "`{}` runs without {jobs}, whose profile is not active",
        deploy.name
    ))
}

/// Jobs that do not hold the run open.
fn not_held(stages: &[Stage]) -> Option<String> {
    let is_loose = |stage: &&Stage| stage.kind.runs_to_completion() && !stage.holds;
    let names: Vec<&str> = stages
        .iter()
        .filter(is_loose)
        .map(|stage| stage.name.as_str())
        .collect();
    let first = names.first()?;
    Some(format!(
        "{} {} by name alone, and the run does not wait for {}; --kind {first}=job makes it wait",
        listed(&names),
        if names.len() == 1 { "is a job" } else { "are jobs" },
        if names.len() == 1 { "it" } else { "them" },
    ))
}

/// With `--no-gate`, a deploy does not wait for what may be a job either.
fn ungated_unknowns(stages: &[Stage], options: &Options) -> Option<String> {
    let deploy = stages.iter().find(|stage| stage.kind == Kind::Deploy)?;
    let unknown = stages.iter().filter(|stage| stage.kind == Kind::Unknown);
    let names: Vec<&str> = unknown.map(|stage| stage.name.as_str()).collect();
    (!options.gate && !options.wait && !names.is_empty()).then(|| {
        format!(
            "`{}` does not wait for {}, which may be a job: --no-gate",
            deploy.name,
            listed(&names)
        )
    })
}

impl Plan {
    /// What `ci` changes of what the file says, and what it would do about stages of unknown kind: for a reader of the plan.
    #[must_use]
    pub fn remarks(&self, strict: bool) -> Vec<String> {
        let mut remarks: Vec<String> = self.stages.iter().filter_map(changed).collect();
        remarks.extend(self.what_becomes_of_unknown(strict));
        remarks
    }

    fn what_becomes_of_unknown(&self, strict: bool) -> Option<String> {
        let unknown = self.stages.iter().filter(|stage| stage.kind == Kind::Unknown);
        let names: Vec<&str> = unknown.map(|stage| stage.name.as_str()).collect();
        let listed = listed(&names);
        match self.refusal(strict) {
            _ if names.is_empty() => None,
            Some(refusal) => Some(format!(
                "`ci` asks the image about {listed}, and where it does not say either, does not start: {}; {}",
                refusal.message,
                refusal.hints.first()?
            )),
            None => Some(format!(
                "`ci` asks the image about {listed}, and takes for a service what it does not say either"
            )),
        }
    }
}

/// The keys of a job that its container does not get.
fn changed(stage: &Stage) -> Option<String> {
    if !stage.kind.runs_to_completion() {
        return None;
    }
    let keys = [
        ("restart", stage.file_restart != Restart::No),
        ("tty", stage.terminal.tty),
        ("stdin_open", stage.terminal.stdin_open),
    ];
    let keys: Vec<&str> = keys
        .iter()
        .filter(|(_, is_there)| *is_there)
        .map(|(key, _)| *key)
        .collect();
    (!keys.is_empty()).then(|| {
        format!(
            "`ci` runs `{}` without its {}: it is a {}",
            stage.name,
            listed(&keys),
            stage.kind
        )
    })
}

/// Where the command line and the file disagree about a kind.
pub(super) fn disagreement(name: &str, found: Kind, evidence: Evidence, key: Option<&str>) -> Option<String> {
    let key = key.filter(|key| evidence == Evidence::Explicit && *key != found.to_string())?;
    Some(format!(
        "`{name}` is a {found} by --kind; its x-towline.kind says `{key}`"
    ))
}
