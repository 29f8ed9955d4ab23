//! Model → plan: the stages, their kinds with reasons, their needs with conditions, and their order. Pure.
//!
//! The kinds come from `kinds`, by the tables of `evidence`; the needs and gates from `edges`; `settle` puts them together, once
//! with what the file says and once more with what the images say. What cannot come true is an error of `check`, and what may
//! not start a refusal.

mod check;
mod edges;
mod evidence;
mod explain;
mod kinds;
mod notes;
mod options;
mod order;
mod refusal;
mod settle;
mod show;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::compose::{Health, Project, Restart, Service, Terminal};
use crate::event::{Condition, Kind, NeedInfo, StageInfo};
use crate::failure::{Failure, Result};

pub use explain::explain;
pub use options::{Hidden, KindRule, Mode, Options, RulePlace};
pub use refusal::Refusal;
pub use settle::ImageSays;
pub use show::text;

/// The stages of a run, each after those that it needs.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The compose project.
    pub project: String,
    /// The stages, in plan order: needs first, then by name.
    pub stages: Vec<Stage>,
    /// What a reader should know of the plan; none of it is an error.
    pub notes: Vec<String>,
    /// Those of the notes that follow from the stages.
    #[serde(skip)]
    basis_notes: Vec<String>,
    /// What it was made from.
    #[serde(skip)]
    basis: Arc<settle::Basis>,
}

/// What a stage's kind is known from: the strongest evidence first.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Said by hand: `--kind`, `x-towline.kind`, `kinds:` of the settings.
    Explicit,
    /// Its place: others need its success, it is an entry of `jobs:`, `--exit-code-from` names it.
    Place,
    /// Its command runs a program that is known.
    Program,
    /// A word of its name, and nothing else.
    Name,
    /// What the file says of a server: ports, a health check, a restart policy, a known image, others need its health.
    Server,
    /// Others depend on it being started: the weakest sign of a service.
    Dependents,
    /// What its image says.
    Image,
    /// It is named on the line, and nothing in the plan depends on it.
    Target,
    /// Nothing says anything.
    Nothing,
}

/// What the plan runs for one service.
#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    /// The service's name.
    #[serde(rename = "stage")]
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Why it has this kind.
    pub reason: String,
    /// What that is known from.
    pub evidence: Evidence,
    /// Whether the run waits for its end.
    pub holds: bool,
    /// What must be there before it starts.
    pub needs: Vec<Need>,
    /// Whether it is on a longest chain of needs.
    pub critical: bool,
    /// Whether the user asked for it; without targets every stage is one.
    pub target: bool,
    /// How many containers it has.
    pub replicas: u32,
    /// Whether it is built here.
    pub builds: bool,
    /// The image, where the file names one.
    pub image: Option<String>,
    /// Its command line as the container gets it, where the file names one.
    pub command: Option<String>,
    /// The restart policy of its containers. A job has none in `ci`; under `up` it has that of the file.
    #[serde(skip)]
    pub restart: Restart,
    /// The restart policy of the file.
    #[serde(skip)]
    file_restart: Restart,
    /// What the file says of a terminal.
    #[serde(skip)]
    terminal: Terminal,
    /// What the file says of its health.
    #[serde(skip)]
    pub health: Health,
    /// Whether a `provider` brings it about rather than a container.
    #[serde(skip)]
    pub provided: bool,
    /// Whether it has `pre_start` or `post_start` hooks.
    #[serde(skip)]
    pub has_start_hooks: bool,
    /// Whether it has `pre_stop` hooks.
    #[serde(skip)]
    pub has_stop_hooks: bool,
    /// `stop_grace_period`.
    #[serde(skip)]
    pub stop_grace: Option<Duration>,
    /// `logging.driver`.
    #[serde(skip)]
    pub log_driver: Option<String>,
}

/// An edge of the plan.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Need {
    /// The stage that is needed.
    pub stage: String,
    /// Where it stands in [`Plan::stages`].
    #[serde(skip)]
    pub index: usize,
    /// What of it is needed.
    pub condition: Condition,
    /// Where the need comes from.
    pub origin: Origin,
}

/// Where a need comes from.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The file's `depends_on`, or what compose takes as one (`network_mode: service:`, `volumes_from`, `links`).
    DependsOn,
    /// The rule that a deploy waits for every job that is not behind it.
    Gate,
}

/// Makes the plan.
///
/// # Errors
/// An unknown target (2); a cycle, a deploy whose gate cannot run, a kind that contradicts a need (65).
pub fn build(project: &Project, options: &Options) -> Result<Plan> {
    check_names(project, options)?;
    let targets = targets(project, options);
    let chosen = edges::closure(project, &targets, options.no_deps);
    let finder = kinds::Finder::new(project, &chosen, options);
    let mut notes = Vec::new();
    let mut stages = Vec::new();
    for service in project
        .services
        .iter()
        .filter(|service| chosen.contains(service.name.as_str()))
    {
        check_replicas(service)?;
        let found = finder.find(service)?;
        let key = service.kind.as_deref();
        notes.extend(notes::disagreement(&service.name, found.kind, found.evidence, key));
        stages.push(stage(service, found, targets.contains(service.name.as_str())));
    }
    settle::Basis::new(project, stages, notes, &finder, options)?.plan()
}

/// What a service is, for those who do not plan a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looks {
    /// Its kind.
    pub kind: Kind,
    /// What that is known from.
    pub evidence: Evidence,
    /// Why it has this kind.
    pub reason: String,
}

