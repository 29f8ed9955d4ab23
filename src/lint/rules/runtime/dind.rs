//! Docker daemons in containers and how they listen, and the clients beside them.

use crate::lint::images::Reference;
use crate::lint::mounts;
use crate::lint::project::{Project, Service};
use crate::shell::{commands, program_name, script_of};
use crate::source::Span;
use crate::yaml::Node;

/// The port that a daemon in a container listens on without TLS, and the one with it.
pub(super) const PLAIN: u16 = 2375;
pub(super) const TLS: u16 = 2376;

/// The first version of the image that sets up TLS by itself.
const TLS_SINCE: u32 = 19;

/// The tag of Docker's own image, where a service runs it.
pub(super) fn tag<'a>(service: &Service<'a>) -> Option<&'a str> {
    let reference = Reference::split(service.pulled_image()?.as_str()?);
    (reference.full_repository() == "docker.io/library/docker").then(|| reference.tag.unwrap_or("latest"))
}

/// Whether a service runs a Docker daemon the way its image does it, with no options of its own.
pub(super) fn is_daemon(service: &Service<'_>) -> bool {
    tag(service).is_some_and(|tag| tag.contains("dind")) && service.words().is_empty()
}

/// A service that runs a daemon.
pub(super) fn daemon<'a, 'b>(project: &'b Project<'a>) -> Option<&'b Service<'a>> {
    project.services().iter().find(|service| is_daemon(service))
}

/// The port that such a daemon listens on; none where a variable decides.
pub(super) fn port(project: &Project<'_>, service: &Service<'_>) -> Option<u16> {
    let reference = Reference::split(service.pulled_image()?.as_str()?);
    let is_old = reference.major().is_some_and(|major| major < TLS_SINCE);
    match service.node.at(&["environment", "DOCKER_TLS_CERTDIR"]) {
        None if is_old => Some(PLAIN),
        None => Some(TLS),
        Some(node) if !project.is_literal(node.span) => None,
        Some(node) => match node.as_str() {
            Some("") => Some(PLAIN),
            Some(_) if !is_old => Some(TLS),
            _ => None,
        },
    }
}

/// The value of a variable of a service.
pub(super) fn variable<'a>(service: &Service<'a>, name: &str) -> Option<&'a Node> {
    service.node.at(&["environment", name])
}

/// The host that the image looks for where it is told of none.
const DEFAULT: &str = "docker";

/// Variables that tell a client where its daemon is.
const VARIABLES: [&str; 2] = ["DOCKER_CONTEXT", "DOCKER_HOST"];

/// Where a service runs the client in Docker's own image, and nothing tells it where its daemon is.
pub(super) fn lone_client(service: &Service<'_>) -> Option<Span> {
    let is_client = !tag(service)?.contains("dind");
    let has_host = VARIABLES.iter().any(|name| variable(service, name).is_some());
    let is_lone = is_client && !has_host && !has_socket(service) && service.text("network_mode").is_none();
    runs_client(service).filter(|_| is_lone)
}

/// Whether the image finds the daemon by itself: under the name that it looks for.
pub(super) fn answers_to_default(service: &Service<'_>) -> bool {
    let mut aliases = service
        .entries("networks")
        .filter_map(|(_, network)| network.get("aliases"))
        .flat_map(Node::items)
        .chain(service.items("links"))
        .filter_map(Node::as_str);
    let is_named = |key: &str| service.text(key) == Some(DEFAULT);
    service.name() == DEFAULT
        || is_named("container_name")
        || is_named("hostname")
        || aliases.any(|alias| alias.rsplit(':').next() == Some(DEFAULT))
}

fn has_socket(service: &Service<'_>) -> bool {
    let mut targets = mounts::of(service).map(|mount| mount.target);
    service.items("volumes_from").len() > 0
        || service.get("use_api_socket").is_some()
        || targets.any(|target| target.contains("/run") || target.contains("docker.sock") || target.contains(".docker"))
}

/// Where a service runs the client and says nothing of a daemon there.
fn runs_client(service: &Service<'_>) -> Option<Span> {
    let words = service.words();
    let node = service
        .get("command")
        .filter(|_| service.items("entrypoint").len() == 0)?;
    if words.iter().any(|word| says_host(word)) {
        return None;
    }
    let is_client = |program: &str| ["docker", "docker-compose"].contains(&program_name(program));
    let runs = match script_of(&words) {
        Some(script) => commands(script.text)
            .iter()
            .filter_map(crate::shell::Command::program)
            .any(|program| is_client(&program.text)),
        None => words.first().is_some_and(|word| is_client(word)),
    };
    runs.then_some(node.span)
}

fn says_host(word: &str) -> bool {
    let parts = word.split_whitespace();
    let mut options =
        parts.filter(|part| ["-H", "-c"].contains(part) || part.starts_with("--host") || part.starts_with("--context"));
    word.contains("DOCKER_HOST") || word.contains("docker context") || options.any(|option| option != "-c")
}
