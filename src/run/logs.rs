//! The log of a container into its file, byte for byte, standard output and standard error told apart.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;

use os_pipe::PipeReader;
use rustix::event::{PollFd, PollFlags, poll};

use super::process::{Invocation, Spawner};
use super::socket::LogStream;
use crate::event::Stream;

/// How much is read at once. Each piece is on its way to the views at a time, so it also bounds their memory.
const PIECE: usize = 16 * 1024;

/// A line longer than this is passed on in parts.
const LONGEST_LINE: usize = 64 * 1024;

/// What `docker logs` says on its standard error, among the container's, when it fails.
const OWN_WORD: &[u8] = b"Error response from daemon: ";

/// A piece of output as it stands in the log file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which stream it came on.
    pub stream: Stream,
    /// Where it begins in the file.
    pub offset: u64,
    /// The bytes: whole lines, but for the last one and for very long ones.
    pub text: Vec<u8>,
}

/// How far a container's log has been read: the bytes of its two streams, and of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    stdout: u64,
    stderr: u64,
    file: u64,
}

/// Where a log comes from.
#[derive(Debug)]
pub enum Source<'a> {
    /// The engine's socket.
    Socket(LogStream),
    /// `docker logs`.
    Command(&'a Spawner, &'a Invocation),
}

/// Follows a container's log until it ends.
///
/// The engine gives a log from its beginning; what was read before, of an earlier life of a restarted container, is
/// skipped by its length. That is exact, where asking for what came since a time is not.
///
/// Gives back how far it came, and an error when the log could not be read to its end or the file could not be written.
/// Following it again from there leaves nothing out and writes nothing twice.
pub fn follow(
    source: Source<'_>,
    file: &Path,
    before: Progress,
    mut tell: impl FnMut(Piece),
) -> (Progress, anyhow::Result<()>) {
    let file = match File::options().create(true).append(true).open(file) {
        Ok(file) => file,
        Err(error) => return (before, Err(error.into())),
    };
    let mut writer = Writer {
        file,
        offset: before.file,
        stdout: Lines::new(Stream::Stdout, before.stdout),
        stderr: Lines::new(Stream::Stderr, before.stderr),
    };
    let code = match source {
        Source::Socket(stream) => read_stream(stream, &mut writer, &mut tell)
            .map(|()| 0)
            .map_err(Into::into),
        Source::Command(spawner, invocation) => read_command(spawner, invocation, &mut writer, &mut tell),
    };
    let result = code.and_then(|code| writer.end(code, &mut tell));
    (writer.progress(), result)
}

fn read_stream(mut stream: LogStream, writer: &mut Writer, tell: &mut impl FnMut(Piece)) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    while let Some((stream, count)) = stream.read(&mut buffer)? {
        writer.take(stream, &buffer[..count], tell)?;
    }
    // An empty piece is the end of a stream.
    writer.take(Stream::Stdout, &[], tell)?;
    writer.take(Stream::Stderr, &[], tell)
}

fn read_command(
    spawner: &Spawner,
    invocation: &Invocation,
    writer: &mut Writer,
    tell: &mut impl FnMut(Piece),
) -> anyhow::Result<i32> {
    let child = spawner.spawn(invocation)?;
    let result = read_both(&child.stdout, &child.stderr, writer, tell);
    if result.is_err() {
        child.group().kill();
    }
    let code = child.wait();
    result?;
    Ok(code)
}

struct Writer {
    file: File,
    offset: u64,
    stdout: Lines,
    stderr: Lines,
}

/// One stream, cut into lines: a line of one stream is not written into the middle of one of the other.
struct Lines {
    stream: Stream,
    /// Bytes that an earlier follower has passed on.
    skip: u64,
    /// Bytes seen from the beginning of the log.
    seen: u64,
    pending: Vec<u8>,
}

fn read_both(
    mut stdout: &PipeReader,
    mut stderr: &PipeReader,
    writer: &mut Writer,
    tell: &mut impl FnMut(Piece),
) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let (mut stdout_open, mut stderr_open) = (true, true);
    while stdout_open || stderr_open {
        let (out_ready, err_ready) = wait(stdout, stdout_open, stderr, stderr_open)?;
        if out_ready {
            let count = read(&mut stdout, &mut buffer)?;
            stdout_open = count > 0;
            writer.take(Stream::Stdout, &buffer[..count], tell)?;
        }
        if err_ready {
            let count = read(&mut stderr, &mut buffer)?;
            stderr_open = count > 0;
            writer.take(Stream::Stderr, &buffer[..count], tell)?;
        }
    }
    Ok(())
}

