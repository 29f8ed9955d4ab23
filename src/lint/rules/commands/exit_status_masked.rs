//! A script whose status is not that of its commands.

use super::text::{Argv, main, short};
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::places::{is_own, part};
use crate::lint::project::{Project, Service, is_check};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started;
use crate::shell::{Command, Then, commands, program_name};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "exit-status-masked",
    summary: "a script ends well although a command in it has failed",
    why: "The status of a script is that of its last command. A command that fails before that, on the left of a pipe, \
          behind `&` or before `|| true` leaves no trace: the job counts as passed.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22
    command: sh -c \"«npm test»; npm run report\"
",
    good: "\
services:
  tests:
    image: node:22
    command: sh -ec \"npm test; npm run report\"
",
    fixed: Some(
        "\
services:
  tests:
    image: node:22
    command: sh -ec \"npm test; npm run report\"
",
    ),
    check,
};

/// Commands whose failure is no news, or shows in what comes next.
const HARMLESS: [&str; 43] = [
    ":", "[", "[[", "alias", "cat", "cd", "chmod", "chown", "clear", "cp", "date", "declare", "echo", "env", "eval",
    "exec", "exit", "export", "false", "id", "kill", "ln", "local", "ls", "mkdir", "mv", "printf", "pwd", "read",
    "return", "rm", "set", "shift", "sleep", "source", "test", "touch", "trap", "true", "ulimit", "umask", "unset",
    "wait",
];

/// Programs that show or pack what another one says, and whose own success says nothing of it.
const SHOWS: [&str; 16] = [
    "awk", "bzip2", "cat", "grep", "gzip", "head", "less", "more", "pigz", "sed", "tail", "tee", "tr", "ts", "xz",
    "zstd",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services().iter().filter(|service| service.is_job()) {
        let in_command = main(service).and_then(|argv| finding(project, service, &argv));
        found.extend_once(in_command.or_else(|| in_file(project, service)));
    }
}

/// How a failure gets lost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    GoesOn,
    Pipe,
    Ignored,
    Background,
}

fn finding(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>) -> Option<Diagnostic> {
    let (script, node) = argv.script()?;
    if looks_at_status(script.text) {
        return None;
    }
    let commands = script.commands();
    let last_wait = commands.iter().rposition(waits_for_all);
    let (index, way) = (0..commands.len()).find_map(|index| Some((index, way(&commands, index, last_wait)?)))?;
    let command = commands.get(index)?;
    let text = short(script.text.get(command.range.clone())?);
    let name = service.name();
    let (message, help) = match way {
        Way::GoesOn => (
            format!("\"{name}\" goes on where \"{text}\" fails, and can pass all the same"),
            "let the shell stop at errors: sh -ec, or set -e as the first line",
        ),
        Way::Pipe => (
            format!("the failure of \"{text}\" in \"{name}\" is lost in the pipe"),
            "write \"set -o pipefail\" before it, in a shell that knows it, such as bash",
        ),
        Way::Ignored => (
            format!("\"{name}\" passes where \"{text}\" fails"),
            "leave out what comes behind ||",
        ),
        Way::Background => (
            format!("\"wait\" in \"{name}\" passes where \"{text}\" fails"),
            "wait for each by its own number: wait $$pid",
        ),
    };
    let is_serious = service.is_check() || service.kind == crate::event::Kind::Deploy;
    let level = if is_serious && is_telling(command) {
        Severity::Error
    } else {
        Severity::Warning
    };
    let span = part(project, node.span, script.text, command.range.clone());
    let fix = (way == Way::GoesOn)
        .then(|| stop_at_errors(project, service, argv))
        .flatten();
    Some(at(span, message).help(help).at_most(level).fix(fix))
}

