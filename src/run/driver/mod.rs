//! The loop of a run: what the engine, the children and the user say goes into the scheduler; what the scheduler wants done
//! becomes processes; what happened goes to the reporters. All state has one owner, this thread.

mod close;
mod engine;
mod memory;
mod output;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::compose::Health;
use crate::event::{Event, Fact, Kind, Outcome, Probe, Refusal, Report, RunInfo, StageReport};
use crate::failure::Result;
use crate::plan::Plan;
use crate::report::Reporter;
use crate::run::build_log;
use crate::run::cleanup::{Closer, Made};
use crate::run::command::Commands;
use crate::run::documents::Documents;
use crate::run::engine_events::EngineEvent;
use crate::run::gc;
use crate::run::guard::{self, Guard};
use crate::run::inspect::Record;
use crate::run::ledger::{Change, Ledger, Moment};
use crate::run::lock::{Holder, Lock};
use crate::run::logs::{Piece, Progress, Waiting};
use crate::run::prepare::{Preparation, Prepared};
use crate::run::process::Spawner;
use crate::run::scheduler::{Effect, Input, Scheduler, Signal, StageEnd, StartFailure};
use crate::run::start::Starter;
use crate::run::things::{Belongings, InProject};
use crate::run::{Spec, signals};
use output::log_name;

/// How often reporters get to move what moves without an event.
const BEAT: Duration = Duration::from_millis(100);

/// How long a stage's report waits for the engine's record, and for the rest of its log while not a byte of it comes.
const LOG_GRACE: Duration = Duration::from_secs(10);

/// How long the event of a start may take before the engine is asked.
const START_GRACE: Duration = Duration::from_millis(500);

/// How long the engine's record may not have been compared with what the events told: one of them may be lost.
const LONGEST_UNSEEN: Duration = Duration::from_secs(10);

/// How often a failing probe is looked at while something waits for the stage's health.
const PROBE: Duration = Duration::from_secs(1);

/// How many messages wait at most: output that comes faster than the views take it stays in the pipes.
const INBOX: usize = 256;

/// What comes in.
pub(super) enum Message {
    Fact(Fact),
    Prepared(Prepared),
    UpReturned {
        stages: Vec<usize>,
        failed: Vec<StartFailure>,
    },
    Engine(EngineEvent),
    EventsEnded {
        engine_answers: bool,
    },
    /// What the engine has on record.
    Records {
        /// Nothing where it did not say.
        records: Option<Vec<Record>>,
        asked: Moment,
        engine_answers: bool,
    },
    /// Whether the end of a container was for memory.
    EndVerified {
        container: String,
        end: Moment,
        oom: bool,
    },
    Output {
        container: String,
        piece: Piece,
    },
    LogEnded {
        container: String,
        progress: Progress,
        error: Option<String>,
    },
    Stopped(Vec<usize>),
    /// A part of the clean-up is done.
    Closed,
    Signal(Signal),
}

/// A container of the run.
struct Container {
    stage: usize,
    /// Its number among the stage's containers, from 1.
    instance: u32,
    running: bool,
    oom: bool,
    /// Somebody had the engine kill it.
    killed: bool,
    /// When it was last seen to start or to end.
    changed: Instant,
    /// It ran before this run, which is not to pass on what it wrote then.
    is_older: bool,
    /// What has become of it since it ended in a way that the engine is being asked about.
    held: Option<Held>,
    log: Log,
}

/// An end that may have been for memory, and what came after it.
struct Held {
    /// Which end is asked about.
    end: Moment,
    changes: Vec<Change>,
}

/// What is known of a stage.
#[derive(Clone, Default)]
struct StageRun {
    /// When the first of its containers was seen to run, since the run's start.
    started: Option<Duration>,
    restarts: u32,
    probe: Option<Probe>,
    result: Option<StageReport>,
    /// When the call that starts it came back.
    returned: Option<Moment>,
    /// How often it was looked for since, and not all of its containers were there.
    missed: u32,
}

