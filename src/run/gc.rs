//! What runs left on an engine whose owner is gone: found by its labels, and removed. A run that lives is never touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::cleanup::{Made, PATIENCE, Sweep};
use super::command::Commands;
use super::directory;
use super::guard;
use super::lock::{self, Holder, Keeper};
use super::owner::{self, Life, OWNER_LABEL};
use super::process::Spawner;
use super::things::{self, Belongings, InProject, Sort, Thing};

/// Which runs are removed whose owner cannot be judged, because it is on another host or in another container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unjudged {
    /// None.
    Kept,
    /// Those that began so long ago.
    Older(Duration),
    /// All.
    Removed,
}

/// A run that left something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftover {
    /// The label of the owner.
    pub owner: String,
    /// Containers, networks and volumes.
    pub things: Vec<Thing>,
    /// Locks.
    pub locks: Vec<Thing>,
    /// The process IDs of its guards.
    pub guards: Vec<i32>,
    /// Its directories; only of a run that did not come to its report.
    pub directories: Vec<PathBuf>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The runs whose leftovers are to be removed.
    pub gone: BTreeMap<String, Leftover>,
    /// The runs that live.
    pub alive: BTreeSet<String>,
    /// The runs whose owner cannot be judged, and which are kept.
    pub unjudged: BTreeSet<String>,
}

impl Found {
    /// Takes what carries labels, and tells what is to be removed from what is not. What a run leaves to the user is
    /// nobody's to remove.
    #[must_use]
    pub fn sort(things: Vec<Thing>, unjudged: Unjudged, now: Timestamp, life: &dyn Fn(&str) -> Life) -> Self {
        let mut found = Self::default();
        for thing in things {
            if thing.owner.is_empty() || thing.run.is_empty() || !thing.keep.is_empty() {
                continue;
            }
            if found.is_gone(&thing.run, &thing.owner, unjudged, now, life) {
                let leftover = found.gone.entry(thing.run.clone()).or_default();
                leftover.owner.clone_from(&thing.owner);
                if thing.lock.is_empty() {
                    leftover.things.push(thing);
                } else {
                    leftover.locks.push(thing);
                }
            }
        }
        found
    }

    /// Looks at the engine; nothing when it does not answer.
    fn on_engine(spawner: &Spawner, commands: &Commands, unjudged: Unjudged) -> Option<Self> {
        let things = things::look(spawner, commands, Some(OWNER_LABEL))?;
        Some(Self::sort(things, unjudged, Timestamp::now(), &owner::life))
    }

    fn is_gone(
        &mut self,
        run: &str,
        owner: &str,
        unjudged: Unjudged,
        now: Timestamp,
        life: &dyn Fn(&str) -> Life,
    ) -> bool {
        let is_gone = match (life(owner), unjudged) {
            (Life::Dead, _) | (Life::CannotTell, Unjudged::Removed) => true,
            (Life::CannotTell, Unjudged::Older(limit)) => {
                let limit = i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
                directory::age(run, now).is_some_and(|age| age.as_secs() >= limit)
            }
            (Life::Alive, _) => {
                self.alive.insert(run.to_owned());
                return false;
            }
            (Life::CannotTell, Unjudged::Kept) => false,
        };
        if !is_gone {
            self.unjudged.insert(run.to_owned());
        }
        is_gone
    }

    /// Adds the guards of the runs that are gone. One of a run that left nothing here may be at work on another engine.
    fn add_guards(&mut self) {
        for (run, leftover) in &mut self.gone {
            leftover.guards = guard::of_run(run);
        }
    }

