//! `towline plan`: the stages, their kinds and the reason for each, their needs. Nothing runs, and no engine is asked.

use anyhow::Context as _;

use super::print;
use super::session::Session;
use crate::cli::{Globals, PlanArgs, PlanFormat};
use crate::failure::Result;
use crate::plan::{self, Options};
use crate::run::binary::DockerGlobals;

/// Shows the plan.
///
/// # Errors
/// The compose file is not valid, a target is not in it, there is no compose to read it; or `--strict` does not let `ci` start.
pub fn run(globals: &Globals, args: &PlanArgs, docker: &DockerGlobals) -> Result<u8> {
    let session = Session::open(globals, docker)?;
    let (mut project, warnings) = session.model(&args.targets)?;
    let notes = project.refer_to_services();
    let kinds = session.kinds(&args.kinds)?;
    let options = Options {
        targets: args.targets.clone(),
        gate: !args.no_gate,
        hidden: session.hidden_jobs(&args.targets, &kinds)?,
        kinds,
        ..Options::default()
    };
    let mut plan = plan::build(&project, &options)?;
    plan.notes.splice(0..0, warnings.into_iter().chain(notes));
    plan.notes.extend(plan.remarks(args.strict));
    let shown = print(&match args.format {
        PlanFormat::Text => plan::text(&plan),
        PlanFormat::Json => serde_json::to_string_pretty(&plan).context("writing the plan as JSON")? + "\n",
        PlanFormat::Yaml => serde_yaml::to_string(&plan).context("writing the plan as YAML")?,
    })?;
    match plan.refusal(args.strict).filter(|_| args.strict) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(shown),
    }
}
