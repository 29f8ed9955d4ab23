//! The only file that starts processes. Each child leads a process group of its own, so that a signal for it reaches the
//! compose plugin that `docker` starts, and so that the terminal's Ctrl-C reaches towline alone.
//!
//! No child outlives towline, whatever kills it: the kernel signals each child when the thread that started it ends. So all
//! are started by one thread, which lives as long as the process does.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write as _};
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use os_pipe::{PipeReader, PipeWriter};
use rustix::io::FdFlags;
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions};

use super::owner;

/// A command as data: what to run, and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// Environment variables on top of towline's own.
    pub env: Vec<(OsString, OsString)>,
    /// Environment variables of towline's own that it does not get.
    pub without: Vec<&'static str>,
    /// What it reads on standard input; nothing when absent.
    pub stdin: Option<Vec<u8>>,
    /// The directory it runs in, if not towline's own.
    pub directory: Option<PathBuf>,
    /// Whether it starts programs that end with it only if it is asked to end, as compose does with `buildx`.
    pub has_helpers: bool,
}

/// Bounds on a command that could run away.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long it may take.
    pub time: Duration,
    /// How much address space it may take, in bytes.
    pub memory: u64,
}

/// What became of a command.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// Its exit code; 128 + n when signal n ended it.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// Whether it was ended because its time was over.
    pub timed_out: bool,
}

impl Finished {
    /// Whether it ended with 0.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        self.code == 0
    }
}

impl Invocation {
    /// The program, as a message names it.
    fn name(&self) -> String {
        self.argv
            .first()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }
}

/// The command with its environment, at the head of a process group of its own, and never without its parent.
fn child_expression(invocation: &Invocation) -> duct::Expression {
    let signal = if invocation.has_helpers {
        Signal::TERM
    } else {
        Signal::KILL
    };
    let parent = rustix::process::getpid();
    expression(invocation).before_spawn(move |command| {
        command.process_group(0);
        die_with(parent, signal, command);
        Ok(())
    })
}

/// Has the kernel send the child this signal when its parent is gone.
#[expect(unsafe_code, reason = "there is no other way to do something between fork and exec")]
fn die_with(parent: Pid, signal: Signal, command: &mut Command) {
    // SAFETY: between fork and exec only async-signal-safe functions may be called. These are two plain system calls, and
    // neither allocates.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(signal))?;
            // A parent that died before that sends nothing any more.
            if rustix::process::getppid() == Some(parent) {
                Ok(())
            } else {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        });
    }
}

/// Closes these descriptors in the child when it becomes its program.
#[expect(unsafe_code, reason = "there is no other way to do something between fork and exec")]
fn without_descriptors(descriptors: Vec<RawFd>, command: &mut Command) {
    // SAFETY: between fork and exec only async-signal-safe functions may be called. Setting a flag of a descriptor is a
    // plain system call; one that is not open any more is an error, which is passed over.
    unsafe {
        command.pre_exec(move || {
            for descriptor in &descriptors {
                let descriptor = BorrowedFd::borrow_raw(*descriptor);
                let _ = rustix::io::fcntl_setfd(descriptor, FdFlags::CLOEXEC);
            }
            Ok(())
        });
    }
}

/// The descriptors of this process beside its three streams.
fn further_descriptors() -> Vec<RawFd> {
    let entries = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|descriptor| *descriptor > 2).collect()
}

/// The command with its environment.
fn expression(invocation: &Invocation) -> duct::Expression {
    let program = invocation.argv.first().cloned().unwrap_or_default();
    let mut expression = duct::cmd(program, invocation.argv.iter().skip(1)).unchecked();
    for key in &invocation.without {
        expression = expression.env_remove(key);
    }
    for (key, value) in &invocation.env {
        expression = expression.env(key, value);
    }
    match &invocation.directory {
        Some(directory) => expression.dir(directory),
        None => expression,
    }
}

/// A command to start, and where to say what became of it.
type Order = (duct::Expression, Sender<io::Result<duct::Handle>>);

/// The thread that starts all children.
static STARTER: LazyLock<Mutex<Sender<Order>>> = LazyLock::new(|| {
    let (sender, orders): (Sender<Order>, Receiver<Order>) = channel();
    std::thread::spawn(move || {
        for (expression, answer) in orders {
            // Nobody waits for the answer only where towline is ending.
            let _ = answer.send(expression.start());
        }
    });
    Mutex::new(sender)
});

