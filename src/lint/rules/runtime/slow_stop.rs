//! A server that does not hear the signal to stop.

use crate::compose::Restart;
use crate::diagnostic::{Fix, Severity};
use crate::event::Kind;
use crate::lint::edits::add_before;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
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
    «command»: sh -c \"./prepare && ./serve\"
    ports: [\"8000\"]
",
    good: "\
services:
  web:
    image: app:1
    init: true
    command: sh -c \"./prepare && ./serve\"
    ports: [\"8000\"]
",
    fixed: Some(
        "\
services:
  web:
    image: app:1
    init: true
    command: sh -c \"./prepare && ./serve\"
    ports: [\"8000\"]
",
    ),
    check,
};

const SHELLS: [&str; 4] = ["sh", "bash", "ash", "dash"];

/// What joins the commands of a script. A shell with one command alone becomes that command.
const JOINTS: [&str; 4] = ["&&", "||", ";", "\n"];

fn check(project: &Project<'_>, found: &mut Found) {
    let servers = project
        .services()
        .iter()
        .filter(|service| service.kind == Kind::Service);
    let deaf = servers.filter(|service| is_deaf(service) && !is_prepared(service));
    for service in deaf {
        let keys = ["entrypoint", "command"].map(|key| {
            let words = service.items(key).len();
            service.key_of(key).filter(|_| words > 0)
        });
        let Some(key) = keys.into_iter().flatten().next() else {
            continue;
        };
        let fix = add_before(project, key, "init: true").map(|edits| Fix::unsafe_("pass signals on", edits));
        found.push(
            at(
                key.span,
                format!(
                    "\"{}\" takes ten seconds to stop: its first process does not heed the signal",
                    service.name()
                ),
            )
            .help("write \"init: true\", or begin the last command of the script with exec")
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

/// Whether it is not likely to end by itself.
fn serves(service: &Service<'_>) -> bool {
    let opens = service.items("ports").len() + service.items("expose").len() > 0;
    opens || service.get("healthcheck").is_some() || service.restart() == Restart::Always
}

fn is_deaf(service: &Service<'_>) -> bool {
    let words = service.words();
    let program = |word: &&str| word.rsplit('/').next().unwrap_or_default().to_owned();
    match words.as_slice() {
        [first, time, ..] if program(first) == "sleep" => is_long(time),
        [first, ..] if program(first) == "tail" => true,
        [shell, option, script, ..] if SHELLS.contains(&program(shell).as_str()) => {
            let is_script = option.starts_with('-') && option.ends_with('c');
            let script = script.trim();
            let has_several = JOINTS.iter().any(|joint| script.contains(joint));
            is_script && has_several && serves(service) && !script.contains("exec ") && !script.contains("trap ")
        }
        _ => false,
    }
}

/// Whether a sleep lasts for as long as a run does. A short one ends before anybody stops it.
fn is_long(time: &str) -> bool {
    let seconds = time.parse::<f64>();
    seconds.map_or_else(|_| time.ends_with(['h', 'd', 'y', 'f']), |seconds| seconds > 600.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn scripts_that_hand_over_are_left_alone() {
        let file = |service: &str| format!("services: {{web: {{image: i, ports: [80], {service}}}}}");
        for service in [
            "command: ./serve",
            "command: sleep 5",
            "command: sh -c ./serve",
            "command: ['sh', '-c', './a && exec ./serve']",
            "command: ['sh', '-c', 'a; b'], init: true",
            "command: ['sh', '-c', 'a; b'], stop_grace_period: 1s",
        ] {
            assert!(found(&RULE, &file(service)).is_empty(), "{service}");
        }
        for command in ["tail -f /dev/null", "sleep infinity", "sleep 1d", "/bin/sleep 9999"] {
            assert_eq!(found(&RULE, &file(&format!("command: {command}"))), ["command"]);
        }
        assert_eq!(
            found(&RULE, &file("entrypoint: [/bin/bash, -ec], command: ['a; b']")),
            ["entrypoint"]
        );
        let alone = "services: {a: {image: i, command: ['sh', '-c', 'a; b']}}";
        assert!(found(&RULE, alone).is_empty(), "it may end by itself");
        assert!(found(&RULE, "services: {tests: {image: i, command: ['sh', '-c', 'a; b']}}").is_empty());
    }
}
