//! A check of a database that passes while the database is set up.

use super::insert;
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::event::Condition;
use crate::lint::edits::rewrite;
use crate::lint::health::{Check, Step, check as check_of};
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-init-race",
    summary: "a health check passes while the database is still being set up",
    why: "On an empty data directory, the image first starts a database that listens on a socket only, fills it, and stops \
          it again. A check over the socket calls that one healthy, and what waits for it finds nobody listening: tests \
          fail now and then, on fresh machines alone.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:17
    healthcheck:
      test: [\"CMD-SHELL\", \"«pg_isready» -U app\"]
  tests:
    image: app:1
    depends_on:
      db:
        condition: service_healthy
",
    good: "\
services:
  db:
    image: postgres:17
    healthcheck:
      test: [\"CMD-SHELL\", \"pg_isready -h 127.0.0.1 -U app\"]
  tests:
    image: app:1
    depends_on:
      db:
        condition: service_healthy
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:17
    healthcheck:
      test: [\"CMD-SHELL\", \"pg_isready -h 127.0.0.1 -U app\"]
  tests:
    image: app:1
    depends_on:
      db:
        condition: service_healthy
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let image = service.pulled_image().and_then(Node::as_str);
        let (Some(kind), Some(check)) = (image.and_then(kind), check_of(service)) else {
            continue;
        };
        let mut dependents = project.dependents(service.name());
        let is_awaited = dependents.any(|(_, need)| need.condition == Condition::Healthy);
        let level = if is_awaited { Severity::Warning } else { Severity::Hint };
        let finding = finding(project, service, &check, kind);
        found.extend_once(finding.map(|finding| finding.at_most(level)));
    }
}

/// A database whose image sets it up in this way.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Postgres,
    Mysql,
}

fn kind(image: &str) -> Option<Kind> {
    let repository = Reference::split(image).full_repository();
    let name = repository.strip_prefix("docker.io/")?;
    match name.strip_prefix("library/").unwrap_or(name) {
        "postgres" | "postgis/postgis" | "pgvector/pgvector" | "timescale/timescaledb" => Some(Kind::Postgres),
        "mysql" | "mariadb" => Some(Kind::Mysql),
        _ => None,
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, check: &Check<'_>, kind: Kind) -> Option<Diagnostic> {
    let steps = check.steps(project);
    // Another command beside it may ask over the network, or for what is there at the very end.
    let step = match &steps[..] {
        [step] => step,
        [step, last] if last.program() == "exit" => step,
        _ => return None,
    };
    let (is_client, only_asks) = match kind {
        Kind::Postgres => (
            matches!(step.program(), "pg_isready" | "psql"),
            step.program() == "pg_isready",
        ),
        Kind::Mysql => (
            matches!(step.program(), "mysqladmin" | "mariadb-admin" | "mysql" | "mariadb"),
            step.has("ping"),
        ),
    };
    let host_variable = service.node.at(&["environment", "PGHOST"]);
    let host = host(step, kind);
    if !is_client || matches!(host, Host::Network) || host_variable.is_some() {
        return None;
    }
    let word = step.words.first()?;
    let name = service.name();
    let message = format!("the health check of \"{name}\" passes while its database is still being set up");
    let edits = match host {
        Host::Local(ref span) => Some(vec![rewrite(project, *span, "127.0.0.1")]),
        _ => insert::behind(project, check, word, &["-h", "127.0.0.1"]),
    };
    let fix = edits.map(|edits| Fix::safe("ask over the network", edits).changing(&["services.*.healthcheck.test"]));
    Some(
        at(word.span, message)
            .help(format!("write {} -h 127.0.0.1", step.program()))
            .fix(fix.filter(|_| only_asks)),
    )
}

/// Where a client looks for its server.
enum Host {
    /// It does not say: at the socket.
    Default,
    /// `localhost`, which MySQL's clients take for the socket; with the place where it is written by itself.
    Local(crate::source::Span),
    /// Over the network, or at a place that is not known.
    Network,
}

fn host(step: &Step, kind: Kind) -> Host {
    // What says how to connect in another way, or is not known before it runs.
    let is_other = |text: &str| {
        text.contains("://")
            || text.contains("host=") && !text.starts_with("--host=")
            || ["--protocol", "--port", "--defaults", "-P"]
                .iter()
                .any(|option| text.starts_with(option))
    };
    if step.arguments().iter().any(|word| is_other(&word.text)) {
        return Host::Network;
    }
    let mut words = step.arguments().iter().peekable();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let joined = text
            .strip_prefix("--host=")
            .or_else(|| text.strip_prefix("-h").filter(|host| !host.is_empty()));
        let next = (text == "-h" || text == "--host").then(|| words.peek()).flatten();
        let given = joined.or(next.map(|next| next.text.as_str()));
        match given {
            Some("localhost") if kind == Kind::Mysql => {
                return next.map_or(Host::Default, |next| Host::Local(next.span));
            }
            Some(_) => return Host::Network,
            None => {}
        }
    }
    Host::Default
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(image: &str, test: &str) -> bool {
        let file = format!("services:\n  a:\n    image: {image}\n    healthcheck:\n      test: {test}\n");
        !found(&RULE, &file).is_empty()
    }

    #[test]
    fn a_check_over_the_network_is_right() {
        for test in [
            "pg_isready -h localhost",
            "pg_isready -h127.0.0.1",
            "[CMD, pg_isready, \"--host=db\"]",
            "pg_isready -d postgres://localhost/x",
            "psql -d 'host=db' -c 'select 1'",
            "./own-check",
            "pg_isready && psql -h db -c 'select 1'",
        ] {
            assert!(!of("postgres:16", test), "{test}");
        }
        for test in [
            "mysqladmin ping -h 127.0.0.1",
            "mysqladmin ping -h localhost --protocol=tcp",
            "mysqladmin ping -h localhost -P 3306",
            "mysqladmin ping -hdb",
            "healthcheck.sh --connect",
        ] {
            assert!(!of("mysql:8", test), "{test}");
        }
        assert!(!of("me/postgres", "pg_isready"));
        assert!(!of("bitnami/postgresql", "pg_isready"));
    }

    #[test]
    fn a_check_over_the_socket_is_not() {
        for test in [
            "pg_isready",
            "pg_isready -U x || exit 1",
            "psql -c 'select 1'",
            "[CMD, pg_isready, \"-q\"]",
        ] {
            assert!(of("postgres:16-alpine", test), "{test}");
        }
        for test in [
            "mysqladmin ping",
            "mysqladmin ping -h localhost -uroot",
            "mariadb-admin ping --host=localhost",
        ] {
            assert!(of("mariadb:11", test), "{test}");
        }
    }
}
