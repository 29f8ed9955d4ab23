//! Before the first stage starts: images are built and pulled; containers, networks and volumes are created.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::build_log::BuildLogs;
use super::classify;
use super::command::Commands;
use super::compose_output::{self, Progress};
use super::documents::Documents;
use super::look::Seen;
use super::process::{Invocation, Spawner};
use super::query;
use super::scheduler::StartFailure;
use crate::event::{Fact, Kind, Outcome};
use crate::plan::Plan;

/// How long the output of builds is held back while nothing more of it comes.
const PAUSE: Duration = Duration::from_millis(50);

/// What the preparation of a run needs to know.
#[derive(Clone, Debug)]
pub(super) struct Preparation {
    pub(super) commands: Commands,
    pub(super) documents: Arc<Documents>,
    pub(super) plan: Arc<Plan>,
    /// Options of the build, where images are built in a step of their own rather than while containers are created.
    pub(super) build: Option<Vec<String>>,
    /// Options of the call that creates containers.
    pub(super) create: Vec<String>,
    /// Whether compose's warning of orphaned containers is passed on.
    pub(super) passes_orphans_on: bool,
    /// Whether the project is the run's own. In one of the user's, what a document leaves out would count as orphaned.
    pub(super) owned: bool,
    /// Whether a stage that cannot be prepared leaves the others alone.
    pub(super) keep_going: bool,
    /// Whether what is not known is refused rather than assumed.
    pub(super) strict: bool,
    /// The run's directory, which the logs of builds go to.
    pub(super) directory: PathBuf,
    /// Its own, so that breaking it off ends its calls and no others.
    pub(super) spawner: Spawner,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// The stages that could not be prepared.
    pub(super) failed: Vec<StartFailure>,
    /// What was seen of the containers before any was started, where that matters.
    pub(super) seen: Option<Seen>,
}

/// How a call of compose went.
struct Call {
    code: i32,
    /// The images, containers and services that failed, with why.
    failed: Vec<(String, String)>,
    /// The build step that failed.
    step: Option<FailedStep>,
    /// Compose's last word.
    message: String,
}

/// A step of a build that failed.
struct FailedStep {
    name: String,
    /// The last lines that it wrote.
    output: String,
    /// It was stopped because another one failed.
    is_cancelled: bool,
}

impl Preparation {
    /// Builds, pulls and creates, and looks at what was created.
    pub(super) fn run(&self, tell: &dyn Fn(Fact)) -> Prepared {
        let failed = self.make(tell);
        if !failed.is_empty() && !self.keep_going {
            return Prepared { failed, seen: None };
        }
        match self.look() {
            Ok(seen) => Prepared { failed, seen },
            Err(failure) => Prepared {
                failed: failed.into_iter().chain([failure]).collect(),
                seen: None,
            },
        }
    }

    /// Builds, pulls and creates. Gives back the stages for which that failed.
    fn make(&self, tell: &dyn Fn(Fact)) -> Vec<StartFailure> {
        let mut failed = match &self.build {
            Some(options) => self.build(options, tell),
            None => Vec::new(),
        };
        if failed.is_empty() || self.keep_going {
            self.create(&mut failed, tell);
        }
        if !failed.is_empty() && !query::engine_answers(&self.spawner, &self.commands) {
            // Whatever the calls said last: it is the engine that failed them.
            for failure in &mut failed {
                failure.outcome = Outcome::EngineLost;
            }
        }
        failed
    }

    /// The document for a call about these stages. Compose's time grows with the document.
    fn document(&self, names: &[&str]) -> Vec<u8> {
        if self.owned {
            self.documents.of(names.iter().copied())
        } else {
            self.documents.whole()
        }
    }

    fn names(&self, holds: impl Fn(usize) -> bool) -> Vec<&str> {
        let stages = self.plan.stages.iter().enumerate();
        stages
            .filter(|(at, _)| holds(*at))
            .map(|(_, stage)| stage.name.as_str())
            .collect()
    }

