//! Health checks: what they run, whether they tell, and how long they take.

mod healthcheck_cannot_fail;
mod healthcheck_exec_operators;
mod healthcheck_init_race;
mod healthcheck_shell_extra_args;
mod healthcheck_without_command;
mod insert;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &healthcheck_cannot_fail::RULE,
    &healthcheck_exec_operators::RULE,
    &healthcheck_init_race::RULE,
    &healthcheck_shell_extra_args::RULE,
    &healthcheck_without_command::RULE,
];
