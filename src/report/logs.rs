//! The ends of the stages' log files, ready to be shown. A log is never read as a whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use crate::event::StageReport;
use crate::term::sanitised_lines;

/// So much of the end of a log is read at most.
const BUDGET: u64 = 512 * 1024;

/// The logs of a run.
#[derive(Clone, Debug)]
pub struct Logs {
    directory: PathBuf,
    shown: String,
}

/// The end of a log.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Its last lines, made safe to show.
    pub lines: Vec<String>,
    /// Whether there are lines before these.
    pub partial: bool,
}

impl Logs {
    /// The logs of the run whose record is in this directory.
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            shown: directory.display().to_string(),
        }
    }

    /// From here on the directory is shown under this name, where it is not an empty one.
    pub(super) fn show_as(&mut self, name: &str) {
        if !name.is_empty() {
            name.clone_into(&mut self.shown);
        }
    }

    /// The run's directory, as the user names it.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The stage's log file, as the user names it.
    #[must_use]
    pub fn path(&self, stage: &StageReport) -> Option<String> {
        let log = stage.log.as_deref()?;
        Some(format!("{}/{log}", self.shown.trim_end_matches('/')))
    }

    /// The file with what the build of the stage's image wrote, as the user names it.
    #[must_use]
    pub fn build_path(&self, stage: &StageReport) -> Option<String> {
        let log = stage.build_log.as_deref()?;
        Some(format!("{}/{log}", self.shown.trim_end_matches('/')))
    }

    /// The last lines of a stage's log. Empty where it wrote none.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn tail(&self, stage: &StageReport, lines: usize) -> io::Result<Tail> {
        match &stage.log {
            Some(log) if stays_inside(Path::new(log)) => tail(&self.directory.join(log), lines),
            Some(_) => Err(io::Error::other("it is outside of the run's directory")),
            None => Ok(Tail::default()),
        }
    }
}

/// A record may come from elsewhere, as an artifact of a CI system: its paths are not trusted.
fn stays_inside(path: &Path) -> bool {
    path.components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

fn tail(path: &Path, count: usize) -> io::Result<Tail> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let skipped = length.saturating_sub(BUDGET);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(BUDGET).read_to_end(&mut bytes)?;
    let whole = if skipped == 0 {
        &bytes[..]
    } else {
        after_first_line(&bytes)
    };
    let mut lines: Vec<String> = sanitised_lines(whole).collect();
    let older = lines.len().saturating_sub(count);
    lines.drain(..older);
    if lines.iter().all(String::is_empty) {
        lines.clear();
    }
    Ok(Tail {
        lines,
        partial: older > 0 || skipped > 0,
    })
}

/// Without the line that the budget cut in two, unless there is no other.
fn after_first_line(bytes: &[u8]) -> &[u8] {
    let rest = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(&bytes[..0], |end| &bytes[end + 1..]);
    if rest.trim_ascii().is_empty() { bytes } else { rest }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tail_of(text: &[u8], count: usize) -> Tail {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, text).unwrap();
        tail(&path, count).unwrap()
    }

    #[test]
    fn the_last_lines_are_taken_and_blank_ends_are_not_counted() {
        let tail = tail_of(b"one\ntwo\nthree\n\n\n", 2);
        assert_eq!(tail.lines, ["two", "three"]);
        assert!(tail.partial);
    }

    #[test]
    fn a_short_log_is_whole() {
        let tail = tail_of(b"one\ntwo", 20);
        assert_eq!(tail.lines, ["one", "two"]);
        assert!(!tail.partial);
        assert_eq!(tail_of(b"\n\n", 20), Tail::default());
    }

    #[test]
    fn a_log_beyond_the_budget_starts_at_a_line() {
        let text = "0123456789abcde\n".repeat(50_000);
        let tail = tail_of(text.as_bytes(), usize::MAX);
        assert!(tail.lines.iter().all(|line| line == "0123456789abcde"));
        assert!(tail.partial);
    }

    #[test]
    fn one_endless_line_shows_its_end() {
        let tail = tail_of(&vec![b'x'; 2 * 1024 * 1024], 20);
        assert_eq!(tail.lines.len(), 1);
        assert!(tail.partial);
    }

    #[test]
    fn a_record_cannot_name_a_file_outside() {
        for path in ["../secret", "/etc/passwd", "logs/../../secret"] {
            assert!(!stays_inside(Path::new(path)), "{path}");
        }
        assert!(stays_inside(Path::new("logs/unit_tests.log")));
    }
}
