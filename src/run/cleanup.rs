//! The end of a run: what it made is removed (`ci`), stopped (`up`) or left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::command::Commands;
use super::documents::Documents;
use super::process::Spawner;
use crate::plan::Plan;

/// What becomes of the containers at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// All of the project is removed, volumes included.
    Remove,
    /// Containers are stopped and kept.
    Stop,
    /// What runs goes on.
    Leave,
}

/// Ends what a run made.
#[derive(Clone, Debug)]
pub(super) struct Closer {
    pub(super) commands: Commands,
    pub(super) documents: Arc<Documents>,
    pub(super) plan: Arc<Plan>,
    pub(super) spawner: Spawner,
    pub(super) close: Close,
    pub(super) stop_timeout: Option<Duration>,
    /// The images that the built names stood for before this run.
    pub(super) old_images: Vec<String>,
}

/// How long what is thrown away has to end when it is asked to.
const HASTE: Duration = Duration::from_secs(1);

/// How long the engine gets to remove what a run made. One that hangs must not hold towline.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How long the engine gets to answer a simple question, and to kill what it runs.
const ANSWER: Duration = Duration::from_secs(10);

/// Containers that the file does not say it of have this long to end.
const GRACE: Duration = Duration::from_secs(10);

/// Whether the engine answers at all.
pub(super) fn engine_answers(spawner: &Spawner, commands: &Commands) -> bool {
    let answer = spawner.capture_within(ANSWER, &commands.engine_version());
    answer.is_ok_and(|finished| finished.succeeded())
}

/// What is left behind when nothing could be removed.
pub(super) fn everything(commands: &Commands) -> String {
    format!("everything of project {}: the engine does not answer", commands.project)
}

/// The kinds of things that a project consists of, in the order in which they can be removed.
const KINDS: [&str; 3] = ["container", "network", "volume"];

impl Closer {
    /// Whether everything that the run made is removed at its end.
    pub(super) fn removes(&self) -> bool {
        self.close == Close::Remove
    }

    /// Whether there is something to do at all.
    pub(super) const fn closes(&self) -> bool {
        !matches!(self.close, Close::Leave)
    }

    /// Asks the containers of these stages to end. What stays behind ends in the order that compose keeps; what is thrown
    /// away ends all at once, and soon, unless the file asks for more time.
    pub(super) fn stop(&self, stages: &[usize]) {
        if !self.removes() {
            let names: Vec<&str> = stages
                .iter()
                .map(|stage| self.plan.stages[*stage].name.as_str())
                .collect();
            self.call_stop(
                self.documents.in_order(names.iter().copied()),
                self.stop_timeout,
                &names,
            );
            return;
        }
        let mut groups: BTreeMap<Duration, Vec<&str>> = BTreeMap::new();
        for stage in stages {
            let stage = &self.plan.stages[*stage];
            groups
                .entry(stage.stop_grace.unwrap_or(HASTE))
                .or_default()
                .push(&stage.name);
        }
        std::thread::scope(|scope| {
            for (grace, names) in groups {
                scope.spawn(move || self.call_stop(self.documents.of(names.iter().copied()), Some(grace), &names));
            }
        });
    }

    fn call_stop(&self, document: Vec<u8>, grace: Option<Duration>, names: &[&str]) {
        // Without a word of the user's each gets the time that the file gives it, one after the other at worst.
        let own = |name: &&str| {
            let stage = self.plan.index(name).map(|stage| &self.plan.stages[stage]);
            stage.and_then(|stage| stage.stop_grace).unwrap_or(GRACE)
        };
        let time = grace.unwrap_or_else(|| names.iter().map(own).sum());
        let stop = self.commands.stop(document, grace, names);
        let _ = self.spawner.capture_within(PATIENCE + time, &stop);
    }

    /// Kills these containers.
    pub(super) fn kill(&self, containers: &[String]) {
        if !containers.is_empty() {
            let _ = self.spawner.capture_within(ANSWER, &self.commands.kill(containers));
        }
    }

    /// Ends what still runs at the end of the run. What is thrown away need not end in good order, unless it asks for it.
    pub(super) fn end_running(&self, containers: &[String], stages: &[usize]) {
        if self.close == Close::Stop {
            let mut stages = stages.to_vec();
            stages.sort_unstable();
            stages.dedup();
            self.stop(&stages);
            return;
        }
        let wants_order = |stage: &&usize| {
            let stage = &self.plan.stages[**stage];
            stage.stop_grace.is_some() || stage.has_stop_hooks
        };
        let polite: Vec<usize> = stages.iter().filter(wants_order).copied().collect();
        if !polite.is_empty() {
            self.stop(&polite);
        }
        self.kill(containers);
    }

    /// Removes all of the project. Gives back what could not be removed.
    pub(super) fn remove(&self) -> Vec<String> {
        if !self.removes() {
            return Vec::new();
        }
        let down = self.spawner.capture_within(PATIENCE, &self.commands.down());
        let left = if down.is_ok_and(|finished| finished.succeeded()) {
            Vec::new()
        } else {
            remove_one_by_one(&self.spawner, &self.commands)
        };
        self.remove_old_images();
        left
    }

    /// Notes which images the names that are about to be built stand for now.
    pub(super) fn note_images(&mut self) {
        if self.removes() {
            self.old_images = self.built_images();
        }
    }

    /// A build that made something new takes the name from the image of the run before, which nobody will ask for again:
    /// without this, every run leaves one behind. An image that has another name, or a container, stays.
    fn remove_old_images(&self) {
        if self.old_images.is_empty() {
            return;
        }
        let now = self.built_images();
        let replaced: Vec<String> = self.old_images.iter().filter(|id| !now.contains(id)).cloned().collect();
        if !replaced.is_empty() {
            let remove = self.commands.remove_images(&replaced);
            let _ = self.spawner.capture_within(PATIENCE, &remove);
        }
    }

    fn built_images(&self) -> Vec<String> {
        let built = self.plan.stages.iter().filter(|stage| stage.builds);
        let names: Vec<String> = built.map(|stage| self.documents.image_of(&stage.name)).collect();
        if names.is_empty() {
            return Vec::new();
        }
        let inspected = self
            .spawner
            .capture_within(PATIENCE, &self.commands.image_ids(&names))
            .unwrap_or_default();
        String::from_utf8_lossy(&inspected.stdout)
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }
}

/// Compose gave up somewhere: each part of the project is removed for itself. Gives back what is then still there.
pub(super) fn remove_one_by_one(spawner: &Spawner, commands: &Commands) -> Vec<String> {
    let list = |kind: &str| -> Option<Vec<String>> {
        let listed = spawner.capture_within(ANSWER, &commands.list(kind, None)).ok()?;
        let text = String::from_utf8_lossy(&listed.stdout);
        listed
            .succeeded()
            .then(|| text.split_whitespace().map(str::to_owned).collect())
    };
    let mut left = Vec::new();
    for kind in KINDS {
        let Some(names) = list(kind) else {
            return vec![everything(commands)];
        };
        if !names.is_empty() {
            let _ = spawner.capture_within(PATIENCE, &commands.remove(kind, &names));
            left.extend(list(kind).into_iter().flatten().map(|name| format!("{kind} {name}")));
        }
    }
    left
}
