//! What `ci`, `up` and `plan` have in common: the programs, the model, and a run with its views.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;

use super::{native, preflight};
use crate::cli::{Globals, KindOf};
use crate::compose::load::{Request as LoadRequest, load};
use crate::compose::{Place, Project, project_directory};
use crate::event::{Report, RunInfo, SCHEMA};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::lint;
use crate::plan::{Hidden, KindRule, Plan, RulePlace};
use crate::report::{self, Fan, stream};
use crate::run::binary::{DockerGlobals, Tools};
use crate::run::command::Commands;
use crate::run::documents::Settings;
use crate::run::lock::{Holder, Keeper, Lock};
use crate::run::owner::Owner;
use crate::run::process::Spawner;
use crate::run::resolve::{Question, Resolved, model, resolve, service_names};
use crate::run::scheduler::Rules;
use crate::run::socket::Socket;
use crate::run::{self, Close, Spec, directory};
use crate::term::Terminal;

/// A command at work: what was found out before anything runs.
pub(super) struct Session<'a> {
    globals: &'a Globals,
    tools: Tools,
    spawner: Spawner,
    begun: Instant,
    project_directory: PathBuf,
    /// The compose file on standard input, once it is read.
    stdin: OnceCell<Option<Vec<u8>>>,
    /// This process, in the words of a label.
    owner: String,
}

/// How much is shown of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    pub(super) quiet: bool,
    pub(super) verbose: u8,
    /// Whether builds are not to be shown, whatever else is.
    pub(super) quiet_build: bool,
    pub(super) stream: Option<stream::Options>,
}

/// What distinguishes one run from another.
pub(super) struct Request {
    /// towline's command.
    pub(super) command: &'static str,
    /// The run's id.
    pub(super) id: String,
    /// The compose project of the run's containers.
    pub(super) project: String,
    /// Whether that project is the run's own.
    pub(super) owned: bool,
    pub(super) rules: Rules,
    pub(super) build: Option<Vec<String>>,
    pub(super) create: Vec<String>,
    /// Services of the file that are not active. Their containers are not orphaned.
    pub(super) inactive: Vec<String>,
    /// Whether compose's warning of orphaned containers is passed on.
    pub(super) passes_orphans_on: bool,
    pub(super) close: Close,
    pub(super) stop_timeout: Option<Duration>,
    /// Whether what is not known is refused rather than assumed.
    pub(super) strict: bool,
    /// The lock of the project, where others may name the same one.
    pub(super) lock: Option<Lock>,
    pub(super) view: View,
}

impl<'a> Session<'a> {
    pub(super) fn open(globals: &'a Globals, docker: &DockerGlobals) -> Result<Self> {
        let begun = Instant::now();
        let tools = Tools::find(docker, &|name| std::env::var_os(name))?;
        let current = std::env::current_dir().context("finding the current directory")?;
        let variable = |name: &str| std::env::var(name).ok();
        let (compose_file, separator) = (variable("COMPOSE_FILE"), variable("COMPOSE_PATH_SEPARATOR"));
        let place = Place {
            project_directory: globals.project_directory.as_deref(),
            files: &globals.files,
            compose_file: compose_file.as_deref(),
            separator: separator.as_deref(),
        };
        let project_directory = project_directory(&place, &current);
        Ok(Self {
            globals,
            tools,
            spawner: Spawner::default(),
            begun,
            project_directory,
            stdin: OnceCell::new(),
            owner: Owner::label(),
        })
    }

    /// The model, and the versions of compose and the engine.
    pub(super) fn resolve(&self, targets: &[String]) -> Result<Resolved> {
        self.ask(targets, resolve)
    }

    /// The model alone; no engine is asked.
    pub(super) fn model(&self, targets: &[String]) -> Result<(Project, Vec<String>)> {
        self.ask(targets, model)
    }

    /// The kinds given by hand: by flags, and by the settings of the project's folder.
    pub(super) fn kinds(&self, flags: &[KindOf]) -> Result<Vec<KindRule>> {
        kind_rules(flags, &self.project_directory, &self.stderr())
    }

    /// The jobs that are behind profiles which are not active.
    pub(super) fn hidden_jobs(&self, targets: &[String], rules: &[KindRule]) -> Result<Vec<Hidden>> {
        let stdin = self.read_stdin()?;
        let request = preflight::request(self.globals, targets, stdin);
        let hidden = request.and_then(|request| lint::apart(|| lint::hidden_jobs(request, rules)));
        Ok(hidden.unwrap_or_default())
    }