/// A script of the project that ends well whatever the checks in it say. Of other commands it is not known what their failure
/// means there.
fn in_file(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let script = started::script(project, service)?;
    let text = &*script.text;
    let first = text.lines().next().unwrap_or_default();
    let is_option = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
    let is_strict =
        first.split_whitespace().skip(1).any(is_option) || service.words().iter().any(|word| is_option(word));
    if is_strict || looks_at_status(text) || text.contains("trap ") {
        return None;
    }
    let commands = commands(text);
    let last = commands.last().filter(|last| always_ends_well(last))?;
    let is_lost = |command: &&Command| {
        let place = command.place;
        let goes_on = matches!(command.then, Then::Semicolon | Then::Newline) && !command.options.stops_at_errors;
        let is_plain = !place.in_condition && !place.in_function && !command.is_negated;
        goes_on && is_plain && matters(command) && is_telling(command)
    };
    let command = commands.iter().find(is_lost)?;
    let line = text.get(..command.range.start)?.matches('\n').count() + 1;
    let what = short(text.get(command.range.clone())?);
    let end = short(text.get(last.range.clone())?);
    let (name, file) = (service.name(), project.shown(&script.file));
    let message =
        format!("`{name}` passes where `{what}` fails: `{file}` goes on after line {line} and ends with `{end}`");
    let help = "write `set -e` at the start of the script, and leave out what hides the exit code";
    let level = if service.is_check() {
        Severity::Error
    } else {
        Severity::Warning
    };
    Some(at(script.started.span, message).help(help).at_most(level))
}

/// Whether a script looks at a status itself, and knows what it does.
fn looks_at_status(text: &str) -> bool {
    ["$?", "PIPESTATUS", "$!"].iter().any(|mark| text.contains(mark))
}

/// Whether the last command of a script is one that does not fail.
fn always_ends_well(command: &Command) -> bool {
    let place = command.place;
    let is_plain = !place.in_condition && !place.in_function && !place.in_loop;
    let says = matches!(program(command), Some("echo" | "printf"));
    is_plain && (says || always_passes(command))
}

/// How the failure of a command gets lost, if it does. The last that waits for all others is known.
fn way(commands: &[Command], index: usize, last_wait: Option<usize>) -> Option<Way> {
    let command = commands.get(index)?;
    let place = command.place;
    if place.in_condition || place.in_function || command.is_negated || !matters(command) {
        return None;
    }
    let rest = commands.get(index + 1..)?;
    let next = rest.first();
    match command.then {
        Then::Semicolon | Then::Newline if !command.options.stops_at_errors => next.map(|_| Way::GoesOn),
        Then::Pipe if !command.options.has_pipefail => {
            let shows = next.and_then(program).is_some_and(|program| SHOWS.contains(&program));
            (shows && !is_judged(rest)).then_some(Way::Pipe)
        }
        Then::Or => (is_telling(command) && next.is_some_and(always_passes)).then_some(Way::Ignored),
        Then::Background => last_wait.filter(|last| *last > index).map(|_| Way::Background),
        _ => None,
    }
}

/// Whether the end of a pipe is the question: `a | grep -q b && c`.
fn is_judged(rest: &[Command]) -> bool {
    let end = rest.iter().find(|command| command.then != Then::Pipe);
    end.is_none_or(|end| {
        let is_question = program(end) == Some("grep");
        is_question || end.place.in_condition || matches!(end.then, Then::Or)
    })
}

fn program(command: &Command) -> Option<&str> {
    Some(program_name(&command.program()?.text))
}

fn matters(command: &Command) -> bool {
    program(command).is_some_and(|program| !HARMLESS.contains(&program) && program != ".")
}

/// Whether a command checks something.
fn is_telling(command: &Command) -> bool {
    let words = command.words.iter().skip(command.assignments());
    let mut parts = words.flat_map(|word| word.text.split(|c: char| !c.is_ascii_alphanumeric()));
    parts.any(is_check)
}

/// `true`, `:`, `exit 0`, or `echo` and nothing behind it that fails.
fn always_passes(command: &Command) -> bool {
    let first = command.arguments().first().map(|word| word.text.as_str());
    match program(command) {
        Some("true" | ":") => true,
        Some("echo" | "printf") => !matches!(command.then, Then::And | Then::Semicolon | Then::Newline),
        Some("exit") => first == Some("0"),
        _ => false,
    }
}

