//! Health checks: what they run, whether they tell, and how long they take.

mod healthcheck_budget;
mod healthcheck_cannot_fail;
mod healthcheck_exec_operators;
mod healthcheck_gives_up_early;
mod healthcheck_host_port;
mod healthcheck_init_race;
mod healthcheck_localhost_ipv6;
mod healthcheck_shell_extra_args;
mod healthcheck_slow_start;
mod healthcheck_tool_missing;
mod healthcheck_without_command;
mod insert;
mod start_interval_inert;

use crate::lint::rule::{Limit, Rule};

/// How long may be waited for a service that never becomes healthy.
pub const MAX_MINUTES: &Limit = &healthcheck_budget::LIMIT;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &healthcheck_budget::RULE,
    &healthcheck_cannot_fail::RULE,
    &healthcheck_exec_operators::RULE,
    &healthcheck_gives_up_early::RULE,
    &healthcheck_host_port::RULE,
    &healthcheck_init_race::RULE,
    &healthcheck_localhost_ipv6::RULE,
    &healthcheck_shell_extra_args::RULE,
    &healthcheck_slow_start::RULE,
    &healthcheck_tool_missing::RULE,
    &healthcheck_without_command::RULE,
    &start_interval_inert::RULE,
];
