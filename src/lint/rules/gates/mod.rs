//! What waits for what: gates that hold nothing back, and waits that never end.

mod completed_on_restarting;
mod deploy_not_after_tests;
mod gate_not_enforced;
mod gate_optional;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &completed_on_restarting::RULE,
    &deploy_not_after_tests::RULE,
    &gate_not_enforced::RULE,
    &gate_optional::RULE,
];
