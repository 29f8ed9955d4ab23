//! An engine of the tests' own, beside the one that is in use: this one may be killed.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal};

use crate::common::{Engine, engine};

/// The name of its instance.
const INSTANCE: &str = "tests";

/// The engine, as long as it lives; one at a time on the machine.
pub(super) struct PrivateEngine {
    engine: Engine,
    script: Script,
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
        Some(Self {
            engine,
            script,
            _turn: turn,
        })
    }

    /// What the tests talk to.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Sends the engine itself a signal.
    pub(super) fn signal(&mut self, signal: Signal) {
        let pid = std::fs::read_to_string(self.folder().join("dockerd.pid")).expect("the engine's pid");
        let pid = pid.trim().parse().ok().and_then(Pid::from_raw).expect("a pid");
        rustix::process::kill_process(pid, signal).expect("the engine runs");
    }

    /// Starts it again after it was killed.
    pub(super) fn start_again(&mut self) {
        self.script.run("up");
    }

    /// The folder of the instance, which is where its socket is.
    fn folder(&self) -> PathBuf {
        let env = self.script.run("env");
        let host = value(&env, "DOCKER_HOST").expect("the engine has an address");
        let socket = host
            .to_str()
            .and_then(|host| host.strip_prefix("unix://"))
            .expect("a socket")
            .to_owned();
        Path::new(&socket).parent().expect("a socket is in a folder").to_owned()
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        self.script.run("down --purge");
    }
}

/// `scripts/engine` for this instance.
struct Script {
    engine: Engine,
}

impl Script {
    fn run(&self, arguments: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/engine");
        let mut program = self
            .engine
            .program(script, &format!("--instance {INSTANCE} {arguments}"));
        for name in ["HOME", "XDG_CACHE_HOME", "TOWLINE_ENGINE_HOME", "TOWLINE_ENGINE_SUITE"] {
            if let Some(value) = std::env::var_os(name) {
                program = program.env(name, value);
            }
        }
        let finished = program.run();
        assert!(finished.code == Some(0), "{finished}");
        finished.text()
    }
}

/// The value of a variable among lines such as `export NAME=value`.
fn value(env: &str, name: &str) -> Option<OsString> {
    let begin = format!("export {name}=");
    let line = env.lines().find_map(|line| line.strip_prefix(begin.as_str()))?;
    // The value of PATH ends with the one that is there.
    (!line.contains('$')).then(|| line.into())
}
