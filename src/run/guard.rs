//! A second process that outlives a run which is killed, and removes what the run left.
//!
//! SIGKILL cannot be caught, and CI systems send it. So `ci` starts its own program again with a pipe to it: at the end of
//! a run the guard is released through the pipe; when the pipe ends without that word, the run is dead.

use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::time::Duration;

use os_pipe::PipeWriter;

use super::cleanup::remove_one_by_one;
use super::command::Commands;
use super::process::{Invocation, Spawner};

/// What tells the guard that the run has cleaned up itself.
const RELEASE: &[u8] = b"done";

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

    /// Tells the guard that nothing is left to do.
    pub(super) fn release(mut self) {
        // A guard that has gone has nothing to be told.
        let _ = self.pipe.write_all(RELEASE);
    }
}

/// Waits for the end of the pipe on `input`, and removes the project unless the run has been released.
pub fn watch(mut input: impl Read, commands: &Commands) {
    let mut word = Vec::new();
    // An error is an end like any other.
    let _ = input.read_to_end(&mut word);
    if word == RELEASE {
        return;
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
