//! `towline explain RULE`: why a rule is there, with its examples.

use super::print;
use crate::failure::{Failure, Result};
use crate::lint::{self, Id, rules};
use crate::report::rules::explain;
use crate::term::Terminal;

/// Prints what there is to say of a rule, or of another id that a finding can have.
///
/// # Errors
/// There is no such rule, or standard output cannot be written.
pub(super) fn run(name: &str) -> Result<u8> {
    if let Some(rule) = rules::all().find(|rule| rule.id == name) {
        return print(&explain(&super::rules::page(rule), &Terminal::stdout()));
    }
    if let Some(id) = lint::IDS.iter().find(|id| id.id == name) {
        return print(&of_loader(id));
    }
    let failure = Failure::usage(format!("there is no rule '{name}'"));
    Err(match lint::near(name) {
        Some(near) => failure.hint(format!("did you mean '{near}'?")),
        None => failure.hint("`towline rules` lists them"),
    })
}

/// What compose itself checks needs no example.
fn of_loader(id: &Id) -> String {
    let Id { id, summary } = id;
    format!("{id}: {summary}\n\nThis is checked while a file is read, and cannot be turned off.\n")
}