/// Starts a command on the thread that starts all.
fn start(expression: duct::Expression) -> io::Result<duct::Handle> {
    let (answer, answered) = channel();
    let gone = |_| io::Error::other("the thread that starts processes is gone");
    let starter = STARTER.lock().unwrap_or_else(PoisonError::into_inner);
    starter.send((expression, answer)).map_err(|_| gone(()))?;
    drop(starter);
    answered.recv().map_err(|_| gone(()))?
}

/// Starts processes and knows which of them are alive. Clones share that knowledge.
#[derive(Clone, Debug, Default)]
pub struct Spawner {
    alive: Arc<Mutex<BTreeSet<i32>>>,
    closed: Arc<AtomicBool>,
    announced: Arc<OnceLock<PipeWriter>>,
}

/// A running child. Its output is read from the two pipes; [`wait`](Self::wait) gives its exit code.
pub struct Child {
    handle: duct::Handle,
    pid: Pid,
    alive: Arc<Mutex<BTreeSet<i32>>>,
    /// Its standard output.
    pub stdout: PipeReader,
    /// Its standard error.
    pub stderr: PipeReader,
}

/// A command that outlives this process.
pub struct Detached {
    handle: duct::Handle,
    /// Its standard input.
    pub stdin: PipeWriter,
    /// Its standard output.
    pub stdout: PipeReader,
}

impl Detached {
    /// Waits for the end of the process that was started, which has left another one behind.
    pub fn wait(&self) {
        let _ = self.handle.wait();
    }
}

/// Starts this command in a session of its own, with the streams of this process and nothing else, and does not wait for
/// it. When this process has ended, the command is nobody's child.
///
/// # Errors
/// When the program cannot be started.
pub fn leave_behind(invocation: &Invocation) -> anyhow::Result<()> {
    rustix::process::setsid().context("leaving the session")?;
    start(expression(invocation)).with_context(|| format!("starting '{}'", invocation.name()))?;
    Ok(())
}

/// What is said of a child: its process ID and when it started, so that nobody takes another process for it.
fn announcement(pid: Pid) -> String {
    let pid = pid.as_raw_nonzero().get();
    format!("{pid} {}\n", owner::started(pid).unwrap_or_default())
}

/// Ends what was announced in these words, with all of its process group, unless it has ended by itself.
pub fn end_announced(words: &str) {
    let Some((pid, started)) = words.split_once(' ') else {
        return;
    };
    let (Ok(pid), Ok(started)) = (pid.parse(), started.parse::<u64>()) else {
        return;
    };
    if owner::started(pid) == Some(started)
        && let Some(pid) = Pid::from_raw(pid)
    {
        // One that has just ended is as it should be.
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    }
}

/// The means to signal a child from another thread, as long as it is alive.
#[derive(Clone, Debug)]
pub struct Group {
    pid: Pid,
    alive: Arc<Mutex<BTreeSet<i32>>>,
}

