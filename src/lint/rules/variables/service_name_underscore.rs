//! A service name that is no host name.

use std::collections::HashSet;

use super::hosts::{Host, hosts};
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "service-name-underscore",
    summary: "a URL has a service name with an underscore as its host",
    why: "Host names have no underscores. The network finds the service all the same, but many programs do not take such \
          a URL, or answer a request for such a host with an error. Clients of Redis and of AMQP read their URLs with the same \
          libraries: in Java, such a URL has no host at all.",
    level: Severity::Hint,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web_app:
    image: app:1
  tests:
    image: tests:1
    command: pytest
    environment:
      BASE_URL: http://«web_app»:8000
",
    good: "\
services:
  web-app:
    image: app:1
  tests:
    image: tests:1
    command: pytest
    environment:
      BASE_URL: http://web-app:8000
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut seen = HashSet::new();
    for service in project.services() {
        for host in hosts(service)
            .iter()
            .filter(|host| (host.is_web() || is_strict(host)) && host.name.contains('_'))
        {
            if let Some(other) = project.service(host.name).filter(|_| seen.insert(host.name)) {
                let name = host.name;
                found.push(
                    at(
                        host.place(project),
                        format!("\"{name}\" has an underscore, and is no valid host of a URL"),
                    )
                    .label(other.key.span, "named here")
                    .help(format!(
                        "call the service \"{}\", or give it that alias",
                        name.replace('_', "-")
                    )),
                );
            }
        }
    }
}

/// Whether clients of this scheme read their URLs as browsers do. Those of databases mostly have a reader of their own.
fn is_strict(host: &Host<'_>) -> bool {
    let is_known = host
        .scheme
        .is_some_and(|scheme| ["amqp", "amqps", "redis", "rediss"].contains(&scheme));
    is_known && !host.is_own()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn urls_that_are_read_as_those_of_sites_count() {
        let of = |url: &str| {
            let text =
                format!("services: {{job_queue: {{image: i}}, app: {{image: i, environment: {{U: '{url}'}}}}}}\n");
            found(&RULE, &text)
        };
        assert_eq!(of("redis://job_queue:6379/4"), ["job_queue"]);
        assert_eq!(of("amqp://job_queue"), ["job_queue"]);
        assert_eq!(of("job_queue:6379"), [""; 0]);
        assert_eq!(of("postgres://job_queue/x"), [""; 0]);
        assert_eq!(of("redis://other_queue"), [""; 0]);
    }
}
