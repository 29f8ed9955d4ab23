//! A second process that outlives a run which is killed, and removes what the run left.
//!
//! SIGKILL cannot be caught, and CI systems send it. So `ci` starts its own program again with a pipe to it: at the end of
//! a run the guard is released through the pipe; when the pipe ends without that word, the run is dead. The pipe also tells
//! it of the run's children.

use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::time::Duration;

use os_pipe::PipeWriter;
use rustix::process::{Pid, Signal};

use super::cleanup::remove_one_by_one;
use super::command::Commands;
use super::process::{Invocation, Spawner};

/// What tells the guard that the run has cleaned up itself.
const RELEASE: &str = "done";

/// The name of the hidden command that is the guard.
pub const COMMAND: &str = "guard-run";

/// How often the guard looks for what is left. Calls that the run had begun go on after its death for a moment.
const ROUNDS: u32 = 5;

/// The run's side of the pipe.
#[derive(Debug)]
pub(super) struct Guard {
    pipe: PipeWriter,
}

impl Guard {
    /// Starts the guard of this project; nothing where it cannot be started: a run without one is still a run.
    pub(super) fn start(spawner: &Spawner, commands: &Commands) -> Option<Self> {
        let program = std::env::current_exe().ok()?;
        let mut argv: Vec<OsString> = vec![program.into(), COMMAND.into(), (&commands.project).into()];
        argv.push(commands.tools.docker.clone().into());
        argv.extend(commands.tools.compose.iter().cloned());
        let invocation = Invocation {
            argv,
            env: commands.tools.env.clone(),
            ..Invocation::default()
        };
        let pipe = spawner.detach(&invocation).ok()?;
        Some(Self { pipe })
    }

    /// Tells the guard of every child that this spawner starts from now on: builds, and the one that listens to the
    /// engine, would go on without the run.
    pub(super) fn watch(&self, spawner: &Spawner) {
        // Without it what is removed is removed all the same.
        if let Ok(pipe) = self.pipe.try_clone() {
            spawner.announce(pipe);
        }
    }

    /// Tells the guard that nothing is left to do.
    pub(super) fn release(mut self) {
        // A guard that has gone has nothing to be told.
        let _ = writeln!(self.pipe, "{RELEASE}");
    }
}

/// Waits for the end of the pipe on `input`, and removes the project unless the run has been released.
pub fn watch(mut input: impl Read, commands: &Commands) {
    let mut words = String::new();
    // An error is an end like any other.
    let _ = input.read_to_string(&mut words);
    if words.lines().any(|word| word == RELEASE) {
        return;
    }
    for child in words.lines().filter_map(|word| word.parse().ok()) {
        end(child, &commands.project);
    }
    let spawner = Spawner::default();
    for _ in 0..ROUNDS {
        let down = spawner.capture(&commands.down(), None);
        if !down.is_ok_and(|finished| finished.succeeded()) {
            remove_one_by_one(&spawner, commands);
        }
        std::thread::sleep(Duration::from_secs(1));
        let left = spawner.capture(&commands.list("container", None), None);
        if left.is_ok_and(|finished| finished.succeeded() && finished.stdout.is_empty()) {
            return;
        }
    }
}

/// Ends a child of the dead run, unless its number stands for something else by now.
fn end(child: i32, project: &str) {
    let command = std::fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
    if String::from_utf8_lossy(&command).contains(project)
        && let Some(child) = Pid::from_raw(child)
    {
        // One that has ended meanwhile is as it should be.
        let _ = rustix::process::kill_process_group(child, Signal::KILL);
    }
}
