//! An engine of the tests' own, beside the one that is in use: this one may be killed.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal};

use crate::common::{Engine, Program, engine};

/// The name of its instance.
const INSTANCE: &str = "tests";

/// The engine, as long as it lives; one at a time on the machine.
pub(super) struct PrivateEngine {
    engine: Engine,
    script: Script,
    /// The folder of the instance, which is where its socket is.
    folder: PathBuf,
    /// Held until the engine is down: tests are processes of their own in some runners.
    _turn: File,
}

impl PrivateEngine {
    /// Starts the engine, or waits until another test is done with it; `None` where the tests are to be skipped.
    pub(super) fn start() -> Option<Self> {
        let beside = engine()?;
        let turn = File::create(std::env::temp_dir().join("towline-private-engine.lock")).expect("a lock file");
        turn.lock().expect("waiting for the private engine");
        let script = Script { engine: beside.clone() };
        script.run("up");
        script.run("images busybox");
        let env = script.run("env");
        let engine = Engine::find(&|name| value(&env, name).or_else(|| std::env::var_os(name)));
        let socket = engine.socket().expect("the engine has a socket");
        let folder = Path::new(&socket).parent().expect("a socket is in a folder").to_owned();
        Some(Self {
            engine,
            script,
            folder,
            _turn: turn,
        })
    }

    /// What the tests talk to.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Sends the engine itself a signal.
    pub(super) fn signal(&mut self, signal: Signal) {
        let pid = self.pid().expect("the engine's pid");
        rustix::process::kill_process(pid, signal).expect("the engine runs");
    }

    fn pid(&self) -> Option<Pid> {
        let pid = std::fs::read_to_string(self.folder.join("dockerd.pid")).ok()?;
        Pid::from_raw(pid.trim().parse().ok()?)
    }

    /// Starts it again after it was killed.
    pub(super) fn start_again(&mut self) {
        self.script.run("up");
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        // One that hangs would not hear the script; the script knows what a killed one leaves.
        if let Some(pid) = self.pid() {
            let _ = rustix::process::kill_process(pid, Signal::CONT);
        }
        let finished = self.script.program("down --purge").run();
        // A second panic would hide the first.
        assert!(finished.code == Some(0) || std::thread::panicking(), "{finished}");
    }
}

/// `scripts/engine` for this instance.
struct Script {
    engine: Engine,
}

impl Script {
    fn run(&self, arguments: &str) -> String {
        let finished = self.program(arguments).run();
        assert!(finished.code == Some(0), "{finished}");
        finished.text()
    }

    fn program(&self, arguments: &str) -> Program {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/engine");
        let mut program = self
            .engine
            .program(script, &format!("--instance {INSTANCE} {arguments}"));
        for name in ["HOME", "XDG_CACHE_HOME", "TOWLINE_ENGINE_HOME", "TOWLINE_ENGINE_SUITE"] {
            if let Some(value) = std::env::var_os(name) {
                program = program.env(name, value);
            }
        }
        program
    }
}

/// The value of a variable among lines such as `export NAME=value`.
fn value(env: &str, name: &str) -> Option<OsString> {
    let begin = format!("export {name}=");
    let line = env.lines().find_map(|line| line.strip_prefix(begin.as_str()))?;
    // The value of PATH ends with the one that is there.
    (!line.contains('$')).then(|| line.into())
}
