//! Signals that there are not.

use super::layers::is_open;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "signal-unknown",
    summary: "the signal that stops a service is none that the engine knows",
    why: "The engine refuses to create the container: `invalid signal`. `docker compose config` lets it through.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: app:1
    stop_signal: «SIGGTERM»
",
    good: "\
services:
  web:
    image: app:1
    stop_signal: SIGTERM
",
    fixed: None,
    check,
};

/// The signals of Linux, without `SIG`.
const KNOWN: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
    "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(signal) = service
            .get("stop_signal")
            .filter(|signal| !is_open(project, signal.span))
        else {
            continue;
        };
        let text = signal.as_str().unwrap_or_default();
        if !text.is_empty() && !is_signal(text) {
            found.push(at(signal.span, format!("{text:?} is no signal")).help("such as SIGTERM, SIGINT or SIGQUIT"));
        }
    }
}

fn is_signal(text: &str) -> bool {
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let is_real_time = name.starts_with("RTMIN+") || name.starts_with("RTMAX-");
    is_real_time || KNOWN.contains(&name) || text.parse::<u8>().is_ok_and(|number| (1..=64).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn names_and_numbers_are_fine() {
        for signal in ["TERM", "sigint", "'15'", "SIGRTMIN+3", "'${S:-x}'"] {
            let text = format!("services: {{a: {{image: i, stop_signal: {signal}}}}}");
            assert!(found(&RULE, &text).is_empty(), "{signal}");
        }
        assert_eq!(found(&RULE, "services: {a: {image: i, stop_signal: '99'}}"), ["'99'"]);
    }
}
