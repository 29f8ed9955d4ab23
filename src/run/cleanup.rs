//! The end of a run: what it made is removed (`ci`), stopped (`up`) or left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::command::Commands;
use super::documents::Documents;
use super::process::Spawner;
use super::things::{self, ANSWER, Belongings, InProject, Sort, Thing};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
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
    /// What belongs to the run.
    pub(super) belongings: Belongings,
    /// The images that the built names stood for before this run.
    pub(super) old_images: Vec<String>,
}

/// How long what is thrown away has to end when it is asked to.
const HASTE: Duration = Duration::from_secs(1);

/// How long the engine gets to remove what a run made. One that hangs must not hold towline.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Containers that the file does not say it of have this long to end.
const GRACE: Duration = Duration::from_secs(10);

/// What is left behind when nothing could be removed.
pub(super) fn everything(commands: &Commands) -> String {
    let whose = Some(&commands.project).filter(|project| !project.is_empty());
    let whose = whose
        .map(|project| format!(" of project {project}"))
        .unwrap_or_default();
    format!("everything{whose}: the engine does not answer")
}

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
    pub(super) fn remove(&self, made: Made) -> Vec<String> {
        if !self.removes() {
            return Vec::new();
        }
        // What they brought about is nowhere on the engine.
        if let Some((document, names)) = self.documents.of_providers() {
            let _ = self
                .spawner
                .capture_within(PATIENCE, &self.commands.down(document, &names));
        }
        let sweep = Sweep {
            spawner: &self.spawner,
            commands: &self.commands,
            belongings: &self.belongings,
            made,
        };
        let left = sweep.run();
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

/// Returns the sort of a thing in the project that no run of `ci` made; nothing where there is none.
///
/// # Errors
/// When the engine does not answer.
pub fn foreign(spawner: &Spawner, commands: &Commands) -> Result<Option<&'static str>> {
    let things = things::look(spawner, commands, Some(&commands.project_label())).ok_or_else(|| {
        Failure::message(
            Exit::NoEngine,
            format!("the engine does not say what is in project `{}`", commands.project),
        )
    })?;
    let is_foreign = |thing: &&Thing| thing.sort != Sort::Network && (thing.run.is_empty() || thing.keep == "up");
    Ok(things.iter().find(is_foreign).map(|thing| thing.sort.word()))
}

/// Removes all that is in the project, and gives back what could not be removed.
pub fn empty(spawner: &Spawner, commands: &Commands) -> Vec<String> {
    let belongings = Belongings {
        run: String::new(),
        project: InProject::Locked(commands.project.clone()),
    };
    let sweep = Sweep {
        spawner,
        commands,
        belongings: &belongings,
        made: Made::All,
    };
    sweep.run()
}

/// Whether a run knows that all it asked the engine to make has been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// Every call that makes something came to its end.
    All,
    /// A call was broken off or failed. The engine goes on with what it was asked for, and what it makes appears later.
    Unknown,
}

/// How long nothing must appear before all has been made.
const QUIET: Duration = Duration::from_millis(600);

/// How often things are removed that stay where they are.
const TRIES: u32 = 4;

/// How often an engine that does not answer is asked again.
const CALLS: u32 = 4;

/// Removes what belongs to a run until nothing is left.
pub(super) struct Sweep<'a> {
    pub(super) spawner: &'a Spawner,
    pub(super) commands: &'a Commands,
    pub(super) belongings: &'a Belongings,
    pub(super) made: Made,
}