fn read(pipe: &mut &PipeReader, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match pipe.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Waits until one of the open streams can be read or has ended.
fn wait(stdout: &PipeReader, stdout_open: bool, stderr: &PipeReader, stderr_open: bool) -> io::Result<(bool, bool)> {
    let wanted = |open: bool| if open { PollFlags::IN } else { PollFlags::empty() };
    let stdout_fd = stdout.as_fd();
    let stderr_fd = stderr.as_fd();
    let mut polled = [
        PollFd::from_borrowed_fd(stdout_fd, wanted(stdout_open)),
        PollFd::from_borrowed_fd(stderr_fd, wanted(stderr_open)),
    ];
    // A closed stream stays in "hung up": it must not be asked for, or the wait would not wait.
    let polled = match (stdout_open, stderr_open) {
        (true, true) => &mut polled[..],
        (true, false) => &mut polled[..1],
        _ => &mut polled[1..],
    };
    while let Err(error) = poll(polled, None) {
        if error != rustix::io::Errno::INTR {
            return Err(error.into());
        }
    }
    let ready: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
    Ok(match (stdout_open, stderr_open) {
        (true, true) => (ready[0], ready[1]),
        (true, false) => (ready[0], false),
        _ => (false, ready[0]),
    })
}

impl Writer {
    /// Takes what was read; an empty piece is the end of the stream.
    fn take(&mut self, stream: Stream, bytes: &[u8], tell: &mut impl FnMut(Piece)) -> io::Result<()> {
        let lines = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        let text = lines.take(bytes);
        self.write(stream, text, tell)
    }
}

impl Writer {
    /// Writes what was held back, or tells it as what it is: the follower's own last word.
    fn end(&mut self, code: i32, tell: &mut impl FnMut(Piece)) -> anyhow::Result<()> {
        let held = std::mem::take(&mut self.stderr.pending);
        if code != 0 && held.starts_with(OWN_WORD) {
            self.stderr.seen -= held.len() as u64;
            anyhow::bail!("{}", String::from_utf8_lossy(&held).trim_end().to_owned());
        }
        self.write(Stream::Stderr, held, tell)?;
        anyhow::ensure!(code == 0, "'docker logs' ended with code {code}");
        Ok(())
    }

    fn progress(&self) -> Progress {
        Progress {
            stdout: self.stdout.passed_on(),
            stderr: self.stderr.passed_on(),
            file: self.offset,
        }
    }

    fn write(&mut self, stream: Stream, text: Vec<u8>, tell: &mut impl FnMut(Piece)) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.file.write_all(&text)?;
        let offset = self.offset;
        self.offset += text.len() as u64;
        tell(Piece { stream, offset, text });
        Ok(())
    }
}

impl Lines {
    const fn new(stream: Stream, skip: u64) -> Self {
        Self {
            stream,
            skip,
            seen: 0,
            pending: Vec::new(),
        }
    }

    /// How many bytes of the log are written by now.
    fn passed_on(&self) -> u64 {
        self.skip.max(self.seen.saturating_sub(self.pending.len() as u64))
    }

