//! A server that does not hear the signal to stop.

use crate::compose::Restart;
use crate::diagnostic::{Fix, Severity};
use crate::lint::edits::add_before;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started::{self, Way};
use crate::shell::{Then, commands, program_name};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "slow-stop",
    summary: "the first process of a server does not heed the signal to stop",
    why: "The engine sends the signal to the first process of a container. A shell does not pass it on, and `sleep` and \
          `tail` ignore it there: after ten seconds the engine kills them. Every run takes so much longer to end. With \
          `init: true` a small process goes first that passes signals on.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  web:
    image: app:1
    «command»: sh -c \"./prepare && tail -f /var/log/app.log\"
    ports: [\"8000\"]
",
    good: "\
services:
  web:
    image: app:1
    init: true
    command: sh -c \"./prepare && tail -f /var/log/app.log\"
    ports: [\"8000\"]
",
    fixed: Some(
        "\
services:
  web:
    image: app:1
    init: true
    command: sh -c \"./prepare && tail -f /var/log/app.log\"
    ports: [\"8000\"]
",
    ),
    check,
};

const SHELLS: [&str; 4] = ["sh", "bash", "ash", "dash"];

/// Commands that no server is started with, or that read another script, which may do what this one does not.
const ENDS: [&str; 15] = [
    "", ".", "cat", "chown", "cp", "echo", "eval", "exit", "false", "mkdir", "printf", "sleep", "source", "true",
    "unset",
];

/// What begins a loop without an end.
const LOOPS: [&str; 4] = ["while true", "while :", "while sleep", "until false"];

fn check(project: &Project<'_>, found: &mut Found) {
    let servers = project
        .services()
        .iter()
        .filter(|service| service.kind.runs_as_service());
    for service in servers.filter(|service| !is_prepared(service)) {
        if !is_deaf(service) && !is_behind_script(project, service) {
            continue;
        }
        let keys = ["entrypoint", "command", "build"].map(|key| {
            let is_said = key == "build" || service.items(key).len() > 0;
            service.key_of(key).filter(|_| is_said)
        });
        let Some(key) = keys.into_iter().flatten().next() else {
            continue;
        };
        let fix = add_before(project, key, "init: true")
            .map(|edits| Fix::unsafe_("pass signals on", edits).changing(&["services.*.init"]));
        found.push(
            at(
                key.span,
                format!(
                    "\"{}\" takes ten seconds to stop: its first process does not heed the signal",
                    service.name()
                ),
            )
            .help("write \"init: true\"")
            .fix(fix),
        );
    }
}

/// Whether the signal to stop is looked after, or little time is lost.
fn is_prepared(service: &Service<'_>) -> bool {
    let has_init = service.get("init").and_then(Node::as_bool) == Some(true);
    has_init
        || service.get("stop_signal").is_some()
        || service.get("stop_grace_period").is_some()
        || service.text("pid").is_some_and(|pid| !pid.is_empty())
}

fn is_deaf(service: &Service<'_>) -> bool {
    let words = service.words();
    match words.as_slice() {
        [shell, option, script, ..] if SHELLS.contains(&program_name(shell)) => {
            let is_script = option.starts_with('-') && option.ends_with('c');
            is_script && !script.contains("trap ") && ends_deaf(script.trim())
        }
        words => is_idle(words),
    }
}

/// Whether a script of the project is the first process, and starts its server as a child: a shell that reads a file does not
/// become its last command.
fn is_behind_script(project: &Project<'_>, service: &Service<'_>) -> bool {
    let Some(script) = started::script(project, service) else {
        return false;
    };
    let is_first =
        started::argv(project, service).is_some_and(|argv| argv.is_first) && script.started.way != Way::Program;
    let hears = ["exec ", "trap ", "wait"].iter().any(|word| script.text.contains(word));
    let commands = commands(&script.text);
    let runs_server = commands.last().is_some_and(|last| {
        let place = last.place;
        let program = last.program().map_or("", |word| program_name(&word.text));
        let is_plain = !place.in_function && !place.in_condition && !place.in_loop && last.then != Then::Background;
        is_plain && !ENDS.contains(&program)
    });
    is_first && !hears && runs_server && (service.is_asked() || service.restart() != Restart::No)
}

/// Whether a script ends in what does not end. A shell can become its last command: other programs may heed the signal
/// then.
fn ends_deaf(script: &str) -> bool {
    let is_loop = script.ends_with("done") && LOOPS.iter().any(|begin| script.contains(begin));
    let last = script
        .rsplit(['\n', ';', '&'])
        .map(str::trim)
        .find(|command| !command.is_empty());
    let last: Vec<&str> = last.unwrap_or_default().split_whitespace().collect();
    let last = last.strip_prefix(&["exec"]).unwrap_or(&last);
    is_loop || is_idle(last) || *last == ["wait"]
}

/// Whether a program does nothing for as long as a run lasts. A short sleep ends before anybody stops it.
fn is_idle(words: &[&str]) -> bool {
    let is_long = |time: &str| {
        let seconds = time.parse::<f64>();
        seconds.map_or_else(|_| time.ends_with(['h', 'd', 'y', 'f']), |seconds| seconds > 600.0)
    };
    match words {
        [first, time, ..] if program_name(first) == "sleep" => is_long(time),
        [first, ..] => program_name(first) == "tail",
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn only_what_surely_hears_nothing_is_told() {
        let file = |service: &str| format!("services: {{web: {{image: i, ports: [80], {service}}}}}");
        for service in [
            "command: ./serve",
            "command: sleep 5",
            "command: ['sh', '-c', './a && ./serve']",
            "command: ['sh', '-c', 'tail x; ./serve']",
            "command: ['sh', '-c', 'trap : TERM; sleep infinity & wait']",
            "command: tail -f x, init: true",
            "command: tail -f x, stop_grace_period: 1s",
        ] {
            assert!(found(&RULE, &file(service)).is_empty(), "{service}");
        }
        for command in [
            "tail -f /dev/null",
            "sleep infinity",
            "sleep 1d",
            "/bin/sleep 9999",
            "['sh', '-c', 'a; exec sleep infinity']",
            "['bash', '-ec', 'while true; do a; sleep 5; done']",
            "['sh', '-c', './serve & wait']",
        ] {
            assert_eq!(
                found(&RULE, &file(&format!("command: {command}"))),
                ["command"],
                "{command}"
            );
        }
        assert_eq!(
            found(&RULE, &file("entrypoint: [/bin/sh, -c], command: ['tail -f x']")),
            ["entrypoint"]
        );
        assert!(found(&RULE, "services: {tests: {image: i, command: sleep 9999}}").is_empty());
    }

    #[test]
    fn a_script_that_starts_its_server_as_a_child_does_not_pass_the_signal_on() {
        let of = |service: &str, script: &str| {
            let file = format!(
                "services: {{web: {{build: ., ports: [8000], {service}}}}}\n== Dockerfile ==\nFROM python:3\nCOPY start.sh \
                 /\nCMD [\"/start.sh\"]\n== start.sh ==\n{script}\n"
            );
            found(&RULE, &file)
        };
        let script = "#!/bin/sh\npython manage.py migrate\ngunicorn app.wsgi -b 0.0.0.0:8000";
        assert_eq!(of("entrypoint: [sh, /start.sh]", script), ["entrypoint"]);
        assert_eq!(of("restart: always", script), ["build"]);
        assert!(of("restart: always", &script.replace("gunicorn", "exec gunicorn")).is_empty());
        assert!(of("entrypoint: [tini, --, /start.sh]", script).is_empty());
        assert!(of("init: true", script).is_empty());
        assert!(of("restart: always", "#!/bin/sh\n./a\n. /entrypoint.sh").is_empty());
    }
}
