//! What may not start, because nobody knows which of its stages run to completion.

use super::{Mode, Plan, edges};
use crate::event::{self, Kind};
use crate::failure::Failure;

/// Why a plan may not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stages whose kind has to be said, in plan order; none where the plan only has services and `--strict` forbids that.
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
    /// Why this plan may not start, where it may not.
    #[must_use]
    pub fn refusal(&self, strict: bool) -> Option<Refusal> {
        let unknown = self.of_kind(Kind::Unknown);
        let why = self.why_refused(&unknown, strict)?;
        Some(match unknown.is_empty() {
            true => self.only_services(),
            false => self.unknown_kinds(unknown, &why),
        })
    }

    fn of_kind(&self, kind: Kind) -> Vec<usize> {
        (0..self.stages.len())
            .filter(|at| self.stages[*at].kind == kind)
            .collect()
    }

    fn why_refused(&self, unknown: &[usize], strict: bool) -> Option<String> {
        let options = &self.basis.options;
        if options.mode == Mode::Ci && !self.has_jobs() && (strict || !unknown.is_empty()) {
            return Some("nothing in this plan is known to run to completion".to_owned());
        }
        let loose = |deploy: &usize| unknown.iter().any(|at| !edges::reaches(&self.stages, *deploy, *at));
        let gated = |deploy: &usize| match options.mode {
            Mode::Ci => true,
            Mode::Up => options.exit_code_from.as_ref() == Some(&self.stages[*deploy].name),
        };
        let mut deploys = self.of_kind(Kind::Deploy).into_iter().filter(gated);
        if options.gate
            && let Some(deploy) = deploys.find(loose)
        {
            return Some(format!(
                "`{}` is a deploy and would not wait for it",
                self.stages[deploy].name
            ));
        }
        (strict && !unknown.is_empty()).then(|| "--strict".to_owned())
    }

    fn only_services(&self) -> Refusal {
        Refusal {
            stages: Vec::new(),
            message: "nothing here runs to completion, and --strict does not let that pass".to_owned(),
            hints: vec!["name the stage that is a job with --kind NAME=job".to_owned()],
        }
    }

    fn unknown_kinds(&self, stages: Vec<usize>, why: &str) -> Refusal {
        let names: Vec<&str> = stages.iter().map(|at| self.stages[*at].name.as_str()).collect();
        Refusal {
            message: format!("the kind of {} is not known ({why})", names.join(", ")),
            hints: vec![format!("--kind {}=job", names[0])],
            stages,
        }
    }
}
