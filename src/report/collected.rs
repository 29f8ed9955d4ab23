//! What `gc` removed, as a person reads it.

use super::words::{count, list};
use crate::term::sanitise;

/// What became of the runs that left something.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// Whether nothing was removed, but would have been.
    pub dry_run: bool,
    /// The runs whose owner is gone.
    pub runs: Vec<Run>,
    /// The runs whose owner cannot be judged; they are kept.
    pub unjudged: Vec<String>,
}

/// What a run had left.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Its ID.
    pub id: String,
    /// Who ran it.
    pub owner: String,
    /// How many of what: `("container", 2)`.
    pub counts: Vec<(&'static str, usize)>,
    /// How much space that took in bytes, where the engine says so.
    pub bytes: Option<u64>,
    /// What could not be removed.
    pub left: Vec<String>,
}

impl Collected {
    /// Returns a line for each run, and the sum.
    #[must_use]
    pub fn text(&self) -> String {
        let verb = if self.dry_run { "would remove" } else { "removed" };
        let runs = self.runs.iter().map(|run| {
            let what = format!("{verb} run {} ({}): {}", run.id, clean(&run.owner), things(&run.counts));
            match run.left.as_slice() {
                [] => format!("{what}\n"),
                left => format!(
                    "{what}; could not remove {}\n",
                    list(left.iter().map(|name| clean(name)))
                ),
            }
        });
        let kept = self.unjudged.iter().map(|run| {
            format!("kept run {run}: it belongs to another host or container (`--older TIME` or `--all` removes it)\n")
        });
        let lines: String = runs.chain(kept).collect();
        format!("{lines}{}\n", self.sum(verb))
    }

    fn sum(&self, verb: &str) -> String {
        if self.runs.is_empty() {
            return "nothing to remove".to_owned();
        }
        let bytes: Option<u64> = self.runs.iter().map(|run| run.bytes).sum();
        let space = bytes.map_or_else(|| "space unknown".to_owned(), size);
        format!("{verb} what {} left: {space}", count(self.runs.len(), "run"))
    }
}

/// `2 containers, 1 network`; what there is none of is left out.
fn things(counts: &[(&'static str, usize)]) -> String {
    let counts = counts.iter().filter(|(_, number)| *number > 0);
    let words: Vec<String> = counts.map(|(thing, number)| count(*number, thing)).collect();
    words.join(", ")
}

/// A size as docker writes it: `0B`, `1.5kB`, `12.3MB`.
fn size(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    let mut scale = 1000;
    if bytes < scale {
        return format!("{bytes}B");
    }
    let mut unit = 0;
    while unit + 1 < units.len() && bytes >= scale * 1000 {
        scale *= 1000;
        unit += 1;
    }
    let tenths = bytes / (scale / 10);
    format!("{}.{}{}", tenths / 10, tenths % 10, units[unit])
}

fn clean(text: &str) -> String {
    sanitise(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(left: &[&str]) -> Run {
        Run {
            id: "260102-030405-abcd".into(),
            owner: "process 12 on host ci-7".into(),
            counts: vec![("container", 2), ("network", 1), ("volume", 0)],
            bytes: Some(1_540_000),
            left: left.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn each_run_has_a_line_and_the_space_is_summed_up() {
        let collected = Collected {
            runs: vec![run(&[]), run(&["network app_default"])],
            unjudged: vec!["260102-030406-ffff".into()],
            ..Collected::default()
        };
        insta::assert_snapshot!(collected.text(), @"
        removed run 260102-030405-abcd (process 12 on host ci-7): 2 containers, 1 network
        removed run 260102-030405-abcd (process 12 on host ci-7): 2 containers, 1 network; could not remove network app_default
        kept run 260102-030406-ffff: it belongs to another host or container (`--older TIME` or `--all` removes it)
        removed what 2 runs left: 3.0MB
        ");
    }

    #[test]
    fn a_dry_run_says_what_it_would_do() {
        let collected = Collected {
            dry_run: true,
            runs: vec![Run {
                bytes: None,
                ..run(&[])
            }],
            ..Collected::default()
        };
        insta::assert_snapshot!(collected.text(), @"
        would remove run 260102-030405-abcd (process 12 on host ci-7): 2 containers, 1 network
        would remove what 1 run left: space unknown
        ");
        assert_eq!(Collected::default().text(), "nothing to remove\n");
    }

    #[test]
    fn sizes_are_written_as_docker_writes_them() {
        let sizes = [0, 999, 1000, 15_300, 2_000_000, 7_650_000_000, 5_000_000_000_000_000].map(size);
        assert_eq!(sizes, ["0B", "999B", "1.0kB", "15.3kB", "2.0MB", "7.6GB", "5000.0TB"]);
    }
}
