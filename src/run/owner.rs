//! Who owns what a run makes: the process of towline, in the words of a label, and whether that process still lives.
//!
//! An owner is known by its host's boot, its PID namespace, its process ID and the time at which it started, so that neither
//! a reused process ID nor the same number in another container is taken for it.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::str::FromStr;

use rustix::io::Errno;
use rustix::process::Pid;

/// The label that names the owner of a container, a network or a volume.
pub const OWNER_LABEL: &str = "dev.towline.owner";

/// The label of what outlives its run because the user wants it to: its value is towline's command. Nobody else removes it.
pub const KEEP_LABEL: &str = "dev.towline.keep";

/// A process that runs, or ran, a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The host's name, for people.
    pub host: String,
    /// The ID of the host's boot.
    boot: String,
    /// The PID namespace that the process ID belongs to.
    namespace: u64,
    /// The process ID.
    pub process: i32,
    /// When the process started, in clock ticks since the boot.
    started: u64,
}

/// Whether an owner lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Its process runs.
    Alive,
    /// Its process has ended.
    Dead,
    /// It belongs to another boot or another PID namespace, or its processes are hidden from us.
    CannotTell,
}

impl Owner {
    /// Returns this process.
    ///
    /// # Errors
    /// When `/proc` does not tell.
    pub fn current() -> io::Result<Self> {
        let process = i32::try_from(std::process::id()).map_err(io::Error::other)?;
        let started = started(process).ok_or_else(|| io::Error::other("/proc does not show this process"))?;
        Ok(Self {
            host: read("/proc/sys/kernel/hostname").unwrap_or_else(|_| "unknown".to_owned()),
            boot: read("/proc/sys/kernel/random/boot_id")?,
            namespace: namespace()?,
            process,
            started,
        })
    }

    /// Returns this process in the words of the label. What nobody can read is never taken for dead.
    #[must_use]
    pub fn label() -> String {
        Self::current().map_or_else(|_| "unknown".to_owned(), |owner| owner.to_string())
    }

    /// Returns whether this owner lives, as far as this process can tell.
    #[must_use]
    pub fn life(&self) -> Life {
        Self::current().map_or(Life::CannotTell, |own| self.life_beside(&own))
    }

    fn life_beside(&self, own: &Self) -> Life {
        if (&self.boot, self.namespace) != (&own.boot, own.namespace) {
            return Life::CannotTell;
        }
        match started(self.process) {
            Some(started) if started == self.started => Life::Alive,
            Some(_) => Life::Dead,
            None if is_hidden(self.process) => Life::CannotTell,
            None => Life::Dead,
        }
    }
}

/// `host/boot/namespace/process/started`.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            boot,
            namespace,
            process,
            started,
        } = self;
        write!(f, "{host}/{boot}/{namespace}/{process}/{started}")
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.rsplitn(5, '/');
        let mut next = || parts.next().ok_or(());
        let started = next()?.parse().map_err(drop)?;
        let process = next()?.parse().map_err(drop)?;
        let namespace = next()?.parse().map_err(drop)?;
        let boot = next()?.to_owned();
        let host = next()?.to_owned();
        Ok(Self {
            host,
            boot,
            namespace,
            process,
            started,
        })
    }
}

/// Returns the life of the owner that a label names. A label that cannot be read may belong to a later version of towline.
#[must_use]
pub fn life(label: &str) -> Life {
    label.parse().map_or(Life::CannotTell, |owner: Owner| owner.life())
}

/// Returns when a process started, in clock ticks since the boot; `None` when it has ended, be it collected or not.
#[must_use]
pub fn started(process: i32) -> Option<u64> {
    read_stat(&read(format!("/proc/{process}/stat")).ok()?)
}

/// Reads the start time from a line of `/proc/PID/stat`. The name of the program, in parentheses, may hold anything.
fn read_stat(stat: &str) -> Option<u64> {
    let (_, behind) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = behind.split(' ').collect();
    let is_over = matches!(*fields.first()?, "Z" | "X" | "x");
    fields.get(19)?.parse().ok().filter(|_| !is_over)
}

/// Returns whether a process that `/proc` does not show exists all the same: `/proc` may be mounted so that it hides the
/// processes of other users.
fn is_hidden(process: i32) -> bool {
    let exists = |pid| rustix::process::test_kill_process(pid) != Err(Errno::SRCH);
    let is_shown = Path::new(&format!("/proc/{process}")).exists();
    !is_shown && Pid::from_raw(process).is_some_and(exists)
}

/// Returns the inode of the PID namespace, which `/proc/self/ns/pid` names: `pid:[4026531836]`.
fn namespace() -> io::Result<u64> {
    let link = fs::read_link("/proc/self/ns/pid")?;
    let digits: String = link.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    digits.parse().map_err(io::Error::other)
}

fn read(path: impl AsRef<Path>) -> io::Result<String> {
    // The name of a program need not be UTF-8.
    let bytes = fs::read(path)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use super::*;
    use crate::run::process::{Invocation, Spawner};

    #[test]
    fn this_process_is_alive_and_its_label_reads_back() {
        let own = Owner::current().unwrap();
        assert_eq!(own.life(), Life::Alive);
        assert_eq!(own.to_string().parse(), Ok(own.clone()));
        assert_eq!(life(&own.to_string()), Life::Alive);
    }

    #[test]
    fn a_process_that_ended_is_dead_collected_or_not() {
        let sleep = Invocation {
            argv: ["sh", "-c", "echo $$; exec sleep 600"].map(Into::into).to_vec(),
            ..Invocation::default()
        };
        let child = Spawner::default().spawn(&sleep).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.try_clone().unwrap())
            .read_line(&mut line)
            .unwrap();
        let process = line.trim().parse().unwrap();
        let owner = Owner {
            process,
            started: started(process).unwrap(),
            ..Owner::current().unwrap()
        };
        assert_eq!(owner.life(), Life::Alive);
        child.group().kill();
        // A zombie until it is waited for.
        while owner.life() != Life::Dead {
            std::thread::yield_now();
        }
        assert_eq!(child.wait(), 137);
        assert_eq!(owner.life(), Life::Dead);
    }

    #[test]
    fn a_process_id_that_was_reused_is_not_its_former_owner() {
        let own = Owner::current().unwrap();
        let former = Owner {
            started: own.started - 1,
            ..own
        };
        assert_eq!(former.life(), Life::Dead);
    }

    #[test]
    fn nothing_is_known_of_another_boot_or_another_namespace() {
        let own = Owner::current().unwrap();
        for other in [
            Owner {
                boot: "b".to_owned(),
                ..own.clone()
            },
            Owner {
                namespace: own.namespace + 1,
                ..own
            },
        ] {
            assert_eq!(other.life(), Life::CannotTell);
        }
        for unreadable in ["", "1/2/3", "host/boot/1/2/3/4/x"] {
            assert_eq!(life(unreadable), Life::CannotTell, "{unreadable:?}");
        }
    }

    #[test]
    fn the_name_of_a_program_does_not_disturb_its_start() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(read_stat(&format!("7 (a) b) {fields}")), Some(4711));
        assert_eq!(read_stat(&format!("7 (x) {}", fields.replace('S', "Z"))), None);
        assert_eq!(read_stat("7 (x) S"), None);
    }
}
