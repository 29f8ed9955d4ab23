//! A compose project in a folder of its own, the programs that run on it, and what came of them.
//!
//! Everything that a test starts belongs to its project or to a run of it, and is removed by the project's label when the
//! [`Project`] is dropped. Nothing else on the engine is ever touched.

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde_json::Value;

/// How long a command may take, unless the test says otherwise.
const LIMIT: Duration = Duration::from_secs(90);

/// How often a condition is looked at that is waited for.
const LOOK: Duration = Duration::from_millis(10);

/// The label that compose puts on all parts of a project.
const PROJECT_LABEL: &str = "com.docker.compose.project";

/// What every compose file of [`Project::with_services`] begins with: a box that writes to `ran/`, and short words.
pub(crate) const PRELUDE: &str = "\
x-box: &box {image: busybox, init: true, entrypoint: [sh, -c], volumes: ['./ran:/ran']}
x-words:
  - &started {condition: service_started}
  - &healthy {condition: service_healthy}
  - &succeeded {condition: service_completed_successfully}
  - &probe {test: [CMD, test, -e, /tmp/ok], interval: 250ms, timeout: 10s, retries: 80}
  - &strict {test: [CMD, test, -e, /tmp/ok], interval: 250ms, timeout: 10s, retries: 3}
services:
";

/// The engine that the tests run on.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    env: Vec<(OsString, OsString)>,
    /// The version of compose.
    pub(crate) compose: String,
}

/// The engine of the environment; `None` where the tests are to be skipped.
///
/// The test shares it with others from then on, until it ends.
pub(crate) fn engine() -> Option<&'static Engine> {
    turn(|file| file.lock_shared())
}

/// The same, for a test that measures time: it waits until no other test is at work, and keeps them waiting.
pub(crate) fn engine_alone() -> Option<&'static Engine> {
    turn(|file| file.lock())
}

fn turn(lock: impl FnOnce(&File) -> std::io::Result<()>) -> Option<&'static Engine> {
    thread_local! {
        // A test has a thread, or one thread runs them all: what is put here is given back at its end either way. Some
        // runners start a process for each test, so that it has to be a lock among processes.
        static TURN: RefCell<Option<File>> = const { RefCell::new(None) };
    }
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let is_left_out = std::env::var("TOWLINE_TEST_NO_ENGINE").is_ok_and(|value| value == "1");
        (!is_left_out).then(|| Engine::find(&|name| std::env::var_os(name)))
    });
    if engine.is_none() {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        // Not through the test harness, which would keep it to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED {test}: TOWLINE_TEST_NO_ENGINE is set, nothing was tested"
        );
        return None;
    }
    TURN.with_borrow_mut(|turn| {
        *turn = None;
        let file = File::create(std::env::temp_dir().join("towline-engine-tests.lock")).expect("a lock file");
        lock(&file).expect("waiting for the engine");
        *turn = Some(file);
    });
    engine.as_ref()
}

impl Engine {
    /// The engine that these variables name.
    pub(crate) fn find(lookup: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let mut env = Vec::new();
        for name in ["PATH", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"] {
            env.extend(lookup(name).map(|value| (OsString::from(name), value)));
        }
        // Contexts and plugins are looked for below HOME, which the tests replace.
        if let (None, Some(home)) = (lookup("DOCKER_CONFIG"), lookup("HOME")) {
            env.push(("DOCKER_CONFIG".into(), Path::new(&home).join(".docker").into()));
        }
        let mut engine = Self {
            env,
            compose: String::new(),
        };
        let answer = engine.program("docker", "version --format {{.Server.Version}}").run();
        assert!(
            answer.code == Some(0),
            "the engine tests need a Docker engine, and none answers:\n{answer}\n\
             Start one:  scripts/engine up && scripts/engine images && eval \"$(scripts/engine env)\"\n\
             Where there can be none, TOWLINE_TEST_NO_ENGINE=1 skips these tests."
        );
        engine.compose = engine
            .docker("compose version --short")
            .trim()
            .trim_start_matches('v')
            .to_owned();
        engine
    }

    /// The first number of compose's version.
    pub(crate) fn compose_line(&self) -> u32 {
        self.compose
            .split('.')
            .next()
            .unwrap_or_default()
            .parse()
            .expect("compose's version begins with a number")
    }

