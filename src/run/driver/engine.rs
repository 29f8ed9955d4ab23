//! What the engine says of the run's containers: its events, and its record where events are not enough.

use std::io::{BufRead as _, BufReader};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use super::{Container, Driver, Held, LONGEST_UNSEEN, Log, Message, PROBE, START_GRACE, send};
use crate::event::Fact;
use crate::run::command::Commands;
use crate::run::engine_events::{self, Action, EngineEvent, UNKNOWN};
use crate::run::inspect::Record;
use crate::run::ledger::{Change, Moment, Told, What};
use crate::run::process::Spawner;
use crate::run::query::{engine_answers, records, records_of};
use crate::run::scheduler::{Input, StartFailure};

/// How long after an end with 137 the engine may take to say that it was for memory. It hears of that on a way of its own,
/// and on a busy machine later than of the end. Where the limit was reached before containerd watched it, which it does once
/// the process runs, the engine never says so: the stage has then failed with 137.
const OOM_PATIENCE: Duration = Duration::from_secs(10);

/// How often its record is looked at meanwhile.
const OOM_LOOK: Duration = Duration::from_millis(250);

/// How far before the run's start the first listener begins, in nanoseconds: the engine's clock may be behind. Events are
/// told from those of other runs by their label.
const EARLIER: u64 = 3_600_000_000_000;

/// How long after what does not fit the engine is asked: what is on its way may explain it.
const DOUBT: Duration = Duration::from_millis(100);

/// How long after an end the engine is asked whether it starts the container again.
const RESTART_LOOK: Duration = Duration::from_millis(300);

/// How many times as long as a look took the next one after an end waits at least.
const LOOK_PAUSE: u32 = 5;

/// How long after a start the engine is asked how it went.
const START_LOOK: Duration = Duration::from_secs(1);

/// How long after a call that said nothing the engine is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// How often a container that was started may be missing from the engine's record before it counts as lost.
const MISSED: u32 = 3;

