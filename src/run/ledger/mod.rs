//! What the engine's events and its record say together of a run's containers. Pure.
//!
//! An event comes at once, and can be lost, late, doubled or out of order. The record (`docker inspect`) is true of the
//! moment it was made, and takes a call. So an event that fits what is known is taken as it is; one that does not fit is no
//! more than a reason to ask for the record; and what the record says of a container is compared with what is known of it.
//! Both are ordered by the engine's own clock, never by this machine's.

use std::collections::{HashMap, HashSet};

use super::engine_events::{Action, EngineEvent, UNKNOWN};
use super::inspect::Record;

/// What has become of a container, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The container's id.
    pub(super) container: String,
    /// Its stage.
    pub(super) stage: usize,
    /// Its number among the stage's containers, from 1.
    pub(super) instance: u32,
    /// What happened.
    pub(super) what: What,
}

/// What happened to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It runs.
    Started {
        /// It has run before this run, and may be still running from then.
        is_older: bool,
    },
    /// It ended.
    Ended {
        /// Its exit code; [`UNKNOWN`] where nothing tells it.
        code: i32,
        /// Whether the engine says that memory ran out.
        oom: bool,
        /// Whether it is certain that the engine does not start it again. Told by itself where it was not before.
        is_last: bool,
    },
    /// Somebody froze its processes, or let them go on.
    Paused(bool),
    /// Its health check said so.
    Health(bool),
}

/// What an event or a record led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// What is known now and was not before.
    pub(super) changes: Vec<Change>,
    /// Whether something does not fit: the engine is to be asked for its record.
    pub(super) doubts: bool,
}

/// A moment, by the ledger's own count. A record is as old as the moment at which it was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u64);

/// What is known of a run's containers.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    containers: HashMap<String, Container>,
    /// The containers that were there before this run started any, with the start of what was their last life by then.
    before: HashMap<String, u64>,
    /// Containers that were gone for good before anything else was known of them.
    removed: HashSet<String>,
    moment: Moment,
}

#[derive(Debug)]
struct Container {
    stage: usize,
    instance: u32,
    life: Life,
    /// The newest start that is known: its own time from a record, a little later from an event.
    started: u64,
    /// The newest end that is known, in the same way.
    ended: u64,
    /// Only a record told of that end: its event is still to come, or lost.
    end_is_recorded: bool,
    code: i32,
    oom: bool,
    paused: bool,
    /// How many of its ends are known.
    ends: u32,
    /// How often it had been started again when this run came to know it.
    restarts_before: u32,
    /// When something was last learned of it.
    changed: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Running,
    /// It ended, and may be started again.
    Ended,
    /// It ended for good.
    Over,
}

impl Ledger {
    /// This moment: what is learned from now on is newer than a record that is asked for now.
    pub(super) fn now(&mut self) -> Moment {
        self.moment.0 += 1;
        self.moment
    }

    /// Takes note of what the engine has on record before this run starts anything.
    pub(super) fn begin(&mut self, records: &[Record]) {
        self.before = records
            .iter()
            .map(|record| (record.container.clone(), record.started))
            .collect();
    }

    /// Takes an event of a container of this stage.
    pub(super) fn event(&mut self, event: &EngineEvent, stage: usize) -> Told {
        let now = self.now();
        let id = &event.container;
        let Some(container) = self.containers.get_mut(id) else {
            return self.first_event(event, stage, now);
        };
        let mut told = Teller::new(id, container, now);
        match event.action {
            Action::Started => told.start_event(event.time),
            Action::Died(code) => told.end_event(event.time, code),
            Action::Health(healthy) if told.container.life == Life::Running => told.tell(What::Health(healthy)),
            Action::Paused(paused) if told.container.life == Life::Running => told.pause(paused),
            // Its end comes before it, or is lost.
            Action::Removed => told.doubts = told.container.life != Life::Over,
            Action::Health(_) | Action::Paused(_) => told.doubts = true,
            Action::Created | Action::OutOfMemory | Action::ExecDied(_) | Action::Killed => {}
        }
        told.done()
    }

