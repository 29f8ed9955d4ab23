//! The directory of a run: `.towline/runs/<id>/` in the project directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many runs are kept.
const KEPT: usize = 50;

/// A run's id: its time to the second and four random digits, so that ids sort by time and never meet.
#[must_use]
pub fn new_id(now: jiff::Timestamp) -> String {
    let time = now.strftime("%y%m%d-%H%M%S");
    format!("{time}-{:04x}", random())
}

/// Returns how long ago a run began, if its ID says it.
pub(super) fn age(run: &str, now: jiff::Timestamp) -> Option<jiff::SignedDuration> {
    Some(now.duration_since(began(run)?))
}

/// Returns when a run began, which its ID says.
pub(super) fn began(run: &str) -> Option<jiff::Timestamp> {
    let time = run.rsplit_once('-')?.0;
    let time = jiff::civil::DateTime::strptime("%y%m%d-%H%M%S", time).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// Sixteen random bits; the hasher of the standard library is seeded anew for each.
fn random() -> u16 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let hash = std::hash::RandomState::new().build_hasher().finish();
    u16::from_ne_bytes([hash.to_ne_bytes()[0], hash.to_ne_bytes()[1]])
}

/// Where the runs of a project are.
#[must_use]
pub fn runs(project_directory: &Path) -> PathBuf {
    project_directory.join(".towline").join("runs")
}

/// Makes the directory of a run with its `logs` folder, keeps git from seeing it, and removes the oldest runs.
///
/// # Errors
/// When it cannot be made, as in a checkout that is mounted read-only.
pub fn make(project_directory: &Path, id: &str) -> io::Result<PathBuf> {
    let runs = runs(project_directory);
    let directory = runs.join(id);
    fs::create_dir_all(directory.join("logs"))?;
    let ignore = project_directory.join(".towline").join(".gitignore");
    if !ignore.exists() {
        fs::write(ignore, "*\n")?;
    }
    // An old run that cannot be removed is in nobody's way.
    let _ = forget_oldest(&runs);
    Ok(directory)
}

/// The file that names the owner of a run.
const OWNER: &str = "owner";

/// The file that a run which came to its end leaves.
const REPORT: &str = "report.json";

/// Writes down who owns the run.
///
/// # Errors
/// When the file cannot be written.
pub fn set_owner(directory: &Path, owner: &str) -> io::Result<()> {
    fs::write(directory.join(OWNER), format!("{owner}\n"))
}

/// Returns the owner of a run that has not come to its end.
#[must_use]
pub fn unfinished(directory: &Path) -> Option<String> {
    let owner = fs::read_to_string(directory.join(OWNER)).ok()?;
    (!directory.join(REPORT).exists()).then(|| owner.trim().to_owned())
}

fn forget_oldest(runs: &Path) -> io::Result<()> {
    let mut old: Vec<PathBuf> = fs::read_dir(runs)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    old.sort();
    for directory in old.iter().rev().skip(KEPT) {
        fs::remove_dir_all(directory)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time() {
        let early: jiff::Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let late: jiff::Timestamp = "2026-01-02T03:04:06Z".parse().unwrap();
        assert!(new_id(early).starts_with("260102-030405-"));
        assert!(new_id(early) < new_id(late));
        assert_ne!(new_id(early), new_id(early));
    }

    #[test]
    fn a_run_without_a_report_is_unfinished() {
        let project = tempfile::tempdir().unwrap();
        let run = make(project.path(), "r1").unwrap();
        assert_eq!(unfinished(&run), None, "nobody's");
        set_owner(&run, "host/boot/1/2/3").unwrap();
        assert_eq!(unfinished(&run).as_deref(), Some("host/boot/1/2/3"));
        fs::write(run.join(REPORT), "{}").unwrap();
        assert_eq!(unfinished(&run), None);
    }

    #[test]
    fn the_newest_runs_are_kept() {
        let project = tempfile::tempdir().unwrap();
        for number in 0..KEPT + 5 {
            make(project.path(), &format!("{number:03}")).unwrap();
        }
        let mut left: Vec<_> = fs::read_dir(runs(project.path()))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left.len(), KEPT);
        assert_eq!(left[0], "005");
        assert_eq!(
            fs::read_to_string(project.path().join(".towline/.gitignore")).unwrap(),
            "*\n"
        );
    }
}
