//! What waits for what: gates that hold nothing back, and waits that never end.

mod completed_on_restarting;
mod datastore_not_awaited;
mod deploy_not_after_tests;
mod deploy_untested_artifact;
mod gate_behind_profile;
mod gate_not_enforced;
mod gate_optional;
mod gate_scaled_to_zero;
mod healthcheck_ignored;
mod healthy_on_job;
mod healthy_without_healthcheck;
mod job_replicated;
mod kind_unknown;
mod oneshot_breaks_wait;
mod restart_as_retry;
mod restart_on_job;
mod server_awaited_as_completed;
mod side_job_aborts_target;
mod template;
mod waits;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &completed_on_restarting::RULE,
    &datastore_not_awaited::RULE,
    &deploy_not_after_tests::RULE,
    &deploy_untested_artifact::RULE,
    &gate_behind_profile::RULE,
    &gate_not_enforced::RULE,
    &gate_optional::RULE,
    &gate_scaled_to_zero::RULE,
    &healthcheck_ignored::RULE,
    &healthy_on_job::RULE,
    &healthy_without_healthcheck::RULE,
    &job_replicated::RULE,
    &kind_unknown::RULE,
    &oneshot_breaks_wait::RULE,
    &restart_as_retry::RULE,
    &restart_on_job::RULE,
    &server_awaited_as_completed::RULE,
    &side_job_aborts_target::RULE,
];
