//! What waits for what: gates that hold nothing back, and waits that never end.

mod completed_on_restarting;
mod deploy_not_after_tests;
mod deploy_untested_artifact;
mod gate_behind_profile;
mod gate_not_enforced;
mod gate_optional;
mod gate_scaled_to_zero;
mod healthy_on_job;
mod job_replicated;
mod oneshot_breaks_wait;
mod restart_as_retry;
mod restart_on_job;
mod side_job_aborts_target;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &completed_on_restarting::RULE,
    &deploy_not_after_tests::RULE,
    &deploy_untested_artifact::RULE,
    &gate_behind_profile::RULE,
    &gate_not_enforced::RULE,
    &gate_optional::RULE,
    &gate_scaled_to_zero::RULE,
    &healthy_on_job::RULE,
    &job_replicated::RULE,
    &oneshot_breaks_wait::RULE,
    &restart_as_retry::RULE,
    &restart_on_job::RULE,
    &side_job_aborts_target::RULE,
];