    /// A program with an environment that holds nothing but this engine.
    pub(crate) fn program(&self, program: impl Into<PathBuf>, arguments: &str) -> Program {
        Program {
            argv: [program.into().into_os_string()]
                .into_iter()
                .chain(arguments.split_whitespace().map(OsString::from))
                .collect(),
            env: self.env.clone(),
            directory: std::env::temp_dir(),
            stdin: Vec::new(),
            limit: LIMIT,
        }
    }

    /// The path of the engine's socket, where it has one on this machine.
    pub(crate) fn socket(&self) -> Option<String> {
        let host = self
            .env
            .iter()
            .find(|(name, _)| name == "DOCKER_HOST")
            .map(|(_, value)| value.to_string_lossy());
        match host {
            Some(host) => host.strip_prefix("unix://").map(str::to_owned),
            None => Some("/var/run/docker.sock".to_owned()).filter(|path| Path::new(path).exists()),
        }
    }

    /// What `docker` prints, which must succeed.
    pub(crate) fn docker(&self, arguments: &str) -> String {
        let finished = self.program("docker", arguments).run();
        assert!(finished.code == Some(0), "{finished}");
        finished.text()
    }
}

/// A program that can be started.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    argv: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    directory: PathBuf,
    stdin: Vec<u8>,
    limit: Duration,
}

impl Program {
    /// One more argument, which may hold blanks.
    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.argv.push(argument.into());
        self
    }

    /// More arguments.
    pub(crate) fn arg_all<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.argv.extend(arguments.into_iter().map(OsString::from));
        self
    }

    /// A variable of its environment, in the place of one of the same name.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.into(), value.into()));
        self
    }

    /// What it reads on standard input.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Where it runs.
    pub(crate) fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// How long it may take before it counts as hanging.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The same, started by another program that gets these arguments in front of it.
    pub(crate) fn through(mut self, program: &str, arguments: &[&str]) -> Self {
        let before = [program]
            .into_iter()
            .chain(arguments.iter().copied())
            .map(OsString::from);
        self.argv = before.chain(self.argv).collect();
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Finished {
        self.start().wait()
    }

    /// Starts it, in a process group of its own.
    pub(crate) fn start(self) -> Running {
        // Files, not pipes: what a program leaves running may hold a pipe open for ever.
        let stdout = tempfile::NamedTempFile::new().expect("a file for standard output");
        let stderr = tempfile::NamedTempFile::new().expect("a file for standard error");
        let handle = duct::cmd(&self.argv[0], &self.argv[1..])
            .full_env(self.env.clone())
            .dir(&self.directory)
            .stdin_bytes(self.stdin.clone())
            .stdout_path(stdout.path())
            .stderr_path(stderr.path())
            .unchecked()
            .before_spawn(|command| {
                command.process_group(0);
                Ok(())
            })
            .start()
            .unwrap_or_else(|error| panic!("starting {:?}: {error}", self.argv));
        let pid = handle
            .pids()
            .first()
            .and_then(|pid| Pid::from_raw(i32::try_from(*pid).ok()?));
        Running {
            pid: pid.expect("a child has a process id"),
            program: self,
            handle,
            stdout,
            stderr,
            begun: Instant::now(),
        }
    }
}

/// A program at work.
pub(crate) struct Running {
    program: Program,
    handle: duct::Handle,
    pid: Pid,
    stdout: tempfile::NamedTempFile,
    stderr: tempfile::NamedTempFile,
    begun: Instant,
}

impl Running {
    /// Its process id.
    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Sends it a signal, as a terminal or a CI system does: to the whole group.
    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process_group(self.pid, signal).expect("the program still runs");
    }

    /// Sends it alone a signal, and nothing that it has started.
    pub(crate) fn signal_alone(&self, signal: Signal) {
        rustix::process::kill_process(self.pid, signal).expect("the program still runs");
    }

    /// Waits until something holds, which must come before the program ends and its time is over.
    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        while !holds() {
            let ended = self.handle.try_wait().expect("waiting for a child").is_some();
            if ended || self.begun.elapsed() > self.program.limit {
                self.kill();
                panic!("it ended, or took too long, before {what}:\n{}", self.finished(None));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.handle.try_wait().expect("waiting for a child").is_some()
    }

    /// What it has written to standard error so far.
    pub(crate) fn stderr(&self) -> String {
        read(self.stderr.path())
    }

    /// Waits for its end; a program that takes too long is killed, with all it started, and counts as hanging.
    pub(crate) fn wait(self) -> Finished {
        let deadline = self.begun + self.program.limit;
        let ended = self
            .handle
            .wait_deadline(deadline)
            .expect("waiting for a child")
            .map(|output| output.status);
        if ended.is_none() {
            self.kill();
        }
        self.finished(ended)
    }

    fn kill(&self) {
        // A group that has just ended is no error.
        let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        self.handle.wait().expect("waiting for a killed child");
    }

    fn finished(&self, status: Option<ExitStatus>) -> Finished {
        Finished {
            command: self.program.command(),
            directory: self.program.directory.clone(),
            code: status.map(exit_code),
            stdout: fs::read(self.stdout.path()).expect("reading standard output"),
            stderr: self.stderr(),
            took: self.begun.elapsed(),
        }
    }
}

