//! A second process that outlives a run which is killed, and removes what the run left.
//!
//! SIGKILL cannot be caught, and CI systems send it: to a process, its group, its session, its tree, or to all processes
//! that have a variable of the job in their environment. So `ci` starts its own program again, twice: the first process
//! leaves the session and ends when it has started the second, which is then nobody's child and has none of those
//! variables. At the end of a run the guard is released through a pipe; when the pipe ends without that word, the run is
//! dead. The pipe also tells it of the run's children.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use os_pipe::PipeWriter;
use rustix::process::{Pid, Signal};

use super::binary::Tools;
use super::cleanup::{Made, Sweep};
use super::command::Commands;
use super::lock::{self, Holder, Keeper};
use super::process::{self, Detached, Invocation, Spawner};
use super::things::{Belongings, InProject};

/// What tells the guard that the run has cleaned up itself.
const RELEASE: &str = "done";

/// What tells the guard that the run has cleaned up itself, and that the engine may still make what it was asked for.
const LOOK_AGAIN: &str = "look";

/// What the guard says when it is ready.
const READY: &str = "ready";

/// The name of the hidden command that is the guard.
pub const COMMAND: &str = "guard-run";

/// How long the guard may take to get ready.
const GETTING_READY: Duration = Duration::from_secs(10);

/// How long the guard goes on trying to remove what is left.
const PATIENCE: Duration = Duration::from_secs(600);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// When the guard looks again after all is gone: calls that the run had begun may go on after its end.
const LATE_LOOKS: [Duration; 2] = [Duration::from_millis(800), Duration::from_millis(1200)];

/// Variables by which CI systems find the processes of a job, to kill them when it is over.
const HUNTED: [&str; 7] = [
    "RUNNER_TRACKING_ID",
    "VSTS_PROCESS_LOOKUP_ID",
    "BUILD_ID",
    "JENKINS_NODE_COOKIE",
    "JENKINS_SERVER_COOKIE",
    "HUDSON_SERVER_COOKIE",
    "HUDSON_COOKIE",
];

/// Variables whose value is a path, which may be relative: the guard runs in another directory.
const PATHS: [&str; 2] = ["DOCKER_CONFIG", "DOCKER_CERT_PATH"];

/// What a guard needs to know.
#[derive(Clone, Debug)]
pub struct Task {
    /// The calls.
    pub commands: Commands,
    /// What belongs to the run.
    pub belongings: Belongings,
    /// The run and its owner, whose lock is released where it has one.
    pub holder: Holder,
}

/// The run's side of the pipe.
pub(super) struct Guard {
    first: Detached,
}

impl Guard {
    /// Starts the guard of a run; nothing where it cannot be started: a run without one is still a run.
    pub(super) fn start(spawner: &Spawner, task: &Task) -> Option<Self> {
        let program = std::env::current_exe().ok()?;
        let mut argv: Vec<OsString> = vec![program.into(), COMMAND.into(), FIRST.into()];
        argv.extend(task.words());
        let invocation = Invocation {
            argv,
            env: absolute_paths(&task.commands.tools.env),
            without: HUNTED.to_vec(),
            directory: Some(PathBuf::from("/")),
            ..Invocation::default()
        };
        let first = spawner.detach(&invocation).ok()?;
        // A guard that does not read must not hold up the run.
        rustix::io::ioctl_fionbio(&first.stdin, true).ok()?;
        Some(Self { first })
    }

    /// Waits until the guard is ready. Returns whether it is.
    pub(super) fn is_ready(&self) -> bool {
        let Ok(output) = self.first.stdout.try_clone() else {
            return false;
        };
        let (sender, ready) = mpsc::channel();
        std::thread::spawn(move || {
            let mut word = String::new();
            let _ = BufReader::new(output).read_line(&mut word);
            // Nobody waits any more when it took too long.
            let _ = sender.send(word.trim() == READY);
        });
        let is_ready = ready.recv_timeout(GETTING_READY) == Ok(true);
        if is_ready {
            self.first.wait();
        }
        is_ready
    }

