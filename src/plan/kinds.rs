//! Model → kinds. Explicit beats inferred, and every inference has a reason that `plan` prints.

use std::collections::HashMap;

use super::evidence::{self, JobSign};
use super::{Evidence, ImageSays, Options, Stage};
use crate::compose::{Health, Project, Restart, Service};
use crate::event::{Condition, Kind};
use crate::failure::{Failure, Result};

/// A kind and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) evidence: Evidence,
    pub(super) reason: String,
}

/// Who depends on a service, and how: the first that asks for each condition.
#[derive(Clone, Copy, Default)]
pub(super) struct Dependents<'a> {
    succeeded: Option<&'a str>,
    healthy: Option<&'a str>,
    started: Option<&'a str>,
}

/// Who depends on each service.
pub(super) type Index<'a> = HashMap<&'a str, Dependents<'a>>;

/// Finds the kind of a service.
///
/// # Errors
/// When `x-towline.kind` is not a kind.
pub(super) fn find(index: &Index<'_>, service: &Service, options: &Options) -> Result<Found> {
    if let Some(kind) = &service.kind {
        let explicit = explicit(service, kind)?;
        // The end of the run hangs on the service that --exit-code-from names: it has to end.
        if explicit.kind.runs_to_completion() || options.exit_code_from.as_ref() != Some(&service.name) {
            return Ok(explicit);
        }
    }
    let dependents = index.get(service.name.as_str()).copied().unwrap_or_default();
    if let Some(reason) = job_by_place(service, &dependents, options) {
        return Ok(refine_job(service, reason));
    }
    if let Some(reason) = strong_server_sign(service, &dependents) {
        return Ok(found(Kind::Service, Evidence::Server, reason));
    }
    let command: Vec<String> = service.entrypoint.iter().chain(&service.command).cloned().collect();
    let job_command = evidence::job_command(&command).or_else(|| evidence::job_command(&service.command));
    if let Some(sign) = job_command {
        let deploys = sign.deploys || evidence::job_name(&service.name).is_some_and(|name| name.deploys);
        return Ok(job(JobSign { deploys, ..sign }, Evidence::Program));
    }
    if let Some(server) = service.image.as_deref().and_then(evidence::server_image) {
        let reason = format!("its image is '{server}', a server");
        return Ok(found(Kind::Service, Evidence::Server, reason));
    }
    if let Some(sign) = evidence::job_name(&service.name) {
        return Ok(job(sign, Evidence::Name));
    }
    if let Some(other) = dependents.started {
        let reason = format!("'{other}' depends on it being started");
        return Ok(found(Kind::Service, Evidence::Dependents, reason));
    }
    let reason = "nothing says whether it runs to completion";
    Ok(found(Kind::Unknown, Evidence::Nothing, reason.to_owned()))
}

fn found(kind: Kind, evidence: Evidence, reason: String) -> Found {
    Found { kind, evidence, reason }
}

fn job(sign: JobSign, evidence: Evidence) -> Found {
    let kind = if sign.deploys { Kind::Deploy } else { Kind::Job };
    found(kind, evidence, sign.reason)
}

/// What an image makes of a stage whose kind the file leaves open; nothing where it says nothing.
pub(super) fn by_image(stage: &Stage, says: &ImageSays) -> Option<Found> {
    let words: Vec<String> = says.entrypoint.iter().chain(&says.command).cloned().collect();
    let sign = evidence::job_command(&words).or_else(|| evidence::job_command(&says.command));
    if let Some(sign) = sign {
        let deploys = sign.deploys || stage.kind == Kind::Deploy;
        return Some(job(JobSign { deploys, ..sign }, Evidence::Image));
    }
    if stage.evidence == Evidence::Name {
        return None;
    }
    let signs = [
        (says.exposes, "its image exposes ports"),
        (says.health, "its image has a health check"),
    ];
    let (_, reason) = signs.iter().find(|(holds, _)| *holds)?;
    Some(found(Kind::Service, Evidence::Image, (*reason).to_owned()))
}

fn explicit(service: &Service, kind: &str) -> Result<Found> {
    let known = [
        ("build", Kind::Build),
        ("job", Kind::Job),
        ("service", Kind::Service),
        ("deploy", Kind::Deploy),
    ];
    let Some((_, kind)) = known.iter().find(|(name, _)| *name == kind) else {
        let name = &service.name;
        return Err(
            Failure::invalid(format!("services.{name}.x-towline.kind: '{kind}' is no kind"))
                .hint("the kinds are build, job, service and deploy"),
        );
    };
    if *kind == Kind::Build && !service.builds {
        let name = &service.name;
        return Err(Failure::invalid(format!(
            "services.{name}.x-towline.kind: 'build' needs a 'build:' and '{name}' has none"
        )));
    }
    Ok(found(*kind, Evidence::Explicit, "x-towline.kind says so".to_owned()))
}

/// What makes a service a job by its place in the file or on the command line, whatever it looks like.
fn job_by_place(service: &Service, dependents: &Dependents<'_>, options: &Options) -> Option<String> {
    if options.exit_code_from.as_deref() == Some(service.name.as_str()) {
        return Some("--exit-code-from names it".to_owned());
    }
    if service.is_job_entry {
        return Some("it stands under 'jobs:'".to_owned());
    }
    let other = dependents.succeeded?;
    Some(format!("'{other}' depends on its success"))
}

/// A job by its place is a deploy where its name or its command says so.
fn refine_job(service: &Service, reason: String) -> Found {
    let name = evidence::job_name(&service.name);
    let command = evidence::job_command(&service.command);
    match [name, command].into_iter().flatten().find(|sign| sign.deploys) {
        Some(sign) => found(Kind::Deploy, Evidence::Place, format!("{reason}, and {}", sign.reason)),
        None => found(Kind::Job, Evidence::Place, reason),
    }
}

fn strong_server_sign(service: &Service, dependents: &Dependents<'_>) -> Option<String> {
    if let Some(other) = dependents.healthy {
        return Some(format!("'{other}' depends on its health"));
    }
    let signs = [
        (service.provided, "a provider brings it about"),
        (service.publishes, "it publishes ports"),
        (service.exposes, "it exposes ports"),
        (service.health == Health::Checked, "it has a health check"),
        (service.restart != Restart::No, "its restart policy starts it again"),
        (service.replicas > 1, "it has more than one replica"),
    ];
    let (_, reason) = signs.iter().find(|(holds, _)| *holds)?;
    Some((*reason).to_owned())
}

/// Looks through the needs of all services once.
pub(super) fn index(project: &Project) -> Index<'_> {
    let mut index = Index::new();
    for other in &project.services {
        for (name, needed) in &other.depends_on {
            let dependents = index.entry(name.as_str()).or_default();
            let place = match needed.condition {
                Condition::Succeeded => &mut dependents.succeeded,
                Condition::Healthy => &mut dependents.healthy,
                Condition::Started | Condition::Settled | Condition::Built => &mut dependents.started,
            };
            place.get_or_insert(&other.name);
        }
    }
    index
}
