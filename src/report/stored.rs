//! Runs that are over, read back from their directories: for `towline report`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::logs::Logs;
use super::record::{EVENTS, REPORT};
use super::{summary, words};
use crate::event::{Report, SCHEMA};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::term::{Terminal, sanitise};

/// The directory of a run: of the one with this name, or whose name begins like this, or of the one that ended last.
///
/// A path to a run's directory is a name too: a record may have been moved, as an artifact of a CI system.
///
/// # Errors
/// When there is no such run, or more than one.
pub fn find(runs: &Path, name: Option<&str>) -> Result<PathBuf> {
    match name {
        None => last(runs),
        Some(name) if Path::new(name).join(REPORT).is_file() => Ok(PathBuf::from(name)),
        Some(name) => named(runs, name),
    }
}

/// The directory of the run that ended last.
///
/// # Errors
/// When no run has ended here yet.
pub fn last(runs: &Path) -> Result<PathBuf> {
    let mut ended: Vec<(SystemTime, PathBuf)> = Vec::new();
    let mut open = None;
    for run in directories(runs)? {
        match fs::metadata(run.join(REPORT)).and_then(|report| report.modified()) {
            Ok(time) => ended.push((time, run)),
            Err(_) if run.join(EVENTS).is_file() => open = Some(run),
            Err(_) => {}
        }
    }
    match (ended.into_iter().max(), open) {
        (Some((_, run)), _) => Ok(run),
        (None, Some(run)) => Err(not_over(&run)),
        (None, None) => Err(Failure::usage("no run here yet").hint("'towline ci' makes one")),
    }
}

/// The report of the run in this directory.
///
/// # Errors
/// When the run is not over, or its report cannot be read.
pub fn load(run: &Path) -> Result<Report> {
    let path = run.join(REPORT);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(run)),
        Err(error) => return Err(unreadable(&path, error)),
    };
    let report: Report = serde_json::from_slice(&text).map_err(|error| other_version(&text, &path, error))?;
    if report.info.schema > SCHEMA {
        return Err(newer(&path));
    }
    if !names(&report).all(is_name) {
        let error = anyhow::anyhow!("it holds names that no stage or run can have");
        return Err(unreadable(&path, error));
    }
    Ok(report)
}

/// What is shown of a report as it stands there: all else is made safe when it is shown.
fn names(report: &Report) -> impl Iterator<Item = &str> {
    let results = report
        .results
        .iter()
        .flat_map(|stage| [&stage.stage].into_iter().chain(&stage.because_of).chain(&stage.log));
    [&report.info.run]
        .into_iter()
        .chain(&report.verdict.stage)
        .chain(results)
        .map(String::as_str)
}

/// A record may come from elsewhere, as an artifact of a CI system: a terminal must not obey what is in it.
fn is_name(name: &str) -> bool {
    sanitise(name.as_bytes()) == name && !name.starts_with("::")
}

/// The report as a person reads it: the warnings, and what stood at the end of the run.
#[must_use]
pub fn render_text(report: &Report, run: &Path, terminal: &Terminal) -> String {
    let logs = Logs::new(run);
    let mut text: String = report
        .warnings
        .iter()
        .map(|warning| format!("warning: {}\n", sanitise(warning.as_bytes())))
        .collect();
    text.push_str(summary::ending(report, &logs, terminal).trim_start_matches('\n'));
    text
}

/// The report as programs read it: what `report.json` holds.
///
/// # Errors
/// When it cannot be written as JSON, which is a bug.
pub fn render_json(report: &Report) -> Result<String> {
    let text = serde_json::to_string_pretty(report).map_err(anyhow::Error::from)?;
    Ok(text + "\n")
}

fn named(runs: &Path, name: &str) -> Result<PathBuf> {
    let mut alike: Vec<PathBuf> = Vec::new();
    for run in directories(runs)? {
        let own = id(&run);
        if own == name {
            return Ok(run);
        }
        if own.starts_with(name) {
            alike.push(run);
        }
    }
    match &alike[..] {
        [run] => Ok(run.clone()),
        [] => Err(Failure::usage(format!("no run '{name}' in {}", runs.display()))
            .hint("without a name, 'towline report' shows the run that ended last")),
        several => {
            let ids: Vec<String> = several.iter().map(|run| id(run)).collect();
            Err(Failure::usage(format!(
                "'{name}' is the beginning of several runs: {}",
                words::list(ids)
            )))
        }
    }
}

/// The directories in the directory of runs, by name. None where that is missing.
fn directories(runs: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(runs, error)),
    };
    let mut directories: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    directories.sort_unstable();
    Ok(directories)
}

