//! `towline ci`: the main job. Plan, build, run, report, clean up, in a project of its own.

use std::time::Duration;

use super::session::{Request, Session, View};
use crate::cli::{CiArgs, Globals};
use crate::failure::{Failure, Result};
use crate::plan::{self, Options};
use crate::run::binary::DockerGlobals;
use crate::run::scheduler::{End, Rules};
use crate::run::{Close, cleanup, directory};

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
    let (project, lock) = match &globals.project_name {
        Some(name) => {
            let lock = session.lock(name, &id, args.wait_lock.map(|time| time.unwrap_or(Duration::MAX)))?;
            empty_project(&session, name)?;
            (name.clone(), Some(lock))
        }
        // Nobody else has this name.
        None => (format!("{}-ci-{id}", plan.project), None),
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
        lock,
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

/// A project that the user names is removed at the end like any other: it must not be one with something else in it. What
/// an earlier run of `ci` left in it is removed first: it would be taken for this run's.
fn empty_project(session: &Session<'_>, name: &str) -> Result<()> {
    let commands = session.commands(name.to_owned());
    if let Some(foreign) = cleanup::foreign(session.spawner(), &commands)? {
        return Err(Failure::usage(format!(
            "project `{name}` has a {foreign} that no run of `towline ci` made, and ci removes its project at the end"
        ))
        .hint(format!(
            "choose another name, or remove the project first: docker compose -p {name} down -v"
        )));
    }
    let left = cleanup::empty(session.spawner(), &commands);
    if left.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "project `{name}` has {} of an earlier run, which cannot be removed",
        left.join(", ")
    ))
    .hint(format!(
        "choose another name, or remove it: docker compose -p {name} down -v"
    )))
}
