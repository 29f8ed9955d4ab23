//! Services that wait by themselves, whatever compose does.

use crate::lint::project::Service;

/// Words in a command that waits.
const WAITS: [&str; 12] = [
    "dockerize",
    "mysqladmin",
    "nc -",
    "pg_isready",
    "redis-cli",
    "sleep",
    "until ",
    "wait-for",
    "wait-on",
    "wait_for",
    "waitfor",
    "while ",
];

/// Whether a service does the waiting in its command, or is there for nothing else.
pub(super) fn waits_itself(service: &Service<'_>) -> bool {
    let line = service.words().join(" ");
    service.name().starts_with("wait") || WAITS.iter().any(|word| line.contains(word))
}
