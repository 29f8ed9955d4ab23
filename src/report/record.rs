//! The record of a run: `events.jsonl` while it goes on, `report.json` when it is over.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Reporter;
use crate::event::{Event, Fact, Report, Stream};

/// The events of a run, one a line, in its directory.
pub const EVENTS: &str = "events.jsonl";
/// The report of a finished run, in its directory.
pub const REPORT: &str = "report.json";

/// Output that is younger than this is joined with what comes next.
const JOINED_FOR: u64 = 1000;
/// Nothing stays in memory for longer than this.
const FLUSHED_EVERY: Duration = Duration::from_secs(1);

/// Writes the record of one run.
pub struct Record {
    directory: PathBuf,
    events: BufWriter<File>,
    /// Output that what comes next may be joined with: one chunk a container at most, in the order in which they came.
    pending: Vec<Chunk>,
    flushed: Option<Instant>,
}

impl Record {
    /// Begins the record of a run in this directory, and makes the directory where it is not there.
    ///
    /// # Errors
    /// When the directory cannot be made or written to.
    pub fn create(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
            events: BufWriter::new(File::create(directory.join(EVENTS))?),
            pending: Vec::new(),
            flushed: None,
        })
    }

    /// Joins output with what the same container wrote just before, if it was on the same stream.
    fn output(&mut self, chunk: Chunk) -> io::Result<()> {
        let is_old = |first: &Chunk| chunk.elapsed_ms.saturating_sub(first.elapsed_ms) > JOINED_FOR;
        if self.pending.first().is_some_and(is_old) {
            self.write_pending()?;
        }
        let before = self
            .pending
            .iter_mut()
            .find(|pending| pending.stage == chunk.stage && pending.instance == chunk.instance);
        if let Some(before) = before {
            if before.goes_on_in(&chunk) {
                before.bytes += chunk.bytes;
                before.lines += chunk.lines;
                return Ok(());
            }
            self.write_pending()?;
        }
        self.pending.push(chunk);
        Ok(())
    }

    /// Writes all pending output, so that the times in the file never go back.
    fn write_pending(&mut self) -> io::Result<()> {
        for chunk in std::mem::take(&mut self.pending) {
            self.write(&chunk.into_event())?;
        }
        Ok(())
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        serde_json::to_writer(&mut self.events, event)?;
        self.events.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_pending()?;
        self.events.flush()
    }
}

impl Reporter for Record {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Some(chunk) = Chunk::of(event) {
            return self.output(chunk);
        }
        self.write_pending()?;
        self.write(event)?;
        match event.fact {
            Fact::RunStarted(_) | Fact::StageFinished(_) | Fact::RunFinished { .. } => self.events.flush(),
            _ => Ok(()),
        }
    }

    fn tick(&mut self, now: Instant) -> io::Result<()> {
        let flushed = *self.flushed.get_or_insert(now);
        if now.saturating_duration_since(flushed) >= FLUSHED_EVERY {
            self.flushed = Some(now);
            self.flush()?;
        }
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.flush()?;
        let mut text = serde_json::to_vec_pretty(report)?;
        text.push(b'\n');
        replace(&self.directory.join(REPORT), &text)
    }
}

/// Writes a file in one step: whoever reads it sees all of it or what was there before.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("json.draft");
    fs::write(&draft, text)?;
    fs::rename(&draft, path)
}

/// A [`Fact::Output`] without its bytes, which are in the log.
struct Chunk {
    at: String,
    elapsed_ms: u64,
    stage: String,
    instance: u32,
    stream: Stream,
    offset: u64,
    bytes: u64,
    lines: u64,
}

impl Chunk {
    fn of(event: &Event) -> Option<Self> {
        let Fact::Output {
            stage,
            instance,
            stream,
            offset,
            bytes,
            lines,
            text: _,
        } = &event.fact
        else {
            return None;
        };
        Some(Self {
            at: event.at.clone(),
            elapsed_ms: event.elapsed_ms,
            stage: stage.clone(),
            instance: *instance,
            stream: *stream,
            offset: *offset,
            bytes: *bytes,
            lines: *lines,
        })
    }

