//! Model → kinds. Explicit beats inferred, and every inference has a reason that `plan` prints.
//!
//! The order of the evidence is the order of [`find`]: what is said by hand, the place in the file, a need for its health, a
//! program, other signs of a server, and the name, whose words are stronger or weaker than a restart policy.

use std::collections::{BTreeSet, HashMap};

use super::evidence::{self, Does, NameSign, Sign, Strength};
use super::{Evidence, ImageSays, KindRule, Mode, Options, RulePlace, Stage};
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
struct Dependents<'a> {
    succeeded: Option<&'a str>,
    healthy: Option<&'a str>,
    started: Option<&'a str>,
    /// Whether one of them is in the plan.
    in_plan: bool,
}

/// What is known of all services when the kind of one is looked for.
pub(super) struct Finder<'a> {
    dependents: HashMap<&'a str, Dependents<'a>>,
    options: &'a Options,
}

impl<'a> Finder<'a> {
    /// Looks through the needs of all services once. `chosen` are those in the plan.
    pub(super) fn new(project: &'a Project, chosen: &BTreeSet<&str>, options: &'a Options) -> Self {
        let mut dependents: HashMap<&str, Dependents<'_>> = HashMap::new();
        for other in &project.services {
            let is_in_plan = chosen.contains(other.name.as_str());
            for (name, needed) in &other.depends_on {
                let entry = dependents.entry(name.as_str()).or_default();
                entry.in_plan |= is_in_plan;
                let place = match needed.condition {
                    Condition::Succeeded => &mut entry.succeeded,
                    Condition::Healthy => &mut entry.healthy,
                    Condition::Started | Condition::Settled | Condition::Built => &mut entry.started,
                };
                place.get_or_insert(&other.name);
            }
        }
        Self { dependents, options }
    }

    /// Finds the kind of a service.
    ///
    /// # Errors
    /// When `x-towline.kind` is not a kind.
    pub(super) fn find(&self, service: &Service) -> Result<Found> {
        if let Some(explicit) = self.explicit(service)? {
            // The end of the run hangs on the service that --exit-code-from names: it has to end.
            if explicit.kind.runs_to_completion() || self.options.exit_code_from.as_ref() != Some(&service.name) {
                return Ok(explicit);
            }
        }
        Ok(self.seen(service))
    }

    /// The kind that a service looks like, whatever it is said to be.
    pub(super) fn seen(&self, service: &Service) -> Found {
        let dependents = self.dependents.get(service.name.as_str()).copied().unwrap_or_default();
        let name = evidence::name(&service.name);
        if let Some(reason) = job_by_place(service, &dependents, self.options) {
            return refine_job(service, reason, name.as_ref());
        }
        if let Some(other) = dependents.healthy {
            return server(format!("`{other}` depends on its health"));
        }
        let program = program(service);
        if let Some((sign, reason)) = program.clone().filter(|(sign, _)| sign.does != Does::Serve) {
            return job(sign.does, name.as_ref(), Evidence::Program, reason);
        }
        if service.provided {
            return server("a provider brings it about".to_owned());
        }
        let strong = name.as_ref().filter(|name| name.strength == Strength::Strong);
        let sign = strong_server_sign(service);
        if let Some(reason) = sign.filter(|_| strong.is_none()) {
            return server(reason.to_owned());
        }
        if let Some((sign, reason)) = program {
            return match strong.filter(|_| sign.only_waits()) {
                Some(name) => contradiction(name, &reason),
                None => server(reason),
            };
        }
        if let Some(image) = server_image(service) {
            return server(format!("its image is `{image}`, a server"));
        }
        let runs_its_image = service.entrypoint.is_empty() && service.command.is_empty();
        let called = service.image.as_deref().filter(|_| runs_its_image);
        if let Some(image) = called.and_then(evidence::image_called_server) {
            return server(format!("its image is `{image}`"));
        }
        if let Some(name) = strong {
            // Tests that are based on the application have its ports and its health check.
            return sign.map_or_else(|| job_by_name(name), |reason| contradiction(name, reason));
        }
        if let Some(reason) = weak_server_sign(service) {
            return server(reason.to_owned());
        }
        self.by_weak_signs(service, &dependents, name.as_ref())
    }