impl Drop for Running {
    /// A test that fails must not leave its program behind.
    fn drop(&mut self) {
        if self.handle.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.kill();
        }
    }
}

impl Program {
    fn command(&self) -> String {
        let words: Vec<_> = self.argv.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }
}

fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .expect("a code or a signal")
}

fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("reading {}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What became of a program.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    command: String,
    directory: PathBuf,
    /// Its exit code; `None` where it had to be killed because it took too long.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
    /// How long it took.
    pub(crate) took: Duration,
}

/// The command, its code and its output: what one wants to see of a failed test.
impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "hang".to_owned(), |code| code.to_string());
        writeln!(
            f,
            "$ {}\nin {}\ncode {code} after {:.1?}",
            self.command,
            self.directory.display(),
            self.took
        )?;
        writeln!(f, "--- stdout\n{}\n--- stderr\n{}\n---", self.text(), self.stderr)
    }
}

impl Finished {
    /// Standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The last line of standard error.
    pub(crate) fn last_line(&self) -> &str {
        self.stderr.lines().last().unwrap_or_default()
    }

    /// Holds the code.
    #[track_caller]
    pub(crate) fn ended(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "the exit code\n{self}");
        self
    }

    /// Holds that the run passed, in all places that tell.
    #[track_caller]
    pub(crate) fn passed(&self) -> &Self {
        self.ended(0);
        assert!(
            self.last_line().starts_with("towline: PASSED run="),
            "the last line\n{self}"
        );
        assert_eq!(self.report()["verdict"]["passed"], true, "report.json\n{self}");
        self
    }

    /// Holds that the run failed by this stage, in all places that tell. `verdict` is what the last line says of it:
    /// `stage=test outcome=failed code=3`.
    #[track_caller]
    pub(crate) fn failed(&self, verdict: &str) -> &Self {
        let field = |name: &str| {
            verdict
                .split(' ')
                .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        self.ended(
            field("code")
                .and_then(|code| code.parse().ok())
                .expect("a verdict names its code"),
        );
        let line = self.last_line().rsplit_once(" run=").map(|(line, _)| line);
        assert_eq!(
            line,
            Some(format!("towline: FAILED {verdict}").as_str()),
            "the last line\n{self}"
        );
        let told = &self.report()["verdict"];
        assert_eq!(told["passed"], false, "report.json\n{self}");
        assert_eq!(told["outcome"].as_str(), field("outcome"), "report.json\n{self}");
        assert_eq!(told["stage"].as_str(), field("stage"), "report.json\n{self}");
        self
    }

    /// Holds that it was refused before anything ran: this code, and these words on standard error.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, words: &[&str]) -> &Self {
        self.ended(code);
        words.iter().for_each(|words| {
            self.says(words);
        });
        self
    }

    /// Holds that standard error has these words.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.stderr.contains(words), "no {words:?} on standard error\n{self}");
        self
    }

    /// Holds how a stage ended.
    #[track_caller]
    pub(crate) fn stage(&self, stage: &str, outcome: &str) -> &Self {
        assert_eq!(self.result(stage)["outcome"], outcome, "the outcome of {stage}\n{self}");
        self
    }

    /// A stage's part of the report.
    #[track_caller]
    pub(crate) fn result(&self, stage: &str) -> Value {
        let results = self.report()["results"].as_array().cloned().unwrap_or_default();
        let result = results.into_iter().find(|result| result["stage"] == stage);
        result.unwrap_or_else(|| panic!("no stage {stage} in the report\n{self}"))
    }

    /// The id of the run, which the last line names.
    #[track_caller]
    pub(crate) fn run_id(&self) -> &str {
        let id = self.last_line().rsplit_once(" run=").map(|(_, id)| id);
        id.unwrap_or_else(|| panic!("the last line names no run\n{self}"))
    }

    /// The folder of the run's record.
    #[track_caller]
    pub(crate) fn record(&self) -> PathBuf {
        self.directory.join(".towline/runs").join(self.run_id())
    }

    /// `report.json`.
    #[track_caller]
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&read(&self.record().join("report.json"))).expect("report.json is JSON")
    }

    /// `events.jsonl`.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = read(&self.record().join("events.jsonl"));
        text.lines()
            .map(|line| serde_json::from_str(line).expect("each event is a line of JSON"))
            .collect()
    }

    /// The log of a stage's container, named as its file without `.log`.
    #[track_caller]
    pub(crate) fn log(&self, name: &str) -> Vec<u8> {
        let path = self.record().join("logs").join(format!("{name}.log"));
        fs::read(&path).unwrap_or_else(|error| panic!("reading {}: {error}\n{self}", path.display()))
    }
}

