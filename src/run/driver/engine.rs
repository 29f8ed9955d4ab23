//! What the engine says of the run's containers: its events, and its record where events are not enough.

use std::io::{BufRead as _, BufReader};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use super::{Container, Driver, Log, Message, PROBE, START_GRACE, send};
use crate::event::Fact;
use crate::run::cleanup;
use crate::run::command::Commands;
use crate::run::engine_events::{self, Action, EngineEvent, UNKNOWN};
use crate::run::inspect::Record;
use crate::run::process::Spawner;
use crate::run::scheduler::{Input, StartFailure};
use crate::run::start::{records, records_of};

/// When the record of a container that ended with 137 is looked at. On a busy machine the engine learns only after the end
/// that it was for memory.
const OOM_DELAYS: [Duration; 2] = [Duration::ZERO, Duration::from_millis(300)];

impl Driver<'_> {
    pub(super) fn listen_to_engine(&self) {
        let spawner = self.spawner.clone();
        let commands = self.commands.clone();
        // The engine keeps its last events: a listener that takes over gets what came while nobody listened.
        let events = commands.events(self.last_event.map(|last| last + 1));
        self.spawn(move |inbox| {
            if let Ok(child) = spawner.spawn(&events) {
                read_events(&child.stdout, inbox);
                let _ = child.wait();
            }
            let engine_answers = cleanup::engine_answers(&spawner, &commands);
            send(inbox, Message::EventsEnded { engine_answers });
        });
    }

    pub(super) fn ask_for_records(&self) {
        self.ask_for_records_in(Duration::ZERO);
    }

    fn ask_for_records_in(&self, time: Duration) {
        let spawner = self.spawner.clone();
        let commands = self.commands.clone();
        self.spawn(move |inbox| {
            std::thread::sleep(time);
            let asked = Instant::now();
            if let Some(records) = records(&spawner, &commands) {
                send(inbox, Message::Records(records, asked));
            }
        });
    }

    pub(super) fn up_returned(&mut self, stages: Vec<usize>, failed: Vec<StartFailure>) {
        let unknown_health = stages
            .iter()
            .any(|stage| self.scheduler.health_is_unsaid(*stage) && self.scheduler.needs_health(*stage));
        let unseen = stages.iter().any(|stage| self.started[*stage].is_none());
        self.step(Input::UpReturned { stages, failed });
        if unknown_health || (unseen && !self.owned) {
            // A container of the user's project that ran before sends no event of a start.
            self.ask_for_records();
        } else if unseen {
            self.ask_for_records_in(START_GRACE);
        }
    }

    pub(super) fn engine_event(&mut self, event: EngineEvent) {
        let Some(stage) = self.plan.index(&event.service) else {
            return;
        };
        if let Some(waiting) = self
            .containers
            .get_mut(&event.container)
            .and_then(|c| c.waiting.as_mut())
        {
            // What came after an end must not be taken before it.
            waiting.push(event);
            return;
        }
        let id = event.container;
        match event.action {
            Action::Created => {}
            Action::Started => self.container_started(&id, stage),
            Action::OutOfMemory => self.ran_out_of_memory(&id),
            Action::Died(137) => self.verify_death(id),
            Action::Died(code) => self.died(&id, code, false),
            Action::Health(healthy) => {
                if let Some(instance) = self.containers.get(&id).map(|c| c.instance) {
                    self.step(Input::Health {
                        stage,
                        instance,
                        healthy,
                    });
                }
            }
            Action::ExecDied(code) => self.probe_ended(stage, code),
        }
    }

    fn container_started(&mut self, id: &str, stage: usize) {
        let container = self.container(id, stage);
        container.running = true;
        container.changed = Instant::now();
        container.log.starts += 1;
        let instance = container.instance;
        self.started[stage].get_or_insert(self.begun.elapsed());
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

    /// The container of this id; a new one gets the stage's next number.
    fn container(&mut self, id: &str, stage: usize) -> &mut Container {
        let taken = self.containers.values().filter(|c| c.stage == stage).count();
        self.containers.entry(id.to_owned()).or_insert_with(|| Container {
            stage,
            instance: u32::try_from(taken).unwrap_or(u32::MAX).saturating_add(1),
            running: false,
            oom: false,
            changed: Instant::now(),
            is_older: false,
            waiting: None,
            log: Log::default(),
        })
    }

    /// 137 is what memory, a kill from outside and a job's own `exit 137` look alike in: the engine's record tells.
    fn verify_death(&mut self, id: String) {
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        container.waiting = Some(Vec::new());
        let mut oom = container.oom;
        // What towline ends itself is not waited for.
        let looks = if self.scheduler.is_cancelled() {
            1
        } else {
            OOM_DELAYS.len()
        };
        let spawner = self.spawner.clone();
        let commands = self.commands.clone();
        self.spawn(move |inbox| {
            for delay in &OOM_DELAYS[..looks] {
                if oom {
                    break;
                }
                std::thread::sleep(*delay);
                oom = was_out_of_memory(&spawner, &commands, &id);
            }
            send(
                inbox,
                Message::Died {
                    container: id,
                    code: 137,
                    oom,
                },
            );
        });
    }

    pub(super) fn death_verified(&mut self, id: &str, code: i32, oom: bool) {
        let waiting = self
            .containers
            .get_mut(id)
            .and_then(|container| container.waiting.take());
        let waiting = waiting.unwrap_or_default();
        let was_told = waiting.iter().any(|event| event.action == Action::OutOfMemory);
        self.died(id, code, oom || was_told);
        for event in waiting {
            self.engine_event(event);
        }
    }

    fn died(&mut self, id: &str, code: i32, oom: bool) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        container.running = false;
        container.changed = Instant::now();
        let input = Input::Died {
            stage: container.stage,
            instance: container.instance,
            code,
            oom,
        };
        self.step(input);
        self.look_again(id);
    }

    fn probe_ended(&mut self, stage: usize, code: i32) {
        let is_due = self.last_probe_look.is_none_or(|last| last.elapsed() >= PROBE);
        if code != 0 && is_due && self.scheduler.needs_health(stage) {
            self.last_probe_look = Some(Instant::now());
            self.ask_for_records();
        }
    }

    /// Compares the engine's record with what the events told: probes, health checks that only the image knows, and
    /// whatever was missed. What changed after the record was asked for is newer than the record.
    pub(super) fn compare(&mut self, records: Vec<Record>, asked: Instant) {
        self.last_record = self.last_record.max(Some(asked));
        self.find_missing(&records, asked);
        for record in records {
            let Some(stage) = self.plan.index(&record.service) else {
                continue;
            };
            let known = self.containers.get(&record.container);
            if known.is_some_and(|container| container.changed >= asked || container.waiting.is_some()) {
                continue;
            }
            let ran = known.map(|container| container.running);
            if record.running && ran != Some(true) && self.scheduler.is_started(stage) {
                let is_older = !self.owned && ran.is_none();
                self.container(&record.container, stage).is_older = is_older;
                self.container_started(&record.container, stage);
            }
            self.note_health(stage, &record);
            if record.running && ran == Some(true) {
                // A reader that was cut off follows again; where one still does, nothing happens.
                self.follow(&record.container);
            }
            if !record.running && !record.restarting && ran == Some(true) {
                self.died(&record.container, record.code, record.oom);
            }
        }
    }

    /// A container that is on no record any more has ended, and nobody knows how: that is no success.
    fn find_missing(&mut self, records: &[Record], asked: Instant) {
        let is_missing = |(id, container): &(&String, &Container)| {
            let is_older = container.changed < asked && container.waiting.is_none();
            container.running && is_older && records.iter().all(|record| record.container != **id)
        };
        let missing = self.containers.iter().filter(is_missing);
        let missing: Vec<String> = missing.map(|(id, _)| id.clone()).collect();
        for id in missing {
            self.died(&id, UNKNOWN, false);
        }
    }

    fn note_health(&mut self, stage: usize, record: &Record) {
        if record.running && self.scheduler.health_is_unsaid(stage) && self.scheduler.is_started(stage) {
            self.step(Input::HealthFound {
                stage,
                present: record.health.is_some(),
            });
        }
        let Some(health) = &record.health else { return };
        let instance = self.containers.get(&record.container).map(|c| c.instance);
        if let Some(probe) = &health.probe
            && self.probes[stage].as_ref() != Some(probe)
        {
            self.probes[stage] = Some(probe.clone());
            if self.scheduler.needs_health(stage) {
                self.emit(Fact::ProbeFailed {
                    stage: self.plan.stages[stage].name.clone(),
                    probe: probe.clone(),
                });
            }
        }
        match (instance, health.status.as_str()) {
            (Some(instance), "healthy") => self.step(Input::Health {
                stage,
                instance,
                healthy: true,
            }),
            (Some(instance), "unhealthy") if self.scheduler.needs_health(stage) => {
                self.step(Input::Health {
                    stage,
                    instance,
                    healthy: false,
                });
            }
            _ => {}
        }
    }
}

fn was_out_of_memory(spawner: &Spawner, commands: &Commands, container: &str) -> bool {
    let records = records_of(spawner, commands, &[container.to_owned()]);
    records.is_some_and(|records| records.first().is_some_and(|record| record.oom))
}

fn read_events(pipe: &os_pipe::PipeReader, inbox: &SyncSender<Message>) {
    let Ok(pipe) = pipe.try_clone() else { return };
    for line in BufReader::new(pipe).lines().map_while(Result::ok) {
        if let Some(event) = engine_events::read(&line) {
            send(inbox, Message::Engine(event));
        }
    }
}