    /// The kind where nothing but others' needs and an ambiguous name is known.
    fn by_weak_signs(&self, service: &Service, dependents: &Dependents<'_>, name: Option<&NameSign>) -> Found {
        let is_named = self.options.mode == Mode::Ci && self.options.targets.contains(&service.name);
        let is_target = is_named && !dependents.in_plan;
        match (dependents.started, name) {
            (Some(other), _) if !is_target => {
                let reason = format!("`{other}` depends on it being started");
                found(Kind::Service, Evidence::Dependents, reason)
            }
            (_, Some(name)) => job_by_name(name),
            _ if is_target => {
                let reason = "it is named on the command line, and nothing in the plan depends on it";
                found(Kind::Job, Evidence::Target, reason.to_owned())
            }
            _ => found(
                Kind::Unknown,
                Evidence::Nothing,
                "nothing says whether it runs to completion".to_owned(),
            ),
        }
    }

    /// The kind that somebody gave it by hand.
    fn explicit(&self, service: &Service) -> Result<Option<Found>> {
        let by_rule = |place: RulePlace| rule(&self.options.kinds, place, &service.name);
        let said = |rule: &KindRule, word: &str| {
            let reason = format!("{word} says so (`{}={}`)", rule.text(), rule.kind);
            checked(service, rule.kind, word).map(|kind| Some(found(kind, Evidence::Explicit, reason)))
        };
        if let Some(rule) = by_rule(RulePlace::Flag) {
            return said(rule, "--kind");
        }
        if let Some(kind) = &service.kind {
            return by_key(service, kind).map(Some);
        }
        match by_rule(RulePlace::Settings) {
            Some(rule) => said(rule, "`kinds` of .towline.yaml"),
            None => Ok(None),
        }
    }
}

/// The rule for a name: one that names it whole before a pattern, and the later of two.
fn rule<'a>(rules: &'a [KindRule], place: RulePlace, name: &str) -> Option<&'a KindRule> {
    let matches = |rule: &&KindRule| rule.place == place && rule.pattern.is_match(name);
    let rules = rules.iter().filter(matches);
    rules.max_by_key(|rule| rule.text() == name)
}

fn found(kind: Kind, evidence: Evidence, reason: String) -> Found {
    Found { kind, evidence, reason }
}

fn server(reason: String) -> Found {
    found(Kind::Service, Evidence::Server, reason)
}

/// A job, or a deploy where its name says so.
fn job(does: Does, name: Option<&NameSign>, evidence: Evidence, reason: String) -> Found {
    let deploys = does == Does::Deploy || name.is_some_and(|name| name.does == Does::Deploy);
    found(if deploys { Kind::Deploy } else { Kind::Job }, evidence, reason)
}

/// The kind that a word stands for.
pub(super) fn read(word: &str) -> Result<Kind, String> {
    if let Some((_, kind)) = WORDS.iter().find(|(name, _)| *name == word) {
        return Ok(*kind);
    }
    let near = WORDS
        .iter()
        .map(|(name, _)| (strsim::damerau_levenshtein(name, word), *name))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    Err(match near {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => "the kinds are build, job, service and deploy".to_owned(),
    })
}

/// The words of the kinds that can be said.
const WORDS: [(&str, Kind); 4] = [
    ("build", Kind::Build),
    ("job", Kind::Job),
    ("service", Kind::Service),
    ("deploy", Kind::Deploy),
];

fn by_key(service: &Service, kind: &str) -> Result<Found> {
    let place = format!("services.{}.x-towline.kind", service.name);
    let kind = read(kind).map_err(|hint| Failure::invalid(format!("{place}: unknown kind `{kind}`")).hint(hint))?;
    let kind = checked(service, kind, &place)?;
    Ok(found(kind, Evidence::Explicit, "x-towline.kind says so".to_owned()))
}

/// A kind that the service can have.
fn checked(service: &Service, kind: Kind, place: &str) -> Result<Kind> {
    if kind == Kind::Build && !service.builds {
        let name = &service.name;
        return Err(Failure::invalid(format!(
            "{place}: 'build' needs a 'build:' and '{name}' has none"
        )));
    }
    Ok(kind)
}

