//! The native loader beside recorded answers of `docker compose config`: does it accept and reject the same projects, and
//! is the model of what it accepts the same?
//!
//! The cases of `fixtures/loader` must all agree. Where larger collections lie beside the checkout, they run too: they must
//! not fall below 99.5 % of the verdicts and 98 % of the models. The figures and each difference are kept in
//! `tests/differential.md`, which `TOWLINE_UPDATE_TABLES=1 cargo test --test differential` writes.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]
#![expect(
    clippy::print_stdout,
    reason = "the figures and the differences are what this test is run for"
)]

mod case;
mod compare;
mod edits;
mod table;

use std::path::{Path, PathBuf};

use case::Case;
use compare::{Outcome, Tally};
use table::Set;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs cases and prints what differs. A deep tree needs more stack than a test's thread has.
fn run(name: &str, cases: Vec<Case>) -> Set {
    let name = name.to_owned();
    let run = move || {
        let mut tally = Tally::default();
        let mut differences = Vec::new();
        for case in &cases {
            let outcome = compare::compare(case);
            if outcome != Outcome::Same {
                println!("{}: {outcome}", case.name);
                differences.push((case.name.clone(), outcome.to_string()));
            }
            tally.count(&outcome, case.accepts);
        }
        println!("{name}: {tally}");
        Set {
            name,
            tally,
            differences,
        }
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(run);
    thread.unwrap().join().unwrap()
}

/// A collection beside the checkout, where it is there.
fn beside(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("TOWLINE_CASES").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root().join("../shared")).join(name);
    folder.canonicalize().ok()
}

#[test]
fn the_loader_agrees_with_compose() {
    let own = run("fixtures/loader", case::directories(&root().join("fixtures/loader")));
    assert!(own.tally.total > 0, "there are no fixtures");
    assert_eq!(own.tally.same, own.tally.total, "every fixture agrees");
    let semantics = beside("semantics-cases").map(|folder| run("semantics-cases", case::directories(&folder)));
    let corpus = beside("corpus").map(|folder| run("corpus", case::corpus(&folder)));
    let sets: Vec<Set> = std::iter::once(own).chain(semantics).chain(corpus).collect();
    for set in &sets {
        let tally = &set.tally;
        assert!(
            tally.verdicts() >= 0.995 && tally.models() >= 0.98,
            "{}: {tally}",
            set.name
        );
    }
    if std::env::var_os("TOWLINE_UPDATE_TABLES").is_some() {
        table::write(&sets);
    } else {
        table::compare(&sets);
    }
}