    /// Tells the guard of every child that this spawner starts from now on: a build would go on without the run.
    pub(super) fn watch(&self, spawner: &Spawner) {
        // Without it what is removed is removed all the same.
        if let Ok(pipe) = self.first.stdin.try_clone() {
            spawner.announce(pipe);
        }
    }

    /// Tells the guard that nothing is left to do, or that it is to look again for what appears late.
    pub(super) fn release(mut self, made: Made) {
        let word = match made {
            Made::All => RELEASE,
            Made::Unknown => LOOK_AGAIN,
        };
        // A guard that has gone has nothing to be told.
        let _ = self.tell(word);
    }

    fn tell(&mut self, word: &str) -> io::Result<()> {
        let pipe: &mut PipeWriter = &mut self.first.stdin;
        pipe.write_all(format!("{word}\n").as_bytes())
    }
}

/// What the first of the two processes is told, which starts the second.
const FIRST: &str = "first";

/// What the guard removes: all of the project, which no other run ever has, or what carries the run's ID. A project that
/// others may name can be somebody else's as soon as the run is dead.
const WHOLE_PROJECT: &str = "project";
const ITS_OWN: &str = "run";

impl Task {
    /// What the guard is told on its command line: `RUN OWNER PROJECT SCOPE DOCKER`.
    fn words(&self) -> Vec<OsString> {
        let docker = &self.commands.tools.docker;
        let docker = std::path::absolute(docker).unwrap_or_else(|_| docker.clone());
        vec![
            (&self.belongings.run).into(),
            (&self.holder.owner).into(),
            (&self.commands.project).into(),
            match self.belongings.project {
                InProject::Unique(_) => WHOLE_PROJECT,
                _ => ITS_OWN,
            }
            .into(),
            docker.into(),
        ]
    }

    /// Reads [`words`](Self::words); nothing where they are none.
    fn read(words: &[OsString]) -> Option<Self> {
        let [run, owner, project, scope, docker] = words else {
            return None;
        };
        let text = |word: &OsStr| word.to_string_lossy().into_owned();
        let run = text(run);
        Some(Self {
            commands: Commands::of_docker(Tools::docker_alone(docker.into()), text(project)),
            belongings: Belongings {
                run: run.clone(),
                project: if scope == WHOLE_PROJECT {
                    InProject::Unique(text(project))
                } else {
                    InProject::Nothing
                },
            },
            holder: Holder {
                run,
                owner: text(owner),
            },
        })
    }
}

/// These variables and those of towline's own that hold a path, with paths that hold anywhere.
fn absolute_paths(env: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let own = PATHS
        .iter()
        .filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)));
    let absolute = |(name, value): (OsString, OsString)| {
        let is_path = PATHS.iter().any(|path| name == *path) && !value.is_empty();
        let path = std::path::absolute(Path::new(&value)).ok().filter(|_| is_path);
        (name, path.map_or(value, Into::into))
    };
    own.chain(env.iter().cloned()).map(absolute).collect()
}

/// The hidden command: leaves the session of the run in its first process, and guards in its second. Returns whether the
/// words were understood.
///
/// # Errors
/// When the second process cannot be started.
pub fn run(words: &[OsString]) -> anyhow::Result<bool> {
    if let [first, task @ ..] = words
        && first == FIRST
    {
        let program = std::env::current_exe()?;
        let argv = [program.into(), COMMAND.into()].into_iter().chain(task.iter().cloned());
        process::leave_behind(&Invocation {
            argv: argv.collect(),
            ..Invocation::default()
        })?;
        return Ok(true);
    }
    let Some(task) = Task::read(words) else {
        return Ok(false);
    };
    // The run goes on without a guard that it cannot hear.
    let _ = io::stdout().write_all(format!("{READY}\n").as_bytes());
    let _ = io::stdout().flush();
    watch(io::stdin(), &task);
    Ok(true)
}

