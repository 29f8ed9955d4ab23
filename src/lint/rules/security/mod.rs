//! What a container can do, and secrets that lie open.

mod cap_add_dangerous;
mod cap_drop_missing;
mod cgroup_parent;
mod device_dangerous;
mod docker_socket_mount;
mod env_file_secret;
mod hard_coded_server;
mod host_network;
mod host_pid_ipc;
mod host_port_privileged;
mod host_userns;
mod limits_missing;
mod mount_propagation_shared;
mod no_new_privileges_missing;
mod pids_limit_missing;
mod port_all_interfaces;
mod port_unbound;
mod privileged;
mod profile_disabled;
mod read_only_without_tmpfs;
mod root_fs_writable;
mod root_path_writable;
mod secret_guessable;
mod secret_in_build_arg;
mod secret_in_env;
mod secret_in_url;
mod sensitive_mount;
mod tmpfs_insecure_options;
mod user_missing;
mod user_root;

use crate::event::Kind;
use crate::lint::project::{Project, Service};
use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &cap_add_dangerous::RULE,
    &cap_drop_missing::RULE,
    &cgroup_parent::RULE,
    &device_dangerous::RULE,
    &docker_socket_mount::RULE,
    &env_file_secret::RULE,
    &hard_coded_server::RULE,
    &host_network::RULE,
    &host_pid_ipc::RULE,
    &host_port_privileged::RULE,
    &host_userns::RULE,
    &limits_missing::RULE,
    &mount_propagation_shared::RULE,
    &no_new_privileges_missing::RULE,
    &pids_limit_missing::RULE,
    &port_all_interfaces::RULE,
    &port_unbound::RULE,
    &privileged::RULE,
    &profile_disabled::RULE,
    &read_only_without_tmpfs::RULE,
    &root_fs_writable::RULE,
    &root_path_writable::RULE,
    &secret_guessable::RULE,
    &secret_in_build_arg::RULE,
    &secret_in_env::RULE,
    &secret_in_url::RULE,
    &sensitive_mount::RULE,
    &tmpfs_insecure_options::RULE,
    &user_missing::RULE,
    &user_root::RULE,
];

/// The services that are containers: no images that are only built, and nothing that a provider brings about.
fn containers<'a, 'b>(project: &'b Project<'a>) -> impl Iterator<Item = &'b Service<'a>> {
    let is_container = |service: &&Service<'_>| service.kind != Kind::Build && service.get("provider").is_none();
    project.services().iter().filter(is_container)
}
