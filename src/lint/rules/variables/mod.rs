//! Variables and addresses: values that are not what they seem, and hosts that do not answer.

mod advertised_localhost;
mod credentials_differ;
mod dotenv_steers_compose;
mod dotenv_untracked;
mod duplicate_env_key;
mod env_file_not_interpolated;
mod env_literal_quotes;
mod env_passthrough_unset;
mod env_value_coerced;
mod host_docker_internal;
mod host_port_inside;
mod hosts;
mod image_tag_empty;
mod localhost_sibling;
mod logins;
mod no_shared_network;
mod reference_without_depends;
mod servers;
mod service_name_underscore;
mod shell_var_not_exported;
mod texts;
mod unknown_host;
mod upstream_not_awaited;
mod upstream_unknown;
mod url_port_missing;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &advertised_localhost::RULE,
    &credentials_differ::RULE,
    &dotenv_steers_compose::RULE,
    &dotenv_untracked::RULE,
    &duplicate_env_key::RULE,
    &env_file_not_interpolated::RULE,
    &env_literal_quotes::RULE,
    &env_passthrough_unset::RULE,
    &env_value_coerced::RULE,
    &host_docker_internal::RULE,
    &host_port_inside::RULE,
    &image_tag_empty::RULE,
    &localhost_sibling::RULE,
    &no_shared_network::RULE,
    &reference_without_depends::RULE,
    &service_name_underscore::RULE,
    &shell_var_not_exported::RULE,
    &unknown_host::RULE,
    &upstream_not_awaited::RULE,
    &upstream_unknown::RULE,
    &url_port_missing::RULE,
];
