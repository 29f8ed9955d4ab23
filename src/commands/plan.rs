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
/// The compose file is not valid, a target is not in it, or there is no compose to read it.
pub fn run(globals: &Globals, args: &PlanArgs, docker: &DockerGlobals) -> Result<u8> {
    let session = Session::open(globals, docker)?;
    let (mut project, warnings) = session.model(&args.targets)?;
    let notes = project.refer_to_services();
    let options = Options {
        targets: args.targets.clone(),
        gate: !args.no_gate,
        ..Options::default()
    };
    let mut plan = plan::build(&project, &options)?;
    plan.notes.splice(0..0, warnings.into_iter().chain(notes));
    print(&match args.format {
        PlanFormat::Text => plan::text(&plan),
        PlanFormat::Json => serde_json::to_string_pretty(&plan).context("writing the plan as JSON")? + "\n",
        PlanFormat::Yaml => serde_yaml::to_string(&plan).context("writing the plan as YAML")?,
    })
}
