//! What runs on this machine, as far as a test or a CI system looks for it: by parents, sessions, variables, and words.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::common::Project;

/// How long the guard may take on a machine that is busy. On a quiet one it is two seconds.
const SOON: Duration = Duration::from_secs(60);

/// A process as it was when it was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    parent: i32,
    group: i32,
    session: i32,
    /// Its program and arguments, with blanks in between.
    pub(crate) command: String,
    /// `NAME=value`, as it was started with.
    environment: Vec<String>,
}

/// All processes; zombies are not among them.
pub(crate) fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(read).collect()
}

fn read(pid: i32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat).into_owned();
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse().ok();
    let words = |name: &str| -> Vec<String> {
        let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    };
    (fields.first() != Some(&"Z")).then_some(Process {
        pid,
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        command: words("cmdline").join(" "),
        environment: words("environ"),
    })
}

/// Those with this variable, whatever follows.
pub(crate) fn with_variable(beginning: &str) -> Vec<i32> {
    let has = |process: &Process| {
        process
            .environment
            .iter()
            .any(|variable| variable.starts_with(beginning))
    };
    all()
        .iter()
        .filter(|process| has(process))
        .map(|process| process.pid)
        .collect()
}

/// A process and all that descends from it.
pub(crate) fn tree(root: i32) -> Vec<i32> {
    let all = all();
    let mut tree = BTreeSet::from([root]);
    loop {
        let more = all.iter().filter(|process| tree.contains(&process.parent));
        let more: Vec<i32> = more
            .map(|process| process.pid)
            .filter(|pid| !tree.contains(pid))
            .collect();
        if more.is_empty() {
            return tree.into_iter().collect();
        }
        tree.extend(more);
    }
}

/// All processes of the session that a process belongs to.
pub(crate) fn session_of(pid: i32) -> Vec<i32> {
    same(pid, |process| process.session)
}

/// All processes of the group that a process belongs to.
pub(crate) fn group_of(pid: i32) -> Vec<i32> {
    same(pid, |process| process.group)
}

fn same(pid: i32, number: impl Fn(&Process) -> i32) -> Vec<i32> {
    let all = all();
    let own = all.iter().find(|process| process.pid == pid).map(&number);
    all.iter()
        .filter(|process| Some(number(process)) == own)
        .map(|process| process.pid)
        .collect()
}

/// The run of a project: the process of towline that works in its folder.
pub(crate) fn towline(project: &Project) -> Option<i32> {
    let is_meant = |process: &&Process| {
        let words: Vec<&str> = process.command.split(' ').collect();
        let is_towline = words.first() == Some(&env!("CARGO_BIN_EXE_towline")) && words.get(1) != Some(&"guard-run");
        is_towline && fs::read_link(format!("/proc/{}/cwd", process.pid)).is_ok_and(|path| path == project.directory)
    };
    all().iter().find(is_meant).map(|process| process.pid)
}

/// The guards of a project's runs.
pub(crate) fn guards(project: &Project) -> Vec<i32> {
    let guards = of(project)
        .into_iter()
        .filter(|process| process.command.contains(" guard-run "));
    guards.map(|process| process.pid).collect()
}

/// All processes that name the project.
pub(crate) fn of(project: &Project) -> Vec<Process> {
    all()
        .into_iter()
        .filter(|process| process.command.contains(&project.name))
        .collect()
}

/// Sends a signal to each, as far as they are still there.
pub(crate) fn signal(pids: &[i32], signal: Signal) {
    for pid in pids.iter().filter_map(|pid| Pid::from_raw(*pid)) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Waits until nothing of the project is left, neither on the engine nor among the processes.
#[track_caller]
pub(crate) fn gone_soon(project: &Project, what: &str) {
    let deadline = Instant::now() + SOON;
    loop {
        let (parts, processes) = (project.parts(), of(project));
        if parts.is_empty() && processes.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: left are {parts:?}, {processes:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
