//! The log of a container into its file, byte for byte, standard output and standard error told apart.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use os_pipe::PipeReader;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::process::{Invocation, Spawner};
use super::socket::LogStream;
use crate::event::Stream;

/// How much is read at once.
const PIECE: usize = 16 * 1024;

/// A batch of this size is passed on. Each is on its way to the views at a time, so it also bounds their memory.
const BATCH: usize = 32 * 1024;

/// A line longer than this is passed on in parts.
const LONGEST_LINE: usize = 64 * 1024;

/// How old a batch gets before it is passed on, however much still comes.
const BATCH_AGE: Duration = Duration::from_millis(20);

/// The engine sends line by line. Waking up for each of them costs more than reading it, on both sides: after a read,
/// others have this long to come. What comes alone is this much later.
const PAUSE: Duration = Duration::from_micros(500);

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

/// Since when a reader has been waiting for the engine. Shared with whoever decides that it has waited long enough.
#[derive(Clone, Debug, Default)]
pub struct Waiting(Arc<Mutex<Option<Instant>>>);

impl Waiting {
    /// The reader waits from now on.
    pub fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// The reader is at work.
    pub fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How long the reader has been waiting by now; zero while it is at work, and when it is done.
    #[must_use]
    pub fn lasted(&self) -> Duration {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }
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
    waiting: &Waiting,
    tell: impl FnMut(Piece),
) -> (Progress, anyhow::Result<()>) {
    let file = match File::options().create(true).append(true).open(file) {
        Ok(file) => file,
        Err(error) => return (before, Err(error.into())),
    };
    let mut writer = Writer::new(file, before, tell);
    let code = match source {
        Source::Socket(stream) => read_stream(stream, waiting, &mut writer)
            .map(|()| 0)
            .map_err(Into::into),
        Source::Command(spawner, invocation) => read_command(spawner, invocation, waiting, &mut writer),
    };
    waiting.end();
    let result = code.and_then(|code| writer.end(code));
    // What was whole before an error is worth having too.
    let result = writer.pass_on().map_err(Into::into).and(result);
    (writer.written, result)
}

fn read_stream<T: FnMut(Piece)>(mut stream: LogStream, waiting: &Waiting, writer: &mut Writer<T>) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        if writer.is_full() || (stream.is_drained() && !goes_on(writer, &[stream.as_fd()])?) {
            writer.pass_on()?;
        }
        if stream.is_drained() {
            waiting.begin();
        }
        let read = stream.read(&mut buffer);
        waiting.end();
        match read? {
            // An empty piece would be the end of the stream.
            Some((_, 0)) => {}
            Some((stream, count)) => writer.take(stream, &buffer[..count]),
            None => break,
        }
    }
    writer.take(Stream::Stdout, &[]);
    writer.take(Stream::Stderr, &[]);
    Ok(())
}

fn read_command<T: FnMut(Piece)>(
    spawner: &Spawner,
    invocation: &Invocation,
    waiting: &Waiting,
    writer: &mut Writer<T>,
) -> anyhow::Result<i32> {
    let child = spawner.spawn(invocation)?;
    let result = read_both(&child.stdout, &child.stderr, waiting, writer);
    if result.is_err() {
        child.group().kill();
    }
    let code = child.wait();
    result?;
    Ok(code)
}

fn read_both<T: FnMut(Piece)>(
    mut stdout: &PipeReader,
    mut stderr: &PipeReader,
    waiting: &Waiting,
    writer: &mut Writer<T>,
) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let (mut stdout_open, mut stderr_open) = (true, true);
    while stdout_open || stderr_open {
        let open = [(stdout.as_fd(), stdout_open), (stderr.as_fd(), stderr_open)];
        // A closed stream stays in "hung up": it must not be asked for, or the wait would not wait.
        let open: Vec<BorrowedFd> = open.into_iter().filter(|(_, open)| *open).map(|(fd, _)| fd).collect();
        if writer.is_full() || !goes_on(writer, &open)? {
            writer.pass_on()?;
        }
        waiting.begin();
        let mut ready = wait(&open, None)?.into_iter();
        waiting.end();
        let mut is_ready = |open: bool| open && ready.next() == Some(true);
        let (out_ready, err_ready) = (is_ready(stdout_open), is_ready(stderr_open));
        if out_ready {
            let count = read(&mut stdout, &mut buffer)?;
            stdout_open = count > 0;
            writer.take(Stream::Stdout, &buffer[..count]);
        }
        if err_ready {
            let count = read(&mut stderr, &mut buffer)?;
            stderr_open = count > 0;
            writer.take(Stream::Stderr, &buffer[..count]);
        }
    }
    Ok(())
}

