//! `towline ci`: the main job. Plan, build, run, report, clean up, in a project of its own.

use std::time::Duration;

use super::session::{Request, Session, View};
use crate::cli::{CiArgs, Globals};
use crate::failure::{Failure, Result};
use crate::plan::{self, Options};
use crate::run::binary::DockerGlobals;
use crate::run::documents::RUN_LABEL;
use crate::run::scheduler::{End, Rules};
use crate::run::{Close, directory};

/// How long a service without a health check must stay up to count as up, unless `--settle` says otherwise.
pub(super) const SETTLE: Duration = Duration::from_secs(2);

/// Runs the pipeline and gives back its exit code.
///
/// # Errors
/// Whatever keeps it from starting; what happens to a stage is in the exit code.
pub fn run(globals: &Globals, args: &CiArgs, docker: &DockerGlobals) -> Result<u8> {
    let session = Session::open(globals, docker)?;
    let resolved = session.resolve(&args.targets)?;
    let kinds = session.kinds(&args.kinds)?;
    let options = Options {
        targets: args.targets.clone(),
        gate: !args.no_gate,
        hidden: session.hidden_jobs(&args.targets, &kinds)?,
        kinds,
        ..Options::default()
    };
    let mut plan = plan::build(&resolved.project, &options)?;
    if plan.stages.is_empty() {
        return Err(
            Failure::invalid(format!("project '{}' has no service to run", plan.project))
                .hint("a service that stands behind a profile runs with --profile NAME"),
        );
    }
    if args.dry_run || globals.dry_run {
        plan.notes.extend(plan.remarks(args.strict));
        super::print(&plan::text(&plan))?;
        return Ok(0);
    }
    let id = directory::new_id(jiff::Timestamp::now());
    let project = match &globals.project_name {
        Some(name) => own_project(&session, name)?,
        None => format!("{}-ci-{id}", plan.project),
    };
    if args.keep_up {
        plan.notes.push(format!(
            "what runs is left running: 'docker compose -p {project} down -v' removes it"
        ));
    }
    let request = Request {
        command: "ci",
        id,
        project,
        owned: true,
        rules: rules(args),
        build: Some(Vec::new()),
        create: vec!["--no-build".to_owned()],
        close: if args.keep_up { Close::Leave } else { Close::Remove },
        stop_timeout: None,
        strict: args.strict,
        view: View {
            quiet: args.quiet,
            verbose: args.verbose,
            stream: None,
        },
    };
    Ok(session.execute(resolved, plan, request)?.verdict.code)
}

fn rules(args: &CiArgs) -> Rules {
    Rules {
        end: End::JobsDone,
        end_without_jobs: End::AllUp,
        keep_going: args.keep_going,
        jobs: args.jobs.map(Into::into),
        settle: args.settle.unwrap_or(SETTLE),
        timeout: args.timeout,
        exit_code_from: None,
        leave: args.keep_up,
    }
}

/// A project that the user names is removed at the end like any other: it must not be one with something else in it.
fn own_project(session: &Session<'_>, name: &str) -> Result<String> {
    let commands = session.commands(name.to_owned());
    for kind in ["container", "volume"] {
        let count = |label: Option<&str>| -> Result<usize> {
            let listed = session.spawner().capture(&commands.list(kind, label), None)?;
            Ok(listed
                .stdout
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .count())
        };
        if count(None)? > count(Some(RUN_LABEL))? {
            return Err(Failure::usage(format!(
                "project '{name}' has a {kind} that no run of 'towline ci' made, and ci removes its project at the end"
            ))
            .hint(format!(
                "choose another name, or remove the project first: docker compose -p {name} down -v"
            )));
        }
    }
    Ok(name.to_owned())
}