/// Waits for the end of the pipe on `input`, and removes what the run made unless the run has done so.
fn watch(mut input: impl Read, task: &Task) {
    let mut words = String::new();
    // An error is an end like any other.
    let _ = input.read_to_string(&mut words);
    if words.lines().any(|word| word == RELEASE) {
        return;
    }
    let is_clean = words.lines().any(|word| word == LOOK_AGAIN);
    if !is_clean {
        words.lines().for_each(process::end_announced);
        remove(task, Made::Unknown);
        let keeper = Keeper {
            commands: task.commands.clone(),
            spawner: Spawner::default(),
            own: task.holder.clone(),
        };
        lock::release(&keeper, &task.commands.project);
    }
    // What follows a kill has waited already.
    for pause in &LATE_LOOKS[usize::from(!is_clean)..] {
        std::thread::sleep(*pause);
        remove(task, Made::All);
    }
}

/// Removes what the run made. As long as something is left it tries again, with growing pauses: the engine may be away.
fn remove(task: &Task, made: Made) {
    let spawner = Spawner::default();
    let sweep = Sweep {
        spawner: &spawner,
        commands: &task.commands,
        belongings: &task.belongings,
        made,
    };
    let begun = Instant::now();
    let mut pause = Duration::from_millis(500);
    while !sweep.run().is_empty() && begun.elapsed() < PATIENCE {
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The process IDs of the guards of a run that are at work.
pub(super) fn of_run(run: &str) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let guards = |process: &i32| {
        let command = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let mut words = command.split(|byte| *byte == 0).skip(1).map(OsStr::from_bytes);
        words.next() == Some(OsStr::new(COMMAND)) && words.next() == Some(OsStr::new(run))
    };
    numbers.filter(guards).collect()
}

/// Ends a guard of a run that has nothing left to do.
pub(super) fn end(guard: i32, run: &str) {
    // Its number may stand for another process by now.
    if of_run(run).contains(&guard)
        && let Some(guard) = Pid::from_raw(guard)
    {
        let _ = rustix::process::kill_process(guard, Signal::TERM);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(project: InProject) -> Task {
        Task {
            commands: Commands::of_docker(Tools::docker_alone("/bin/docker".into()), "app".into()),
            belongings: Belongings {
                run: "r1".into(),
                project,
            },
            holder: Holder {
                run: "r1".into(),
                owner: "host/boot/1/2/3".into(),
            },
        }
    }

    #[test]
    fn a_task_reads_back() {
        for project in [InProject::Nothing, InProject::Unique("app".into())] {
            let words = task(project.clone()).words();
            let read = Task::read(&words).unwrap();
            assert_eq!(read.words(), words);
            assert_eq!(read.belongings.project, project);
        }
        assert!(Task::read(&["r1".into()]).is_none());
    }

    #[test]
    fn a_released_guard_asks_the_engine_nothing() {
        // Were the program called, there would be a word about it after minutes of trying.
        let begun = Instant::now();
        watch("12 34\ndone\n".as_bytes(), &task(InProject::Nothing));
        assert!(begun.elapsed() < LATE_LOOKS[0]);
    }

    #[test]
    fn paths_hold_in_any_directory() {
        let env = [("DOCKER_CERT_PATH", "certs"), ("DOCKER_HOST", "tcp://x")];
        let env: Vec<(OsString, OsString)> = env.iter().map(|(key, value)| (key.into(), value.into())).collect();
        let absolute = absolute_paths(&env);
        let certs = std::env::current_dir().unwrap().join("certs");
        assert!(absolute.contains(&("DOCKER_CERT_PATH".into(), certs.into())));
        assert!(absolute.contains(&("DOCKER_HOST".into(), "tcp://x".into())));
    }
}