/// A compose project in a folder of its own.
pub(crate) struct Project {
    engine: Engine,
    root: tempfile::TempDir,
    /// The folder with the compose file.
    pub(crate) directory: PathBuf,
    /// The name that compose gives the project.
    pub(crate) name: String,
    /// Further compose projects that the test makes by `-p`.
    further: Vec<String>,
    /// Whether the engine is gone, and everything on it.
    engine_is_gone: bool,
    /// Whether something may have been made since the project was last cleared.
    is_used: Cell<bool>,
    /// Whether images may have been built.
    builds: Cell<bool>,
}

impl Project {
    /// A project whose `compose.yaml` has this text.
    pub(crate) fn new(engine: &Engine, topic: &str, compose: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Compose makes its project's name from the folder's: no capitals, and no other test has the same.
        let name = format!("tltest-{topic}-{}-{count}", std::process::id());
        let root = tempfile::tempdir().expect("a temporary folder");
        let directory = root.path().join(&name);
        let project = Self {
            engine: engine.clone(),
            root,
            directory,
            name,
            further: Vec::new(),
            engine_is_gone: false,
            is_used: Cell::new(false),
            builds: Cell::new(false),
        };
        project.write("compose.yaml", compose);
        fs::create_dir(project.root.path().join("home")).expect("a home");
        project.empty_ran();
        project
    }

    /// A project whose compose file is [`PRELUDE`] with these services.
    pub(crate) fn with_services(engine: &Engine, topic: &str, services: &str) -> Self {
        Self::new(engine, topic, &format!("{PRELUDE}{services}"))
    }

