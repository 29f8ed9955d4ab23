//! A server whose place something else has taken.

use super::text::{main, short};
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::Condition;
use crate::lint::base::Base;
use crate::lint::images::known;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::{Command, program_name};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "server-replaced",
    summary: "a service only waits, and never starts the server of its image",
    why: "An `entrypoint` or a `command` takes the place of what the image would run. A delay that is written there is all that \
          runs: the container ends when it is over, and nothing ever answers.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  nginx:
    image: nginx:1.29
    entrypoint: [«\"sleep\"», \"25\"]
    ports: [\"80\"]
",
    good: "\
services:
  nginx:
    image: nginx:1.29
    command: sh -c \"sleep 25 && exec nginx -g 'daemon off;'\"
    ports: [\"80\"]
",
    fixed: None,
    check,
};

/// Programs that wait or speak, and then end.
const WAITS: [&str; 11] = [
    ":",
    "echo",
    "nc",
    "ping",
    "printf",
    "sleep",
    "true",
    "wait-for",
    "wait-for-it",
    "wait-for-it.sh",
    "wait-for.sh",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let argv = main(service)?;
    // An entrypoint of Docker's official images runs the command; others take it for options of their server.
    let image = service.pulled_image().and_then(Node::as_str);
    let is_server = image
        .and_then(known)
        .is_some_and(|known| known.has_healthcheck == Some(false));
    let is_own = || argv.has_entrypoint() && Base::of(project, service).is_none_or(|base| base.plain().is_none());
    let is_asked = if is_server {
        service.is_asked() || is_needed(project, service)
    } else {
        service.is_asked() && is_own()
    };
    if !is_asked {
        return None;
    }
    let words = argv.words();
    let (node, only_waits) = match argv.script() {
        Some((script, node)) => (node, script.commands().iter().all(waits)),
        None => (argv.nodes().next()?, ends(&words)),
    };
    let name = service.name();
    let message = format!("`{name}` only runs `{}`, and no server", short(&words.join(" ")));
    let help =
        "start the server after the wait, or wait for what it needs with `depends_on` and `condition: service_healthy`";
    only_waits.then(|| at(node.span, message).help(help))
}

/// Whether another service needs it to run.
fn is_needed(project: &Project<'_>, service: &Service<'_>) -> bool {
    let mut dependents = project.dependents(service.name());
    dependents.any(|(_, need)| need.condition != Condition::Succeeded)
}

fn waits(command: &Command) -> bool {
    let words = command.words.iter().skip(command.assignments());
    let words: Vec<&str> = words.map(|word| word.text.as_str()).collect();
    !command.place.in_loop && (words.is_empty() || ends(&words))
}

/// Whether a command does nothing but wait for a while. What sleeps for ever is there to be looked into.
fn ends(words: &[&str]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let program = program_name(first);
    let is_long = rest.iter().any(|word| {
        let is_unit = word.starts_with("inf") || word.ends_with(['m', 'h', 'd']);
        is_unit || word.parse::<f64>().is_ok_and(|seconds| seconds > 600.0)
    });
    // What stands behind `--` is run after the wait.
    WAITS.contains(&program) && !(program == "sleep" && is_long) && !rest.contains(&"--")
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn marked(service: &str) -> Vec<String> {
        found(&RULE, &format!("services:\n  a: {{ports: [80], {service}}}\n"))
    }

    #[test]
    fn a_wait_before_the_server_or_without_one_is_fine() {
        for service in [
            "image: nginx, entrypoint: ['sh', '-c', 'sleep 5; nginx']",
            "image: nginx, entrypoint: [wait-for-it.sh, 'db:1', --], command: nginx",
            "image: nginx, command: sleep infinity",
            "image: minio/minio, command: sleep 5",
            "image: me/nginx, command: sleep 5",
            "build: .",
            "image: debian, entrypoint: sleep 5",
            "image: nginx, command: sleep 5m",
            "image: nginx, command: ['sh', '-c', 'while true; do echo a; sleep 5; done']",
            "image: nginx",
        ] {
            assert_eq!(marked(service), [""; 0], "{service}");
        }
        assert_eq!(found(&RULE, "services: {a: {image: nginx, command: sleep 5}}"), [""; 0]);
    }

    #[test]
    fn a_wait_alone_is_found() {
        assert_eq!(marked("image: nginx, command: sleep 5"), ["sleep 5"]);
        assert_eq!(
            marked("image: 'postgres:17', entrypoint: ['sh', '-c', 'echo a; sleep 5']"),
            ["'echo a; sleep 5'"]
        );
        assert_eq!(
            marked("image: redis, command: [./wait-for-it.sh, 'db:1']"),
            ["./wait-for-it.sh"]
        );
    }
}
