//! The figures as text, kept in `tests/differential.md`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::compare::Tally;

/// What came of one collection of cases.
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) tally: Tally,
    /// The cases that differ, and how.
    pub(crate) differences: Vec<(String, String)>,
}

/// Why a case differs, and is to stay so. A case without a reason here is one to look at.
const REASONS: [(&str, &str); 0] = [];

/// What no case has, or none can: where the loader means to differ from compose.
const DEVIATIONS: [&str; 5] = [
    "A file whose aliases come to more than 400,000 values is rejected; compose takes gigabytes and minutes over it.",
    "What lies more than 250 levels deep is left out with a warning.",
    "A row of more than 1,000 services that extend one another is rejected.",
    "Files that are fetched, from a Git repository or a registry, are not: a warning says so, and nothing is said to be \
     missing that they may have.",
    "A project that only the rendering of compose fails at, such as an ssh key with a path printed as JSON, is accepted.",
];

impl Set {
    fn row(&self) -> String {
        format!("| {} | {}", self.name, self.tally.cells())
    }
}

fn path() -> PathBuf {
    super::root().join("tests/differential.md")
}

/// Writes the file, with the sets that were counted.
pub(crate) fn write(sets: &[Set]) {
    std::fs::write(path(), text(sets)).unwrap();
}

/// Holds the file to what was counted. A collection beside the checkout can be another one than when the file was written,
/// with another number of cases: it is left alone then.
pub(crate) fn compare(sets: &[Set]) {
    let kept = std::fs::read_to_string(path()).unwrap_or_default();
    for set in sets {
        let size = format!("| {} | {} |", set.name, set.tally.total);
        let is_own = set.name == "fixtures/loader";
        if let Some(row) = kept.lines().find(|line| line.starts_with(&size)) {
            assert_eq!(row, set.row(), "tests/differential.md is out of date");
        } else {
            assert!(!is_own, "tests/differential.md is out of date: {}", set.row());
        }
    }
}

fn text(sets: &[Set]) -> String {
    let mut text = "# The native loader beside docker compose config\n\n\
        Recorded answers of compose 5.6.1, and what the loader makes of the same projects. This file is written by \
        `TOWLINE_UPDATE_TABLES=1 cargo test --test differential`.\n\
        The set `fixtures/loader` is part of the repository; the others lie beside a checkout, or do not.\n\n\
        | set | cases | compose accepts | same verdict | same model |\n|---|---|---|---|---|\n"
        .to_owned();
    for set in sets {
        let _ = writeln!(text, "{}", set.row());
    }
    text.push_str("\n## Cases that differ\n\n");
    let differences: Vec<_> = sets.iter().flat_map(|set| &set.differences).collect();
    for (case, how) in &differences {
        let reason = REASONS
            .iter()
            .find(|(name, _)| name == case)
            .map_or("not looked at", |(_, why)| why);
        let _ = writeln!(text, "- `{case}`: {how} — {reason}");
    }
    if differences.is_empty() {
        text.push_str("None.\n");
    }
    text.push_str("\n## Where it means to differ\n\n");
    for deviation in DEVIATIONS {
        let _ = writeln!(text, "- {deviation}");
    }
    text
}