    /// Adds the directories below these folders of runs that never came to their report.
    fn add_directories(&mut self, folders: &[PathBuf], unjudged: Unjudged) {
        let of_things = self.gone.iter().flat_map(|(run, leftover)| {
            let folders = leftover.things.iter().filter(|thing| !thing.directory.is_empty());
            folders.map(move |thing| directory::runs(Path::new(&thing.directory)).join(run))
        });
        let listed = folders
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flatten()
            .flatten();
        let directories: BTreeSet<PathBuf> = of_things.chain(listed.map(|entry| entry.path())).collect();
        for path in directories.into_iter().filter_map(|path| path.canonicalize().ok()) {
            let Some(run) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
                continue;
            };
            let Some(owner) = directory::unfinished(&path) else {
                continue;
            };
            if self.is_gone(&run, &owner, unjudged, Timestamp::now(), &owner::life) {
                let leftover = self.gone.entry(run).or_default();
                leftover.owner = owner;
                if !leftover.directories.contains(&path) {
                    leftover.directories.push(path);
                }
            }
        }
    }
}

/// Looks for what runs left on the engine, and in these folders of runs; nothing when the engine does not answer.
#[must_use]
pub fn find(spawner: &Spawner, commands: &Commands, folders: &[PathBuf], unjudged: Unjudged) -> Option<Found> {
    let mut found = Found::on_engine(spawner, commands, unjudged)?;
    found.add_guards();
    found.add_directories(folders, unjudged);
    Some(found)
}

/// Removes what a run left. Gives back what could not be removed.
#[must_use]
pub fn remove(spawner: &Spawner, commands: &Commands, run: &str, leftover: &Leftover) -> Vec<String> {
    let unique = leftover
        .things
        .iter()
        .find(|thing| thing.project.ends_with(&format!("-ci-{run}")));
    let belongings = Belongings {
        run: run.to_owned(),
        // Nobody but the run has a project that is named after it.
        project: unique.map_or(InProject::Nothing, |thing| InProject::Unique(thing.project.clone())),
    };
    let mut left = if leftover.things.is_empty() {
        Vec::new()
    } else {
        let sweep = Sweep {
            spawner,
            commands,
            belongings: &belongings,
            made: Made::All,
        };
        sweep.run()
    };
    if left.is_empty() {
        left.extend(release(spawner, commands, run, leftover));
    }
    if left.is_empty() {
        leftover.guards.iter().for_each(|guard| guard::end(*guard, run));
        let kept = leftover
            .directories
            .iter()
            .filter(|directory| fs::remove_dir_all(directory).is_err());
        left.extend(kept.map(|directory| format!("directory {}", directory.display())));
    }
    left
}

/// Removes the locks of a run, and gives back those that stay.
fn release(spawner: &Spawner, commands: &Commands, run: &str, leftover: &Leftover) -> Vec<String> {
    let keeper = Keeper {
        commands: commands.clone(),
        spawner: spawner.clone(),
        own: lock::us(run),
    };
    let mut left = Vec::new();
    for thing in &leftover.locks {
        let holder = Holder {
            run: thing.run.clone(),
            owner: thing.owner.clone(),
        };
        if !lock::break_open(&keeper, &thing.name, &holder) {
            left.push(format!("lock {}", thing.name));
        }
    }
    left
}

/// Removes what dead runs left on the engine, as far as it goes: nobody waits for it, and nobody is told.
pub(super) fn in_passing(spawner: &Spawner, commands: &Commands) {
    let found = Found::on_engine(spawner, commands, Unjudged::Kept).unwrap_or_default();
    for (run, leftover) in &found.gone {
        let _ = remove(spawner, commands, run, leftover);
    }
}

