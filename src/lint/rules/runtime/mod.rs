//! How containers stop, and what is left of them to read.

mod browser_shm;
mod dind;
mod dind_unprivileged;
mod docker_host_missing;
mod docker_host_tls;
mod heap_above_limit;
mod logging_none;
mod logging_to_sibling;
mod logs_detached;
mod memlock_missing;
mod python_output_buffered;
mod slow_stop;
mod stop_grace_long;

use crate::lint::rule::{Limit, Rule};

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &browser_shm::RULE,
    &dind_unprivileged::RULE,
    &docker_host_missing::RULE,
    &docker_host_tls::RULE,
    &heap_above_limit::RULE,
    &logging_none::RULE,
    &logging_to_sibling::RULE,
    &logs_detached::RULE,
    &memlock_missing::RULE,
    &python_output_buffered::RULE,
    &slow_stop::RULE,
    &stop_grace_long::RULE,
];

/// The numbers that they go by.
pub const LIMITS: &[&Limit] = &[&stop_grace_long::SECONDS];
