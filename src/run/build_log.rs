//! What builds write: into a file of each stage, and on to the views. The last lines of a step are kept for when it fails.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::compose_output::stage_of_step;
use crate::event::Fact;

/// How many last lines of a step are kept, and how many bytes of each at most.
const TAIL: usize = 40;
const TAIL_LINE: usize = 2000;

/// A line longer than this is passed on in parts.
const LONGEST_LINE: usize = 64 * 1024;

/// What was written is passed on after this time, or when there is so much of it.
const PAUSE: Duration = Duration::from_millis(50);
const BATCH: usize = 32 * 1024;

/// The name of the file in the run's folder that holds what the build of a stage wrote, or what belongs to none.
#[must_use]
pub(super) fn name(stage: Option<&str>) -> String {
    match stage {
        Some(stage) => format!("logs/{stage}.build.log"),
        // Not beside the others: a stage may be called `build`.
        None => "build.log".to_owned(),
    }
}

/// The output of one call that builds.
pub(super) struct BuildLogs<'a> {
    /// The run's folder.
    directory: PathBuf,
    built: Vec<&'a str>,
    steps: HashMap<String, Step>,
    pending: Vec<Part>,
    since: Instant,
    files: HashMap<Option<String>, Log>,
    tell: &'a dyn Fn(Fact),
    /// Why a file could not be written, told once.
    trouble: Option<io::Error>,
}

/// A step of a build. Stages that have it in common are built by it at once.
#[derive(Default)]
struct Step {
    name: String,
    stages: Vec<Option<String>>,
    unfinished: Vec<u8>,
    tail: VecDeque<Vec<u8>>,
}

/// Whole lines of one step.
struct Part {
    step: String,
    text: Vec<u8>,
}

struct Log {
    file: File,
    length: u64,
    /// The step that wrote last.
    step: String,
}

impl<'a> BuildLogs<'a> {
    /// For a call that builds these stages, of the run with this folder.
    pub(super) fn new(directory: &Path, built: &[&'a str], tell: &'a dyn Fn(Fact)) -> Self {
        Self {
            directory: directory.to_owned(),
            built: built.to_vec(),
            steps: HashMap::new(),
            pending: Vec::new(),
            since: Instant::now(),
            files: HashMap::new(),
            tell,
            trouble: None,
        }
    }

    /// The builder calls a step by this name. It does so again for each stage that the step belongs to.
    pub(super) fn named(&mut self, step: &str, name: &str) {
        let stage = stage_of_step(name, &self.built).map(str::to_owned);
        let known = self.steps.entry(step.to_owned()).or_default();
        if known.name.is_empty() {
            name.clone_into(&mut known.name);
        }
        if !known.stages.contains(&stage) {
            known.stages.push(stage);
        }
    }

    /// A step wrote this.
    pub(super) fn wrote(&mut self, step: &str, text: &[u8]) {
        let known = self.steps.entry(step.to_owned()).or_default();
        known.unfinished.extend_from_slice(text);
        let whole = match known.unfinished.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if known.unfinished.len() > LONGEST_LINE => known.unfinished.len(),
            None => return,
        };
        let text = known.unfinished.drain(..whole).collect();
        self.add(step, text);
    }

    /// A step ended like this: all that was written until then is passed on.
    pub(super) fn ended(&mut self, step: &str, how: &str) {
        let name = self.steps.get(step).map(|step| step.name.clone()).unwrap_or_default();
        self.end_line(step);
        self.pass_on(true);
        let text = format!("=> {name}: {how}").replace(['\n', '\r'], " ");
        let stages = self.steps.get(step).map(|step| step.stages.clone()).unwrap_or_default();
        for stage in stages {
            let written = self.log(stage.as_ref()).and_then(|log| {
                log.step.clear();
                log.append(format!("{text}\n").as_bytes())
            });
            if let Err(error) = written {
                self.trouble.get_or_insert(error);
            }
        }
    }

    /// The builder says this of a step.
    pub(super) fn remark(&mut self, step: &str, text: &str) {
        let mut text = text.as_bytes().to_vec();
        text.push(b'\n');
        self.end_line(step);
        self.add(step, text);
    }

    /// Passes on what is due, or all.
    pub(super) fn pass_on(&mut self, all: bool) {
        let size: usize = self.pending.iter().map(|part| part.text.len()).sum();
        if !all && size < BATCH && self.since.elapsed() < PAUSE {
            return;
        }
        for part in std::mem::take(&mut self.pending) {
            let stages = self.steps.get(&part.step).map(|step| step.stages.clone());
            let stages = stages.filter(|stages| !stages.is_empty()).unwrap_or_else(|| vec![None]);
            for (at, stage) in stages.iter().enumerate() {
                match self.write(stage.as_ref(), &part) {
                    // What two stages have in common is in the files of both, and is told once.
                    Ok(fact) if at == 0 => (self.tell)(fact),
                    Ok(_) => {}
                    Err(error) => {
                        self.trouble.get_or_insert(error);
                    }
                }
            }
        }
    }

    /// The last lines of a step.
    pub(super) fn tail(&mut self, step: &str) -> String {
        self.end_line(step);
        let lines = self.steps.get(step).into_iter().flat_map(|step| &step.tail);
        lines.map(|line| String::from_utf8_lossy(line)).collect()
    }

    /// Passes on the rest.
    pub(super) fn end(mut self) {
        let unfinished: Vec<String> = self.steps.keys().cloned().collect();
        for step in unfinished {
            self.end_line(&step);
        }
        self.pass_on(true);
        if let Some(error) = self.trouble {
            let message = format!("the log of the build is incomplete: {error}");
            (self.tell)(Fact::Warned { stage: None, message });
        }
    }

