//! A check inside the container that asks the port of the host.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::health::{Check, check as check_of};
use crate::lint::images::known;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-host-port",
    summary: "a health check asks the port that is published on the host",
    why: "A health check runs inside the container, where the server listens on its own port. The published one exists on \
          the host alone: the check never passes, and what waits for it never starts.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: nginx:1.27
    ports:
      - \"8080:80\"
    healthcheck:
      test: curl -f http://127.0.0.1:«8080»/
",
    good: "\
services:
  web:
    image: nginx:1.27
    ports:
      - \"8080:80\"
    healthcheck:
      test: curl -f http://127.0.0.1:80/
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let is_inside = service.text("network_mode").is_none_or(|mode| mode == "bridge");
        let check = check_of(service).filter(|_| is_inside);
        found.extend_once(check.and_then(|check| finding(project, service, &check)));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, check: &Check<'_>) -> Option<Diagnostic> {
    let published = service.published();
    if published.is_empty() {
        return None;
    }
    let steps = check.steps(project);
    let words = steps.iter().flat_map(|step| &step.words);
    let (word, port) = words.filter_map(|word| Some((word, local_port(&word.text)?))).next()?;
    let (_, inside) = published.iter().find(|(outside, _)| *outside == port)?;
    if listens(service, &published, port) {
        return None;
    }
    let raw = project.text(word.span);
    let place = raw.rfind(&format!(":{port}")).map(|at| at + 1);
    let span = place.map_or(word.span, |at| word.span.part(at, at + port.to_string().len()));
    let name = service.name();
    let message = format!("inside \"{name}\" nothing listens on port {port}, which is that of the host");
    Some(at(span, message).help(format!("ask port {inside}")))
}

/// Whether something in the container may listen on a port, as far as the file tells.
fn listens(service: &Service<'_>, published: &[(u16, u16)], port: u16) -> bool {
    let text = port.to_string();
    let inside: BTreeSet<u16> = published.iter().map(|(_, inside)| *inside).collect();
    let is_exposed = service.items("expose").any(|node| {
        node.as_str()
            .is_some_and(|exposed| exposed.split('/').next() == Some(&*text))
    });
    let is_configured = service
        .entries("environment")
        .any(|(_, value)| value.as_str().is_some_and(|value| value.contains(&*text)));
    let is_known = service
        .text("image")
        .and_then(known)
        .is_some_and(|known| known.ports.contains(&port));
    let is_said = service.words().iter().any(|word| word.contains(&*text));
    inside.contains(&port) || is_exposed || is_configured || is_known || is_said
}

/// The port of the machine itself that a word names.
fn local_port(word: &str) -> Option<u16> {
    let hosts = ["localhost:", "127.0.0.1:", "0.0.0.0:", "[::1]:"];
    let rest = hosts.iter().find_map(|host| {
        let at = word.find(host)?;
        let before = word.get(..at)?;
        // `http://localhost:80`, and not `db.localhost:80`.
        let is_whole = before.is_empty() || before.ends_with(['/', '@', '=']);
        word.get(at + host.len()..).filter(|_| is_whole)
    })?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn of(rest: &str, test: &str) -> Vec<String> {
        let file = format!(
            "services:\n  a:\n    image: x\n    ports: [\"127.0.0.1:8080:80\"]\n    healthcheck: {{test: {test}}}\n    {rest}\n"
        );
        found(&RULE, &file)
    }

    #[test]
    fn only_a_port_that_nothing_listens_on_is_found() {
        let test = "[CMD, curl, \"http://localhost:8080/x\"]";
        assert_eq!(of("", test), ["8080"]);
        for rest in [
            "environment: {PORT: 8080}",
            "environment: {LISTEN: \"0.0.0.0:8080\"}",
            "expose: [8080]",
            "command: serve --port=8080",
            "network_mode: host",
        ] {
            assert_eq!(of(rest, test), Vec::<String>::new(), "{rest}");
        }
        for test in [
            "curl http://localhost:80",
            "curl http://db.localhost:8080",
            "curl http://db:8080",
            "curl x",
        ] {
            assert_eq!(of("", &format!("\"{test}\"")), Vec::<String>::new(), "{test}");
        }
    }

    #[test]
    fn words_name_ports() {
        for (word, port) in [
            ("http://localhost:80/x", Some(80)),
            ("--url=127.0.0.1:81", Some(81)),
            ("http://x@[::1]:82", Some(82)),
            ("localhost", None),
            ("notlocalhost:80", None),
        ] {
            assert_eq!(local_port(word), port, "{word}");
        }
    }
}
