//! The lock of a compose project: two live runs never share one, be they on one host or on two that share an engine.
//!
//! A lock is a volume on the engine whose name comes from the project's: creating one that exists gives back the one that
//! exists, so that its labels say who was first. An owner that died leaves its lock behind. Whoever takes it over first
//! takes a second lock, named after the first and its dead owner, and looks again: only then is the old lock removed. So of
//! several that find the same dead owner one goes on, and none removes the lock of another that did.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::command::Commands;
use super::directory;
use super::guard;
use super::owner::{self, Life, Owner};
use super::process::Spawner;
use super::things::ANSWER;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The label of a lock; its value is the name that is locked.
pub const LOCK_LABEL: &str = "dev.towline.lock";

/// How often a lock that another has is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How long the guard of a dead run gets to remove what the run left, before its lock counts as held.
const GUARD: Duration = Duration::from_secs(30);

/// How long a run may take until a container of it runs: builds and pulls come before.
const UNSEEN: SignedDuration = SignedDuration::from_mins(10);

/// How often a lock may change hands while it is looked at.
const ROUNDS: u32 = 20;

/// How many owners that died while they took over from each other are taken over from.
const DEPTH: u32 = 4;

/// A lock that this run has, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    keeper: Keeper,
    name: String,
    is_held: bool,
    /// How long the run waited for it.
    pub waited: Duration,
}

/// Who has a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The run's ID.
    pub run: String,
    /// The label of the owner.
    pub owner: String,
}

/// Who wants a lock.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// The calls.
    pub commands: Commands,
    /// What starts them.
    pub spawner: Spawner,
    /// The run and its owner.
    pub own: Holder,
}

/// What came of trying to get a lock.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    Got,
    HeldBy(Holder),
}

impl Lock {
    /// Gets the lock of a project, or waits for it for this long; `told` is called once when it has to wait.
    ///
    /// # Errors
    /// When another has it, or the engine makes no lock.
    pub fn get(keeper: Keeper, project: &str, wait: Option<Duration>, told: impl FnOnce(&str)) -> Result<Self> {
        let begun = Instant::now();
        let name = volume(project);
        let mut told = Some(told);
        loop {
            let holder = match keeper.try_get(&name, DEPTH)? {
                Tried::Got => {
                    return Ok(Self {
                        keeper,
                        name,
                        is_held: true,
                        waited: begun.elapsed(),
                    });
                }
                Tried::HeldBy(holder) => holder,
            };
            // A run that is dead is soon gone for good: its guard is removing what it left.
            let patience = wait
                .unwrap_or_default()
                .max(if holder.is_dead() { GUARD } else { Duration::ZERO });
            if begun.elapsed() >= patience {
                return Err(holder.refusal(project));
            }
            if wait.is_some()
                && let Some(told) = told.take()
            {
                told(&holder.says(project));
            }
            std::thread::sleep(LOOK.min(patience.saturating_sub(begun.elapsed())));
        }
    }

    /// Leaves the lock to the guard, which is still removing what the run made.
    pub fn leave(mut self) {
        self.is_held = false;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_held {
            self.keeper.release(&self.name);
        }
    }
}

/// Returns this process as a holder, in the name of a run.
pub(super) fn us(run: &str) -> Holder {
    Holder {
        run: run.to_owned(),
        owner: Owner::label(),
    }
}

/// Releases the lock of a project in the place of a run that is dead.
pub(super) fn release(keeper: &Keeper, project: &str) {
    keeper.release(&volume(project));
}

/// Removes a lock whose owner is gone, unless another has taken it over meanwhile. Returns whether it is gone.
pub(super) fn break_open(keeper: &Keeper, lock: &str, holder: &Holder) -> bool {
    keeper.take_over(lock, holder, DEPTH).is_ok_and(|is_gone| is_gone)
}

impl Keeper {
    fn try_get(&self, name: &str, depth: u32) -> Result<Tried> {
        for _ in 0..ROUNDS {
            // It fails where the engine tells an existing volume as an error: who has it says all.
            let created = self
                .spawner
                .capture_within(ANSWER, &self.commands.create_lock(name, &self.own));
            let Some(holder) = self.holder(name)? else {
                if let Ok(created) = &created
                    && !created.succeeded()
                {
                    let words = String::from_utf8_lossy(&created.stderr).trim().to_owned();
                    return Err(Failure::message(
                        Exit::NoEngine,
                        format!("cannot lock the project: {words}"),
                    ));
                }
                // Its owner has just released it.
                continue;
            };
            if holder == self.own {
                return Ok(Tried::Got);
            }
            let has_guard = || !guard::of_run(&holder.run).is_empty();
            if !self.is_gone(&holder) || has_guard() || !self.take_over(name, &holder, depth)? {
                return Ok(Tried::HeldBy(holder));
            }
        }
        Err(Failure::message(
            Exit::NoEngine,
            format!("cannot lock the project: volume `{name}` changes its owner again and again"),
        ))
    }

    /// Whether the owner of a lock is gone. Of one on another host, or in another container, nobody here can tell: it counts
    /// as gone once its run is old and nothing of it runs. Else a CI job that is killed with its container would keep all
    /// later ones of its project from running.
    fn is_gone(&self, holder: &Holder) -> bool {
        match owner::life(&holder.owner) {
            Life::Dead => true,
            Life::Alive => false,
            Life::CannotTell => is_old(&holder.run, Timestamp::now()) && self.nothing_runs(&holder.run),
        }
    }

