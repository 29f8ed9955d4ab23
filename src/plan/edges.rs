//! Needs: which stages are in the plan because of others, and what each waits for.

use std::collections::BTreeSet;

use super::kinds::Finder;
use super::{Need, Options, Origin, Stage};
use crate::compose::{Project, Service};
use crate::event::{Condition, Kind};
use crate::failure::{Failure, Result};

/// The targets and all that they need.
pub(super) fn closure<'a>(project: &'a Project, targets: &BTreeSet<&'a str>, no_deps: bool) -> BTreeSet<&'a str> {
    let mut chosen = BTreeSet::new();
    let mut open: Vec<&str> = targets.iter().copied().collect();
    while let Some(name) = open.pop() {
        let Some(service) = project.service(name) else { continue };
        if chosen.insert(service.name.as_str()) && !no_deps {
            open.extend(service.depends_on.keys().map(String::as_str));
        }
    }
    chosen
}

/// Gives every stage, in name order, the needs that the file has for it. Gives back those that cannot be met.
pub(super) fn connect(project: &Project, stages: &mut [Stage], options: &Options) -> Vec<Absent> {
    let mut absent = Vec::new();
    for at in 0..stages.len() {
        let Some(service) = project.service(&stages[at].name) else {
            continue;
        };
        let mut needs = Vec::new();
        for (name, on) in &service.depends_on {
            match position(stages, name) {
                Some(index) => needs.push(need(stages, index, on.condition, Origin::DependsOn)),
                None if !options.no_deps => absent.push(Absent {
                    of: service.name.clone(),
                    name: name.clone(),
                    condition: on.condition,
                }),
                None => {}
            }
        }
        stages[at].needs = needs;
    }
    absent
}

fn position(stages: &[Stage], name: &str) -> Option<usize> {
    stages.binary_search_by(|stage| stage.name.as_str().cmp(name)).ok()
}

fn need(stages: &[Stage], index: usize, condition: Condition, origin: Origin) -> Need {
    let condition = match stages[index].kind {
        Kind::Build => Condition::Built,
        _ => condition,
    };
    Need {
        stage: stages[index].name.clone(),
        index,
        condition,
        origin,
    }
}

/// A deploy waits for every job that is not behind it, so that a loose one never runs after a failed test.
pub(super) fn gate_deploys(stages: &mut [Stage]) {
    for deploy in 0..stages.len() {
        if stages[deploy].kind != Kind::Deploy {
            continue;
        }
        for job in 0..stages.len() {
            if stages[job].kind == Kind::Job && !reaches(stages, job, deploy) {
                gate(stages, deploy, job);
            }
        }
    }
}

/// Makes `deploy` wait for the success of `job`, unless it does so already, directly or along a chain of successes.
fn gate(stages: &mut [Stage], deploy: usize, job: usize) {
    if waits_for_success(stages, deploy, job) {
        return;
    }
    let gate = need(stages, job, Condition::Succeeded, Origin::Gate);
    let needs = &mut stages[deploy].needs;
    match needs.iter_mut().find(|need| need.index == job) {
        Some(weaker) => *weaker = gate,
        None => needs.push(gate),
    }
}

/// Whether the stage `from` has `to` among its needs, directly or through others.
pub(super) fn reaches(stages: &[Stage], from: usize, to: usize) -> bool {
    walk(stages, from, |_| true).contains(&to)
}

/// Whether all that `from` asks of `to` is its start, or that of others that ask no more of it.
pub(super) fn needs_start_alone(stages: &[Stage], from: usize, to: usize) -> bool {
    let started = walk(stages, from, |need| need.condition == Condition::Started);
    started.contains(&to) && !walk(stages, from, |need| need.condition != Condition::Started).contains(&to)
}

fn waits_for_success(stages: &[Stage], from: usize, to: usize) -> bool {
    // A service in between that needs the job's success has it too: it does not start before.
    let direct = |need: &Need| need.index != to || need.condition == Condition::Succeeded;
    walk(stages, from, direct).contains(&to)
}

/// Every stage that is needed from `from` on, along the needs that `follow` accepts.
pub(super) fn walk(stages: &[Stage], from: usize, follow: impl Fn(&Need) -> bool) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for need in stages[at].needs.iter().filter(|need| follow(need)) {
            if seen.insert(need.index) {
                open.push(need.index);
            }
        }
    }
    seen
}