fn id(run: &Path) -> String {
    run.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn missing(run: &Path) -> Failure {
    if run.join(EVENTS).is_file() {
        not_over(run)
    } else {
        Failure::usage(format!("no run in {}", run.display()))
            .hint("'towline report' without a name shows the run that ended last")
    }
}

fn not_over(run: &Path) -> Failure {
    Failure::usage(format!("the run {} has no report", id(run)))
        .hint("it is still going on, or it was killed")
        .hint(format!("what is known of it is in {}", run.join(EVENTS).display()))
}

fn unreadable(path: &Path, error: impl Into<anyhow::Error>) -> Failure {
    let error = error.into().context(format!("reading {}", path.display()));
    Failure::new(Exit::Invalid, error)
}

/// A report that does not parse: a newer towline's may hold words that this one does not know.
fn other_version(text: &[u8], path: &Path, error: serde_json::Error) -> Failure {
    let schema = serde_json::from_slice::<serde_json::Value>(text)
        .ok()
        .and_then(|report| report.get("schema")?.as_u64());
    if schema.is_some_and(|schema| schema > u64::from(SCHEMA)) {
        newer(path)
    } else {
        unreadable(path, error)
    }
}

fn newer(path: &Path) -> Failure {
    Failure::invalid(format!("{} was written by a newer towline", path.display()))
        .hint("read it with that version, or a later one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::record::Record;
    use crate::report::script;

    /// A directory of runs with two that are over, the second of them last, and one that is not.
    fn runs() -> tempfile::TempDir {
        let runs = tempfile::tempdir().unwrap();
        for (id, script) in [("7f3c", script::green()), ("7a01", script::failed())] {
            let directory = runs.path().join(id);
            script.leave_logs(&directory);
            script.play(&mut Record::create(&directory).unwrap());
            let age = if id == "7f3c" { 60 } else { 0 };
            let time = SystemTime::now() - std::time::Duration::from_secs(age);
            let report = fs::File::options().write(true).open(directory.join(REPORT)).unwrap();
            report.set_modified(time).unwrap();
        }
        Record::create(&runs.path().join("9open")).unwrap();
        runs
    }

    fn refused(result: Result<impl std::fmt::Debug>) -> String {
        let failure = result.unwrap_err();
        assert_ne!(failure.exit, Exit::Bug);
        format!("{failure}; {}", failure.hints.join("; "))
    }

    #[test]
    fn the_last_run_is_the_one_that_ended_last() {
        let runs = runs();
        let run = find(runs.path(), None).unwrap();
        assert_eq!(id(&run), "7a01");
        assert_eq!(load(&run).unwrap(), script::failed().report);
    }

    #[test]
    fn a_run_is_found_by_its_id_its_beginning_and_its_path() {
        let runs = runs();
        let path = runs.path().join("7f3c");
        for name in ["7f3c", "7f", path.to_str().unwrap()] {
            assert_eq!(find(runs.path(), Some(name)).unwrap(), path, "{name}");
        }
        assert_eq!(
            refused(find(runs.path(), Some("7"))),
            "'7' is the beginning of several runs: 7a01, 7f3c; "
        );
        assert!(refused(find(runs.path(), Some("xyz"))).starts_with("no run 'xyz' in"));
    }

    #[test]
    fn without_a_run_the_error_says_what_makes_one() {
        let empty = tempfile::tempdir().unwrap();
        for path in [empty.path().to_owned(), empty.path().join("missing")] {
            assert_eq!(refused(find(&path, None)), "no run here yet; 'towline ci' makes one");
        }
    }

    #[test]
    fn a_run_that_is_not_over_says_so() {
        let runs = runs();
        let open = find(runs.path(), Some("9open")).unwrap();
        assert!(refused(load(&open)).starts_with(
            "the run 9open has no report; it is still going on, or it was killed; what is known of it is in"
        ));
        fs::remove_dir_all(runs.path().join("7f3c")).unwrap();
        fs::remove_dir_all(runs.path().join("7a01")).unwrap();
        assert!(refused(find(runs.path(), None)).starts_with("the run 9open has no report"));
    }

    #[test]
    fn a_report_of_another_version_or_none_is_refused() {
        let run = tempfile::tempdir().unwrap();
        for (text, said) in [
            (r#"{"schema": 99, "run": "r1"}"#, "was written by a newer towline"),
            (r#"{"schema": 1"#, "EOF while parsing"),
            ("", "EOF while parsing"),
        ] {
            fs::write(run.path().join(REPORT), text).unwrap();
            let message = refused(load(run.path()));
            assert!(message.contains(said), "{message}");
        }
    }

    #[test]
    fn a_report_with_forged_names_is_refused() {
        let run = tempfile::tempdir().unwrap();
        let mut report = script::failed().report;
        report.results[1].stage = "unit\u{1b}[2J".into();
        fs::write(run.path().join(REPORT), render_json(&report).unwrap()).unwrap();
        let message = refused(load(run.path()));
        assert!(
            message.contains("it holds names that no stage or run can have"),
            "{message}"
        );
    }

    #[test]
    fn a_stored_run_reads_as_it_did_when_it_ended() {
        let runs = runs();
        let run = runs.path().join("7a01");
        let text = render_text(&load(&run).unwrap(), &run, &Terminal::plain());
        assert!(text.starts_with("-- FAILED unit_tests --"), "{text}");
        assert!(text.contains("| 1 failed, 41 passed in 1.02s\n"), "{text}");
        assert!(
            text.contains(&format!("log       {}/logs/unit_tests.log", run.display())),
            "{text}"
        );
        assert!(
            text.ends_with("towline: FAILED stage=unit_tests outcome=failed code=1 run=r1\n"),
            "{text}"
        );
    }

    #[test]
    fn json_is_what_the_file_holds() {
        let runs = runs();
        let run = runs.path().join("7f3c");
        let json = render_json(&load(&run).unwrap()).unwrap();
        assert_eq!(json, fs::read_to_string(run.join(REPORT)).unwrap());
    }
}
