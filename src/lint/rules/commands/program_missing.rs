//! A command that needs a program which its image does not have.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::base::Base;
use crate::lint::places::part;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started::{self, Argv, Way};
use crate::shell::{Command, Then, is_shell, program_name, script_of};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "program-missing",
    summary: "a container runs a program that its image does not have",
    why: "Images on Alpine have `sh` and no `bash`, slim ones have no `curl`. The container does not start, or its script ends \
          with \"not found\". A script that begins with `#!/bin/bash` needs `bash` too.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22-alpine
    command: «bash -c \"npm ci && npm test\"»
",
    good: "\
services:
  tests:
    image: node:22-alpine
    command: sh -c \"npm ci && npm test\"
",
    fixed: None,
    check,
};

/// What installs programs: which ones is not looked at.
const INSTALLERS: [&str; 9] = [
    "apk", "apt", "apt-get", "brew", "dnf", "microdnf", "pip", "yum", "zypper",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let base = Base::of(project, service)?;
    let argv = started::argv(project, service);
    let of_argv = argv.and_then(|argv| in_argv(project, service, &base, &argv));
    of_argv.or_else(|| in_script(project, service, &base))
}

/// The program that is started first, or one in the script that a shell is given.
fn in_argv(project: &Project<'_>, service: &Service<'_>, base: &Base, argv: &Argv) -> Option<Diagnostic> {
    let words: Vec<&str> = argv.words.iter().map(|word| word.text.as_str()).collect();
    let at_program = started::behind_runners(&words).0;
    let words = words.get(at_program..)?;
    let first = *words.first()?;
    // Whatever is made of the command of an image that is not known: a shell is nothing but a program.
    if !argv.is_run && !is_shell(first) {
        return None;
    }
    if is_lacked(base, first) {
        return Some(tell(service, program_name(first), argv.words.get(at_program)?.span));
    }
    let script = script_of(words)?;
    let word = argv.words.get(at_program + script.index)?;
    let commands = script.commands();
    let installs = |command: &Command| INSTALLERS.contains(&program(command));
    if commands.iter().any(installs) {
        return None;
    }
    let command = commands.iter().find(|command| needs(base, command))?;
    let span = match command.program() {
        Some(program) if Some(word.span) != service.key_of("build").map(|key| key.span) => {
            part(project, word.span, script.text, program.range.clone())
        }
        _ => word.span,
    };
    Some(tell(service, program(command), span))
}

/// The interpreter of a script of the project.
fn in_script(project: &Project<'_>, service: &Service<'_>, base: &Base) -> Option<Diagnostic> {
    let started =
        started::of(project, service).filter(|started| !matches!(started.way, Way::Read | Way::Interpreted))?;
    let origin = started::origin(project, service, &started.path);
    let text = project.file(origin.file()?)?;
    let mut words = text.lines().next()?.strip_prefix("#!")?.split_whitespace();
    let first = words.next()?;
    let is_env = program_name(first) == "env";
    let program = if is_env {
        words.find(|word| !word.starts_with('-'))?
    } else {
        first
    };
    let finding = is_lacked(base, program).then(|| tell(service, program_name(program), started.span))?;
    Some(finding.label(
        started.span,
        format!(
            "`{}` needs it: its first line is `{}`",
            started.path,
            text.lines().next()?.trim()
        ),
    ))
}

fn tell(service: &Service<'_>, program: &str, span: crate::source::Span) -> Diagnostic {
    let message = format!("the image of `{}` has no `{program}`", service.name());
    let help = match program {
        "bash" => "use `sh`, an image that is not based on Alpine, or install `bash` in a Dockerfile",
        _ => "use a program that the image has, or install it in a Dockerfile",
    };
    at(span, message).help(help)
}

/// Whether a program is surely not there. One with a path of its own is a file of the project.
fn is_lacked(base: &Base, program: &str) -> bool {
    let directory = program.rsplit_once('/').map(|(directory, _)| directory);
    let is_of_system = directory.is_none_or(|directory| matches!(directory, "/bin" | "/usr/bin" | "/usr/local/bin"));
    is_of_system && base.lacks(program_name(program))
}

/// Whether a command of a script fails for want of its program.
fn needs(base: &Base, command: &Command) -> bool {
    let place = command.place;
    let is_asked = place.in_condition || place.in_function || command.is_negated;
    let name = command.program().map_or("", |word| &*word.text);
    !is_asked && command.then != Then::Or && is_lacked(base, name)
}

fn program(command: &Command) -> &str {
    command.program().map_or("", |word| program_name(&word.text))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn marked(service: &str, dockerfile: &str) -> Vec<String> {
        let file = format!(
            "services:\n  a: {{{service}}}\n== Dockerfile ==\n{dockerfile}\n== run.sh ==\n#!/usr/bin/env bash\n== plain.sh ==\n#!/bin/sh\n"
        );
        found(&RULE, &file)
    }

    #[test]
    fn a_program_that_is_there_or_is_installed_is_fine() {
        for service in [
            "image: 'node:22', command: bash -c a",
            "image: 'postgres:17-alpine', command: bash -c a",
            "image: 'me/alpine:3', command: bash",
            "image: alpine, command: ['sh', '-c', 'apk add bash && bash run.sh']",
            "image: alpine, command: ['sh', '-c', 'curl x || wget x']",
            "image: alpine, command: ['sh', '-c', 'if curl x; then a; fi']",
            "image: alpine, command: ./bash",
            "image: alpine, command: ./plain.sh, volumes: ['.:/w'], working_dir: /w",
        ] {
            assert_eq!(marked(service, ""), [""; 0], "{service}");
        }
        assert_eq!(
            marked("build: ., command: bash", "FROM alpine\nRUN apk add bash"),
            [""; 0]
        );
        assert_eq!(
            marked("build: ., command: bash", "FROM alpine AS a\nFROM debian"),
            [""; 0]
        );
    }

    #[test]
    fn what_an_image_lacks_is_found() {
        assert_eq!(marked("image: 'node:22-alpine', command: [bash, -c, a]", ""), ["bash"]);
        assert_eq!(
            marked("image: 'redis:7-alpine', entrypoint: [/bin/bash, x]", ""),
            ["/bin/bash"]
        );
        assert_eq!(
            marked("image: 'python:3.13-slim', command: [sh, -c, 'a; curl x']", ""),
            ["curl"]
        );
        assert_eq!(marked("build: ., command: bash x", "FROM alpine"), ["bash x"]);
        assert_eq!(marked("build: .", "FROM alpine\nCMD [\"bash\"]"), ["build"]);
        assert_eq!(
            marked("build: .", "FROM alpine\nCOPY run.sh /\nENTRYPOINT [\"/run.sh\"]\n"),
            ["build"]
        );
        assert_eq!(
            marked(
                "image: alpine, command: ./run.sh, volumes: ['.:/w'], working_dir: /w",
                ""
            ),
            ["./run.sh"]
        );
    }
}
