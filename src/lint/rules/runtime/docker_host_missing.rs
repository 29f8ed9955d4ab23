//! A Docker client that is not told where its daemon is.

use super::dind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "docker-host-missing",
    summary: "a Docker client is not told which daemon to use, although the project runs one",
    why: "Without `DOCKER_HOST` the client looks for a socket in its own container, and the image of Docker for a host named \
          `docker`. A daemon in a service of another name is not found.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  dind:
    image: docker:28-dind
    privileged: true
    environment:
      DOCKER_TLS_CERTDIR: \"\"
  tests:
    image: docker:28-cli
    command: «docker info»
    depends_on: [dind]
",
    good: "\
services:
  dind:
    image: docker:28-dind
    privileged: true
    environment:
      DOCKER_TLS_CERTDIR: \"\"
  tests:
    image: docker:28-cli
    command: docker info
    environment:
      DOCKER_HOST: tcp://dind:2375
    depends_on: [dind]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let Some(daemon) = dind::daemon(project) else { return };
    let is_default = project
        .services()
        .iter()
        .any(|service| dind::answers_to_default(service));
    if is_default {
        return;
    }
    for service in project
        .services()
        .iter()
        .filter(|service| service.name() != daemon.name())
    {
        found.extend_once(finding(project, service, daemon));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, daemon: &Service<'_>) -> Option<Diagnostic> {
    let span = dind::lone_client(service)?;
    let (name, daemon_name) = (service.name(), daemon.name());
    let port = dind::port(project, daemon).unwrap_or(dind::TLS);
    let message = format!("`{name}` does not find the Docker daemon in `{daemon_name}`: it has no `DOCKER_HOST`");
    let help = format!("set `DOCKER_HOST: tcp://{daemon_name}:{port}`");
    let help = if port == dind::TLS {
        format!("{help}, and share a volume for the certificates at /certs/client")
    } else {
        help
    };
    Some(at(span, message).label(daemon.key.span, "runs the daemon").help(help))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(engine: &str, keys: &str) -> usize {
        let text = format!(
            "services:\n  {engine}: {{image: 'docker:28-dind', privileged: true}}\n  \
             tests: {{image: 'docker:28-cli', {keys}}}\n"
        );
        found(&RULE, &text).len()
    }

    #[test]
    fn a_client_must_know_its_daemon() {
        assert_eq!(of("dind", "command: docker info"), 1);
        assert_eq!(of("dind", "command: [sh, -c, 'docker build . && docker push x']"), 1);
        for keys in [
            "command: docker info, environment: {DOCKER_HOST: 'tcp://dind:2376'}",
            "command: docker -H tcp://dind:2376 info",
            "command: [sh, -c, 'export DOCKER_HOST=tcp://dind:2376; docker info']",
            "command: docker info, volumes: ['/var/run/docker.sock:/var/run/docker.sock']",
            "command: docker info, network_mode: 'service:dind'",
            "command: docker info, links: ['dind:docker']",
            "command: sleep 5",
        ] {
            assert_eq!(of("dind", keys), 0, "{keys}");
        }
        assert_eq!(of("docker", "command: docker info"), 0);
        assert_eq!(of("x: {image: i}\n  y", "command: docker info"), 1);
    }
}
