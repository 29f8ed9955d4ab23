//! A place to run towline in: a directory of its own, a clean environment, a docker that answers as it is told.

#![expect(clippy::disallowed_methods, reason = "a test starts the program that it is about")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// The program that is tested.
pub(crate) const TOWLINE: &str = env!("CARGO_BIN_EXE_towline");

/// The folder of the scripted docker.
pub(crate) const FAKE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bin");

/// A directory with a home, a scripted docker and its compose plugin.
pub(crate) struct Sandbox {
    directory: tempfile::TempDir,
}

/// What became of a call.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let sandbox = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(sandbox.path("work")).unwrap();
        fs::create_dir(sandbox.path("answers")).unwrap();
        let plugins = sandbox.path("home/.docker/cli-plugins");
        fs::create_dir_all(&plugins).unwrap();
        symlink(Path::new(FAKE).join("docker"), plugins.join("docker-compose")).unwrap();
        sandbox
    }

    /// A path in the sandbox; `work` is where towline runs.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Has docker answer calls of this pattern with this piece of shell.
    pub(crate) fn answer(&self, pattern: &str, shell: &str) {
        fs::write(self.path("answers").join(pattern), shell).unwrap();
    }

    /// A link to towline under another name.
    pub(crate) fn link(&self, name: &str) -> PathBuf {
        let link = self.path(name);
        if fs::symlink_metadata(&link).is_err() {
            symlink(TOWLINE, &link).unwrap();
        }
        link
    }

    /// towline, ready to be run.
    pub(crate) fn command<T: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = T>) -> Command {
        self.program(TOWLINE, args)
    }

    /// A program, ready to be run where towline runs.
    pub(crate) fn program<T: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = T>,
    ) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.path("work"))
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", format!("{FAKE}:/usr/bin:/bin"))
            .env("HOME", self.path("home"))
            .env("FAKE_DOCKER_LOG", self.path("calls"))
            .env("FAKE_DOCKER_SCRIPT", self.path("answers"));
        command
    }

    /// Runs towline to its end.
    pub(crate) fn run<T: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = T>) -> Finished {
        finish(&mut self.command(args))
    }

    /// Runs towline with the words of a line.
    pub(crate) fn line(&self, line: &str) -> Finished {
        self.run(line.split_whitespace())
    }

    /// The calls of docker and of the plugin so far, which are then forgotten.
    pub(crate) fn calls(&self) -> Vec<Vec<OsString>> {
        let log = fs::read(self.path("calls")).unwrap_or_default();
        // A sandbox without calls has no file.
        let _ = fs::remove_file(self.path("calls"));
        let records = log.split(|byte| *byte == 0o36).filter(|record| !record.is_empty());
        records.map(words).collect()
    }

    /// [`calls`](Self::calls) as lines.
    pub(crate) fn call_lines(&self) -> Vec<String> {
        let calls = self.calls().into_iter();
        calls
            .map(|call| call.join(OsStr::new(" ")).into_string().unwrap())
            .collect()
    }
}

fn words(record: &[u8]) -> Vec<OsString> {
    let mut words: Vec<_> = record
        .split(|byte| *byte == 0o37)
        .map(|word| OsString::from_vec(word.to_vec()))
        .collect();
    // Each word is ended by the separator, not only separated.
    words.pop();
    words
}

impl Finished {
    /// The exit code; a test fails where a signal ended the program.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap()
    }

    /// The signal that ended the program.
    pub(crate) fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.stderr.clone()).unwrap()
    }
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Finished {
    let output = command.output().unwrap();
    Finished {
        status: output.status,
        stdout: output.stdout,
        stderr: output.stderr,
    }
}

/// Runs a command that reads this.
pub(crate) fn finish_with(command: &mut Command, stdin: &[u8]) -> Finished {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    Finished {
        status: output.status,
        stdout: output.stdout,
        stderr: output.stderr,
    }
}

/// Starts a command and waits for its first line, by which it says that it is ready.
pub(crate) fn start(command: &mut Command) -> Child {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    child
}
