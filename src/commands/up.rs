//! `towline up` with a flag that asks for a verdict: compose's `up`, under towline's rule. It leaves what compose leaves.

use std::time::Duration;

use super::ci::SETTLE;
use super::session::{Request, Session, View};
use crate::cli::{Globals, UpArgs};
use crate::compose::Project;
use crate::failure::{Failure, Result};
use crate::plan::{self, Mode, Options, Plan};
use crate::report::stream;
use crate::run::binary::DockerGlobals;
use crate::run::scheduler::{End, Rules};
use crate::run::{Close, directory};

/// Runs the project and gives back the exit code.
///
/// # Errors
/// Whatever keeps it from starting; what happens to a stage is in the exit code.
pub fn run(globals: &Globals, args: &UpArgs, docker: &DockerGlobals) -> Result<u8> {
    let session = Session::open(globals, docker)?;
    let mut resolved = session.resolve(&args.services)?;
    for scale in &args.scale {
        let (service, count) = read_scale(scale)?;
        if !resolved.project.scale(service, count) {
            return Err(Failure::usage(format!(
                "--scale {scale}: no service '{service}' in the project"
            )));
        }
    }
    let kinds = session.kinds(&args.kinds)?;
    let options = Options {
        targets: args.services.clone(),
        exit_code_from: args.exit_code_from.clone(),
        gate: !args.wait,
        no_deps: args.no_deps,
        mode: Mode::Up,
        wait: args.wait,
        hidden: session.hidden_jobs(&args.services, &kinds)?,
        kinds,
    };
    let plan = plan::build(&resolved.project, &options)?;
    if plan.stages.is_empty() {
        return Err(
            Failure::invalid(format!("project '{}' has no service to run", plan.project))
                .hint("a service that stands behind a profile runs with --profile NAME"),
        );
    }
    let id = directory::new_id(jiff::Timestamp::now());
    let lock = session.lock(&plan.project, &id, None)?;
    let request = Request {
        command: "up",
        id,
        lock: Some(lock),
        project: plan.project.clone(),
        owned: false,
        rules: rules(args, &plan),
        build: None,
        create: create_options(args),
        close: if args.wait { Close::Leave } else { Close::Stop },
        stop_timeout: args
            .timeout
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map(Duration::from_secs),
        strict: false,
        view: View {
            quiet: false,
            verbose: 0,
            stream: stream_options(args, &resolved.project),
        },
    };
    Ok(session.execute(resolved, plan, request)?.verdict.code)
}

fn read_scale(scale: &str) -> Result<(&str, u32)> {
    let parts = scale.split_once('=');
    let read = parts.and_then(|(service, count)| Some((service, count.parse().ok()?)));
    read.ok_or_else(|| Failure::usage(format!("--scale {scale}: expected SERVICE=NUM, such as web=2")))
}

fn rules(args: &UpArgs, plan: &Plan) -> Rules {
    let seconds = args
        .wait_timeout
        .and_then(|seconds| u64::try_from(seconds).ok())
        .filter(|seconds| *seconds > 0);
    Rules {
        end: if args.wait { End::AllUp } else { End::JobsDone },
        end_without_jobs: end_without_jobs(args),
        keep_going: false,
        jobs: None,
        settle: SETTLE,
        timeout: seconds.map(Duration::from_secs),
        exit_code_from: args.exit_code_from.as_ref().and_then(|name| plan.index(name)),
        leave: args.wait,
    }
}

/// Without a job in the plan the run ends as compose's flag says.
const fn end_without_jobs(args: &UpArgs) -> End {
    match () {
        () if args.wait => End::AllUp,
        () if args.abort_on_container_exit => End::FirstExit,
        () => End::AllEnded,
    }
}

/// The flags that are about making containers, for the call that makes them.
fn create_options(args: &UpArgs) -> Vec<String> {
    let switches = [
        ("--build", args.build),
        ("--no-build", args.no_build),
        ("--force-recreate", args.force_recreate),
        ("--no-recreate", args.no_recreate),
        ("--always-recreate-deps", args.always_recreate_deps),
        ("--renew-anon-volumes", args.renew_anon_volumes),
        ("--remove-orphans", args.remove_orphans),
        ("--no-deps", args.no_deps),
        ("--quiet-pull", args.quiet_pull),
        ("-y", args.yes),
    ];
    let mut options: Vec<String> = switches
        .iter()
        .filter(|(_, on)| *on)
        .map(|(flag, _)| (*flag).to_owned())
        .collect();
    if let Some(pull) = &args.pull {
        options.extend(["--pull".to_owned(), pull.clone()]);
    }
    if let Some(timeout) = args.timeout {
        options.extend(["-t".to_owned(), timeout.to_string()]);
    }
    options
}

/// What `up` shows of the containers' output: that of the services named, or of all; with `--wait` it runs in the background
/// and shows none.
fn stream_options(args: &UpArgs, project: &Project) -> Option<stream::Options> {
    if args.wait || args.detach {
        return None;
    }
    let named = if args.attach_dependencies {
        &[][..]
    } else {
        &args.services
    };
    let silent = project
        .services
        .iter()
        .filter(|service| !service.attach)
        .map(|service| service.name.clone());
    Some(stream::Options {
        prefix: !args.no_log_prefix,
        colour: !args.no_color,
        attach: if args.attach.is_empty() {
            named.to_vec()
        } else {
            args.attach.clone()
        },
        no_attach: args.no_attach.iter().cloned().chain(silent).collect(),
    })
}