impl Spawner {
    /// Starts a command with pipes on its standard output and standard error.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn(&self, invocation: &Invocation) -> anyhow::Result<Child> {
        let (stdout, stdout_writer) = os_pipe::pipe().context("making a pipe")?;
        let (stderr, stderr_writer) = os_pipe::pipe().context("making a pipe")?;
        let mut expression = child_expression(invocation)
            .stdout_file(stdout_writer)
            .stderr_file(stderr_writer);
        expression = match &invocation.stdin {
            Some(bytes) => expression.stdin_bytes(bytes.clone()),
            None => expression.stdin_null(),
        };
        // The lock is held over the start, so that `kill_all` either sees the child or comes before it.
        let mut alive = lock(&self.alive);
        anyhow::ensure!(!self.closed.load(Ordering::Relaxed), "the run is being stopped");
        let handle = start(expression).with_context(|| format!("starting '{}'", invocation.name()))?;
        let raw = handle.pids().first().and_then(|pid| i32::try_from(*pid).ok());
        let pid = raw.and_then(Pid::from_raw).context("a child without a process id")?;
        alive.insert(pid.as_raw_nonzero().get());
        if let Some(mut pipe) = self.announced.get() {
            // In one write: the pipe is shared, and what is written in pieces would mix with what others write. Whoever
            // reads it may have gone, which is no reason to run without the child.
            let _ = pipe.write_all(announcement(pid).as_bytes());
        }
        Ok(Child {
            handle,
            pid,
            alive: Arc::clone(&self.alive),
            stdout,
            stderr,
        })
    }

    /// Starts a command that is to outlive this process: it gets none of its descriptors, but a pipe to its standard input
    /// and one from its standard output. It is not among those that `kill_all` ends.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn detach(&self, invocation: &Invocation) -> anyhow::Result<Detached> {
        let (reader, stdin) = os_pipe::pipe().context("making a pipe")?;
        let (stdout, writer) = os_pipe::pipe().context("making a pipe")?;
        let expression = expression(invocation)
            .stdin_file(reader)
            .stdout_file(writer)
            .stderr_null()
            .before_spawn(|command| {
                without_descriptors(further_descriptors(), command);
                Ok(())
            });
        let handle = start(expression).with_context(|| format!("starting '{}'", invocation.name()))?;
        Ok(Detached { handle, stdin, stdout })
    }

    /// Writes the process id of every child to this pipe from now on, a line each.
    pub fn announce(&self, pipe: PipeWriter) {
        // The first pipe stays: there is only one guard.
        let _ = self.announced.set(pipe);
    }

    /// Runs a command to its end and gives back what it wrote.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn capture(&self, invocation: &Invocation, limits: Option<Limits>) -> anyhow::Result<Finished> {
        let child = self.spawn(invocation)?;
        if let Some(limits) = limits {
            child.limit_memory(limits.memory);
        }
        let group = child.group();
        let Child {
            handle,
            pid,
            alive,
            stdout,
            stderr,
        } = child;
        let read_stderr = std::thread::spawn(move || read_all(stderr));
        let read_stdout = std::thread::spawn(move || read_all(stdout));
        let watch = limits.map(|limits| Watch::start(group, limits.time));
        let code = wait(&handle, pid, &alive);
        let timed_out = watch.is_some_and(Watch::stop);
        let stdout = read_stdout.join().unwrap_or_default();
        let stderr = read_stderr.join().unwrap_or_default();
        Ok(Finished {
            code,
            stdout,
            stderr,
            timed_out,
        })
    }

    /// The same for a command that is killed when this time is over: one that asks an engine which may hang.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn capture_within(&self, time: Duration, invocation: &Invocation) -> anyhow::Result<Finished> {
        let memory = u64::MAX;
        self.capture(invocation, Some(Limits { time, memory }))
    }

    /// Kills every child that is still alive, and starts no other from now on.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.kill_all();
    }

    /// Sends SIGKILL to every child that is still alive, and to what it has started.
    pub fn kill_all(&self) {
        for pid in lock(&self.alive).iter().filter_map(|pid| Pid::from_raw(*pid)) {
            // A group that has just ended is no error.
            let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Child {
    /// The means to signal this child from elsewhere.
    #[must_use]
    pub fn group(&self) -> Group {
        Group {
            pid: self.pid,
            alive: Arc::clone(&self.alive),
        }
    }

    /// Waits for the child's end and gives its exit code, 128 + n when signal n ended it.
    #[must_use]
    pub fn wait(&self) -> i32 {
        wait(&self.handle, self.pid, &self.alive)
    }

    fn limit_memory(&self, bytes: u64) {
        let limit = Rlimit {
            current: Some(bytes),
            maximum: Some(bytes),
        };
        // A child that has ended already needs no limit.
        let _ = rustix::process::prlimit(Some(self.pid), Resource::As, limit);
    }
}

impl Group {
    /// Sends SIGTERM to the child and to what it has started.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends SIGKILL to the child and to what it has started.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        let alive = lock(&self.alive);
        // The lock keeps the child from being reaped meanwhile, so that the group's id cannot be a stranger's.
        if alive.contains(&self.pid.as_raw_nonzero().get()) {
            let _ = rustix::process::kill_process_group(self.pid, signal);
        }
    }
}

/// Waits without reaping first: as long as the zombie is there, its id belongs to nobody else.
fn wait(handle: &duct::Handle, pid: Pid, alive: &Mutex<BTreeSet<i32>>) -> i32 {
    while let Err(rustix::io::Errno::INTR) =
        rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
    {}
    // A program that was killed could not end those that it had started.
    let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    lock(alive).remove(&pid.as_raw_nonzero().get());
    let status = handle.wait().map(|output| output.status);
    status.map_or(255, exit_code)
}

fn exit_code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(255)
}

fn read_all(mut pipe: PipeReader) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What was read before an error is still worth having.
    let _ = pipe.read_to_end(&mut bytes);
    bytes
}

fn lock(alive: &Mutex<BTreeSet<i32>>) -> MutexGuard<'_, BTreeSet<i32>> {
    alive.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills a group when its time is over, unless it is stopped before.
struct Watch {
    stop: std::sync::mpsc::Sender<()>,
    thread: std::thread::JoinHandle<bool>,
}

