//! Builds and images: what is built from what, and under which name.

mod arg_before_from;
mod build_arg_empty;
mod build_arg_unused;
mod build_order_by_depends_on;
mod build_path_missing;
mod build_target_missing;
mod cache_export_driver;
mod copy_source_missing;
mod dockerfile_missing;
mod dockerignore_missing;
mod environment_at_build;
mod image_built_by_sibling;
mod image_command_missing;
mod image_env_refused;
mod image_env_required;
mod image_no_digest;
mod image_option_removed;
mod image_ref_invalid;
mod image_removed;
mod image_tag_collision;
mod image_unpinned;
mod mongo_key_file_missing;
mod place;
mod pull_never_in_ci;
mod search_discovery_missing;
mod service_only_for_image;
mod stale_local_image;

pub(super) use place::{is_built, missing};

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &arg_before_from::RULE,
    &build_arg_empty::RULE,
    &build_arg_unused::RULE,
    &build_order_by_depends_on::RULE,
    &build_path_missing::RULE,
    &build_target_missing::RULE,
    &cache_export_driver::RULE,
    &copy_source_missing::RULE,
    &dockerfile_missing::RULE,
    &dockerignore_missing::RULE,
    &environment_at_build::RULE,
    &image_built_by_sibling::RULE,
    &image_command_missing::RULE,
    &image_env_refused::RULE,
    &image_env_required::RULE,
    &image_no_digest::RULE,
    &image_option_removed::RULE,
    &image_ref_invalid::RULE,
    &image_removed::RULE,
    &image_tag_collision::RULE,
    &image_unpinned::RULE,
    &mongo_key_file_missing::RULE,
    &pull_never_in_ci::RULE,
    &search_discovery_missing::RULE,
    &service_only_for_image::RULE,
    &stale_local_image::RULE,
];