/// How far the log of a container is.
#[derive(Default)]
struct Log {
    /// How often the container was started.
    starts: u32,
    /// How many of these the follower has seen.
    followed: u32,
    active: bool,
    /// Since when whoever reads it has been waiting for the engine.
    waiting: Waiting,
    /// Nobody waits for the rest of it any more, and a warning says so.
    given_up: bool,
    /// There is none: the file turns it off.
    is_none: bool,
    progress: Progress,
    /// How many bytes of it have been passed on.
    told: u64,
    /// How often reading it failed.
    failures: u32,
    /// At which start it was read a last time after the container's end.
    looked_again: u32,
}

/// A stage that has ended and whose log is not complete yet.
struct Ending {
    report: StageReport,
    stage: usize,
    /// How long a record is waited for. The log has as long as bytes of it come.
    deadline: Instant,
    /// A record of the engine's that is newer than this belongs to the report: what the last probe printed is the best
    /// answer to why.
    record_after: Option<Moment>,
}

impl Container {
    /// Whether there is more of its log to come, as far as anybody can tell.
    fn awaits_log(&self) -> bool {
        let silence = self.log.waiting.lasted().min(self.changed.elapsed());
        self.log.active && !self.log.given_up && silence < LOG_GRACE
    }
}

pub(super) struct Driver<'a> {
    plan: Arc<Plan>,
    scheduler: Scheduler,
    commands: Commands,
    starter: Starter,
    spawner: Spawner,
    preparation: Preparation,
    closer: Closer,
    info: RunInfo,
    directory: PathBuf,
    owned: bool,
    docker_socket: Option<OsString>,
    lock: Option<Lock>,
    guard: Option<Guard>,
    holder: Holder,
    /// Whether everything that the engine was asked to make has been made.
    made: Made,
    reporter: &'a mut dyn Reporter,
    begun: Instant,
    started_at: jiff::Timestamp,
    inbox: Receiver<Message>,
    sender: SyncSender<Message>,
    containers: HashMap<String, Container>,
    /// What is known of each stage, by its place in the plan.
    stages: Vec<StageRun>,
    ledger: Ledger,
    /// The last lines of build steps that failed, by stage.
    build_outputs: HashMap<String, String>,
    endings: Vec<Ending>,
    /// Starts that are told once the stages that made them possible have been reported.
    held: Vec<Fact>,
    warnings: Vec<String>,
    refusal: Option<Refusal>,
    last_probe_look: Option<Instant>,
    /// When the newest record that came was asked for.
    last_record: Option<Moment>,
    /// When the engine was asked for its record, where it has not answered yet.
    looking: Option<Instant>,
    /// How long its last answer took.
    look_took: Duration,
    /// When the engine is to be asked for its record.
    look_at: Option<Instant>,
    /// Since when the engine's record has been wanted, so that a run may pass.
    confirm: Option<Moment>,
    /// When the newest event of the engine happened, by its own clock, in nanoseconds since 1970.
    last_event: Option<u64>,
    /// When the engine's record last came.
    looked_at: Instant,
    preparing: bool,
    finished: bool,
}

