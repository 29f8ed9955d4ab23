//! Keys that are ignored, or that only the engine rejects.

mod address_invalid;
mod capability_unknown;
mod container_name_invalid;
mod empty_override_noop;
mod engine_refuses;
mod external_secret;
mod health_interval_too_short;
mod layers;
mod memory_too_small;
mod merge_drops_keys;
mod mode_unknown;
mod mount_target_relative;
mod override_appends;
mod port_out_of_range;
mod ports_ignored_host_net;
mod restart_invalid;
mod signal_unknown;
mod static_ip_without_subnet;
mod ulimit_invalid;
mod working_dir_relative;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &address_invalid::RULE,
    &capability_unknown::RULE,
    &container_name_invalid::RULE,
    &empty_override_noop::RULE,
    &engine_refuses::RULE,
    &external_secret::RULE,
    &health_interval_too_short::RULE,
    &memory_too_small::RULE,
    &merge_drops_keys::RULE,
    &mode_unknown::RULE,
    &mount_target_relative::RULE,
    &override_appends::RULE,
    &port_out_of_range::RULE,
    &ports_ignored_host_net::RULE,
    &restart_invalid::RULE,
    &signal_unknown::RULE,
    &static_ip_without_subnet::RULE,
    &ulimit_invalid::RULE,
    &working_dir_relative::RULE,
];