impl Sweep<'_> {
    /// Removes everything and gives back what could not be removed.
    pub(super) fn run(&self) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        if self.made == Made::Unknown {
            // A container that is still being created would get a new volume in the place of one that was removed.
            let left = self.until_empty(Some(QUIET), deadline, &|thing| thing.sort == Sort::Container);
            if !left.is_empty() {
                return left;
            }
        }
        self.until_empty(None, deadline, &|_| true)
    }

    /// Removes the things that are meant until none is there; with a pause, until none has appeared in it.
    fn until_empty(
        &self,
        quiet: Option<Duration>,
        deadline: Instant,
        is_meant: &dyn Fn(&Thing) -> bool,
    ) -> Vec<String> {
        let mut seen: Vec<Thing> = Vec::new();
        let (mut tries, mut unanswered, mut was_empty) = (0, 0, false);
        loop {
            let pause = match self.look(is_meant) {
                None => {
                    unanswered += 1;
                    if unanswered >= CALLS || Instant::now() >= deadline {
                        return vec![everything(self.commands)];
                    }
                    Duration::from_millis(250) * unanswered
                }
                Some(things) if things.is_empty() => match quiet {
                    Some(quiet) if !was_empty => {
                        was_empty = true;
                        quiet
                    }
                    _ => return Vec::new(),
                },
                Some(things) => {
                    was_empty = false;
                    // Whoever goes on making things has not been waited for in vain: only what stays counts.
                    tries = if things == seen { tries + 1 } else { 0 };
                    if tries >= TRIES || Instant::now() >= deadline {
                        return things.iter().map(describe).collect();
                    }
                    remove(self.spawner, self.commands, &things);
                    seen = things;
                    Duration::from_millis(100) * tries * tries
                }
            };
            std::thread::sleep(pause);
        }
    }

    fn look(&self, is_meant: &dyn Fn(&Thing) -> bool) -> Option<Vec<Thing>> {
        let mut things = things::look(self.spawner, self.commands, None)?;
        things.retain(|thing| self.belongings.include(thing) && is_meant(thing));
        Some(things)
    }
}

/// Removes things, as far as they can be: containers first, since they hold the others.
pub(super) fn remove(spawner: &Spawner, commands: &Commands, things: &[Thing]) {
    let remove = |sort: Sort| {
        let ids = things
            .iter()
            .filter(|thing| thing.sort == sort)
            .map(|thing| thing.id.clone());
        let ids: Vec<String> = ids.collect();
        if !ids.is_empty() {
            // Whether it went well shows at the next look.
            let _ = spawner.capture_within(PATIENCE, &commands.remove(sort, &ids));
        }
    };
    remove(Sort::Container);
    std::thread::scope(|scope| {
        for sort in [Sort::Network, Sort::Volume] {
            scope.spawn(move || remove(sort));
        }
    });
}

/// `container app-web-1`.
fn describe(thing: &Thing) -> String {
    format!("{} {}", thing.sort.word(), thing.name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::run::binary::Tools;

    /// An engine on which one container of the run appears at the second look at containers. `remove` is what its `rm` does.
    fn sweep(made: Made, remove: &str) -> (Vec<String>, bool) {
        let directory = tempfile::tempdir().unwrap();
        let docker = directory.path().join("docker");
        let script = format!(
            "#!/bin/sh
cd {}
case \"$1 $2\" in
'container ls')
  echo look >>looks
  test $(wc -l <looks) -eq 1 || test -e removed || printf 'id\\tapp-web-1\\tapp\\tr1\\t\\t\\t\\t\\n' ;;
'container rm') {remove} ;;
esac
",
            directory.path().display()
        );
        fs::write(&docker, script).unwrap();
        fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
        let sweep = Sweep {
            spawner: &Spawner::default(),
            commands: &Commands::of_docker(Tools::docker_alone(docker), "app".into()),
            belongings: &Belongings {
                run: "r1".into(),
                project: InProject::Nothing,
            },
            made,
        };
        (sweep.run(), directory.path().join("removed").exists())
    }

    #[test]
    fn what_appears_after_a_call_was_broken_off_is_removed() {
        assert_eq!(sweep(Made::Unknown, "touch removed"), (vec![], true));
    }

    #[test]
    fn one_look_is_enough_where_all_was_made() {
        assert_eq!(sweep(Made::All, "touch removed"), (vec![], false));
    }

    #[test]
    fn what_cannot_be_removed_is_named() {
        assert_eq!(
            sweep(Made::Unknown, "false"),
            (vec!["container app-web-1".to_owned()], false)
        );
    }

    #[test]
    fn an_engine_that_does_not_answer_has_kept_everything() {
        let sweep = Sweep {
            spawner: &Spawner::default(),
            commands: &Commands::of_docker(Tools::docker_alone("/bin/false".into()), "app".into()),
            belongings: &Belongings {
                run: "r1".into(),
                project: InProject::Nothing,
            },
            made: Made::All,
        };
        assert_eq!(sweep.run(), ["everything of project app: the engine does not answer"]);
    }
}
