//! Volumes, mounts and secrets: data that is missing, hidden, stale or raced for.

mod anonymous_volume_stale;
mod artifact_race;
mod artifact_without_producer;
mod bind_masks_build;
mod bind_source_missing;
mod host_specific_path;
mod image_data_moved;
mod image_not_tested;
mod made;
mod named_volume_hides_image;
mod parallel_writers;
mod root_owned_output;
mod secret_env_unset;
mod secret_not_given;
mod secret_source_missing;
mod shared;
mod stale_server_pid;
mod state_survives_run;
mod unused_declaration;
mod volume_not_writable;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &anonymous_volume_stale::RULE,
    &artifact_race::RULE,
    &artifact_without_producer::RULE,
    &bind_masks_build::RULE,
    &bind_source_missing::RULE,
    &host_specific_path::RULE,
    &image_data_moved::RULE,
    &image_not_tested::RULE,
    &named_volume_hides_image::RULE,
    &parallel_writers::RULE,
    &root_owned_output::RULE,
    &secret_env_unset::RULE,
    &secret_not_given::RULE,
    &secret_source_missing::RULE,
    &stale_server_pid::RULE,
    &state_survives_run::RULE,
    &unused_declaration::RULE,
    &volume_not_writable::RULE,
];
