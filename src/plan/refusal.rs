//! What may not start, because nobody knows which of its stages run to completion.

use super::{Evidence, Mode, Plan, edges, evidence};
use crate::event::{self, Kind};
use crate::failure::Failure;

/// Why a plan may not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stages whose kind has to be said, in plan order; none where what is wrong is that the plan has no job.
    pub stages: Vec<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it, one way each.
    pub hints: Vec<String>,
}

impl Refusal {
    /// The same with the names of the stages.
    #[must_use]
    pub fn named(self, plan: &Plan) -> event::Refusal {
        event::Refusal {
            stages: self.stages.iter().map(|at| plan.stages[*at].name.clone()).collect(),
            message: self.message,
            hints: self.hints,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let failure = Self::invalid(refusal.message);
        refusal.hints.into_iter().fold(failure, Self::hint)
    }
}

impl Plan {
    /// Why this plan may not start, where it may not. Before it is settled, an image can still make an end to it.
    ///
    /// `strict` does not let a plan start that has a stage of unknown kind, or no job.
    #[must_use]
    pub fn refusal(&self, strict: bool) -> Option<Refusal> {
        let unknown: Vec<usize> = self.of_kind(Kind::Unknown).collect();
        if unknown.is_empty() {
            return self
                .doubtful_gate()
                .or_else(|| self.hidden_gates())
                .or_else(|| self.without_jobs(strict));
        }
        let why = self.why_refused(&unknown, strict)?;
        let names: Vec<&str> = unknown.iter().map(|at| self.stages[*at].name.as_str()).collect();
        let message = format!("{}, and {why}", doubt(&names));
        let mut hints = ways(&names);
        hints.extend(self.hidden_hint().filter(|_| !self.has_jobs()));
        Some(Refusal {
            stages: unknown,
            message,
            hints,
        })
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = usize> + '_ {
        (0..self.stages.len()).filter(move |at| self.stages[*at].kind == kind)
    }

    fn why_refused(&self, unknown: &[usize], strict: bool) -> Option<String> {
        let options = &self.basis.options;
        if options.mode == Mode::Ci && !self.has_jobs() {
            return Some("no other stage does".to_owned());
        }
        let is_loose = |deploy: &usize| unknown.iter().any(|at| !edges::reaches(&self.stages, *deploy, *at));
        let loose = self.deploys_that_count().find(is_loose);
        if let Some(deploy) = loose.filter(|_| options.gate) {
            return Some(format!(
                "`{}` would be deployed without waiting for it",
                self.stages[deploy].name
            ));
        }
        (strict && options.mode == Mode::Ci).then(|| "--strict does not let that pass".to_owned())
    }

    /// The deploys that must not run on a guess.
    fn deploys_that_count(&self) -> impl Iterator<Item = usize> + '_ {
        let options = &self.basis.options;
        self.of_kind(Kind::Deploy).filter(move |deploy| match options.mode {
            Mode::Ci => true,
            Mode::Up => options.exit_code_from.as_ref() == Some(&self.stages[*deploy].name),
        })
    }

    /// A deploy that waits for no more than the start of what has the name of a job: if it is one, it may still fail then.
    fn doubtful_gate(&self) -> Option<Refusal> {
        if !self.basis.options.gate {
            return None;
        }
        let is_named = |at: &usize| {
            let stage = &self.stages[*at];
            stage.evidence == Evidence::Dependents && evidence::name(&stage.name).is_some()
        };
        let named = (0..self.stages.len()).filter(is_named);
        let pairs = named.filter_map(|at| {
            let needs = |deploy: &usize| edges::needs_start_alone(&self.stages, *deploy, at);
            Some((at, self.deploys_that_count().find(needs)?))
        });
        let (stages, deploys): (Vec<usize>, Vec<usize>) = pairs.unzip();
        let names: Vec<&str> = stages.iter().map(|at| self.stages[*at].name.as_str()).collect();
        let deploy = &self.stages[*deploys.first()?].name;
        Some(Refusal {
            message: format!(
                "{}: {} so by name, and `{deploy}` waits for no more than the start",
                doubt(&names),
                if names.len() == 1 { "it is" } else { "they are" },
            ),
            hints: ways(&names),
            stages,
        })
    }

    /// A plan that deploys, and whose file has its tests behind profiles that are not active.
    fn hidden_gates(&self) -> Option<Refusal> {
        let has_gates = self.stages.iter().any(|stage| stage.kind == Kind::Job);
        let deploy = self.deploys_that_count().next()?;
        if has_gates || !self.basis.options.gate || self.basis.options.mode == Mode::Up {
            return None;
        }
        let hint = self.hidden_hint()?;
        Some(Refusal {
            stages: Vec::new(),
            message: format!(
                "`{}` would be deployed without a test: the jobs of the file are behind profiles that are not active",
                self.stages[deploy].name
            ),
            hints: vec![hint, "or let it be deployed without them: --no-gate".to_owned()],
        })
    }

    /// Why a plan may not start in which everything is known and nothing ends.
    fn without_jobs(&self, strict: bool) -> Option<Refusal> {
        if self.has_jobs() || !self.has_services() || self.basis.options.mode == Mode::Up {
            return None;
        }
        let hidden = self.hidden_hint();
        if hidden.is_none() && !strict {
            return None;
        }
        Some(Refusal {
            stages: Vec::new(),
            message: match &hidden {
                Some(_) => "nothing in this run runs to completion, and the jobs of the file are behind profiles that are not active",
                None => "nothing in this run runs to completion, and --strict does not let that pass",
            }
            .to_owned(),
            hints: hidden
                .into_iter()
                .chain(["if one of the stages is a job, name it: --kind NAME=job".to_owned()])
                .chain((!strict).then(|| "to start the services alone, name them: towline ci NAME".to_owned()))
                .collect(),
        })
    }

    /// The jobs that are behind profiles, where the plan is of the whole file.
    fn hidden_hint(&self) -> Option<String> {
        let jobs = self.basis.options.hidden_jobs()?;
        Some(format!("activate the profile of {jobs}"))
    }
}

/// What is not known of these stages.
fn doubt(names: &[&str]) -> String {
    let run = if names.len() == 1 { "runs" } else { "run" };
    format!("cannot tell whether {} {run} to completion", listed(names))
}

/// The ways to say of which kind a stage is.
fn ways(names: &[&str]) -> Vec<String> {
    let first = names[0];
    let flags: Vec<String> = names.iter().map(|name| format!("--kind {name}=job")).collect();
    vec![
        format!(
            "say it on the command line, with `service` for what keeps running: {}",
            flags.join(" ")
        ),
        format!("or in the compose file, below `{first}:`: x-towline: {{kind: job}}"),
        format!("or let a stage wait for it: depends_on: {{{first}: {{condition: service_completed_successfully}}}}"),
    ]
}

/// Names as a sentence has them.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
