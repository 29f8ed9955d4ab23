//! The native loader beside recorded answers of `docker compose config`: does it accept and reject the same projects, and
//! is the model of what it accepts the same?
//!
//! The cases of `fixtures/loader` must all agree. Where larger collections lie beside the checkout, they run too: there the
//! figures are printed with every difference, and must not fall below 99.5 % of the verdicts and 98 % of the models.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]
#![expect(
    clippy::print_stdout,
    reason = "the figures and the differences are what this test is run for"
)]

mod case;
mod compare;

use std::path::{Path, PathBuf};

use case::Case;
use compare::{Outcome, Tally};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs cases and prints what differs. A deep tree needs more stack than a test's thread has.
fn run(name: &str, cases: Vec<Case>) -> Tally {
    let name = name.to_owned();
    let run = move || {
        let mut tally = Tally::default();
        for case in &cases {
            let outcome = compare::compare(case);
            if outcome != Outcome::Same {
                println!("{}: {outcome}", case.name);
            }
            tally.count(&outcome);
        }
        println!("{name}: {tally}");
        tally
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(run);
    thread.unwrap().join().unwrap()
}

#[test]
fn fixtures_agree() {
    let tally = run("fixtures/loader", case::directories(&root().join("fixtures/loader")));
    assert!(tally.total > 0, "there are no fixtures");
    assert_eq!(tally.same, tally.total, "every fixture agrees");
}

/// A collection beside the checkout, where it is there.
fn beside(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("TOWLINE_CASES").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root().join("../shared")).join(name);
    folder.canonicalize().ok()
}

#[test]
fn semantics_cases_agree() {
    if let Some(folder) = beside("semantics-cases") {
        let tally = run("semantics-cases", case::directories(&folder));
        assert!(tally.verdicts() >= 0.995 && tally.models() >= 0.98, "{tally}");
    }
}

#[test]
fn corpus_agrees() {
    if let Some(folder) = beside("corpus") {
        let tally = run("corpus", case::corpus(&folder));
        assert!(tally.verdicts() >= 0.995 && tally.models() >= 0.98, "{tally}");
    }
}