/// The success of something that does not end would be waited for without end.
pub(super) fn check_kinds(stages: &[Stage]) -> Result<()> {
    for stage in stages {
        for need in stage.needs.iter().filter(|need| need.condition == Condition::Succeeded) {
            if stages[need.index].kind == Kind::Service {
                return Err(Failure::invalid(format!(
                    "services.{}.depends_on.{}: waits for `{}` to complete, and a service does not end ({})",
                    stage.name, need.stage, need.stage, stages[need.index].reason
                ))
                .hint("make it a job, or depend on it with service_started or service_healthy"));
            }
        }
    }
    Ok(())
}

/// An optional dependency that is not in the model.
#[derive(Clone, Debug)]
pub(super) struct Absent {
    of: String,
    name: String,
    condition: Condition,
}

/// A gate that cannot run is an error in front of a deploy: it is never let through because its test was not there.
pub(super) fn check_gates(
    stages: &[Stage],
    absent: &[Absent],
    notes: &mut Vec<String>,
    options: &Options,
) -> Result<()> {
    let deploys: Vec<usize> = (0..stages.len())
        .filter(|at| stages[*at].kind == Kind::Deploy)
        .collect();
    let in_front_of = |at: usize| {
        let deploy = deploys
            .iter()
            .find(|deploy| **deploy == at || reaches(stages, **deploy, at))?;
        Some(stages[*deploy].name.as_str())
    };
    for Absent { of, name, condition } in absent {
        let deploy = stages.iter().position(|stage| stage.name == *of).and_then(in_front_of);
        match deploy {
            Some(deploy) if options.gate && *condition == Condition::Succeeded => {
                return Err(Failure::invalid(format!(
                    "'{deploy}' is a deploy, and '{of}' lets it through only after '{name}', which is not there \
                     (behind a profile that is not active, or not in the file)"
                ))
                .hint(format!(
                    "activate the profile of '{name}' (--profile NAME), or say that it may be left out with --no-gate"
                )));
            }
            _ => notes.push(format!(
                "'{of}' runs without '{name}', which it may do without ('required: false') and is not there"
            )),
        }
    }
    for (at, stage) in stages.iter().enumerate() {
        for need in &stage.needs {
            check_replicas(stages, &stage.name, need, in_front_of(at), notes, options)?;
        }
    }
    Ok(())
}

fn check_replicas(
    stages: &[Stage],
    of: &str,
    need: &Need,
    deploy: Option<&str>,
    notes: &mut Vec<String>,
    options: &Options,
) -> Result<()> {
    let needed = &stages[need.index];
    if needed.replicas > 0 || needed.kind == Kind::Build {
        return Ok(());
    }
    let name = &needed.name;
    match deploy {
        Some(deploy) if options.gate && need.condition != Condition::Started => Err(Failure::invalid(format!(
            "'{deploy}' is a deploy, and '{of}' lets it through only after '{name}', which has no replicas and never runs"
        ))
        .hint(format!("give '{name}' a replica, or say that it may be left out with --no-gate"))),
        _ => {
            notes.push(format!("'{of}' does not wait for '{name}', which has no replicas"));
            Ok(())
        }
    }
}

/// The jobs that are not in the plan of these stages, which are in name order.
pub(super) fn jobs_outside(project: &Project, stages: &[Stage], finder: &Finder<'_>) -> Vec<String> {
    let is_outside = |service: &&Service| position(stages, &service.name).is_none() && !service.is_job_entry;
    let is_job = |service: &&Service| finder.find(service).is_ok_and(|found| found.kind == Kind::Job);
    let outside = project.services.iter().filter(is_outside).filter(is_job);
    outside.map(|service| service.name.clone()).collect()
}

/// With targets named, jobs can stay outside the plan; a deploy that runs without them is worth a word.
pub(super) fn note_ungated(stages: &[Stage], outside: &[String], notes: &mut Vec<String>) {
    let deploy = stages.iter().find(|stage| stage.kind == Kind::Deploy);
    if let Some(deploy) = deploy.filter(|_| !outside.is_empty()) {
        notes.push(format!(
            "'{}' runs without {}: not in the plan of these targets",
            deploy.name,
            outside.join(", ")
        ));
    }
}
