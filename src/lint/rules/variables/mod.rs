//! Variables and addresses: values that are not what they seem, and hosts that do not answer.

mod dotenv_steers_compose;
mod dotenv_untracked;
mod duplicate_env_key;
mod env_file_not_interpolated;
mod env_literal_quotes;
mod env_passthrough_unset;
mod env_value_coerced;
mod image_tag_empty;
mod shell_var_not_exported;
mod texts;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &dotenv_steers_compose::RULE,
    &dotenv_untracked::RULE,
    &duplicate_env_key::RULE,
    &env_file_not_interpolated::RULE,
    &env_literal_quotes::RULE,
    &env_passthrough_unset::RULE,
    &env_value_coerced::RULE,
    &image_tag_empty::RULE,
    &shell_var_not_exported::RULE,
];