    fn nothing_runs(&self, run: &str) -> bool {
        let listed = self.spawner.capture_within(ANSWER, &self.commands.running(run));
        listed.is_ok_and(|listed| listed.succeeded() && listed.stdout.trim_ascii().is_empty())
    }

    /// Removes the lock of a dead owner. Returns whether the lock is not that owner's any more.
    fn take_over(&self, name: &str, from: &Holder, depth: u32) -> Result<bool> {
        if depth == 0 {
            return Ok(false);
        }
        let second = format!("{name}.{}", &blake3::hash(from.owner.as_bytes()).to_hex()[..16]);
        if self.try_get(&second, depth - 1)? != Tried::Got {
            return Ok(false);
        }
        let is_still = self.holder(name);
        if matches!(&is_still, Ok(Some(holder)) if holder == from) {
            self.remove(name);
        }
        self.remove(&second);
        Ok(is_still?.is_none_or(|holder| holder != *from) || self.holder(name)?.is_none_or(|holder| holder != *from))
    }

    /// Returns who has this lock.
    fn holder(&self, name: &str) -> Result<Option<Holder>> {
        let inspected = self.spawner.capture_within(ANSWER, &self.commands.inspect_lock(name))?;
        let text = String::from_utf8_lossy(&inspected.stdout);
        if let Some((run, owner)) = text.trim_end_matches('\n').split_once('\t') {
            return Ok(Some(Holder {
                run: run.to_owned(),
                owner: owner.to_owned(),
            }));
        }
        let words = String::from_utf8_lossy(&inspected.stderr);
        if inspected.succeeded() || words.to_lowercase().contains("no such volume") {
            return Ok(None);
        }
        Err(Failure::message(
            Exit::NoEngine,
            format!("cannot look at the lock of the project: {}", words.trim()),
        ))
    }

    /// Removes a lock if it is our own.
    fn release(&self, name: &str) {
        if self.holder(name).is_ok_and(|holder| holder.as_ref() == Some(&self.own)) {
            self.remove(name);
        }
    }

    fn remove(&self, name: &str) {
        let _ = self.spawner.capture_within(ANSWER, &self.commands.remove_lock(name));
    }
}

impl Holder {
    fn is_dead(&self) -> bool {
        owner::life(&self.owner) == Life::Dead
    }

    /// Says who uses the project.
    fn says(&self, project: &str) -> String {
        let owner = self.owner.parse().map_or_else(
            |()| "an unknown process".to_owned(),
            |owner: Owner| format!("process {} (host {})", owner.process, owner.host),
        );
        format!("project `{project}` is in use by run {}, {owner}", self.run)
    }

    fn refusal(&self, project: &str) -> Failure {
        let failure = Failure::usage(self.says(project))
            .hint("wait for it with `towline ci --wait-lock`, or choose another name with `-p`");
        match owner::life(&self.owner) {
            Life::Alive => failure,
            Life::Dead => failure.hint("the run is dead, and its guard is still removing what it made"),
            Life::CannotTell => failure.hint(
                "it runs on another host or in another container; if it is gone, `towline gc --older 1h` removes its lock",
            ),
        }
    }
}

/// Whether a run began so long ago that something of it would run if it were alive.
fn is_old(run: &str, now: Timestamp) -> bool {
    directory::age(run, now).is_some_and(|age| age > UNSEEN)
}

/// The name of the volume that locks a project. Names of projects have no dots.
fn volume(project: &str) -> String {
    format!("towline.lock.{project}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(owner: &str) -> Holder {
        Holder {
            run: "260102-030405-abcd".into(),
            owner: owner.into(),
        }
    }

    #[test]
    fn a_refusal_says_who_uses_the_project() {
        let own = Owner::current().unwrap();
        let refusal = holder(&own.to_string()).refusal("app");
        assert_eq!(
            refusal.to_string(),
            format!(
                "project `app` is in use by run 260102-030405-abcd, process {} (host {})",
                own.process, own.host
            )
        );
        assert_eq!((refusal.exit, refusal.hints.len()), (Exit::Usage, 1));
    }

    #[test]
    fn an_owner_that_cannot_be_judged_is_refused_with_a_way_out() {
        let refusal = holder("ci-7/boot/1/2/3").refusal("app");
        assert!(refusal.to_string().ends_with("process 2 (host ci-7)"), "{refusal}");
        assert!(refusal.hints[1].contains("towline gc"), "{:?}", refusal.hints);
        let unreadable = holder("?").refusal("app");
        assert!(unreadable.to_string().ends_with("an unknown process"), "{unreadable}");
    }

    #[test]
    fn a_run_is_old_when_a_container_of_it_should_have_been_seen() {
        let now: Timestamp = "2026-01-02T03:20:00Z".parse().unwrap();
        assert!(is_old("260102-030405-abcd", now));
        assert!(!is_old("260102-031405-abcd", now));
        assert!(!is_old("?", now));
    }

    #[test]
    fn a_project_has_a_lock_that_no_other_project_can_have() {
        assert_eq!(volume("app"), "towline.lock.app");
        assert_ne!(volume("app"), volume("app-2"));
    }
}
