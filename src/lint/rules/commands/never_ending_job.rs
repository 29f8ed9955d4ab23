//! A job whose command does not end by itself.

use super::text::{main, short};
use crate::diagnostic::Severity;
use crate::event::Condition;
use crate::lint::places::part;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::{Then, program_name};
use crate::source::Span;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "never-ending-job",
    summary: "a job runs what does not end by itself",
    why: "A program that watches files, follows a log or sleeps for ever has no result: the run waits for it until it is \
          stopped from outside.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22
    command: [npx, jest, «--watch»]
",
    good: "\
services:
  tests:
    image: node:22
    command: [npx, jest]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    // A command that keeps running makes a server of what is a test by its name.
    let is_meant_to_end =
        |service: &&Service<'_>| service.is_job() || service.kind_without_command.runs_to_completion();
    for service in project.services().iter().filter(is_meant_to_end) {
        if let Some((span, what)) = endless(project, service) {
            let name = service.name();
            let what = short(&what);
            let is_kept_up = what.starts_with("sleep") || what.starts_with("tail");
            let mut dependents = project.dependents(name);
            let waiting = dependents.find(|(_, need)| need.condition == Condition::Succeeded);
            let is_meant = is_kept_up && waiting.is_none();
            let level = if is_meant { Severity::Warning } else { Severity::Error };
            let message = format!("the job \"{name}\" never ends: \"{what}\" goes on until it is stopped");
            let mut finding = at(span, message)
                .help("run it once: without the option that watches, or with the command for that")
                .at_most(level);
            if let Some((other, need)) = waiting {
                finding = finding.label(need.key.span, format!("\"{}\" waits for its end", other.name()));
            }
            found.push_once(finding);
        }
    }
}

/// Whether a service goes on until it is stopped, by what it runs.
pub(in crate::lint::rules) fn is_endless(project: &Project<'_>, service: &Service<'_>) -> bool {
    endless(project, service).is_some()
}

/// What does not end, and where it stands.
fn endless(project: &Project<'_>, service: &Service<'_>) -> Option<(Span, String)> {
    let argv = main(service)?;
    let Some((script, node)) = argv.script() else {
        let words = argv.words();
        let index = watches(&words)?;
        let node = argv.nodes().nth(index)?;
        let text = super::text::as_text(project, node).map(|(_, text)| text);
        let word = *words.get(index)?;
        let start = text.as_deref().and_then(|text| text.find(word));
        let place = match (&text, start) {
            (Some(text), Some(start)) => part(project, node.span, text, start..start + word.len()),
            _ => node.span,
        };
        return Some((place, word.to_owned()));
    };
    let mut commands = script.commands().into_iter();
    commands.find_map(|command| {
        let is_alone = !matches!(command.then, Then::Background | Then::Pipe);
        let place = command.place;
        if !is_alone || place.in_function || place.in_condition {
            return None;
        }
        let words: Vec<&str> = command
            .words
            .iter()
            .skip(command.assignments())
            .map(|word| word.text.as_str())
            .collect();
        watches(&words)?;
        let text = script.text.get(command.range.clone())?.to_owned();
        Some((part(project, node.span, script.text, command.range), text))
    })
}

/// Which word of a command keeps it going.
fn watches(words: &[&str]) -> Option<usize> {
    let program = program_name(words.first()?);
    let arguments = || words.iter().enumerate().skip(1);
    let has = |wanted: &[&str]| arguments().find(|(_, word)| wanted.contains(word)).map(|(at, _)| at);
    match program {
        "sleep" => has(&["infinity", "inf"]).map(|_| 0),
        "tail" => has(&["-f", "-F", "--follow"]).map(|_| 0),
        "nodemon" | "ptw" | "pytest-watch" | "chokidar" => (!has_help(words)).then_some(0),
        "cargo" => has(&["watch"]).filter(|at| *at == 1),
        "vitest" => has(&["watch", "dev", "--watch", "-w"]),
        "tsc" | "mocha" | "rollup" | "webpack" => has(&["--watch", "-w"]),
        "ng" => has(&["serve", "--watch", "--watch=true"]),
        "cypress" => has(&["open"]).filter(|at| *at == 1),
        "jest" | "ava" | "karma" | "esbuild" | "node" | "vite" | "react-scripts" => has(&["--watch", "--watchAll"]),
        "npm" | "yarn" | "pnpm" | "bun" => script(words),
        // The program that they start is the next word.
        "npx" | "bunx" | "exec" => watches(words.get(1..)?).map(|at| at + 1),
        _ => None,
    }
}

fn has_help(words: &[&str]) -> bool {
    words.iter().any(|word| matches!(*word, "--help" | "--version"))
}

/// The script of a package that watches, by its name; or an option that is handed to it.
fn script(words: &[&str]) -> Option<usize> {
    let is_endless = |word: &str| word.ends_with(":watch") || matches!(word, "watch" | "--watch" | "--watchAll");
    let at = words.iter().skip(1).position(|word| is_endless(word))? + 1;
    let is_script = words
        .get(at - 1)
        .is_some_and(|before| !before.starts_with("--") || *before == "--");
    (is_script || words.contains(&"--")).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    #[test]
    fn what_ends_is_not_found() {
        let is_endless = |text: &str| watches(&text.split(' ').collect::<Vec<_>>()).is_some();
        for text in [
            "sleep infinity",
            "tail -f /dev/null",
            "/usr/local/bin/nodemon app.js",
            "npx jest --watchAll",
            "npm run test:watch",
            "npm test -- --watch",
            "yarn jest --watch",
            "npx cypress open",
        ] {
            assert!(is_endless(text), "{text}");
        }
        for text in [
            "sleep 5",
            "tail -n 5 log",
            "jest --watch=false",
            "npm run watchers",
            "npm start",
            "kubectl get pods --watch",
            "npx cypress run",
            "pytest -w",
            "timeout 5 tail -f log",
        ] {
            assert!(!is_endless(text), "{text}");
        }
    }

    #[test]
    fn what_runs_beside_a_script_may_go_on() {
        use crate::lint::rules::testing::found;
        let job = |command: &str| {
            found(
                &RULE,
                &format!("services:\n  tests:\n    image: i\n    command: {command}\n"),
            )
        };
        assert!(job("sh -c 'tail -f log & pytest'").is_empty());
        assert!(job("sh -c 'tail -f log | sed /done/q'").is_empty());
        assert_eq!(job("sh -c 'npm ci && tail -f log'"), ["tail -f log"]);
        assert_eq!(job("npx jest --watch"), ["--watch"]);
    }

    #[test]
    fn a_wait_for_what_never_ends_is_no_matter_of_taste() {
        let text = "services:\n  test: {image: i, command: sleep infinity}\n  deploy:\n    image: i\n    \
                    depends_on: {test: {condition: service_completed_successfully}}\n";
        with_project(text, |project| {
            let mut found = Found::default();
            check(project, &mut found);
            assert_eq!(found.findings()[0].severity, Severity::Error);
            assert_eq!(found.findings()[0].labels[0].text, "\"deploy\" waits for its end");
        });
    }
}
