//! From the stages to the plan, twice: with what the file says, and again with what the images say once they are there.
//!
//! Both plans have the same stages in the same places. So the order is found as if each stage whose kind is open were a job
//! that every deploy waits for which it does not depend on: whatever it turns out to be, no stage has to move. (Only where
//! stages of open kinds are behind several deploys, crosswise, can a gate be of a stage that is later in the plan.)

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Evidence, Mode, Options, Plan, Stage, check, edges, kinds, notes, order};
use crate::compose::{Project, Restart};
use crate::event::Kind;
use crate::failure::Result;

/// What a stage's container will run: the image's configuration, with what the file has in place of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageSays {
    /// `ENTRYPOINT`, or the file's `entrypoint`.
    pub entrypoint: Vec<String>,
    /// `CMD`, or the file's `command`.
    pub command: Vec<String>,
    /// Whether it has ports that it listens on (`EXPOSE`).
    pub exposes: bool,
    /// Whether it has a health check.
    pub health: bool,
}

/// What a plan is made from: the stages with what the file says of each.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    project: String,
    /// In plan order, with the needs that the file has, and the restart policies of the file.
    stages: Vec<Stage>,
    /// Optional dependencies that are not there.
    absent: Vec<edges::Absent>,
    /// Jobs that are not in the plan.
    outside: Vec<String>,
    /// What was noticed on the way.
    notes: Vec<String>,
    pub(super) options: Options,
}

impl Basis {
    /// Connects and sorts the stages, which are in name order.
    ///
    /// # Errors
    /// When needs form a cycle.
    pub(super) fn new(
        project: &Project,
        mut stages: Vec<Stage>,
        notes: Vec<String>,
        finder: &kinds::Finder<'_>,
        options: &Options,
    ) -> Result<Self> {
        let absent = edges::connect(project, &mut stages, options);
        let outside = edges::jobs_outside(project, &stages, finder);
        let order = order::find(&with_all_gates(&stages, options))?;
        Ok(Self {
            project: project.name.clone(),
            stages: order::reorder(stages, &order),
            absent,
            outside,
            notes,
            options: options.clone(),
        })
    }

    /// The plan.
    ///
    /// # Errors
    /// A deploy whose gate cannot run, a kind that contradicts a need.
    pub(super) fn plan(self) -> Result<Plan> {
        let stages = self.stages.clone();
        Arc::new(self).plan_of(stages)
    }

    fn plan_of(self: Arc<Self>, mut stages: Vec<Stage>) -> Result<Plan> {
        let options = &self.options;
        let mut notes = self.notes.clone();
        if options.gate {
            edges::gate_deploys(&mut stages);
        }
        check::all(&stages, options)?;
        edges::check_kinds(&stages)?;
        edges::check_gates(&stages, &self.absent, &mut notes, options)?;
        edges::note_ungated(&stages, &self.outside, &mut notes);
        mark_holding(&mut stages, options);
        for stage in &mut stages {
            if stage.kind.runs_to_completion() && options.mode == Mode::Ci {
                stage.restart = Restart::No;
            }
        }
        order::mark_critical(&mut stages);
        notes.extend(notes::of(&stages, options));
        Ok(Plan {
            project: self.project.clone(),
            stages,
            basis_notes: notes.clone(),
            notes,
            basis: self,
        })
    }
}

/// Marks the stages whose end the run waits for. With `--exit-code-from`, what is a job by its name alone holds nothing open,
/// unless the stage that counts waits for it, directly or not. With `--wait` it is up once it runs.
fn mark_holding(stages: &mut [Stage], options: &Options) {
    let counts = options.exit_code_from.as_ref();
    let counts = counts.and_then(|name| stages.iter().position(|stage| stage.name == *name));
    for at in 0..stages.len() {
        let is_waited_for = counts.is_none_or(|counts| counts == at || edges::reaches(stages, counts, at));
        let stage = &mut stages[at];
        let is_by_name = stage.evidence == Evidence::Name;
        stage.holds = stage.kind.runs_to_completion() && !(is_by_name && (options.wait || !is_waited_for));
    }
}

/// The stages with every gate that there can be.
fn with_all_gates(stages: &[Stage], options: &Options) -> Vec<Stage> {
    let mut stages = stages.to_vec();
    if options.gate {
        for stage in stages.iter_mut().filter(|stage| stage.is_undecided()) {
            if stage.kind != Kind::Deploy {
                stage.kind = Kind::Job;
            }
        }
        edges::gate_deploys(&mut stages);
    }
    stages
}

impl Stage {
    /// Whether its image can say of which kind it is.
    fn is_undecided(&self) -> bool {
        use Evidence::{Dependents, Name, Nothing, Target};
        matches!(self.evidence, Name | Dependents | Target | Nothing)
    }
}

impl Plan {
    /// The stages whose kind an image could still decide.
    #[must_use]
    pub fn undecided(&self) -> Vec<&str> {
        let stages = self.stages.iter().filter(|stage| stage.is_undecided());
        stages.map(|stage| stage.name.as_str()).collect()
    }

    /// The plan with what the images say: the same stages in the same places, with other kinds, and gates where these ask
    /// for some.
    ///
    /// # Errors
    /// As for a plan that is made with these kinds from the start.
    pub fn settle(&self, says: &BTreeMap<String, ImageSays>) -> Result<Self> {
        let mut stages = self.basis.stages.clone();
        for stage in stages.iter_mut().filter(|stage| stage.is_undecided()) {
            let found = says.get(&stage.name).and_then(|says| kinds::by_image(stage, says));
            if let Some(found) = found {
                stage.kind = found.kind;
                stage.evidence = found.evidence;
                stage.reason = found.reason;
            }
        }
        let mut plan = Arc::clone(&self.basis).plan_of(stages)?;
        // Notes that were added since stay where they were.
        let is_added = |note: &&String| !self.basis_notes.contains(note) && !plan.notes.contains(note);
        let added: Vec<String> = self.notes.iter().filter(is_added).cloned().collect();
        plan.notes.splice(0..0, added);
        Ok(plan)
    }
}