    /// Whether both, of one container, are of one stream and stand side by side in the log.
    fn goes_on_in(&self, next: &Self) -> bool {
        self.stream == next.stream && self.offset + self.bytes == next.offset
    }

    fn into_event(self) -> Event {
        Event {
            at: self.at,
            elapsed_ms: self.elapsed_ms,
            fact: Fact::Output {
                stage: self.stage,
                instance: self.instance,
                stream: self.stream,
                offset: self.offset,
                bytes: self.bytes,
                lines: self.lines,
                text: Vec::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    use crate::report::script::{self, Script};

    fn recorded(events: &[Event]) -> Vec<Event> {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path()).unwrap();
        for event in events {
            record.event(event).unwrap();
        }
        record.flush().unwrap();
        read(folder.path())
    }

    fn read(directory: &Path) -> Vec<Event> {
        fs::read_to_string(directory.join(EVENTS))
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Stage, offset and bytes of each chunk.
    fn chunks(events: &[Event]) -> Vec<(String, u64, u64)> {
        events
            .iter()
            .filter_map(Chunk::of)
            .map(|chunk| (chunk.stage, chunk.offset, chunk.bytes))
            .collect()
    }

    fn two() -> Script {
        Script::new(vec![
            script::stage("a", Kind::Job, &[]),
            script::stage("b", Kind::Job, &[]),
        ])
    }

    #[test]
    fn events_come_back_as_they_were_but_for_the_bytes() {
        let script = script::cancelled();
        let mut expected = script.events.clone();
        for event in &mut expected {
            if let Fact::Output { text, .. } = &mut event.fact {
                text.clear();
            }
        }
        assert_eq!(recorded(&script.events), expected);
    }

    #[test]
    fn the_report_comes_back_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("runs/r1");
        let script = script::failed();
        script.play(&mut Record::create(&directory).unwrap());
        let report: Report = serde_json::from_slice(&fs::read(directory.join(REPORT)).unwrap()).unwrap();
        assert_eq!(report, script.report);
        let mut names: Vec<_> = fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, [EVENTS, REPORT]);
    }

    #[test]
    fn neighbouring_output_is_joined_even_where_stages_alternate() {
        let mut script = two();
        for at in 0..50 {
            script.prints(at, "a", "12345\n").prints(at, "b", "12\n");
        }
        let events = recorded(&script.events);
        assert_eq!(chunks(&events), [("a".into(), 0, 300), ("b".into(), 0, 150)]);
        let lines = events.iter().filter_map(Chunk::of).map(|chunk| chunk.lines);
        assert_eq!(lines.sum::<u64>(), 100);
    }

    #[test]
    fn another_stream_another_fact_or_a_second_begin_a_new_line() {
        let mut script = two();
        script
            .prints(0, "a", "out\n")
            .writes(1, "a", Stream::Stderr, b"err\n")
            .prints(2, "a", "out\n")
            .at(3, Fact::CleanUpStarted)
            .prints(4, "a", "out\n")
            .prints(900, "a", "out\n")
            .prints(1100, "a", "late\n");
        let events = recorded(&script.events);
        let lengths: Vec<u64> = chunks(&events).iter().map(|(_, _, bytes)| *bytes).collect();
        assert_eq!(lengths, [4, 4, 4, 8, 5]);
    }

    #[test]
    fn times_never_go_back() {
        let mut script = two();
        script
            .prints(0, "a", "x")
            .prints(1, "b", "x")
            .prints(2, "a", "x")
            .writes(3, "a", Stream::Stderr, b"x")
            .prints(4, "b", "x");
        let times: Vec<u64> = recorded(&script.events).iter().map(|event| event.elapsed_ms).collect();
        assert!(times.is_sorted(), "{times:?}");
    }

    #[test]
    fn what_is_pending_is_in_the_file_after_a_second() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path()).unwrap();
        let mut script = two();
        script.prints(0, "a", "x");
        for event in &script.events {
            record.event(event).unwrap();
        }
        let start = Instant::now();
        record.tick(start).unwrap();
        assert_eq!(read(folder.path()).len(), 1, "only the first event");
        record.tick(start + FLUSHED_EVERY).unwrap();
        assert_eq!(read(folder.path()).len(), 2);
    }
}