    /// The text that is complete by now.
    fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        let at_end = bytes.is_empty();
        let skipped = usize::try_from(self.skip.saturating_sub(self.seen))
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        self.seen += bytes.len() as u64;
        self.pending.extend_from_slice(&bytes[skipped..]);
        let complete = match self.pending.iter().rposition(|byte| *byte == b'\n') {
            _ if at_end || self.pending.len() > LONGEST_LINE => self.pending.len(),
            Some(newline) => newline + 1,
            None => 0,
        };
        let rest = self.pending.split_off(self.without_own_word(complete));
        std::mem::replace(&mut self.pending, rest)
    }

    /// Holds the last line back where it could be the follower's own: its exit code will tell.
    fn without_own_word(&self, complete: usize) -> usize {
        let text = &self.pending[..complete];
        let body = text.strip_suffix(b"\n").unwrap_or(text);
        let line = body
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let is_own = self.stream == Stream::Stderr && text[line..].starts_with(OWN_WORD);
        if is_own { line } else { complete }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn follow_script(script: &str, file: &Path, before: Progress) -> (Progress, Vec<Piece>) {
        let invocation = Invocation {
            argv: ["sh", "-c", script].map(OsString::from).to_vec(),
            ..Invocation::default()
        };
        let mut pieces = Vec::new();
        let source = Source::Command(&Spawner::default(), &invocation);
        let (progress, result) = follow(source, file, before, |piece| pieces.push(piece));
        result.unwrap();
        (progress, pieces)
    }

    #[test]
    fn every_byte_arrives_and_the_streams_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log");
        let script = r"head -c 100000 /dev/urandom; printf 'err\n' >&2; printf 'no newline'";
        let (progress, pieces) = follow_script(script, &file, Progress::default());
        let written = std::fs::read(&file).unwrap();
        assert_eq!(written.len() as u64, progress.file);
        assert_eq!(progress.stdout, 100_010);
        let mut joined = Vec::new();
        for piece in &pieces {
            assert_eq!(piece.offset, joined.len() as u64);
            joined.extend_from_slice(&piece.text);
        }
        assert_eq!(joined, written);
        let errors: Vec<u8> = pieces
            .iter()
            .filter(|p| p.stream == Stream::Stderr)
            .flat_map(|p| p.text.clone())
            .collect();
        assert_eq!(errors, b"err\n");
    }

    #[test]
    fn a_line_is_not_cut_by_the_other_stream() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log");
        follow_script(
            "printf begin; sleep 0.1; echo err >&2; sleep 0.1; echo ' end'",
            &file,
            Progress::default(),
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "err\nbegin end\n");
    }

    #[test]
    fn what_was_read_before_is_skipped() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log");
        let (first, _) = follow_script("echo one; echo err >&2", &file, Progress::default());
        let (_, pieces) = follow_script("echo one; echo err >&2; sleep 0.1; echo two", &file, first);
        assert_eq!(pieces.len(), 1);
        assert_eq!(pieces[0].text, b"two\n");
        assert_eq!(pieces[0].offset, first.file);
    }

    #[test]
    fn what_the_follower_says_itself_is_not_the_containers() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log");
        let script = "echo err >&2; echo 'Error response from daemon: gone' >&2; exit CODE";
        for (code, log) in [("0", "err\nError response from daemon: gone\n"), ("1", "err\n")] {
            let _ = std::fs::remove_file(&file);
            let argv = ["sh", "-c", &script.replace("CODE", code)].map(OsString::from).to_vec();
            let invocation = Invocation {
                argv,
                ..Invocation::default()
            };
            let source = Source::Command(&Spawner::default(), &invocation);
            let (progress, result) = follow(source, &file, Progress::default(), |_| {});
            assert_eq!(result.is_ok(), code == "0");
            assert_eq!((progress.stderr, progress.file), (log.len() as u64, log.len() as u64));
            assert_eq!(std::fs::read_to_string(&file).unwrap(), log);
        }
    }

    #[test]
    fn what_was_cut_is_read_on_from_where_it_was_cut() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log");
        let text = "printf 'one\\ntw'; echo err >&2; sleep 0.1;";
        let mut progress = Progress::default();
        for (end, is_whole) in [
            ("kill -9 $$", false),
            ("printf 'o\\nthree'; exit 3", false),
            ("printf 'o\\nthree'", true),
        ] {
            let invocation = Invocation {
                argv: ["sh", "-c", &format!("{text} {end}")].map(OsString::from).to_vec(),
                ..Invocation::default()
            };
            let source = Source::Command(&Spawner::default(), &invocation);
            let (reached, result) = follow(source, &file, progress, |_| {});
            assert_eq!(result.is_ok(), is_whole, "{end}");
            progress = reached;
        }
        let log = std::fs::read_to_string(&file).unwrap();
        assert_eq!(log.replace("err\n", ""), "one\ntwo\nthree");
        assert_eq!(log.matches("err\n").count(), 1);
    }

    #[test]
    fn a_line_without_an_end_passes_in_parts() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log");
        let (progress, pieces) = follow_script("head -c 1000000 /dev/zero", &file, Progress::default());
        assert_eq!(progress.file, 1_000_000);
        assert!(pieces.iter().all(|piece| piece.text.len() <= LONGEST_LINE + PIECE));
    }
}
