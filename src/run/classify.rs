//! From the words of compose, the engine and its runtime to an outcome. Pure.

use std::sync::LazyLock;

use regex::RegexSet;

use crate::event::Outcome;

/// Patterns in the order in which they are tried, each with what it means.
const PATTERNS: [(&str, Outcome); 5] = [
    (
        r"(?i)cannot connect to the docker daemon|error during connect|is the docker daemon running|docker\.sock: connect|dial unix .*: connect|^EOF$|unexpected EOF|rpc error: code = Unavailable|error reading from server: EOF",
        Outcome::EngineLost,
    ),
    (
        r"(?i)port is already allocated|address already in use|failed to bind host port|ports are not available|failed to bind port|port \d+ is already",
        Outcome::PortTaken,
    ),
    (
        r"(?i)invalid mount|bind source path|error mounting|error while mounting|mounts? denied|error while creating mount source path|failed to mount|failed to create mount|failed to populate volume|local volume name|volume name is too short|duplicate mount point|are you trying to mount",
        Outcome::MountRefused,
    ),
    (
        r#"(?i)executable file not found|exec format error|exec: ".*": (?:permission denied|stat|no such file|is a directory|cannot)|exec .*: (?:no such file or directory|permission denied)|no command specified|(?:unable to start container process).*no such file or directory"#,
        Outcome::CommandNotFound,
    ),
    (
        r"(?i)pull access denied|manifest (?:unknown|for .* not found)|no such image|failed to resolve reference|not found: manifest|toomanyrequests|unauthorized|lookup .*: no such host|tls handshake timeout|no matching manifest|i/o timeout|repository .* not found|invalid reference format",
        Outcome::PullFailed,
    ),
];

static SET: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(PATTERNS.iter().map(|(pattern, _)| pattern)).ok());

/// What a message about a container that could not be created or started means.
#[must_use]
pub fn start_failure(message: &str) -> Outcome {
    let matched = SET.as_ref().and_then(|set| set.matches(message).iter().next());
    matched.map_or(Outcome::StartFailed, |index| PATTERNS[index].1)
}

/// Whether a message of a call that also builds is about a build.
#[must_use]
pub fn is_build_failure(message: &str) -> bool {
    [
        "failed to solve",
        "failed to read dockerfile",
        "unable to prepare context",
    ]
    .iter()
    .any(|words| message.contains(words))
}

/// Whether a message says that the engine does not answer.
#[must_use]
pub fn is_engine_lost(message: &str) -> bool {
    start_failure(message) == Outcome::EngineLost
}

/// The message without what stands before it in every one of them.
#[must_use]
pub fn clean(message: &str) -> String {
    let mut message = message.trim();
    for prefix in [
        "Error response from daemon: ",
        "failed to create task for container: ",
        "failed to create shim task: ",
        "OCI runtime create failed: ",
        "runc create failed: ",
        "unable to start container process: ",
        "error during container init: ",
    ] {
        message = message.strip_prefix(prefix).unwrap_or(message);
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_real_engine() {
        assert!(SET.is_some(), "a pattern does not compile");
        for (message, outcome) in [
            (
                "Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"nosuchcmd\": executable file not found in $PATH",
                Outcome::CommandNotFound,
            ),
            (
                "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"/etc/passwd\": permission denied",
                Outcome::CommandNotFound,
            ),
            (
                "failed to set up container networking: driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:80 failed: port is already allocated",
                Outcome::PortTaken,
            ),
            (
                "driver failed programming external connectivity on endpoint x: failed to bind host port for 0.0.0.0:80: address already in use",
                Outcome::PortTaken,
            ),
            (
                "Error response from daemon: invalid mount config for type \"bind\": bind source path does not exist: /nosuch",
                Outcome::MountRefused,
            ),
            (
                "unable to find user nobodyx: no matching entries in passwd file",
                Outcome::StartFailed,
            ),
            (
                "error gathering device information while adding custom device \"/dev/x\": no such file or directory",
                Outcome::StartFailed,
            ),
            (
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
                Outcome::EngineLost,
            ),
            (
                "failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF",
                Outcome::EngineLost,
            ),
            (
                "pull access denied for nosuch, repository does not exist or may require 'docker login'",
                Outcome::PullFailed,
            ),
            (
                "Get \"https://registry.example/v2/\": dial tcp: lookup registry.example on 10.0.0.1:53: no such host",
                Outcome::PullFailed,
            ),
        ] {
            assert_eq!(start_failure(message), outcome, "{message}");
        }
    }

    #[test]
    fn a_message_is_shown_without_its_ladder() {
        assert_eq!(
            clean(
                "Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"x\": executable file not found in $PATH"
            ),
            "exec: \"x\": executable file not found in $PATH"
        );
    }
}