fn waits_for_all(command: &Command) -> bool {
    program(command) == Some("wait") && command.arguments().is_empty()
}

/// Writes `-ec` for `-c`.
fn stop_at_errors(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>) -> Option<Fix> {
    let option = argv.nodes().find(|node| node.as_str() == Some("-c"))?;
    let raw = project.text(option.span);
    let at = raw
        .find("-c")
        .filter(|at| project.is_text(option.span) && raw.matches(" -c ").count() <= 1 && *at < 20)?;
    let edits = vec![Edit::replace(option.span.part(at, at + 2), "-ec")];
    is_own(project, service, option.span).then(|| {
        Fix::unsafe_("let the shell stop at errors", edits).changing(&["services.*.command", "services.*.entrypoint"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn script(text: &str) -> Vec<String> {
        found(
            &RULE,
            &format!("services:\n  tests:\n    image: i\n    command: [bash, -c, \"{text}\"]\n"),
        )
    }

    #[test]
    fn a_script_that_fails_with_its_commands_is_fine() {
        for text in [
            "npm ci && npm test",
            "set -e; npm ci; npm test",
            "set -eo pipefail; npm test | tee log",
            "cd /app; mkdir -p a; npm test",
            "until nc -z db 5432; do sleep 1; done; npm test",
            "npm test; rc=$$?; npm run report; exit $$rc",
            "npm ci || exit 1",
            "./server & npm test",
            "a & pid=$$!; npm test; wait $$pid",
            "npm test",
            "if ! npm test; then echo no; exit 1; fi",
            "npm ls | grep -q jest && npm test",
            "createdb a || true",
            "echo a | npm test",
        ] {
            assert!(script(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn every_way_in_which_a_failure_gets_lost_is_found() {
        for (text, expected) in [
            ("npm ci; npm test", "npm ci"),
            ("npm test | tee log", "npm test"),
            ("pg_dump app | gzip > a.gz", "pg_dump app"),
            ("npm test || true", "npm test"),
            ("npm test || echo failed", "npm test"),
            ("set -e; npm test || exit 0; a", "npm test"),
            ("npm test & npm run lint & wait", "npm test"),
            ("(npm test); exit 0", "npm test"),
            ("npm test\\nnpm run report", "npm test"),
        ] {
            assert_eq!(script(text), [expected], "{text}");
        }
    }

    fn of_file(command: &str, script: &str) -> usize {
        let file = format!(
            "services: {{tests: {{image: 'python:3.13', command: {command}, working_dir: /w, volumes: ['.:/w']}}}}\n== ci.sh \
             ==\n{script}\n"
        );
        found(&RULE, &file).len()
    }

    #[test]
    fn a_script_of_the_project_is_read() {
        for script in [
            "#!/bin/sh\npytest\necho done\nexit 0",
            "pytest; ruff check .\necho done",
            "cd /w\nnpm test\ntrue",
        ] {
            assert_eq!(of_file("sh ./ci.sh", script), 1, "{script}");
        }
        for script in [
            "#!/bin/sh -e\npytest\nexit 0",
            "set -e\npytest\nexit 0",
            "pytest\nrc=$?\necho done\nexit $rc",
            "pytest || exit 1\necho done",
            "if ! pytest; then exit 1; fi\nexit 0",
            "pytest && echo done",
            "echo start\npytest",
            "pip install x\npytest",
            "trap 'exit 1' ERR\npytest\nexit 0",
        ] {
            assert_eq!(of_file("sh ./ci.sh", script), 0, "{script}");
        }
        assert_eq!(of_file("sh -e ./ci.sh", "pytest\nexit 0"), 0);
        assert_eq!(of_file("python ci.sh", "pytest\nexit 0"), 0);
    }
}
