//! The socket of the engine, inside a container.

use crate::diagnostic::Severity;
use crate::lint::images::Reference;
use crate::lint::mounts::{self, Mount};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "docker-socket-mount",
    summary: "a container can give orders to the container engine",
    why: "Whoever can write to the engine's socket can start a container with all rights over the machine, and \
          read every secret of the others. Mounting it read-only changes nothing: the socket can still be talked \
          to. A build that runs code of a pull request hands the machine over with it.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    volumes:
      - «/var/run/docker.sock:/var/run/docker.sock»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    environment:
      DOCKER_HOST: tcp://engine:2375
  engine:
    image: docker:28-dind
    privileged: true
",
    fixed: None,
    check,
};

/// The sockets that engines listen at.
const SOCKETS: [&str; 6] = [
    "docker.sock",
    "docker.sock.raw",
    "podman.sock",
    "containerd.sock",
    "crio.sock",
    "buildkitd.sock",
];

/// Programs that are there to talk to the engine, by the last part of their images' names.
const TOOLS: [&str; 15] = [
    "acme-companion",
    "autoheal",
    "cadvisor",
    "docker-gen",
    "docker-socket-proxy",
    "dockge",
    "dozzle",
    "netdata",
    "nginx-proxy",
    "portainer",
    "portainer-ce",
    "portainer-ee",
    "ryuk",
    "traefik",
    "watchtower",
];

/// The directories that hold the engine's socket, among others.
const DIRECTORIES: [&str; 4] = ["/run", "/run/docker", "/var/run", "/var/run/docker"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let image = Reference::split(service.text("image").unwrap_or_default()).repository;
        let is_tool = image.rsplit('/').next().is_some_and(|name| TOOLS.contains(&name));
        // What only reads and is made to watch the engine has to have it.
        let is_fine = |mount: &Mount<'_>| is_tool && mount.is_read_only;
        for mount in mounts::of(service).filter(|mount| holds_socket(mount) && !is_fine(mount)) {
            let (name, source) = (service.name(), mount.source.and_then(Node::as_str).unwrap_or_default());
            found.push_once(
                at(
                    mount.span(),
                    format!("\"{name}\" can give orders to the engine: it has {source}"),
                )
                .help(
                    "give it an engine of its own (docker:dind), or a proxy that lets through only what it \
                     needs; if it must be, say why in a comment: # towline: ignore[docker-socket-mount] …",
                )
                .at_most(if is_tool { Severity::Hint } else { Severity::Warning }),
            );
        }
    }
}

fn holds_socket(mount: &Mount<'_>) -> bool {
    if mount.kind == "npipe" {
        let source = mount.source.and_then(Node::as_str).unwrap_or_default();
        return source.contains("docker_engine");
    }
    let is_socket = |path: &str| path.rsplit('/').next().is_some_and(|name| SOCKETS.contains(&name));
    mount
        .host()
        .is_some_and(|path| is_socket(path) || DIRECTORIES.contains(&path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_volume_of_that_name_is_no_socket() {
        let named = "services: {a: {image: i, volumes: [{type: volume, source: docker.sock, target: \
                     /x}]}}\nvolumes: {docker.sock: }\n";
        assert_eq!(found(&RULE, named), [""; 0]);
        let other = "services: {a: {image: i, volumes: ['/var/run/app:/x', '/run/php/fpm.sock:/y']}}\n";
        assert_eq!(found(&RULE, other), [""; 0]);
    }

    #[test]
    fn every_way_to_it_is_found() {
        let text = "services: {a: {image: i, volumes: ['${D:-/var/run/docker.sock}:/x', '/var/run/:/r', {type: \
                    bind, source: /run/podman/podman.sock, target: /p}]}}\n";
        assert_eq!(
            found(&RULE, text),
            [
                "'${D:-/var/run/docker.sock}:/x'",
                "'/var/run/:/r'",
                "/run/podman/podman.sock"
            ]
        );
    }
}