impl Driver<'_> {
    pub(super) fn listen_to_engine(&self) {
        let spawner = self.spawner.clone();
        let commands = self.commands.clone();
        // The engine keeps its last events: a listener that comes late, or takes over, gets what came while nobody listened.
        let begun = u64::try_from(self.started_at.as_nanosecond()).unwrap_or_default();
        let begun = begun.saturating_sub(EARLIER);
        let since = self.last_event.map(|last| last + 1);
        let events = match self.owned {
            true => commands.events(since.or(Some(begun)), Some(&self.info.run)),
            // In the user's project what was started before keeps its events, and no label tells them apart.
            false => commands.events(since, None),
        };
        self.spawn(move |inbox| {
            if let Ok(child) = spawner.spawn(&events) {
                read_events(&child.stdout, inbox);
                let _ = child.wait();
            }
            let engine_answers = engine_answers(&spawner, &commands);
            send(inbox, Message::EventsEnded { engine_answers });
        });
    }

    /// Has the engine asked for its record in this time, or sooner where that was wanted before.
    pub(super) fn look_in(&mut self, time: Duration) {
        let at = Instant::now() + time;
        self.look_at = Some(self.look_at.map_or(at, |known| known.min(at)));
    }

    /// Asks the engine for its record when it is time to, one call after the other.
    pub(super) fn look_if_due(&mut self) {
        let now = Instant::now();
        let is_due = now.duration_since(self.looked_at) >= LONGEST_UNSEEN;
        if self.looking.is_some() || !(is_due || self.look_at.is_some_and(|at| now >= at)) {
            return;
        }
        self.looking = Some(now);
        self.look_at = None;
        let asked = self.ledger.now();
        let spawner = self.spawner.clone();
        let commands = self.commands.clone();
        self.spawn(move |inbox| {
            let records = records(&spawner, &commands);
            let engine_answers = records.is_some() || engine_answers(&spawner, &commands);
            send(
                inbox,
                Message::Records {
                    records,
                    asked,
                    engine_answers,
                },
            );
        });
    }

    pub(super) fn up_returned(&mut self, stages: Vec<usize>, failed: Vec<StartFailure>) {
        let returned = self.ledger.now();
        for stage in &stages {
            self.stages[*stage].returned = Some(returned);
        }
        let unknown_health = stages
            .iter()
            .any(|stage| self.scheduler.health_is_unsaid(*stage) && self.scheduler.needs_health(*stage));
        let unseen = stages.iter().any(|stage| self.stages[*stage].started.is_none());
        self.step(Input::UpReturned { stages, failed });
        self.look_in(match () {
            // A container of the user's project that ran before sends no event of a start.
            () if unknown_health || (unseen && !self.owned) => Duration::ZERO,
            () if unseen => START_GRACE,
            () => START_LOOK,
        });
    }

    pub(super) fn engine_event(&mut self, event: EngineEvent) {
        let Some(stage) = self.plan.index(&event.service) else {
            return;
        };
        match event.action {
            Action::Created => {}
            Action::ExecDied(code) => self.probe_ended(stage, code),
            Action::OutOfMemory => {
                self.ran_out_of_memory(&event.container);
                self.end_verified(&event.container, None, true);
            }
            Action::Killed => {
                if let Some(container) = self.containers.get_mut(&event.container) {
                    container.killed = true;
                }
            }
            Action::Started | Action::Died(_) | Action::Health(_) | Action::Paused(_) | Action::Removed => {
                let told = self.ledger.event(&event, stage);
                self.take_told(told);
            }
        }
    }

    fn take_told(&mut self, told: Told) {
        for change in told.changes {
            self.take_change(change);
        }
        if told.doubts {
            self.look_in(DOUBT);
        }
    }

    fn take_change(&mut self, change: Change) {
        let known = self.containers.get_mut(&change.container);
        if let Some(held) = known.and_then(|container| container.held.as_mut()) {
            // What came after an end must not be taken before it.
            held.changes.push(change);
            return;
        }
        let Change { stage, instance, .. } = change;
        match change.what {
            What::Started { is_older } => self.container_started(&change.container, stage, instance, is_older),
            What::Ended {
                code: 137, oom: false, ..
            } if self.may_be_for_memory(&change.container) => {
                self.verify_end(change);
            }
            What::Ended { code, oom, is_last } => self.died(&change.container, code, oom, is_last),
            What::Paused(paused) => self.step(Input::Paused {
                stage,
                instance,
                paused,
            }),
            What::Health(healthy) => self.step(Input::Health {
                stage,
                instance,
                healthy,
            }),
        }
    }

    fn container_started(&mut self, id: &str, stage: usize, instance: u32, is_older: bool) {
        let container = self.containers.entry(id.to_owned()).or_insert_with(|| Container {
            stage,
            instance,
            running: false,
            oom: false,
            killed: false,
            changed: Instant::now(),
            is_older,
            held: None,
            log: Log::default(),
        });
        container.running = true;
        container.oom = false;
        container.killed = false;
        container.changed = Instant::now();
        if !self.scheduler.is_started(stage) {
            // Its stage is over, and reported: this is somebody else's start, or the engine's.
            return;
        }
        container.log.starts += 1;
        self.stages[stage].started.get_or_insert(self.begun.elapsed());
        self.tell_held();
        let fact = Fact::InstanceStarted {
            stage: self.plan.stages[stage].name.clone(),
            instance,
            container: id.to_owned(),
        };
        self.emit(fact);
        self.follow(id);
        self.step(Input::Started { stage, instance });
    }

    /// Whether an end with 137 may have been for memory, as far as this run knows: nobody had the container killed.
    fn may_be_for_memory(&self, id: &str) -> bool {
        let container = self.containers.get(id);
        container.is_some_and(|container| container.running && !container.killed && !container.oom)
    }

    /// 137 is what memory, a kill from outside and a job's own `exit 137` look alike in: the engine's record tells.
    fn verify_end(&mut self, change: Change) {
        let end = self.ledger.now();
        let id = change.container.clone();
        if let Some(container) = self.containers.get_mut(&id) {
            let changes = vec![change];
            container.held = Some(Held { end, changes });
        }
        // What towline ends itself is not waited for.
        let patience = match self.scheduler.is_cancelled() {
            true => Duration::ZERO,
            false => OOM_PATIENCE,
        };
        let spawner = self.spawner.clone();
        let commands = self.commands.clone();
        self.spawn(move |inbox| {
            let oom = was_for_memory(&spawner, &commands, &id, patience);
            send(
                inbox,
                Message::EndVerified {
                    container: id,
                    end,
                    oom,
                },
            );
        });
    }

    /// Goes on with what was held back: the end that was asked about, and what came after it.
    pub(super) fn end_verified(&mut self, id: &str, end: Option<Moment>, oom: bool) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let is_meant = |held: &mut Held| end.is_none_or(|end| held.end == end);
        let Some(held) = container.held.take_if(is_meant) else {
            return;
        };
        container.oom |= oom;
        let oom = container.oom;
        let mut changes = held.changes.into_iter();
        if let Some(What::Ended { code, is_last, .. }) = changes.next().map(|change| change.what) {
            self.died(id, code, oom, is_last);
        }
        for change in changes {
            self.take_change(change);
        }
    }

    fn died(&mut self, id: &str, code: i32, oom: bool, is_last: bool) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        container.running = false;
        container.changed = Instant::now();
        container.oom |= oom;
        let input = Input::Died {
            stage: container.stage,
            instance: container.instance,
            code,
            // Another code is one that it gave itself, whatever became of its children.
            oom: code == 137 && container.oom,
            is_last,
            by_hand: container.killed,
        };
        self.step(input);
        self.look_again(id);
        if self.ledger.expects_restart() {
            // Many containers that end one by one are not looked at, all of them, after each: that would slow the engine.
            self.look_in(RESTART_LOOK.max(self.look_took * LOOK_PAUSE));
        }
    }

    fn probe_ended(&mut self, stage: usize, code: i32) {
        let is_due = self.last_probe_look.is_none_or(|last| last.elapsed() >= PROBE);
        if code != 0 && is_due && self.scheduler.needs_health(stage) {
            self.last_probe_look = Some(Instant::now());
            self.look_in(Duration::ZERO);
        }
    }

    /// Compares the engine's record with what the events told: probes, health checks that only the image knows, and
    /// whatever was missed.
    pub(super) fn take_records(&mut self, records: Option<Vec<Record>>, asked: Moment) {
        self.looked_at = Instant::now();
        if let Some(since) = self.looking.take() {
            self.look_took = since.elapsed();
        }
        let Some(records) = records else {
            self.look_in(AGAIN);
            return;
        };
        self.last_record = self.last_record.max(Some(asked));
        let is_current = |record: &&Record| self.ledger.is_current(record, asked);
        let current: Vec<&Record> = records.iter().filter(is_current).collect();
        let (plan, scheduler) = (&self.plan, &self.scheduler);
        let stage_of = |service: &str| plan.index(service).filter(|stage| scheduler.is_started(*stage));
        let told = self.ledger.records(&records, asked, stage_of);
        let is_sure = !told.doubts;
        self.take_told(told);
        for record in current {
            self.note_health(record);
            if record.running {
                // A reader that was cut off follows again; where one still does, nothing happens.
                self.follow(&record.container);
            }
        }
        self.look_for_lost(asked);
        if self.confirm.is_some_and(|since| asked > since) {
            if is_sure && self.containers.values().all(|container| container.held.is_none()) {
                self.confirm = None;
                self.step(Input::Confirmed);
            } else {
                self.look_in(DOUBT);
            }
        } else if self.confirm.is_some() {
            // This record was on its way when the one that is wanted was asked for.
            self.look_in(Duration::ZERO);
        }
    }

    /// A stage whose start came back and whose containers are on no record has lost them: nobody knows how they ended, and
    /// that is no success.
    fn look_for_lost(&mut self, asked: Moment) {
        for stage in 0..self.plan.stages.len() {
            let planned = &self.plan.stages[stage];
            let known = u32::try_from(self.ledger.count(stage)).unwrap_or(u32::MAX);
            let has_returned = self.stages[stage].returned.is_some_and(|returned| asked > returned);
            if !has_returned || planned.provided || known >= planned.replicas || !self.scheduler.is_started(stage) {
                continue;
            }
            let replicas = planned.replicas;
            self.stages[stage].missed += 1;
            if self.stages[stage].missed < MISSED {
                self.look_in(START_GRACE);
                continue;
            }
            for instance in known + 1..=replicas {
                self.step(Input::Started { stage, instance });
                self.step(Input::Died {
                    stage,
                    instance,
                    code: UNKNOWN,
                    oom: false,
                    is_last: true,
                    by_hand: false,
                });
            }
        }
    }

    fn note_health(&mut self, record: &Record) {
        let Some(stage) = self.plan.index(&record.service) else {
            return;
        };
        if self.scheduler.health_is_unsaid(stage) && self.scheduler.is_started(stage) {
            self.step(Input::HealthFound {
                stage,
                present: record.health.is_some(),
            });
        }
        let Some(health) = &record.health else { return };
        let instance = self.containers.get(&record.container).map(|c| c.instance);
        if let Some(probe) = &health.probe
            && self.stages[stage].probe.as_ref() != Some(probe)
        {
            self.stages[stage].probe = Some(probe.clone());
            if self.scheduler.needs_health(stage) {
                self.emit(Fact::ProbeFailed {
                    stage: self.plan.stages[stage].name.clone(),
                    probe: probe.clone(),
                });
            }
        }
        let Some(instance) = instance.filter(|_| record.running) else {
            return;
        };
        let healthy = match health.status.as_str() {
            "healthy" => true,
            "unhealthy" if self.scheduler.needs_health(stage) => false,
            _ => return,
        };
        self.step(Input::Health {
            stage,
            instance,
            healthy,
        });
    }
}

/// Whether the engine says within this time that a container ended for lack of memory. The kernel ends for that only what
/// has a limit.
fn was_for_memory(spawner: &Spawner, commands: &Commands, container: &str, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        let records = records_of(spawner, commands, &[container.to_owned()]);
        let Some(record) = records.and_then(|records| records.into_iter().next()) else {
            return false;
        };
        if record.oom || !record.memory_limited || Instant::now() >= deadline {
            return record.oom;
        }
        std::thread::sleep(OOM_LOOK);
    }
}

fn read_events(pipe: &os_pipe::PipeReader, inbox: &SyncSender<Message>) {
    let Ok(pipe) = pipe.try_clone() else { return };
    for line in BufReader::new(pipe).lines().map_while(Result::ok) {
        if let Some(event) = engine_events::read(&line) {
            send(inbox, Message::Engine(event));
        }
    }
}
