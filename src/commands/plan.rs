//! `towline plan`: the stages, their kinds and the reason for each, their needs. Nothing runs, and no engine is asked.

use std::path::Path;

use anyhow::Context as _;

use super::session::{Session, kind_rules};
use super::{native, print};
use crate::cli::{Globals, PlanArgs, PlanFormat};
use crate::compose::Project;
use crate::compose::load::Request;
use crate::failure::{Failure, Result};
use crate::lint;
use crate::plan::{self, Options, Plan};
use crate::run::binary::DockerGlobals;
use crate::term::Terminal;

/// Shows the plan.
///
/// # Errors
/// The compose file is not valid, a target is not in it, there is no compose to read it; or `--strict` does not let `ci`
/// start.
pub fn run(globals: &Globals, args: &PlanArgs, docker: &DockerGlobals) -> Result<u8> {
    let mut plan = match args.native {
        true => by_loader(globals, args)?,
        false => by_compose(globals, args, docker)?,
    };
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

fn options(args: &PlanArgs) -> Options {
    Options {
        targets: args.targets.clone(),
        gate: !args.no_gate,
        ..Options::default()
    }
}

fn by_compose(globals: &Globals, args: &PlanArgs, docker: &DockerGlobals) -> Result<Plan> {
    let session = Session::open(globals, docker)?;
    let (mut project, warnings) = session.model(&args.targets)?;
    let notes = project.refer_to_services();
    let kinds = session.kinds(&args.kinds)?;
    let mut plan = plan::build(
        &project,
        &Options {
            hidden: session.hidden_jobs(&args.targets, &kinds)?,
            kinds,
            ..options(args)
        },
    )?;
    plan.notes.splice(0..0, warnings.into_iter().chain(notes));
    Ok(plan)
}

/// Reads the files as `lint` does, without Docker.
fn by_loader(globals: &Globals, args: &PlanArgs) -> Result<Plan> {
    let request = Request {
        services: args.targets.clone(),
        ..native::request(globals)?
    };
    let (model, findings) = native::load_project(request.clone());
    let Some(model) = model else {
        let shown = native::shown(&findings, |_| true, &Terminal::stderr());
        return Err(Failure::invalid("the compose file is not valid").showing(shown));
    };
    let kinds = kind_rules(&args.kinds, Path::new(&*model.directory), &Terminal::stderr())?;
    let project = Project::from_value(model.to_yaml_values())?;
    plan::build(
        &project,
        &Options {
            hidden: lint::hidden_jobs(request, &kinds),
            kinds,
            ..options(args)
        },
    )
}
