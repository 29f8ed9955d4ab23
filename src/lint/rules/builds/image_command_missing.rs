//! A container that runs nothing.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::known;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::program_name;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-command-missing",
    summary: "a container has no command to run",
    why: "An `entrypoint` in the file takes the command of the image away too: what stands behind `--` is nothing, and the \
          container ends, mostly with 0. And some images print their help where they are given no command.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: nginx:1.29
    entrypoint: «[\"/wait-for-it.sh\", \"db:5432\", \"--\"]»
",
    good: "\
services:
  web:
    image: nginx:1.29
    entrypoint: [\"/wait-for-it.sh\", \"db:5432\", \"--\"]
    command: [\"nginx\", \"-g\", \"daemon off;\"]
",
    fixed: None,
    check,
};

/// Programs that run the command behind them, and nothing by themselves.
const RUNNERS: [&str; 6] = [
    "catatonit",
    "docker-entrypoint.sh",
    "dumb-init",
    "gosu",
    "su-exec",
    "tini",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        if service.items("command").len() > 0 {
            continue;
        }
        found.extend_once(behind_entrypoint(project, service).or_else(|| by_itself(service)));
    }
}

/// An entrypoint that hands over to a command.
fn behind_entrypoint(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let entrypoint = service.get("entrypoint")?;
    let words: Vec<&str> = entrypoint.items().filter_map(Node::as_str).collect();
    let (first, last) = (program_name(words.first()?), *words.last()?);
    let rest = words.len() - 1;
    // `gosu USER` and `tini -s` have a word of their own.
    let is_bare = RUNNERS.contains(&first) && (rest == 0 || rest == 1 && matches!(first, "gosu" | "su-exec"));
    let is_variable = entrypoint
        .items()
        .last()
        .is_some_and(|last| !project.is_literal(last.span));
    if last != "--" && !is_bare || is_variable {
        return None;
    }
    let message = format!(
        "the entrypoint of \"{}\" has no command to hand over to",
        service.name()
    );
    let help = "write the command too: with an entrypoint, that of the image no longer counts";
    Some(at(entrypoint.span, message).help(help))
}

/// A server that does nothing without a command.
fn by_itself(service: &Service<'_>) -> Option<Diagnostic> {
    let image = service.pulled_image()?;
    let command = known(image.as_str()?)?
        .command
        .filter(|_| service.items("entrypoint").len() == 0)?;
    let message = format!("the image of \"{}\" serves nothing without a command", service.name());
    Some(at(image.span, message).help(format!("write command: {command}")))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_command_or_a_program_of_its_own_is_enough() {
        let file = |text: &str| format!("services:\n  a: {{{text}}}\n");
        for text in [
            "image: minio/minio, command: server /data",
            "image: minio/minio, entrypoint: 'minio server /data'",
            "image: nginx, entrypoint: [tini, --, nginx]",
            "image: nginx, entrypoint: [gosu, www, nginx]",
            "image: nginx, entrypoint: ./run.sh",
            "build: ., image: minio/minio",
            "image: i, entrypoint: [a, '--${X-}']",
        ] {
            assert_eq!(found(&RULE, &file(text)), [""; 0], "{text}");
        }
        for text in [
            "image: minio/minio",
            "image: 'quay.io/keycloak/keycloak:26.0'",
            "image: nginx, entrypoint: [tini, --]",
            "image: nginx, entrypoint: [gosu, www]",
            "image: postgres, entrypoint: docker-entrypoint.sh",
        ] {
            assert_eq!(found(&RULE, &file(text)).len(), 1, "{text}");
        }
    }
}