/// What each service is, whether or not the whole can be planned. A service with a kind that is none has the kind that its
/// looks give it.
#[must_use]
pub fn kinds(project: &Project, rules: &[KindRule]) -> Vec<Looks> {
    let options = Options {
        kinds: rules.to_vec(),
        ..Options::default()
    };
    let chosen = project.services.iter().map(|service| service.name.as_str()).collect();
    let finder = kinds::Finder::new(project, &chosen, &options);
    let looks = |service: &Service| {
        let found = finder.find(service).unwrap_or_else(|_| finder.seen(service));
        Looks {
            kind: found.kind,
            evidence: found.evidence,
            reason: found.reason,
        }
    };
    project.services.iter().map(looks).collect()
}

/// The kind that a word stands for, where it can be said of a service.
///
/// # Errors
/// When there is no such kind: what to write instead.
pub fn read_kind(word: &str) -> Result<Kind, String> {
    kinds::read(word)
}

/// Whether the words of a command say by themselves that it runs to completion.
#[must_use]
pub fn is_job_command(words: &[&str]) -> bool {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    evidence::command(&words).is_some_and(|sign| sign.does != evidence::Does::Serve)
}

/// More containers than this no engine starts on one machine.
const MOST_REPLICAS: u32 = 10_000;

fn check_replicas(service: &Service) -> Result<()> {
    if service.replicas <= MOST_REPLICAS {
        return Ok(());
    }
    let Service { name, replicas, .. } = service;
    Err(Failure::invalid(format!(
        "services.{name}: {replicas} replicas are more than {MOST_REPLICAS}"
    )))
}

fn stage(service: &Service, found: kinds::Found, target: bool) -> Stage {
    Stage {
        name: service.name.clone(),
        kind: found.kind,
        reason: found.reason,
        evidence: found.evidence,
        holds: false,
        needs: Vec::new(),
        critical: false,
        target,
        replicas: service.replicas,
        builds: service.builds,
        image: service.image.clone(),
        command: service.command_line(),
        restart: service.restart,
        file_restart: service.restart,
        terminal: service.terminal,
        health: service.health,
        provided: service.provided,
        has_start_hooks: service.has_start_hooks,
        has_stop_hooks: service.has_stop_hooks,
        stop_grace: service.stop_grace,
        log_driver: service.log_driver.clone(),
    }
}

/// The stages asked for. Without a word from the user: every service, and every job entry that may be run by hand.
fn targets<'a>(project: &'a Project, options: &'a Options) -> BTreeSet<&'a str> {
    if options.targets.is_empty() {
        let wanted = |service: &&Service| !service.is_job_entry || service.manual;
        return project
            .services
            .iter()
            .filter(wanted)
            .map(|service| service.name.as_str())
            .collect();
    }
    let from = options.exit_code_from.iter();
    options.targets.iter().chain(from).map(String::as_str).collect()
}

fn check_names(project: &Project, options: &Options) -> Result<()> {
    for name in options.targets.iter().chain(&options.exit_code_from) {
        if project.service(name).is_none() {
            let message = format!("no service '{name}' in project '{}'", project.name);
            return Err(suggest(project, name, message));
        }
    }
    let flags = options.kinds.iter().filter(|rule| rule.place == RulePlace::Flag);
    for rule in flags {
        if !project
            .services
            .iter()
            .any(|service| rule.pattern.is_match(&service.name))
        {
            let (text, kind, project_name) = (rule.text(), rule.kind, &project.name);
            let message = format!("--kind {text}={kind}: no service of project `{project_name}` matches `{text}`");
            return Err(suggest(project, text, message));
        }
    }
    Ok(())
}

/// Wrong usage, with the service that was meant.
fn suggest(project: &Project, name: &str, message: String) -> Failure {
    let names: Vec<&str> = project.services.iter().map(|service| service.name.as_str()).collect();
    let near = names
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), *known))
        .min()
        .filter(|(distance, _)| *distance <= 2.max(name.len() / 3));
    let failure = Failure::usage(message);
    match near {
        Some((_, known)) => failure.hint(format!("did you mean '{known}'?")),
        None if names.is_empty() => {
            failure.hint("no service is active; does it stand behind a profile (--profile NAME)?")
        }
        None => failure.hint(format!("the services are {}", names.join(", "))),
    }
}

impl Plan {
    /// Whether a stage of the plan runs to completion.
    #[must_use]
    pub fn has_jobs(&self) -> bool {
        self.stages.iter().any(|stage| stage.kind.runs_to_completion())
    }

    fn has_services(&self) -> bool {
        self.stages.iter().any(|stage| stage.kind == Kind::Service)
    }

    /// Where the stage of this name stands.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name == name)
    }

    /// The stages that the stage at `index` needs, directly or through others, in plan order.
    #[must_use]
    pub fn needed_by(&self, index: usize) -> BTreeSet<usize> {
        edges::walk(&self.stages, index, |_| true)
    }

    /// Whether some stage needs this of the stage at `index`.
    #[must_use]
    pub fn is_needed(&self, index: usize, condition: Condition) -> bool {
        let needs = self.stages.iter().flat_map(|stage| &stage.needs);
        needs
            .into_iter()
            .any(|need| need.index == index && need.condition == condition)
    }
}

impl Stage {
    /// The plain facts that reporters get.
    #[must_use]
    pub fn info(&self) -> StageInfo {
        StageInfo {
            stage: self.name.clone(),
            kind: self.kind,
            reason: self.reason.clone(),
            needs: self.need_infos(),
            replicas: self.replicas,
            builds: self.builds,
            image: self.image.clone(),
            command: self.command.clone(),
        }
    }

    /// Its needs as plain facts.
    #[must_use]
    pub fn need_infos(&self) -> Vec<NeedInfo> {
        let info = |need: &Need| NeedInfo {
            stage: need.stage.clone(),
            condition: need.condition,
        };
        self.needs.iter().map(info).collect()
    }
}

#[cfg(test)]
mod tests;
