//! A Docker client and a daemon that do not agree on TLS.

use super::dind::{self, PLAIN, TLS};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::mounts;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "docker-host-tls",
    summary: "a Docker client and the daemon in another service do not agree on TLS",
    why: "`docker:dind` listens on port 2376 with TLS, for clients that have the certificates it makes, and on port 2375 without \
          TLS only where `DOCKER_TLS_CERTDIR` is empty. The client fails with \"Cannot connect to the Docker daemon\" on the other \
          port, and with \"client sent an HTTP request to an HTTPS server\" without certificates.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  dind:
    image: docker:28-dind
    privileged: true
  tests:
    image: docker:28-cli
    command: docker info
    environment:
      DOCKER_HOST: «tcp://dind:2375»
",
    good: "\
services:
  dind:
    image: docker:28-dind
    privileged: true
    volumes:
      - certs:/certs/client
  tests:
    image: docker:28-cli
    command: docker info
    environment:
      DOCKER_HOST: tcp://dind:2376
    volumes:
      - certs:/certs/client:ro
volumes:
  certs:
",
    fixed: None,
    check,
};

const SHARE: &str = "share a volume for the certificates at /certs/client";

fn check(project: &Project<'_>, found: &mut Found) {
    let mut named = project
        .services()
        .iter()
        .filter(|daemon| dind::answers_to_default(daemon));
    let by_name = named.next().filter(|daemon| dind::is_daemon(daemon));
    for service in project.services() {
        found.extend_once(match dind::variable(service, "DOCKER_HOST") {
            Some(host) => finding(project, service, host),
            None => by_name.and_then(|daemon| by_default(project, service, daemon)),
        });
    }
}

/// A client that is told of no daemon asks the one that is named `docker`, with TLS where it has certificates.
fn by_default(project: &Project<'_>, service: &Service<'_>, daemon: &Service<'_>) -> Option<Diagnostic> {
    let span = dind::lone_client(service)?;
    if dind::port(project, daemon)? != TLS || has_certificates(service) {
        return None;
    }
    let message = format!(
        "`{}` asks `{}` without TLS, since it has no certificates, and it listens with TLS",
        service.name(),
        daemon.name()
    );
    Some(at(span, message).label(daemon.key.span, "runs the daemon").help(SHARE))
}

fn finding(project: &Project<'_>, service: &Service<'_>, node: &Node) -> Option<Diagnostic> {
    let address = node.as_str()?.strip_prefix("tcp://")?.trim_end_matches('/');
    let (host, port) = address.rsplit_once(':')?;
    let asked: u16 = port.parse().ok()?;
    let daemon = project.service(host).filter(|daemon| dind::is_daemon(daemon))?;
    let (name, daemon_name) = (service.name(), daemon.name());
    let (message, help) = match (asked, dind::port(project, daemon)?) {
        (PLAIN, TLS) => (
            format!("`{name}` asks `{daemon_name}` on port {PLAIN}, and it listens with TLS on port {TLS}"),
            format!(
                "set `DOCKER_TLS_CERTDIR: \"\"` in `{daemon_name}`, or ask port {TLS} and share a volume for the certificates at \
                 /certs/client"
            ),
        ),
        (TLS, PLAIN) => (
            format!("`{name}` asks `{daemon_name}` on port {TLS}, and it listens without TLS on port {PLAIN}"),
            format!("write `tcp://{daemon_name}:{PLAIN}`"),
        ),
        (TLS, TLS) if !has_certificates(service) => (
            format!("`{name}` has no certificates for `{daemon_name}`, which listens with TLS"),
            SHARE.to_owned(),
        ),
        _ => return None,
    };
    Some(
        at(node.span, message)
            .label(daemon.key.span, "runs the daemon")
            .help(help),
    )
}

/// Whether a client can have what TLS takes, in whatever way: it is known of the image of Docker alone where it looks.
fn has_certificates(service: &Service<'_>) -> bool {
    let is_known = dind::tag(service).is_some();
    let has_path = dind::variable(service, "DOCKER_CERT_PATH").is_some();
    !is_known || has_path || mounts::of(service).next().is_some() || service.items("volumes_from").len() > 0
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(daemon: &str, client: &str) -> usize {
        let text = format!(
            "services:\n  d: {{privileged: true, {daemon}}}\n  c: {{command: docker info, {client}}}\nvolumes: {{certs: }}\n"
        );
        found(&RULE, &text).len()
    }

    #[test]
    fn port_and_certificates_must_fit_the_daemon() {
        let tls = "image: 'docker:28-dind'";
        let plain = "image: 'docker:28-dind', environment: {DOCKER_TLS_CERTDIR: ''}";
        let client = |port: u16, more: &str| {
            format!("image: 'docker:28-cli', environment: {{DOCKER_HOST: 'tcp://d:{port}'}}{more}")
        };
        assert_eq!(of(tls, &client(2375, "")), 1);
        assert_eq!(of(tls, &client(2376, "")), 1);
        assert_eq!(of(plain, &client(2376, "")), 1);
        assert_eq!(of(plain, &client(2375, "")), 0);
        assert_eq!(of(tls, &client(2376, ", volumes: ['certs:/certs/client']")), 0);
        assert_eq!(of("image: 'docker:18-dind'", &client(2375, "")), 0);
        assert_eq!(
            of("image: 'docker:28-dind', command: --tls=false", &client(2375, "")),
            0
        );
        assert_eq!(of(tls, "image: me/ci, environment: {DOCKER_HOST: 'tcp://d:2375'}"), 1);
        assert_eq!(of(tls, "image: me/ci, environment: {DOCKER_HOST: 'tcp://d:2376'}"), 0);
    }

    #[test]
    fn a_daemon_named_docker_is_asked_by_default() {
        let of = |daemon: &str, client: &str| {
            let text = format!(
                "services:\n  docker: {{image: 'docker:28-dind', privileged: true{daemon}}}\n  \
                 c: {{image: 'docker:28-cli', command: docker info{client}}}\nvolumes: {{certs: }}\n"
            );
            found(&RULE, &text).len()
        };
        assert_eq!(of("", ""), 1);
        assert_eq!(of(", environment: {DOCKER_TLS_CERTDIR: ''}", ""), 0);
        assert_eq!(of("", ", volumes: ['certs:/certs/client']"), 0);
        assert_eq!(of("", ", network_mode: 'service:docker'"), 0);
    }
}