impl<'a> Driver<'a> {
    pub(super) fn new(spec: Spec, reporter: &'a mut dyn Reporter) -> Self {
        let (sender, inbox) = sync_channel(INBOX);
        let plan = Arc::new(spec.plan);
        let documents = Arc::new(Documents::new(&spec.project, &plan, &spec.settings));
        let count = plan.stages.len();
        let spawner = Spawner::default();
        let starter = Starter {
            commands: spec.commands.clone(),
            documents: Arc::clone(&documents),
            plan: Arc::clone(&plan),
            spawner: Spawner::default(),
        };
        let preparation = Preparation {
            commands: spec.commands.clone(),
            documents: Arc::clone(&documents),
            plan: Arc::clone(&plan),
            build: spec.build,
            create: spec.create,
            passes_orphans_on: spec.passes_orphans_on,
            owned: spec.settings.owned,
            keep_going: spec.rules.keep_going,
            strict: spec.strict,
            directory: spec.directory.clone(),
            spawner: Spawner::default(),
        };
        let closer = Closer {
            commands: spec.commands.clone(),
            documents,
            plan: Arc::clone(&plan),
            spawner: spawner.clone(),
            close: spec.close,
            stop_timeout: spec.stop_timeout,
            belongings: Belongings {
                run: spec.settings.run.clone(),
                project: match spec.lock {
                    Some(_) => InProject::Locked(spec.commands.project.clone()),
                    None => InProject::Unique(spec.commands.project.clone()),
                },
            },
            old_images: Vec::new(),
        };
        Self {
            scheduler: Scheduler::new(Plan::clone(&plan), spec.rules),
            commands: spec.commands,
            starter,
            spawner,
            preparation,
            closer,
            info: spec.info,
            directory: spec.directory,
            owned: spec.settings.owned,
            docker_socket: spec.docker_socket,
            lock: spec.lock,
            guard: None,
            holder: Holder {
                run: spec.settings.run,
                owner: spec.settings.owner,
            },
            made: Made::Unknown,
            reporter,
            begun: spec.begun,
            started_at: jiff::Timestamp::now(),
            inbox,
            sender,
            containers: HashMap::new(),
            stages: vec![StageRun::default(); count],
            ledger: Ledger::default(),
            build_outputs: HashMap::new(),
            endings: Vec::new(),
            held: Vec::new(),
            warnings: Vec::new(),
            refusal: None,
            last_probe_look: None,
            last_record: None,
            looking: None,
            look_took: Duration::ZERO,
            look_at: None,
            confirm: None,
            last_event: None,
            looked_at: Instant::now(),
            preparing: false,
            finished: false,
            plan,
        }
    }

    /// Runs the plan to its end, cleans up, and sums up.
    pub(super) fn run(mut self) -> Result<Report> {
        let inbox = self.sender.clone();
        let handle = signals::listen(move |signal| send(&inbox, Message::Signal(signal)))?;
        if let Some(socket) = &self.docker_socket {
            let inbox = self.sender.clone();
            // Without the socket docker's own signals still come, where a terminal sends them.
            let _ = signals::listen_to_docker(socket, move |signal| send(&inbox, Message::Signal(signal)));
        }
        self.emit(Fact::RunStarted(self.info.clone()));
        for note in self.plan.notes.clone() {
            self.emit(Fact::Warned {
                stage: None,
                message: note,
            });
        }
        self.start_guard();
        self.closer.note_images();
        self.listen_to_engine();
        self.await_guard();
        self.prepare();
        while !self.finished || self.preparing {
            self.turn();
        }
        let verdict = self.close();
        handle.close();
        let report = self.report(verdict);
        let taken = report.took_ms;
        self.emit(Fact::RunFinished {
            verdict: report.verdict.clone(),
            took_ms: taken,
        });
        // A view that cannot be written to any more does not change the verdict.
        let _ = self.reporter.finish(&report);
        Ok(report)
    }

    /// Starts the guard of a run whose project is to be removed.
    fn start_guard(&mut self) {
        if !self.closer.removes() {
            return;
        }
        let task = guard::Task {
            commands: self.commands.clone(),
            belongings: self.closer.belongings.clone(),
            holder: self.holder.clone(),
        };
        self.guard = Guard::start(&self.spawner, &task);
        for spawner in [&self.preparation.spawner, &self.starter.spawner, &self.spawner] {
            self.guard.iter().for_each(|guard| guard.watch(spawner));
        }
    }

    /// Removes what dead runs left on the engine, while this one waits for its stages.
    fn collect_garbage(&self) {
        if self.owned {
            let (spawner, commands) = (self.spawner.clone(), self.commands.clone());
            std::thread::spawn(move || gc::in_passing(&spawner, &commands));
        }
    }

