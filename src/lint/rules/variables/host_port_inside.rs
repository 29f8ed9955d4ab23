//! The port of the machine, asked for inside the network.

use super::hosts::{hosts, listens_on};
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-port-inside",
    summary: "a service asks another one for the port that is published on the machine",
    why: "Of `15432:5432` the first port is the machine's, for whoever comes from outside. Between containers the second \
          one counts, and nothing listens on the first.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:17
    ports:
      - \"127.0.0.1:15432:5432\"
  tests:
    image: app:1
    command: pytest
    environment:
      DATABASE_URL: postgres://app@«db:15432»/app
",
    good: "\
services:
  db:
    image: postgres:17
    ports:
      - \"127.0.0.1:15432:5432\"
  tests:
    image: app:1
    command: pytest
    environment:
      DATABASE_URL: postgres://app@db:5432/app
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for host in hosts(service) {
            let (Some(port), Some(other)) = (host.port, project.service(host.name)) else {
                continue;
            };
            // What a server is told of itself is for others: env files are shared. So are addresses for a person's browser.
            if host.name == service.name() || host.is_own() {
                continue;
            }
            let target = other
                .published()
                .into_iter()
                .find(|(outside, inside)| *outside == port && inside != outside);
            let Some((_, inside)) = target.filter(|_| !listens_on(other).contains(&port)) else {
                continue;
            };
            let (name, other_name) = (service.name(), other.name());
            found.push_once(
                at(
                    host.whole(project),
                    format!("\"{name}\" asks \"{other_name}\" for {port}, which is a port of the machine"),
                )
                .help(format!("write {other_name}:{inside}")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_port_of_the_container_is_fine() {
        let app = |url: &str, ports: &str| {
            found(
                &RULE,
                &format!(
                    "services:\n  db: {{image: w, ports: [{ports}]}}\n  app: {{image: i, environment: {{U: '{url}'}}}}\n"
                ),
            )
        };
        assert!(app("http://db:80", "'8080:80'").is_empty());
        assert!(app("http://db:8080", "'8080:80', '8080'").is_empty());
        assert!(app("http://db:8080", "'8080:8080'").is_empty());
        assert!(app("http://other:8080", "'8080:80'").is_empty());
        assert!(app("http://db:8080", "'8000-9000:80'").is_empty());
        assert_eq!(app("http://db:8080", "'8080:80'"), ["db:8080"]);
    }

    #[test]
    fn what_a_browser_or_the_server_itself_is_told_is_left_alone() {
        let text = "services:\n  db: {image: w, ports: ['8080:80'], environment: {ADDRESS: 'db:8080'}}\n  \
                    app: {image: i, environment: {LOGIN_REDIRECT_URI: 'http://db:8080/login'}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }
}
