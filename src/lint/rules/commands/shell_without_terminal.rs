//! A container whose program is a shell with nothing to read.

use crate::compose::Restart;
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::Condition;
use crate::lint::base::Base;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started;
use crate::shell::{is_shell, program_name};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "shell-without-terminal",
    summary: "a container runs a shell without a terminal, and ends at once",
    why: "A shell reads its commands from a terminal. `up` gives a container none, so the shell finds nothing to read and exits \
          with code 0, before anything has been served. Images of systems and languages run a shell where no command is given.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: node:22
    command: «bash»
    ports: [\"3000\"]
  box:
    image: «alpine:3.22»
    ports: [\"8080\"]
",
    good: "\
services:
  web:
    image: node:22
    command: node server.js
    ports: [\"3000\"]
  box:
    image: alpine:3.22
    command: httpd -f -p 8080
    ports: [\"8080\"]
",
    fixed: None,
    check,
};

/// Options that change nothing about it.
const OPTIONS: [&str; 4] = ["--login", "-i", "-l", "-li"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let is_on = |key| service.get(key).is_some_and(|node| node.as_bool() != Some(false));
    if is_on("tty") || is_on("stdin_open") || !service.is_active || is_awaited(project, service) {
        return None;
    }
    let serves = service.is_asked() || service.restart() != Restart::No;
    let own = || by_itself(project, service).filter(|_| serves);
    let (span, shell) = command(project, service).or_else(own)?;
    let name = service.name();
    let message = format!("`{name}` runs `{shell}` without a terminal, and ends at once with code 0");
    let help =
        "write the command that it is there for; to keep it up for `docker compose exec`, write `sleep infinity`";
    let level = if serves { Severity::Warning } else { Severity::Hint };
    Some(at(span, message).help(help).at_most(level))
}

/// A shell, or the prompt of the image's language, in the command or in the Dockerfile.
fn command(project: &Project<'_>, service: &Service<'_>) -> Option<(Span, String)> {
    let argv = started::argv(project, service)?;
    let words: Vec<&str> = argv.words.iter().map(|word| word.text.as_str()).collect();
    let at_program = started::behind_runners(&words).0;
    let (first, rest) = words.get(at_program..)?.split_first()?;
    let is_bare = rest.iter().all(|word| OPTIONS.contains(word));
    let is_prompt = || {
        let prompts = ["irb", "node", "python", "python3"];
        argv.is_run && prompts.contains(&program_name(first)) && rest.is_empty()
    };
    let is_prompt = is_bare && (is_shell(first) || is_prompt());
    is_prompt.then_some((argv.words.get(at_program)?.span, (*first).to_owned()))
}

/// What an image of a system or a language runs by itself. A service that says no more than its image may be there for
/// `docker compose run`, or to be built.
fn by_itself(project: &Project<'_>, service: &Service<'_>) -> Option<(Span, String)> {
    if started::argv(project, service).is_some() {
        return None;
    }
    let base = Base::of(project, service)?;
    let runs = base.plain()?.runs.to_owned();
    let has_provider = service.get("provider").is_some();
    let span = match service.get("build") {
        Some(_) => service.key_of("build")?.span,
        None => service.pulled_image().map(|image: &Node| image.span)?,
    };
    (!has_provider).then_some((span, runs))
}

/// Whether another service waits for its end, which comes.
fn is_awaited(project: &Project<'_>, service: &Service<'_>) -> bool {
    let mut dependents = project.dependents(service.name());
    dependents.any(|(_, need)| need.condition == Condition::Succeeded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::{found, with_project};

    fn level(service: &str, dockerfile: &str) -> Option<Severity> {
        let file = format!("services:\n  a: {{{service}}}\n== Dockerfile ==\n{dockerfile}\n");
        with_project(&file, |project| {
            let mut found = Found::default();
            check(project, &mut found);
            found.findings().first().map(|finding| finding.severity)
        })
    }

    #[test]
    fn a_shell_with_something_to_read_is_fine() {
        for service in [
            "image: i, command: bash, tty: true",
            "image: i, command: bash, stdin_open: true",
            "image: i, command: bash -c x",
            "image: i, command: sh run.sh",
            "image: i, command: python",
            "image: i, command: bash, profiles: [tools]",
            "image: i, entrypoint: /run, command: bash",
            "image: nginx",
            "image: 'php:8.4-apache'",
            "image: python, command: app.py, entrypoint: python",
            "image: node, command: node server.js",
        ] {
            assert_eq!(level(service, ""), None, "{service}");
        }
        assert_eq!(level("build: ., ports: [80]", "FROM node\nCMD [\"node\", \"x\"]"), None);
        assert_eq!(level("build: .", "FROM node"), None);
        assert_eq!(level("build: ., ports: [80]", "FROM me/app"), None);
        let awaited = "services:\n  a: {image: alpine}\n  b: {image: i, depends_on: {a: {condition: service_completed_successfully}}}\n";
        assert_eq!(found(&RULE, awaited), [""; 0]);
    }

    #[test]
    fn how_much_it_matters_depends_on_what_the_service_is_for() {
        for service in [
            "image: i, command: /bin/bash",
            "image: i, entrypoint: [sh, -l]",
            "image: python, command: python3",
        ] {
            assert_eq!(level(service, ""), Some(Severity::Hint), "{service}");
            assert_eq!(
                level(&format!("{service}, ports: [80]"), ""),
                Some(Severity::Warning),
                "{service}"
            );
        }
        assert_eq!(level("image: debian", ""), None);
        assert_eq!(level("image: debian, ports: [80]", ""), Some(Severity::Warning));
        assert_eq!(
            level("build: ., restart: always", "FROM node:22\nRUN x"),
            Some(Severity::Warning)
        );
        assert_eq!(
            level(
                "build: ., ports: [80]",
                "FROM x\nENTRYPOINT [\"tini\", \"--\"]\nCMD [\"bash\"]"
            ),
            Some(Severity::Warning)
        );
    }
}