    /// An event of a container of which nothing is known: the first of it that came.
    fn first_event(&mut self, event: &EngineEvent, stage: usize, now: Moment) -> Told {
        match event.action {
            Action::Started if !self.removed.contains(&event.container) => {
                let is_older = self.has_older_life(&event.container);
                let container = self.new_container(event.container.clone(), stage, now);
                container.started = event.time;
                let mut told = Teller::new(&event.container, container, now);
                told.tell(What::Started { is_older });
                told.done()
            }
            // The engine also tells the end of what it could not start: only the record knows whether it ran.
            Action::Died(_) | Action::Health(_) => Told {
                doubts: true,
                ..Told::default()
            },
            Action::Removed => {
                self.removed.insert(event.container.clone());
                Told::default()
            }
            _ => Told::default(),
        }
    }

    fn new_container(&mut self, id: String, stage: usize, now: Moment) -> &mut Container {
        let taken = self.count(stage);
        self.containers.entry(id).or_insert(Container {
            stage,
            instance: u32::try_from(taken).unwrap_or(u32::MAX).saturating_add(1),
            life: Life::Running,
            started: 0,
            ended: 0,
            end_is_recorded: false,
            code: UNKNOWN,
            oom: false,
            paused: false,
            ends: 0,
            restarts_before: 0,
            changed: now,
        })
    }

    /// Compares the engine's record of all containers with what is known. `stage_of` gives the stage of a service whose
    /// start was asked for.
    pub(super) fn records(
        &mut self,
        records: &[Record],
        asked: Moment,
        stage_of: impl Fn(&str) -> Option<usize>,
    ) -> Told {
        let now = self.now();
        let mut told = Told::default();
        for record in records {
            let Some(stage) = stage_of(&record.service) else {
                continue;
            };
            told.add(self.record(record, stage, asked, now));
        }
        let on_record: HashSet<&str> = records.iter().map(|record| record.container.as_str()).collect();
        for (id, container) in &mut self.containers {
            if container.life == Life::Over || on_record.contains(id.as_str()) {
                continue;
            }
            if container.changed > asked {
                told.doubts = true;
            } else {
                let mut teller = Teller::new(id, container, now);
                // It was up, or was to be started again. A good end of before says nothing of how that ended.
                let code = match teller.container.life {
                    Life::Ended if teller.container.code != 0 => teller.container.code,
                    _ => UNKNOWN,
                };
                let oom = teller.container.oom;
                teller.end(code, oom, true);
                told.add(teller.done());
            }
        }
        told
    }

    fn record(&mut self, record: &Record, stage: usize, asked: Moment, now: Moment) -> Told {
        if !record.was_started() {
            return Told::default();
        }
        let has_older_life = self.has_older_life(&record.container);
        let is_older = has_older_life && self.before.get(&record.container) == Some(&record.started);
        let id = &record.container;
        let Some(container) = self.containers.get_mut(id) else {
            if is_older && !record.running {
                return Told::default();
            }
            let container = self.new_container(id.clone(), stage, now);
            container.started = record.started;
            container.restarts_before = if is_older { record.restarts } else { 0 };
            let mut told = Teller::new(id, container, now);
            told.tell(What::Started {
                is_older: has_older_life,
            });
            told.compare(record);
            return told.done();
        };
        if container.changed > asked {
            // Something newer is known. Whatever else the record knew is looked at again.
            let doubts = container.does_not_fit(record);
            return Told {
                doubts,
                ..Told::default()
            };
        }
        let mut told = Teller::new(id, container, now);
        told.compare(record);
        told.done()
    }

    fn has_older_life(&self, id: &str) -> bool {
        self.before.get(id).is_some_and(|started| *started > 0)
    }

    /// Whether the record of a container is not older than what is known of it.
    pub(super) fn is_current(&self, record: &Record, asked: Moment) -> bool {
        let known = self.containers.get(&record.container);
        known.is_none_or(|known| known.changed <= asked)
    }

    /// Whether a container ended and the engine is expected to start it again.
    pub(super) fn expects_restart(&self) -> bool {
        self.containers.values().any(|known| known.life == Life::Ended)
    }

