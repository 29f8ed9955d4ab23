//! What two runs on one machine share.

mod container_name_fixed;
mod duplicate_host_port;
mod external_required;
mod fixed_subnet;
mod global_resource_name;
mod host_device_required;
mod host_port_fixed;
mod places;
mod project_name_fixed;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &container_name_fixed::RULE,
    &duplicate_host_port::RULE,
    &external_required::RULE,
    &fixed_subnet::RULE,
    &global_resource_name::RULE,
    &host_device_required::RULE,
    &host_port_fixed::RULE,
    &project_name_fixed::RULE,
];