    fn end_line(&mut self, step: &str) {
        let unfinished = self
            .steps
            .get_mut(step)
            .map(|step| std::mem::take(&mut step.unfinished));
        if let Some(mut text) = unfinished.filter(|text| !text.is_empty()) {
            text.push(b'\n');
            self.add(step, text);
        }
    }

    fn add(&mut self, step: &str, text: Vec<u8>) {
        if self.pending.is_empty() {
            self.since = Instant::now();
        }
        let tail = &mut self.steps.entry(step.to_owned()).or_default().tail;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let mut line = line.to_vec();
            if line.len() > TAIL_LINE {
                line.truncate(TAIL_LINE);
                line.push(b'\n');
            }
            tail.push_back(line);
        }
        while tail.len() > TAIL {
            tail.pop_front();
        }
        match self.pending.last_mut() {
            Some(last) if last.step == step => last.text.extend(text),
            _ => self.pending.push(Part {
                step: step.to_owned(),
                text,
            }),
        }
    }

    /// Writes a part into the file of a stage, below the name of its step where another one wrote before.
    fn write(&mut self, stage: Option<&String>, part: &Part) -> io::Result<Fact> {
        let log = name(stage.map(String::as_str));
        let step = self
            .steps
            .get(&part.step)
            .map(|step| step.name.clone())
            .unwrap_or_default();
        let file = self.log(stage)?;
        if file.step != part.step {
            part.step.clone_into(&mut file.step);
            file.append(format!("=> {}\n", step.replace(['\n', '\r'], " ")).as_bytes())?;
        }
        let offset = file.length;
        file.append(&part.text)?;
        Ok(Fact::BuildOutput {
            stage: stage.cloned(),
            step,
            log,
            offset,
            bytes: part.text.len() as u64,
            lines: part.text.iter().filter(|byte| **byte == b'\n').count() as u64,
            text: part.text.clone(),
        })
    }
}

impl BuildLogs<'_> {
    fn log(&mut self, stage: Option<&String>) -> io::Result<&mut Log> {
        Ok(match self.files.entry(stage.cloned()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let path = self.directory.join(name(stage.map(String::as_str)));
                entry.insert(Log::open(&path)?)
            }
        })
    }
}

impl Log {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self {
            length: file.metadata()?.len(),
            file,
            step: String::new(),
        })
    }

    fn append(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.write_all(text)?;
        self.length += text.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn read(directory: &Path, log: &str) -> String {
        std::fs::read_to_string(directory.join(log)).unwrap_or_default()
    }

    #[test]
    fn each_stage_has_a_file_and_what_two_share_is_in_both() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("logs")).unwrap();
        let told = RefCell::new(Vec::new());
        let tell = |fact| told.borrow_mut().push(fact);
        let mut logs = BuildLogs::new(directory.path(), &["app", "unit"], &tell);
        logs.named("s", "[app 2/3] RUN make");
        logs.named("s", "[unit 2/3] RUN make");
        logs.named("u", "[unit 3/3] RUN make test");
        logs.wrote("s", b"compi");
        logs.wrote("s", b"ling\n");
        logs.wrote("u", b"testing\nno end");
        logs.remark("x", "warning: of nobody");
        logs.wrote("s", b"compiled\n");
        logs.end();
        assert_eq!(
            read(directory.path(), "logs/app.build.log"),
            "=> [app 2/3] RUN make\ncompiling\ncompiled\n"
        );
        let unit = read(directory.path(), "logs/unit.build.log");
        assert!(
            unit.starts_with("=> [app 2/3] RUN make\ncompiling\n=> [unit 3/3] RUN make test\ntesting\n"),
            "{unit}"
        );
        assert!(unit.contains("\nno end\n"), "{unit}");
        assert_eq!(read(directory.path(), "build.log"), "=> \nwarning: of nobody\n");
        for fact in told.into_inner() {
            let Fact::BuildOutput {
                log,
                offset,
                bytes,
                text,
                ..
            } = fact
            else {
                panic!("{fact:?}")
            };
            let file = read(directory.path(), &log);
            let begin = usize::try_from(offset).unwrap();
            assert_eq!(&file.as_bytes()[begin..begin + usize::try_from(bytes).unwrap()], text);
        }
    }

    #[test]
    fn last_lines_of_a_step_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let mut logs = BuildLogs::new(directory.path(), &["app"], &|_| {});
        for number in 0..100 {
            logs.wrote("s", format!("line {number}\n").as_bytes());
        }
        logs.wrote("s", &[b'x'; 5000]);
        let tail = logs.tail("s");
        assert!(tail.starts_with("line 61\n") && tail.ends_with("x\n"), "{tail}");
        assert!(tail.len() < 3000);
        assert_eq!(logs.tail("unknown"), "");
    }

    #[test]
    fn log_that_cannot_be_written_is_told_once() {
        let told = RefCell::new(Vec::new());
        let tell = |fact| told.borrow_mut().push(fact);
        let mut logs = BuildLogs::new(Path::new("/nowhere"), &["app"], &tell);
        logs.wrote("s", b"one\n");
        logs.wrote("t", b"two\n");
        logs.end();
        let told = told.into_inner();
        assert!(
            matches!(&told[..], [Fact::Warned { message, .. }] if message.contains("incomplete")),
            "{told:?}"
        );
    }
}