/// How much space things take, by their names, in bytes.
#[derive(Clone, Debug, Default)]
pub struct Space(BTreeMap<(Sort, String), u64>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DiskUsage {
    #[serde(default)]
    containers: Vec<Usage>,
    #[serde(default)]
    volumes: Vec<Usage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Usage {
    #[serde(alias = "Names")]
    name: String,
    size: String,
}

impl Space {
    /// Asks the engine; nothing where it does not say.
    #[must_use]
    pub fn ask(spawner: &Spawner, commands: &Commands) -> Option<Self> {
        let answer = spawner.capture_within(PATIENCE, &commands.disk_usage()).ok()?;
        Self::read(&answer.stdout)
    }

    fn read(json: &[u8]) -> Option<Self> {
        let usage: DiskUsage = serde_json::from_slice(json).ok()?;
        let sized = |sort: Sort, usages: Vec<Usage>| {
            let sizes = usages
                .into_iter()
                .map(move |usage| ((sort, usage.name), bytes(&usage.size)));
            sizes.collect::<Vec<_>>()
        };
        let containers = sized(Sort::Container, usage.containers);
        Some(Self(
            containers
                .into_iter()
                .chain(sized(Sort::Volume, usage.volumes))
                .collect(),
        ))
    }

    /// Returns how much space these things take.
    #[must_use]
    pub fn of(&self, things: &[Thing]) -> u64 {
        let sizes = things
            .iter()
            .filter_map(|thing| self.0.get(&(thing.sort, thing.name.clone())));
        sizes.sum()
    }
}

/// Reads a size as docker writes it: `1.5MB (virtual 5.6MB)`, `0B`, `N/A`.
fn bytes(text: &str) -> u64 {
    let text = text.split(' ').next().unwrap_or_default();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        _ => 1.0,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size is positive, and what docker rounds need not be exact"
    )]
    let bytes = (digits.parse::<f64>().unwrap_or_default() * factor) as u64;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(run: &str, owner: &str) -> Thing {
        Thing {
            sort: Sort::Container,
            id: "id".into(),
            name: "app-web-1".into(),
            project: "app".into(),
            run: run.into(),
            owner: owner.into(),
            keep: String::new(),
            lock: String::new(),
            directory: String::new(),
        }
    }

    fn life(owner: &str) -> Life {
        match owner {
            "alive" => Life::Alive,
            "dead" => Life::Dead,
            _ => Life::CannotTell,
        }
    }

    fn gone(things: &[Thing], unjudged: Unjudged) -> Vec<String> {
        let now = "2026-01-02T04:00:00Z".parse().unwrap();
        let found = Found::sort(things.to_vec(), unjudged, now, &life);
        found.gone.into_keys().collect()
    }

    #[test]
    fn a_run_that_lives_is_never_touched() {
        for unjudged in [Unjudged::Kept, Unjudged::Older(Duration::ZERO), Unjudged::Removed] {
            assert_eq!(gone(&[thing("260102-030405-aaaa", "alive")], unjudged), [""; 0]);
        }
    }

    #[test]
    fn what_cannot_be_judged_goes_when_it_is_asked_for() {
        let runs = [
            thing("260102-030405-aaaa", "far"),
            thing("260102-035000-bbbb", "far"),
            thing("unreadable", "far"),
        ];
        assert_eq!(gone(&runs, Unjudged::Kept), [""; 0]);
        assert_eq!(
            gone(&runs, Unjudged::Older(Duration::from_secs(1800))),
            ["260102-030405-aaaa"]
        );
        assert_eq!(gone(&runs, Unjudged::Removed).len(), 3);
    }

    #[test]
    fn what_is_left_to_the_user_stays() {
        let kept = Thing {
            keep: "ci".into(),
            ..thing("260102-030405-aaaa", "dead")
        };
        let unowned = thing("260102-030405-aaaa", "");
        assert_eq!(gone(&[kept, unowned], Unjudged::Removed), [""; 0]);
        assert_eq!(gone(&[thing("260102-030405-aaaa", "dead")], Unjudged::Kept).len(), 1);
    }

    #[test]
    fn a_run_id_says_when_the_run_began() {
        assert_eq!(
            directory::began("260102-030405-abcd"),
            Some("2026-01-02T03:04:05Z".parse().unwrap())
        );
        assert_eq!(directory::began("r1"), None);
    }

    #[test]
    fn sizes_are_read_as_docker_writes_them() {
        assert_eq!(bytes("1.5MB (virtual 5.6MB)"), 1_500_000);
        assert_eq!(
            (bytes("12kB"), bytes("0B"), bytes("7B"), bytes("N/A"), bytes("")),
            (12_000, 0, 7, 0, 0)
        );
        let json = br#"{"Containers":[{"Names":"app-web-1","Size":"2kB (virtual 9MB)"}],"Volumes":[{"Name":"v","Size":"1GB"}]}"#;
        assert_eq!(Space::read(json).unwrap().of(&[thing("r", "dead")]), 2000);
    }
}
