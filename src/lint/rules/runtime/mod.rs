//! How containers stop, and what is left of them to read.

mod browser_shm;
mod dind_unprivileged;
mod logging_none;
mod logs_detached;
mod memlock_missing;
mod slow_stop;
mod stop_grace_long;

use crate::lint::rule::{Limit, Rule};

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &browser_shm::RULE,
    &dind_unprivileged::RULE,
    &logging_none::RULE,
    &logs_detached::RULE,
    &memlock_missing::RULE,
    &slow_stop::RULE,
    &stop_grace_long::RULE,
];

/// The numbers that they go by.
pub const LIMITS: &[&Limit] = &[&stop_grace_long::SECONDS];