/// What makes a service a job by its place in the file or on the command line, whatever it looks like.
fn job_by_place(service: &Service, dependents: &Dependents<'_>, options: &Options) -> Option<String> {
    if options.exit_code_from.as_deref() == Some(service.name.as_str()) {
        return Some("--exit-code-from names it".to_owned());
    }
    if service.is_job_entry {
        return Some("it is an entry of `jobs:`".to_owned());
    }
    let other = dependents.succeeded?;
    Some(format!("`{other}` depends on its success"))
}

/// A job by its place is a deploy where its name or its command says so.
fn refine_job(service: &Service, reason: String, name: Option<&NameSign>) -> Found {
    let by_name = name
        .filter(|name| name.does == Does::Deploy)
        .map(|name| format!("its name says `{}`", name.word));
    let by_program = || {
        let (_, reason) = program(service).filter(|(sign, _)| sign.does == Does::Deploy)?;
        Some(reason)
    };
    match by_name.or_else(by_program) {
        Some(why) => found(Kind::Deploy, Evidence::Place, format!("{reason}, and {why}")),
        None => found(Kind::Job, Evidence::Place, reason),
    }
}

/// What its command runs, or its image with that command.
fn program(service: &Service) -> Option<(Sign, String)> {
    if let Some(sign) = evidence::container(&service.entrypoint, &service.command) {
        let reason = format!("its command runs `{}`", sign.what);
        return Some((sign, reason));
    }
    let image = service.image.as_deref().filter(|_| service.entrypoint.is_empty())?;
    let sign = evidence::image(image, &service.command)?;
    let reason = format!("its image runs `{}`", sign.what);
    Some((sign, reason))
}

/// The server that its image is known to be, where its command does not run something in place of it.
fn server_image(service: &Service) -> Option<&str> {
    let words = if service.entrypoint.is_empty() {
        &service.command
    } else {
        &service.entrypoint
    };
    let image = evidence::server_image(service.image.as_deref()?)?;
    evidence::keeps_server(image, words).then_some(image)
}

/// What only servers have.
fn strong_server_sign(service: &Service) -> Option<&'static str> {
    let signs = [
        (service.publishes, "it publishes ports"),
        (service.exposes, "it exposes ports"),
        (service.health == Health::Checked, "it has a health check"),
    ];
    signs.iter().find(|(holds, _)| *holds).map(|(_, reason)| *reason)
}

/// What servers have, and tests that somebody copied from one.
fn weak_server_sign(service: &Service) -> Option<&'static str> {
    let signs = [
        // Jobs are tried again until they succeed, too.
        (service.restart == Restart::Always, "its restart policy starts it again"),
        (service.replicas > 1, "it has more than one replica"),
    ];
    signs.iter().find(|(holds, _)| *holds).map(|(_, reason)| *reason)
}

/// What has the name of a job and looks like a server, or only waits, for somebody to run the job in it or for its end: nobody
/// can tell.
fn contradiction(name: &NameSign, other: &str) -> Found {
    let reason = format!("its name says `{}`, and {other}", name.word);
    found(Kind::Unknown, Evidence::Nothing, reason)
}

fn job_by_name(name: &NameSign) -> Found {
    let reason = format!("its name says `{}`", name.word);
    job(name.does, None, Evidence::Name, reason)
}

/// What an image makes of a stage whose kind the file leaves open; nothing where it says nothing.
pub(super) fn by_image(stage: &Stage, says: &ImageSays) -> Option<Found> {
    let sign = evidence::container(&says.entrypoint, &says.command);
    let name = evidence::name(&stage.name);
    let is_named = stage.evidence == Evidence::Name;
    let is_sure = name.as_ref().is_some_and(|name| name.strength == Strength::Strong);
    if let Some(sign) = &sign {
        let reason = format!("its image runs `{}`", sign.what);
        if sign.does != Does::Serve {
            return Some(job(sign.does, name.as_ref(), Evidence::Image, reason));
        }
        // A test is waited for all the same: that is never wrong for long, and the other way round can be.
        if !(is_named && is_sure) {
            return Some(found(Kind::Service, Evidence::Image, reason));
        }
    }
    let signs = [
        (says.exposes, "its image exposes ports"),
        (says.health, "its image has a health check"),
    ];
    // Tests are mostly built from the image of what they test.
    let (_, reason) = signs.iter().find(|(holds, _)| *holds && !is_named && !is_sure)?;
    Some(found(Kind::Service, Evidence::Image, (*reason).to_owned()))
}