    /// Waits until the guard is ready: nothing is made before.
    fn await_guard(&mut self) {
        if !self.closer.removes() {
            return;
        }
        self.guard = self.guard.take().filter(Guard::is_ready);
        if self.guard.is_none() {
            self.emit(Fact::Warned {
                stage: None,
                message: "the guard does not start: if this run is killed, `towline gc` removes what it leaves"
                    .to_owned(),
            });
        }
    }

    /// Waits for one message or for time, whichever comes first.
    fn turn(&mut self) {
        let now = self.now();
        let deadline = self
            .scheduler
            .next_deadline(now)
            .map(|deadline| deadline.saturating_sub(now));
        let wait = deadline.map_or(BEAT, |deadline| deadline.clamp(Duration::from_millis(1), BEAT));
        match self.inbox.recv_timeout(wait) {
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => self.step(Input::Tick),
        }
        if self
            .scheduler
            .next_deadline(now)
            .is_some_and(|deadline| deadline <= self.now())
        {
            self.step(Input::Tick);
        }
        self.finish_endings();
        self.look_if_due();
        let _ = self.reporter.tick(Instant::now());
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Fact(fact) => self.emit(fact),
            Message::Prepared(prepared) => {
                self.preparing = false;
                // A call that was broken off has failed.
                self.made = match prepared.failed.is_empty() {
                    true => Made::All,
                    false => Made::Unknown,
                };
                self.collect_garbage();
                self.prepared(prepared);
            }
            Message::UpReturned { stages, failed } => self.up_returned(stages, failed),
            Message::Engine(event) => {
                self.last_event = self.last_event.max(Some(event.time));
                self.engine_event(event);
            }
            Message::EventsEnded { engine_answers: true } => {
                self.listen_to_engine();
                self.look_in(Duration::ZERO);
            }
            Message::EventsEnded { engine_answers: false } => self.step(Input::EngineLost),
            Message::Records {
                engine_answers: false, ..
            } => self.step(Input::EngineLost),
            Message::Records { records, asked, .. } => self.take_records(records, asked),
            Message::EndVerified { container, end, oom } => self.end_verified(&container, Some(end), oom),
            Message::Output { container, piece } => self.output(&container, piece),
            Message::LogEnded {
                container,
                progress,
                error,
            } => self.log_ended(&container, progress, error),
            Message::Stopped(stages) => self.step(Input::StopReturned { stages }),
            Message::Closed => {}
            Message::Signal(signal) => self.step(Input::Signal(signal)),
        }
    }

    fn step(&mut self, input: Input) {
        let effects = self.scheduler.step(self.begun.elapsed(), input);
        for effect in effects {
            match effect {
                Effect::Start(stages) => self.start(stages),
                Effect::Stop { stages, kill } => self.stop(stages, kill),
                Effect::Abort => {
                    self.preparation.spawner.close();
                    self.starter.spawner.close();
                }
                Effect::Confirm => {
                    self.confirm = Some(self.ledger.now());
                    self.look_in(Duration::ZERO);
                }
                Effect::Emit(fact @ Fact::StageStarting { .. }) if !self.endings.is_empty() => self.held.push(fact),
                Effect::Emit(fact) => self.emit(fact),
                Effect::Ended { stage, end } => self.ended(stage, end),
                Effect::Finish => self.finished = true,
            }
        }
    }

    fn emit(&mut self, fact: Fact) {
        match &fact {
            Fact::Warned { stage, message } => {
                let prefix = stage.as_ref().map(|stage| format!("{stage}: ")).unwrap_or_default();
                let warning = format!("{prefix}{message}");
                // What is told again and again while it holds is one thing to know.
                if !self.warnings.contains(&warning) {
                    self.warnings.push(warning);
                }
            }
            Fact::BuildStepFailed { stage, output, .. } if !output.is_empty() => {
                self.build_outputs.insert(stage.clone(), output.clone());
            }
            Fact::InstanceRestarted { stage, .. } => {
                if let Some(stage) = self.plan.index(stage) {
                    self.stages[stage].restarts += 1;
                }
            }
            _ => {}
        }
        let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let elapsed_ms = millis(self.begun.elapsed());
        let _ = self.reporter.event(&Event { at, elapsed_ms, fact });
    }

    // What the scheduler wants done.

    fn spawn(&self, work: impl FnOnce(&SyncSender<Message>) + Send + 'static) {
        let sender = self.sender.clone();
        std::thread::spawn(move || work(&sender));
    }

    fn prepare(&mut self) {
        self.preparing = true;
        let preparation = self.preparation.clone();
        self.spawn(move |inbox| {
            let prepared = preparation.run(&|fact| send(inbox, Message::Fact(fact)));
            send(inbox, Message::Prepared(prepared));
        });
    }

    /// Takes over what was seen of the containers, and begins to start stages.
    fn prepared(&mut self, prepared: Prepared) {
        let Prepared { failed, seen } = prepared;
        if let Some(seen) = seen {
            self.ledger.begin(&seen.records);
            self.settle(seen.plan);
            self.refusal = seen.refusal;
        }
        if failed.is_empty()
            && let Some(refusal) = self.refusal.clone()
        {
            self.step(Input::Refused(refusal));
            return;
        }
        self.tell_assumed();
        self.step(Input::Prepared { failed });
    }

    /// Goes on with the plan that the images make of it.
    fn settle(&mut self, plan: Plan) {
        let before = Arc::clone(&self.plan);
        for (before, stage) in before.stages.iter().zip(&plan.stages) {
            if (before.kind, &before.reason) != (stage.kind, &stage.reason) {
                let fact = Fact::KindFound {
                    stage: stage.name.clone(),
                    kind: stage.kind,
                    reason: stage.reason.clone(),
                };
                self.emit(fact);
            }
        }
        let is_new = |note: &&String| !before.notes.contains(note);
        let notes: Vec<String> = plan.notes.iter().filter(is_new).cloned().collect();
        for message in notes {
            self.emit(Fact::Warned { stage: None, message });
        }
        self.info.stages = plan.stages.iter().map(crate::plan::Stage::info).collect();
        self.plan = Arc::new(plan.clone());
        self.scheduler.settle(plan);
    }

    /// Says which stages run as services although nothing says that they are.
    fn tell_assumed(&mut self) {
        for name in self.assumed() {
            let message = format!(
                "runs as a service, because nothing says whether it runs to completion; settle it with --kind {name}=job or {name}=service"
            );
            let stage = Some(name);
            self.emit(Fact::Warned { stage, message });
        }
    }

    fn assumed(&self) -> Vec<String> {
        let stages = self.plan.stages.iter();
        let unknown = stages.filter(|stage| stage.kind == Kind::Unknown && self.refusal.is_none());
        unknown.map(|stage| stage.name.clone()).collect()
    }

    /// Starts stages in one call, but each stage with hooks in one of its own: a hook's failure names its stage then.
    fn start(&self, stages: Vec<usize>) {
        let (alone, together): (Vec<usize>, Vec<usize>) = stages
            .into_iter()
            .partition(|stage| self.plan.stages[*stage].has_start_hooks);
        let together = Some(together).filter(|stages| !stages.is_empty());
        for stages in alone.into_iter().map(|stage| vec![stage]).chain(together) {
            let starter = self.starter.clone();
            self.spawn(move |inbox| {
                let failed = starter.start(&stages);
                send(inbox, Message::UpReturned { stages, failed });
            });
        }
    }

    fn stop(&self, stages: Vec<usize>, kill: bool) {
        let running = self
            .containers
            .iter()
            .filter(|(_, c)| c.running && stages.contains(&c.stage));
        let running: Vec<String> = running.map(|(id, _)| id.clone()).collect();
        let closer = self.closer.clone();
        self.spawn(move |inbox| {
            if kill {
                closer.kill(&running);
            } else {
                closer.stop(&stages);
            }
            send(inbox, Message::Stopped(stages));
        });
    }

    fn ended(&mut self, stage: usize, end: StageEnd) {
        let planned = &self.plan.stages[stage];
        let instance = end.instance.unwrap_or(1);
        let wrote = |c: &Container| c.stage == stage && c.instance == instance && c.log.starts > 0;
        let has_log = planned.log_driver.as_deref() != Some("none") && self.containers.values().any(wrote);
        let report = StageReport {
            stage: planned.name.clone(),
            kind: planned.kind,
            outcome: end.outcome,
            code: end.code,
            cause: end.cause,
            because_of: end.because_of.map(|stage| self.plan.stages[stage].name.clone()),
            command: planned.command.clone(),
            needs: planned.need_infos(),
            started_ms: self.stages[stage].started.map(millis),
            finished_ms: millis(self.begun.elapsed()),
            restarts: self.stages[stage].restarts,
            probe: None,
            log: has_log.then(|| format!("logs/{}", log_name(&planned.name, instance))),
            build_log: planned.builds.then(|| build_log::name(Some(&planned.name))),
            build_output: self.build_outputs.remove(&planned.name),
        };
        let has_probe = planned.health != Health::Disabled
            && matches!(end.outcome, Outcome::Unhealthy | Outcome::Ended | Outcome::TimedOut);
        let record_after = has_probe.then(|| self.ledger.now());
        if has_probe {
            self.look_in(Duration::ZERO);
        }
        self.endings.push(Ending {
            report,
            stage,
            deadline: Instant::now() + LOG_GRACE,
            record_after,
        });
    }

    /// Reports the stages whose logs are complete, or have had their time.
    fn finish_endings(&mut self) {
        let mut at = 0;
        while at < self.endings.len() {
            let stage = self.endings[at].stage;
            if self.is_due(&self.endings[at]) {
                self.give_up_logs(|container| container.stage == stage && !container.running);
                let mut report = self.endings.remove(at).report;
                // An engine that hangs lets a stage start and gives no log.
                report.log = report.log.filter(|log| self.directory.join(log).exists());
                report.probe = self.stages[stage]
                    .probe
                    .clone()
                    .filter(|_| report.outcome != Outcome::Passed);
                report.build_log = report.build_log.filter(|log| self.directory.join(log).exists());
                self.warn_of_memory(stage, report.outcome);
                self.stages[stage].result = Some(report.clone());
                self.emit(Fact::StageFinished(report));
            } else {
                at += 1;
            }
        }
        if self.endings.is_empty() {
            self.tell_held();
        }
    }

    /// Whether a stage that ended can be reported: its log is read to its end or given up, and its record is there.
    fn is_due(&self, ending: &Ending) -> bool {
        let is_known = ending
            .record_after
            .is_none_or(|after| self.last_record.is_some_and(|last| last > after));
        let is_read = |c: &Container| c.stage != ending.stage || c.running || !c.awaits_log();
        (is_known || Instant::now() >= ending.deadline) && self.containers.values().all(is_read)
    }

    fn tell_held(&mut self) {
        for fact in std::mem::take(&mut self.held) {
            self.emit(fact);
        }
    }

    // The end.

    fn report(&self, verdict: crate::event::Verdict) -> Report {
        Report {
            info: self.info.clone(),
            started_at: self.started_at.to_string(),
            took_ms: millis(self.begun.elapsed()),
            results: self.stages.iter().filter_map(|stage| stage.result.clone()).collect(),
            warnings: self.warnings.clone(),
            assumed: self.assumed(),
            refusal: self.refusal.clone(),
            verdict,
        }
    }
}

impl Drop for Driver<'_> {
    /// Whatever ends the run, a panic included, no child outlives it.
    fn drop(&mut self) {
        for spawner in [&self.preparation.spawner, &self.starter.spawner, &self.spawner] {
            spawner.kill_all();
        }
        if std::thread::panicking() {
            self.closer.remove(Made::Unknown);
        }
    }
}

/// Once the run is over nobody reads the inbox any more, and nothing of it is missed.
fn send(inbox: &SyncSender<Message>, message: Message) {
    let _ = inbox.send(message);
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