/// Whether more comes at once, so that it belongs to the same batch.
fn goes_on<T>(writer: &Writer<T>, streams: &[BorrowedFd]) -> io::Result<bool> {
    if writer.batch.is_empty() {
        return Ok(true);
    }
    std::thread::sleep(PAUSE);
    Ok(wait(streams, Some(Duration::ZERO))?.contains(&true))
}

fn read(pipe: &mut &PipeReader, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match pipe.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Waits until one of the streams can be read or has ended, or until the time is over: which of them can.
fn wait(streams: &[BorrowedFd], time: Option<Duration>) -> io::Result<Vec<bool>> {
    let mut polled: Vec<PollFd> = streams
        .iter()
        .map(|stream| PollFd::from_borrowed_fd(*stream, PollFlags::IN))
        .collect();
    let time: Option<Timespec> = time.and_then(|time| time.try_into().ok());
    while let Err(error) = poll(&mut polled, time.as_ref()) {
        if error != rustix::io::Errno::INTR {
            return Err(error.into());
        }
    }
    Ok(polled.iter().map(|stream| !stream.revents().is_empty()).collect())
}

/// Puts lines together and passes them on in batches: one write to the file, and one piece for as much as came on one
/// stream without a line of the other in between.
struct Writer<T> {
    file: File,
    /// Where the batch begins in the file.
    offset: u64,
    batch: Vec<u8>,
    /// The streams that the batch is made of, each with where its part ends.
    parts: Vec<(Stream, usize)>,
    begun: Instant,
    stdout: Lines,
    stderr: Lines,
    /// How far the log is in the file.
    written: Progress,
    tell: T,
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

impl<T> Writer<T> {
    fn new(file: File, before: Progress, tell: T) -> Self {
        Self {
            file,
            offset: before.file,
            batch: Vec::new(),
            parts: Vec::new(),
            begun: Instant::now(),
            stdout: Lines::new(Stream::Stdout, before.stdout),
            stderr: Lines::new(Stream::Stderr, before.stderr),
            written: before,
            tell,
        }
    }

    /// Takes what was read; an empty piece is the end of the stream.
    fn take(&mut self, stream: Stream, bytes: &[u8]) {
        if self.batch.is_empty() {
            self.begun = Instant::now();
        }
        let lines = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        lines.take(bytes, &mut self.batch);
        self.note(stream);
    }

    /// Notes which stream the end of the batch came on.
    fn note(&mut self, stream: Stream) {
        let end = self.batch.len();
        match self.parts.last_mut() {
            Some((last, at)) if *last == stream => *at = end,
            Some((_, at)) if *at == end => {}
            None if end == 0 => {}
            _ => self.parts.push((stream, end)),
        }
    }

    fn is_full(&self) -> bool {
        self.batch.len() >= BATCH || (!self.batch.is_empty() && self.begun.elapsed() >= BATCH_AGE)
    }
}

impl<T: FnMut(Piece)> Writer<T> {
    /// Takes what was held back, or tells it as what it is: the follower's own last word.
    fn end(&mut self, code: i32) -> anyhow::Result<()> {
        let held = std::mem::take(&mut self.stderr.pending);
        if code != 0 && held.starts_with(OWN_WORD) {
            self.stderr.seen -= held.len() as u64;
            anyhow::bail!("{}", String::from_utf8_lossy(&held).trim_end().to_owned());
        }
        self.batch.extend_from_slice(&held);
        self.note(Stream::Stderr);
        anyhow::ensure!(code == 0, "`docker logs` exited with code {code}");
        Ok(())
    }

    /// Writes the batch to the file and tells its pieces.
    fn pass_on(&mut self) -> io::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        let mut begin = 0;
        if let Err(error) = self.file.write_all(&batch) {
            // Whoever follows again begins where the file ended before.
            let _ = self.file.set_len(self.offset);
            return Err(error);
        }
        for (stream, end) in self.parts.drain(..) {
            let text = batch[begin..end].to_vec();
            let offset = self.offset + begin as u64;
            (self.tell)(Piece { stream, offset, text });
            begin = end;
        }
        self.offset += batch.len() as u64;
        self.written = Progress {
            stdout: self.stdout.passed_on(),
            stderr: self.stderr.passed_on(),
            file: self.offset,
        };
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

    /// How many bytes of the log are passed on by now.
    fn passed_on(&self) -> u64 {
        self.skip.max(self.seen.saturating_sub(self.pending.len() as u64))
    }

    /// Adds the text that is complete by now to the batch.
    fn take(&mut self, bytes: &[u8], batch: &mut Vec<u8>) {
        let at_end = bytes.is_empty();
        let skipped = usize::try_from(self.skip.saturating_sub(self.seen))
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        self.seen += bytes.len() as u64;
        let whole_line = bytes.ends_with(b"\n") && self.stream == Stream::Stdout;
        if self.pending.is_empty() && skipped == 0 && whole_line {
            batch.extend_from_slice(bytes);
            return;
        }
        self.pending.extend_from_slice(&bytes[skipped..]);
        let complete = match self.pending.iter().rposition(|byte| *byte == b'\n') {
            _ if at_end || self.pending.len() > LONGEST_LINE => self.pending.len(),
            Some(newline) => newline + 1,
            None => 0,
        };
        batch.extend(self.pending.drain(..self.without_own_word(complete)));
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
        let (progress, result) = follow(source, file, before, &Waiting::default(), |piece| pieces.push(piece));
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
            let (progress, result) = follow(source, &file, Progress::default(), &Waiting::default(), |_| {});
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
            let (reached, result) = follow(source, &file, progress, &Waiting::default(), |_| {});
            assert_eq!(result.is_ok(), is_whole, "{end}");
            progress = reached;
        }
        let log = std::fs::read_to_string(&file).unwrap();
        assert_eq!(log.replace("err\n", ""), "one\ntwo\nthree");
        assert_eq!(log.matches("err\n").count(), 1);
    }

    #[test]
    fn lines_that_come_together_are_one_piece_and_a_line_that_comes_alone_is_not_held_back() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log");
        let invocation = Invocation {
            // It goes on when its line has come back to it.
            argv: [
                "sh",
                "-c",
                "echo one; until test -e ready; do sleep 0.01; done; seq 2000",
            ]
            .map(OsString::from)
            .to_vec(),
            directory: Some(directory.path().to_owned()),
            ..Invocation::default()
        };
        let mut pieces = Vec::new();
        let source = Source::Command(&Spawner::default(), &invocation);
        let (_, result) = follow(source, &file, Progress::default(), &Waiting::default(), |piece| {
            std::fs::write(directory.path().join("ready"), "").unwrap();
            pieces.push(piece);
        });
        result.unwrap();
        assert_eq!(pieces[0].text, b"one\n");
        assert!(pieces.len() < 200, "{} pieces", pieces.len());
    }

    #[test]
    fn streams_take_turns_by_whole_lines_within_a_batch() {
        let directory = tempfile::tempdir().unwrap();
        let file = File::create(directory.path().join("log")).unwrap();
        let mut pieces = Vec::new();
        let mut writer = Writer::new(file, Progress::default(), |piece: Piece| {
            pieces.push((piece.stream, piece.offset, String::from_utf8(piece.text).unwrap()));
        });
        for (stream, text) in [
            (Stream::Stdout, "one\ntw"),
            (Stream::Stdout, "o\nthr"),
            (Stream::Stderr, "err\n"),
            (Stream::Stderr, ""),
            (Stream::Stdout, "ee\n"),
            (Stream::Stdout, ""),
        ] {
            writer.take(stream, text.as_bytes());
        }
        writer.pass_on().unwrap();
        assert_eq!(
            pieces,
            [
                (Stream::Stdout, 0, "one\ntwo\n".to_owned()),
                (Stream::Stderr, 8, "err\n".to_owned()),
                (Stream::Stdout, 12, "three\n".to_owned()),
            ]
        );
        let log = std::fs::read_to_string(directory.path().join("log")).unwrap();
        assert_eq!(log, "one\ntwo\nerr\nthree\n");
    }

    #[test]
    fn reader_waits_for_the_engine_alone() {
        let directory = tempfile::tempdir().unwrap();
        let waiting = Waiting::default();
        waiting.begin();
        let invocation = Invocation {
            argv: ["sh", "-c", "echo one; echo two >&2"].map(OsString::from).to_vec(),
            ..Invocation::default()
        };
        let source = Source::Command(&Spawner::default(), &invocation);
        let file = directory.path().join("log");
        let (_, result) = follow(source, &file, Progress::default(), &waiting, |_| {
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(waiting.lasted(), Duration::ZERO, "it is at work");
        });
        result.unwrap();
        assert_eq!(waiting.lasted(), Duration::ZERO, "it is done");
    }

    #[test]
    fn a_line_without_an_end_passes_in_parts() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log");
        let (progress, pieces) = follow_script("head -c 1000000 /dev/zero", &file, Progress::default());
        assert_eq!(progress.file, 1_000_000);
        assert!(
            pieces
                .iter()
                .all(|piece| piece.text.len() <= BATCH + LONGEST_LINE + PIECE)
        );
    }
}