    fn build(&self, options: &[String], tell: &dyn Fn(Fact)) -> Vec<StartFailure> {
        let built = self.names(|at| self.plan.stages[at].builds);
        if built.is_empty() {
            return Vec::new();
        }
        tell(Fact::BuildStarted {
            stages: built.iter().map(|name| (*name).to_owned()).collect(),
        });
        let begun = Instant::now();
        let call = self.call_build(options, &built, tell);
        if call.code == 0 {
            tell(Fact::BuildFinished { took_ms: millis(begun) });
            return Vec::new();
        }
        if !self.keep_going || built.len() == 1 {
            return self.build_failure(&call, &built, tell).into_iter().collect();
        }
        // One failure ends the whole call: one by one shows which images can be had.
        let alone = |name: &str| self.build_failure(&self.call_build(options, &[name], tell), &[name], tell);
        built.iter().filter_map(|name| alone(name)).collect()
    }

    fn call_build(&self, options: &[String], built: &[&str], tell: &dyn Fn(Fact)) -> Call {
        self.call(&self.commands.build(self.document(built), options, built), built, tell)
    }

    fn build_failure(&self, call: &Call, built: &[&str], tell: &dyn Fn(Fact)) -> Option<StartFailure> {
        if call.code == 0 {
            return None;
        }
        let step = call
            .step
            .as_ref()
            .and_then(|step| compose_output::stage_of_step(&step.name, built));
        // BuildKit names the target in front of its message where several are built.
        let named = || {
            built
                .iter()
                .copied()
                .find(|name| call.message.starts_with(&format!("target {name}:")))
        };
        let name = step.or_else(named).or_else(|| built.first().copied())?;
        let stage = self.plan.index(name)?;
        if let Some(step) = &call.step {
            tell(Fact::BuildStepFailed {
                stage: name.to_owned(),
                step: step.name.clone(),
                output: step.output.clone(),
            });
        }
        let outcome = match classify::start_failure(&call.message) {
            Outcome::EngineLost => Outcome::EngineLost,
            _ => Outcome::BuildFailed,
        };
        Some(StartFailure {
            stage,
            outcome,
            cause: call.message.clone(),
            code: None,
        })
    }

    fn create(&self, failed: &mut Vec<StartFailure>, tell: &dyn Fn(Fact)) {
        let begun = Instant::now();
        loop {
            let left = |at: usize| {
                self.plan.stages[at].kind != Kind::Build && failed.iter().all(|failure| failure.stage != at)
            };
            let names = self.names(left);
            if names.is_empty() {
                return;
            }
            let built = self.names(|at| left(at) && self.plan.stages[at].builds);
            let document = self.document(&names);
            let create = self
                .commands
                .create(document, &self.create, &names, self.passes_orphans_on);
            let call = self.call(&create, &built, tell);
            if call.code == 0 {
                tell(Fact::Created { took_ms: millis(begun) });
                return;
            }
            let found = self.create_failures(&call, &names, &built, tell);
            let progress = !found.is_empty();
            failed.extend(found);
            if !self.keep_going || !progress {
                return;
            }
        }
    }

    /// The stages that a failed call names; where it names none, the first one stands for all.
    fn create_failures(&self, call: &Call, names: &[&str], built: &[&str], tell: &dyn Fn(Fact)) -> Vec<StartFailure> {
        if call.step.is_some() || classify::is_build_failure(&call.message) {
            return self.build_failure(call, built, tell).into_iter().collect();
        }
        let mut failures: Vec<StartFailure> = Vec::new();
        for (id, details) in &call.failed {
            for stage in self
                .stages_of(id)
                .into_iter()
                .filter(|stage| names.contains(&self.plan.stages[*stage].name.as_str()))
            {
                if failures.iter().all(|failure| failure.stage != stage) {
                    let is_pull = id.starts_with("Image ") || self.plan.index(id).is_some();
                    let outcome = if self.plan.stages[stage].provided {
                        Outcome::StartFailed
                    } else if is_pull {
                        Outcome::PullFailed
                    } else {
                        classify::start_failure(details)
                    };
                    failures.push(StartFailure {
                        stage,
                        outcome,
                        cause: classify::clean(details),
                        code: None,
                    });
                }
            }
        }
        if failures.is_empty()
            && let Some(stage) = names.first().and_then(|name| self.plan.index(name))
        {
            let outcome = classify::start_failure(&call.message);
            failures.push(StartFailure {
                stage,
                outcome,
                cause: classify::clean(&call.message),
                code: None,
            });
        }
        failures.sort_by_key(|failure| failure.stage);
        failures
    }