    /// How many containers of a stage are known to have been started.
    pub(super) fn count(&self, stage: usize) -> usize {
        self.containers.values().filter(|known| known.stage == stage).count()
    }
}

impl Container {
    fn does_not_fit(&self, record: &Record) -> bool {
        let runs = self.life == Life::Running;
        record.started > self.started || record.running != runs
    }
}

impl Told {
    fn add(&mut self, other: Self) {
        self.changes.extend(other.changes);
        self.doubts |= other.doubts;
    }
}

/// Takes down what is learned of one container.
struct Teller<'a> {
    id: &'a str,
    container: &'a mut Container,
    now: Moment,
    changes: Vec<Change>,
    doubts: bool,
}

impl<'a> Teller<'a> {
    const fn new(id: &'a str, container: &'a mut Container, now: Moment) -> Self {
        Self {
            id,
            container,
            now,
            changes: Vec::new(),
            doubts: false,
        }
    }

    fn done(self) -> Told {
        if !self.changes.is_empty() {
            self.container.changed = self.now;
        }
        Told {
            changes: self.changes,
            doubts: self.doubts,
        }
    }

    fn tell(&mut self, what: What) {
        self.changes.push(Change {
            container: self.id.to_owned(),
            stage: self.container.stage,
            instance: self.container.instance,
            what,
        });
    }

    fn start(&mut self, time: u64) {
        self.container.life = Life::Running;
        self.container.started = time;
        self.container.paused = false;
        self.tell(What::Started { is_older: false });
    }

    fn end(&mut self, code: i32, oom: bool, is_last: bool) {
        if self.container.life == Life::Running {
            self.container.ends += 1;
        }
        self.container.life = if is_last { Life::Over } else { Life::Ended };
        self.container.code = code;
        self.container.oom = oom;
        self.tell(What::Ended { code, oom, is_last });
    }

    fn pause(&mut self, paused: bool) {
        if self.container.paused != paused {
            self.container.paused = paused;
            self.tell(What::Paused(paused));
        }
    }

    fn start_event(&mut self, time: u64) {
        let known = &*self.container;
        match known.life {
            _ if time <= known.started.max(known.ended) => {}
            Life::Running => self.doubts = true,
            // The start that belongs to a recorded end comes after it by the engine's clock where the container ended at
            // once: which of the two this is only the record tells.
            Life::Ended | Life::Over if known.end_is_recorded => self.doubts = true,
            Life::Ended | Life::Over => self.start(time),
        }
    }

    fn end_event(&mut self, time: u64, code: i32) {
        let known = &*self.container;
        match known.life {
            _ if time <= known.started.max(known.ended) => {}
            Life::Running => {
                self.container.ended = time;
                self.container.end_is_recorded = false;
                self.end(code, false, false);
            }
            Life::Ended | Life::Over => self.doubts = true,
        }
    }

    /// Learns from a record that is newer than all that is known.
    fn compare(&mut self, record: &Record) {
        let known = &*self.container;
        let ends = record.restarts.saturating_sub(known.restarts_before);
        // The end that it waits to be started again after is counted among those, and told below.
        let ends = ends - u32::from(record.restarting && ends > 0);
        if known.life == Life::Running && (record.started > known.started || ends > known.ends) {
            // It ended and was started again, and nothing told how it ended.
            self.end(UNKNOWN, false, false);
            self.container.ends = self.container.ends.max(ends);
            self.start(record.started);
        } else if known.life != Life::Running && record.started > known.started {
            self.start(record.started);
        }
        if record.running {
            self.pause(record.paused);
            if self.container.life != Life::Running {
                // It ended by what is known, and runs by what is newer: the one is late.
                self.doubts = true;
            }
            return;
        }
        if self.container.life == Life::Running || (self.container.life == Life::Ended && !record.restarting) {
            let was_running = self.container.life == Life::Running;
            let (code, oom) = if was_running {
                (record.code, record.oom)
            } else {
                (self.container.code, self.container.oom || record.oom)
            };
            self.container.ended = self.container.ended.max(record.ended);
            self.container.end_is_recorded |= was_running;
            self.end(code, oom, !record.restarting);
        }
    }
}

#[cfg(test)]
mod tests;
