//! What cannot come true, whatever happens: it is an error before anything starts.

use super::{Mode, Options, Stage};
use crate::compose::Health;
use crate::event::Condition;
use crate::failure::{Failure, Result};

/// Looks for what nobody should wait for.
///
/// # Errors
/// A need for the health of a stage without a health check; a job that never runs because it has no replicas.
pub(super) fn all(stages: &[Stage], options: &Options) -> Result<()> {
    for stage in stages {
        health_needs(stages, stage)?;
        replicas(stage, options)?;
    }
    Ok(())
}

fn health_needs(stages: &[Stage], stage: &Stage) -> Result<()> {
    let is_never =
        |need: &&super::Need| need.condition == Condition::Healthy && stages[need.index].health == Health::Disabled;
    let Some(need) = stage.needs.iter().find(is_never) else {
        return Ok(());
    };
    let (of, on) = (&stage.name, &need.stage);
    Err(Failure::invalid(format!(
        "services.{of}.depends_on.{on}: `{of}` waits for `{on}` to become healthy, and the health check of `{on}` is disabled"
    ))
    .hint(format!("give `{on}` a health check, or wait with service_started")))
}

fn replicas(stage: &Stage, options: &Options) -> Result<()> {
    let counts = options.exit_code_from.as_ref() == Some(&stage.name);
    let has_to_run = counts || (options.mode == Mode::Ci && stage.kind.runs_to_completion());
    if stage.replicas > 0 || !has_to_run {
        return Ok(());
    }
    let name = &stage.name;
    let failure = Failure::invalid(format!("`{name}` never runs: it has no replicas ({})", stage.reason));
    Err(match counts {
        true => failure.hint(format!("give it a replica: --scale {name}=1")),
        false => failure.hint(format!(
            "give it a replica (scale: 1), or say that it is not a job: --kind {name}=service"
        )),
    })
}