    /// Writes a file into the project's folder.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.directory.join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("making a folder");
        self.builds
            .set(self.builds.get() || String::from_utf8_lossy(text.as_ref()).contains("build:"));
        fs::write(&path, text).unwrap_or_else(|error| panic!("writing {}: {error}", path.display()));
    }

    /// towline, in the project's folder.
    pub(crate) fn towline(&self, arguments: &str) -> Program {
        self.program(env!("CARGO_BIN_EXE_towline"), arguments)
    }

    /// `docker compose`, in the project's folder.
    pub(crate) fn compose(&self, arguments: &str) -> Program {
        self.program("docker", &format!("compose {arguments}"))
    }

    fn program(&self, program: &str, arguments: &str) -> Program {
        self.is_used.set(true);
        let home = self.root.path().join("home");
        self.engine
            .program(program, arguments)
            .directory(&self.directory)
            .env("HOME", home)
    }

    /// Another compose project that is this test's to remove.
    pub(crate) fn further(&mut self, name: &str) {
        self.further.push(name.to_owned());
        self.is_used.set(true);
    }

    /// Takes note that there is nothing to remove any more, because the engine and its data are gone.
    pub(crate) fn engine_is_gone(&mut self) {
        self.engine_is_gone = true;
    }

    /// The words that containers have written to `/ran/log`, in their order.
    pub(crate) fn ran(&self) -> Vec<String> {
        let text = fs::read_to_string(self.directory.join("ran/log")).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// Whether a container has made this file below `/ran`.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.directory.join("ran").join(file).exists()
    }

    /// What the records of this project's runs say by now.
    pub(crate) fn events_so_far(&self) -> String {
        let runs = fs::read_dir(self.directory.join(".towline/runs")).into_iter().flatten();
        let events = runs.filter_map(|run| fs::read_to_string(run.ok()?.path().join("events.jsonl")).ok());
        events.collect()
    }

    /// An empty `ran/` that anybody may write to, containers of other users among them.
    pub(crate) fn empty_ran(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        let ran = self.directory.join("ran");
        let _ = fs::remove_dir_all(&ran);
        fs::create_dir_all(&ran).expect("making ran/");
        fs::set_permissions(&ran, fs::Permissions::from_mode(0o777)).expect("opening ran/");
    }

    /// All containers, networks and volumes of this project and of its runs: `container ID`, `network ID`, `volume NAME`.
    pub(crate) fn parts(&self) -> Vec<String> {
        self.parts_where(|project| self.owns(project))
    }

    /// The parts of the compose projects with these names.
    pub(crate) fn parts_where(&self, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
        let mut parts = Vec::new();
        for (kind, id, all) in [
            ("container", "{{.ID}}", "--all"),
            ("network", "{{.ID}}", ""),
            ("volume", "{{.Name}}", ""),
        ] {
            let format = format!("{id}={{{{.Label \"{PROJECT_LABEL}\"}}}}");
            let listing = format!("{kind} ls {all} --filter label={PROJECT_LABEL} --format");
            let listed = self.engine.program("docker", &listing).arg(format).run();
            assert!(listed.code == Some(0), "{listed}");
            for line in listed.text().lines() {
                let (id, project) = line.split_once('=').expect("an id and a project");
                if is_meant(project) {
                    parts.push(format!("{kind} {id}"));
                }
            }
        }
        parts
    }

    /// Holds that nothing of this project or of its runs is left on the engine.
    #[track_caller]
    pub(crate) fn nothing_left(&self) {
        let parts = self.parts();
        assert!(parts.is_empty(), "left behind by {}: {parts:?}", self.name);
    }

    /// Has the engine do this to the container of a stage, as somebody at a terminal would. A container can be at work before
    /// the engine lists it as running.
    pub(crate) fn meddle(&self, running: &Running, stage: &str, command: &str) {
        let listing = format!("ps --filter name=^{}- --format", self.name);
        let mut id = None;
        running.until(&format!("the container of {stage} is listed"), || {
            let format = "{{.Label \"com.docker.compose.service\"}} {{.ID}}";
            let listed = self.engine.program("docker", &listing).arg(format).run().text();
            let mut ids = listed
                .lines()
                .filter_map(|line| line.strip_prefix(stage)?.strip_prefix(' '));
            id = ids.next().map(str::to_owned);
            id.is_some()
        });
        self.engine.docker(&format!("{command} {}", id.unwrap_or_default()));
    }

    fn owns(&self, project: &str) -> bool {
        let own_run = project
            .strip_prefix(&self.name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("-ci-"));
        own_run || self.further.iter().any(|further| further == project)
    }

    /// Removes all parts, so that the next command finds an empty engine and an empty `ran/`. Gives back what they were.
    pub(crate) fn clear(&self) -> Vec<String> {
        let parts = if self.is_used.get() { self.parts() } else { Vec::new() };
        for (kind, force) in [("container", "--force --volumes"), ("network", ""), ("volume", "")] {
            let ids = parts.iter().filter_map(|part| part.strip_prefix(kind)).map(str::trim);
            let ids: Vec<&str> = ids.collect();
            if !ids.is_empty() {
                // What is gone already need not be removed.
                self.engine
                    .program("docker", &format!("{kind} rm {force}"))
                    .arg_all(ids)
                    .run();
            }
        }
        self.is_used.set(false);
        self.empty_ran();
        parts
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if self.engine_is_gone {
            return;
        }
        if std::thread::panicking() {
            // The engine may be what failed; a second panic would hide the first.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.remove()));
        } else {
            self.remove();
        }
    }
}

impl Project {
    fn remove(&self) {
        self.clear();
        if !self.builds.get() {
            return;
        }
        for name in self.further.iter().chain([&self.name]) {
            let images = self
                .engine
                .docker(&format!("image ls --quiet --filter label={PROJECT_LABEL}={name}"));
            if !images.trim().is_empty() {
                self.engine
                    .program("docker", &format!("image rm --force {images}"))
                    .run();
            }
        }
    }
}