    /// The stages that compose means by `Image X`, `Container P-S-1`, `service:S:1`, `S`.
    fn stages_of(&self, id: &str) -> Vec<usize> {
        let stages = self.plan.stages.iter().enumerate();
        let project = &self.commands.project;
        let is_meant = |name: &str, image: Option<&str>| match id.split_once([' ', ':']) {
            Some(("Image", meant)) => image == Some(meant),
            Some(("service", meant)) => meant.split(':').next() == Some(name),
            Some(("Container", meant)) => meant
                .strip_prefix(&format!("{project}-{name}-"))
                .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())),
            Some(_) => false,
            None => id == name,
        };
        stages
            .filter(|(_, stage)| is_meant(&stage.name, stage.image.as_deref()))
            .map(|(at, _)| at)
            .collect()
    }

    fn call(&self, invocation: &Invocation, built: &[&str], tell: &dyn Fn(Fact)) -> Call {
        let mut call = Call {
            code: 0,
            failed: Vec::new(),
            step: None,
            message: String::new(),
        };
        let child = match self.spawner.spawn(invocation) {
            Ok(child) => child,
            Err(error) => {
                return Call {
                    code: 255,
                    message: format!("{error:#}"),
                    ..call
                };
            }
        };
        // Which of the two streams carries the progress differs between versions and commands.
        let (sender, lines) = mpsc::sync_channel(64);
        let sources: [Box<dyn std::io::Read + Send>; 2] = match (child.stdout.try_clone(), child.stderr.try_clone()) {
            (Ok(stdout), Ok(stderr)) => [Box::new(stdout), Box::new(stderr)],
            _ => [Box::new(std::io::empty()), Box::new(std::io::empty())],
        };
        for source in sources {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let lines = BufReader::new(source).split(b'\n').map_while(Result::ok);
                for line in lines {
                    if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut logs = BuildLogs::new(&self.directory, built, tell);
        loop {
            match lines.recv_timeout(PAUSE) {
                Ok(line) => {
                    for progress in compose_output::read(&line) {
                        self.note(&mut call, progress, built, &mut logs, tell);
                    }
                    logs.pass_on(false);
                }
                Err(RecvTimeoutError::Timeout) => logs.pass_on(true),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        logs.end();
        call.code = child.wait();
        call
    }

    fn note(&self, call: &mut Call, progress: Progress, built: &[&str], logs: &mut BuildLogs<'_>, tell: &dyn Fn(Fact)) {
        match progress {
            Progress::Named { step, name } => logs.named(&step, &name),
            Progress::Wrote { step, text } => logs.wrote(&step, &text),
            Progress::BuildWarning { step, text } => logs.remark(&step, &text),
            Progress::Pulling(name) => tell(Fact::PullStarted {
                image: self.image(name),
            }),
            Progress::Pulled(name) => tell(Fact::PullFinished {
                image: self.image(name),
            }),
            Progress::Failed { id, details } => call.failed.push((id, details)),
            Progress::Step {
                step,
                name,
                cached,
                took,
            } => {
                logs.ended(&step, if cached { "cached" } else { "done" });
                tell(Fact::BuildStepFinished {
                    stage: compose_output::stage_of_step(&name, built).map(str::to_owned),
                    step: name,
                    cached,
                    took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                });
            }
            Progress::StepFailed { step, name, error } => {
                let output = logs.tail(&step);
                logs.ended(&step, &error);
                let is_cancelled = error.contains("context canceled");
                // Steps that are stopped because another one failed fail as well.
                if call
                    .step
                    .as_ref()
                    .is_none_or(|first| first.is_cancelled && !is_cancelled)
                {
                    if call.message.is_empty() || call.step.is_some() {
                        call.message = format!("{name}: {error}");
                    }
                    call.step = Some(FailedStep {
                        name,
                        output,
                        is_cancelled,
                    });
                }
            }
            Progress::Error(message) => call.message = message,
            Progress::Warning(message) => tell(Fact::Warned { stage: None, message }),
        }
    }

    /// The image that a name stands for which may be that of its service.
    fn image(&self, name: String) -> String {
        let stage = self.plan.index(&name).map(|stage| &self.plan.stages[stage]);
        stage.and_then(|stage| stage.image.clone()).unwrap_or(name)
    }
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