impl Watch {
    fn start(group: Group, time: Duration) -> Self {
        let (stop, stopped) = std::sync::mpsc::channel();
        let deadline = Instant::now() + time;
        let thread = std::thread::spawn(move || {
            let left = deadline.saturating_duration_since(Instant::now());
            let over = stopped.recv_timeout(left) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
            if over {
                group.kill();
            }
            over
        });
        Self { stop, thread }
    }

    /// Whether the time was over.
    fn stop(self) -> bool {
        // The thread has gone already when the time was over.
        let _ = self.stop.send(());
        self.thread.join().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Invocation {
        Invocation {
            argv: ["sh", "-c", script].map(OsString::from).to_vec(),
            ..Invocation::default()
        }
    }

    #[test]
    fn captures_both_streams_and_the_code() {
        let mut invocation = sh("cat; echo err >&2; exit 3");
        invocation.stdin = Some(b"in".to_vec());
        let finished = Spawner::default().capture(&invocation, None).unwrap();
        assert_eq!(finished.code, 3);
        assert_eq!((finished.stdout, finished.stderr), (b"in".to_vec(), b"err\n".to_vec()));
    }

    #[test]
    fn a_signal_is_told_as_a_shell_tells_it() {
        assert_eq!(Spawner::default().capture(&sh("kill -9 $$"), None).unwrap().code, 137);
    }

    #[test]
    fn time_that_is_over_ends_grandchildren_too() {
        let limits = Limits {
            time: Duration::from_millis(200),
            memory: 1 << 40,
        };
        let begun = Instant::now();
        // The grandchild holds the pipe: were it left alive, reading would go on for ten seconds.
        let finished = Spawner::default()
            .capture(&sh("trap '' TERM; sleep 10 & sleep 10"), Some(limits))
            .unwrap();
        assert!(finished.timed_out);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn kill_all_reaches_every_child() {
        let spawner = Spawner::default();
        let child = spawner.spawn(&sh("sleep 10")).unwrap();
        spawner.kill_all();
        assert_eq!(child.wait(), 137);
        assert!(lock(&spawner.alive).is_empty());
    }

    #[test]
    fn what_is_closed_starts_nothing_more() {
        let spawner = Spawner::default();
        let child = spawner.spawn(&sh("sleep 10")).unwrap();
        spawner.close();
        assert_eq!(child.wait(), 137);
        assert!(spawner.capture(&sh("true"), None).is_err());
    }

    #[test]
    fn children_that_start_at_once_are_each_announced_in_one_piece() {
        // Several spawners share the pipe: what they write must not mix.
        const EACH: usize = 20;
        let (reader, writer) = os_pipe::pipe().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let spawner = Spawner::default();
                spawner.announce(writer.try_clone().unwrap());
                scope.spawn(move || {
                    for _ in 0..EACH {
                        spawner.capture(&sh("true"), None).unwrap();
                    }
                });
            }
        });
        drop(writer);
        let words = String::from_utf8(read_all(reader)).unwrap();
        let is_whole = |line: &str| {
            let (pid, started) = line.split_once(' ').unwrap_or_default();
            pid.parse::<i32>().is_ok() && started.parse::<u64>().is_ok()
        };
        assert!(words.lines().all(is_whole), "{words}");
        assert_eq!(words.lines().count(), 4 * EACH);
    }

    #[test]
    fn what_was_announced_is_ended_and_what_has_its_number_now_is_not() {
        let spawner = Spawner::default();
        let child = spawner.spawn(&sh("sleep 600")).unwrap();
        let words = announcement(child.pid);
        let (pid, started) = words.trim().split_once(' ').unwrap();
        end_announced(&format!("{pid} {}", started.parse::<u64>().unwrap() - 1));
        end_announced("no number");
        assert!(owner::started(child.pid.as_raw_nonzero().get()).is_some());
        end_announced(words.trim());
        assert_eq!(child.wait(), 137);
    }

    #[test]
    fn helpers_of_a_program_that_was_killed_end_with_it() {
        // The helper holds the pipe: were it left alive, reading would go on for ten minutes.
        let spawner = Spawner::default();
        let finished = spawner.capture(&sh("sleep 600 & kill -9 $$"), None).unwrap();
        assert_eq!(finished.code, 137);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let invocation = Invocation {
            argv: vec!["/nowhere/docker".into()],
            ..Invocation::default()
        };
        let error = Spawner::default().capture(&invocation, None).unwrap_err();
        assert!(
            format!("{error:#}").starts_with("starting '/nowhere/docker'"),
            "{error:#}"
        );
    }
}