    /// Asks compose, after a look at the files: on a hostile one compose would never answer.
    fn ask<T>(&self, targets: &[String], ask: impl FnOnce(&Spawner, &Question<'_>) -> Result<T>) -> Result<T> {
        let stdin = self.read_stdin()?;
        let findings = preflight::look(self.globals, targets, stdin);
        if let Some(findings) = &findings {
            preflight::refuse_harm(findings, &self.stderr())?;
        }
        let globals = config_flags(self.globals);
        let question = Question {
            tools: &self.tools,
            globals: &globals,
            stdin,
            targets,
        };
        ask(&self.spawner, &question).map_err(|failure| match &findings {
            Some(findings) if failure.exit == Exit::Invalid => preflight::explain(failure, findings, &self.stderr()),
            _ => failure,
        })
    }

    /// The services of the file that its profiles leave out. None where compose cannot say it.
    pub(super) fn inactive(&self, project: &Project) -> Vec<String> {
        let all = Globals {
            profiles: vec!["*".to_owned()],
            ..self.globals.clone()
        };
        let globals = config_flags(&all);
        let question = Question {
            tools: &self.tools,
            globals: &globals,
            stdin: self.read_stdin().ok().flatten(),
            targets: &[],
        };
        let names = service_names(&self.spawner, &question);
        names
            .into_iter()
            .filter(|name| project.service(name).is_none())
            .collect()
    }

    fn stderr(&self) -> Terminal {
        without_escapes(self.globals, Terminal::stderr())
    }

    /// The compose file on standard input, where one is: it is read once and asked about more than once.
    fn read_stdin(&self) -> Result<Option<&[u8]>> {
        if let Some(read) = self.stdin.get() {
            return Ok(read.as_deref());
        }
        let from_variable =
            self.globals.files.is_empty() && std::env::var("COMPOSE_FILE").is_ok_and(|list| list == "-");
        let mut bytes = None;
        if from_variable || self.globals.files.iter().any(|file| file == "-") {
            let bytes = bytes.insert(Vec::new());
            std::io::stdin()
                .read_to_end(bytes)
                .context("reading the compose file from standard input")?;
        }
        Ok(self.stdin.get_or_init(|| bytes).as_deref())
    }

    /// Lets secrets that included projects take from variables of their own come from variables that the run's calls get:
    /// the run's documents stand for all files, and compose would look for their variables outside of them. Gives back
    /// these variables.
    fn carry_included_secrets(&self, project: &mut Project) -> Vec<(OsString, OsString)> {
        let secrets = project.document.get_mut("secrets").and_then(Value::as_object_mut);
        let mut from_variables: Vec<(&String, &mut Value)> = secrets
            .into_iter()
            .flatten()
            .filter(|(_, secret)| secret["environment"].is_string())
            .collect();
        if from_variables.is_empty() {
            return Vec::new();
        }
        let Ok(request) = native::request(self.globals) else {
            return Vec::new();
        };
        let stdin = self.read_stdin().ok().flatten().map(<[u8]>::to_vec);
        let included = load(LoadRequest { stdin, ..request }).included_secrets;
        let mut variables = Vec::new();
        for (name, secret) in &mut from_variables {
            if let Some(value) = included.get(*name) {
                let variable = format!("TOWLINE_SECRET_{}", variables.len());
                secret["environment"] = Value::String(variable.clone());
                variables.push((OsString::from(variable), OsString::from(value)));
            }
        }
        variables
    }

    /// Runs a plan to its end.
    ///
    /// # Errors
    /// Whatever keeps it from starting that is known without the images.
    pub(super) fn execute(&self, mut resolved: Resolved, mut plan: Plan, request: Request) -> Result<Report> {
        if plan.undecided().is_empty()
            && let Some(refusal) = plan.refusal(request.strict)
        {
            return Err(refusal.into());
        }
        let (directory, note) = make_directory(&self.project_directory, &request.id)?;
        // Without it the run's record is nobody's to remove.
        let _ = directory::set_owner(&directory, &self.owner);
        plan.notes.extend(note);
        plan.notes.splice(0..0, resolved.warnings);
        let info = RunInfo {
            schema: SCHEMA,
            run: request.id.clone(),
            command: request.command.to_owned(),
            project: request.project.clone(),
            files: self.globals.files.clone(),
            directory: directory.display().to_string(),
            towline: env!("CARGO_PKG_VERSION").to_owned(),
            compose: resolved.compose,
            engine: resolved.engine,
            stages: plan.stages.iter().map(crate::plan::Stage::info).collect(),
        };
        let waited = request.lock.as_ref().map_or(Duration::ZERO, |lock| lock.waited);
        let variables = self.carry_included_secrets(&mut resolved.project);
        let mut commands = self.commands(request.project);
        commands.tools.env.extend(variables);
        let mut views = open_views(&directory, request.view, self.globals)?;
        let spec = Spec {
            project: resolved.project,
            plan,
            rules: request.rules,
            settings: Settings {
                run: request.id,
                owned: request.owned,
                owner: self.owner.clone(),
                keep: (request.close != Close::Remove).then_some(request.command),
                inactive: request.inactive,
            },
            passes_orphans_on: request.passes_orphans_on,
            commands,
            build: request.build,
            create: request.create,
            close: request.close,
            stop_timeout: request.stop_timeout,
            strict: request.strict,
            lock: request.lock,
            info,
            directory,
            docker_socket: std::env::var_os("DOCKER_CLI_PLUGIN_SOCKET").filter(|name| !name.is_empty()),
            // A run does not begin while it waits for another.
            begun: self.begun + waited,
        };
        run::execute(spec, &mut views)
    }

    /// Gets the lock of a project for a run, or waits for it for this long.
    pub(super) fn lock(&self, project: &str, run: &str, wait: Option<Duration>) -> Result<Lock> {
        let keeper = Keeper {
            commands: self.commands(project.to_owned()),
            spawner: self.spawner.clone(),
            own: Holder {
                run: run.to_owned(),
                owner: self.owner.clone(),
            },
        };
        Lock::get(keeper, project, wait, |words| super::note(&format!("waiting: {words}")))
    }

    /// The calls for this project.
    pub(super) fn commands(&self, project: String) -> Commands {
        Commands {
            tools: self.tools.clone(),
            project,
            socket: Socket::find(&self.tools, &|name| std::env::var_os(name)),
            directory: self.project_directory.clone(),
            env_files: self.globals.env_files.clone(),
            parallel: self.globals.parallel,
        }
    }

    pub(super) fn spawner(&self) -> &Spawner {
        &self.spawner
    }
}

/// The kinds given by hand: by flags, and by the settings for a folder.
pub(super) fn kind_rules(flags: &[KindOf], directory: &Path, terminal: &Terminal) -> Result<Vec<KindRule>> {
    let by_flag = flags.iter().map(|of| {
        let rule = KindRule::new(&of.pattern, of.kind, RulePlace::Flag);
        rule.map_err(|error| Failure::usage(format!("--kind {}: {error}", of.pattern)))
    });
    let by_settings = lint::kinds(directory).map_err(|findings| {
        Failure::invalid("the kinds of the settings file are not valid").showing(native::shown(
            &findings,
            |_| true,
            terminal,
        ))
    })?;
    by_flag.chain(by_settings.into_iter().map(Ok)).collect()
}

/// The global flags of compose that choose files and what is active in them.
fn config_flags(globals: &Globals) -> Vec<OsString> {
    let chooses = Globals {
        files: globals.files.clone(),
        project_name: globals.project_name.clone(),
        profiles: globals.profiles.clone(),
        env_files: globals.env_files.clone(),
        project_directory: globals.project_directory.clone(),
        compatibility: globals.compatibility,
        insecure_registries: globals.insecure_registries.clone(),
        ..Globals::default()
    };
    chooses.argv()
}

/// The run's directory; in a checkout that cannot be written to, one among the temporary files, and a word about it.
fn make_directory(project_directory: &Path, id: &str) -> Result<(PathBuf, Option<String>)> {
    let error = match directory::make(project_directory, id) {
        Ok(directory) => return Ok((shorten(directory), None)),
        Err(error) => error,
    };
    let elsewhere = std::env::temp_dir().join("towline");
    let directory = directory::make(&elsewhere, id).map_err(|_| {
        let here = directory::runs(project_directory);
        Failure::message(
            Exit::Start,
            format!("the run's record cannot be made in {}: {error}", here.display()),
        )
        .hint("make the folder writable, or set TMPDIR to one that is")
    })?;
    let note = format!(
        "the record of this run is in {}: {error} in the project's folder",
        directory.display()
    );
    Ok((directory, Some(note)))
}

/// The directory as seen from the current one, where it is below it: that is what people read and copy.
fn shorten(directory: PathBuf) -> PathBuf {
    let current = std::env::current_dir().unwrap_or_default();
    directory.strip_prefix(current).map(Path::to_owned).unwrap_or(directory)
}

/// The terminal as compose's flags want it used.
fn without_escapes(globals: &Globals, terminal: Terminal) -> Terminal {
    if globals.progress.as_deref() == Some("plain") {
        terminal.without_escapes()
    } else {
        terminal
    }
}

fn open_views(directory: &Path, view: View, globals: &Globals) -> Result<Fan> {
    let lookup = |name: &str| std::env::var(name).ok();
    let options = report::Options {
        directory: directory.to_owned(),
        quiet: view.quiet,
        verbose: view.verbose,
        builds: (view.verbose > 0 || globals.progress.as_deref() == Some("plain")) && !view.quiet_build,
        heartbeat: report::HEARTBEAT,
        github: lookup("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
        stream: view.stream,
        stdout: without_escapes(globals, Terminal::stdout()),
        stderr: without_escapes(globals, Terminal::stderr()),
    };
    Fan::open(&options).map_err(|error| Failure::from(anyhow::Error::from(error)))
}
