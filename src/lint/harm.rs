//! What Compose lets through, or does not survive, and the engine or the machine pays for.

use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

/// Findings after which Compose must not even be asked: it takes all memory while it reads the file, or rejects it.
const HARMS_COMPOSE: [&str; 2] = ["yaml-alias-cycle", "yaml-alias-bomb"];

/// Compose accepts it, and the engine dies.
const EMPTY_COMMAND: &str = "healthcheck-empty-command";

/// Whether a finding is reason enough to refuse a file that Compose has not been asked about. What `loads` can reach the
/// engine too.
#[must_use]
pub fn is_harmful(diagnostic: &Diagnostic, loads: bool) -> bool {
    HARMS_COMPOSE.contains(&&*diagnostic.code) || loads && diagnostic.code == EMPTY_COMMAND
}

/// Looks for what is valid in a model, or in the rest of a rejected one, and harms the engine.
pub(super) fn check(root: &Node) -> Vec<Diagnostic> {
    let services = root.get("services").into_iter().flat_map(Node::entries);
    services
        .filter_map(|(name, service)| empty_health_command(name, service))
        .collect()
}

/// A health check of `["CMD"]` alone. Measured with dockerd 28.5: the engine panics and takes all containers with it.
fn empty_health_command(name: &str, service: &Node) -> Option<Diagnostic> {
    let check = service.get("healthcheck")?;
    let is_off = check.get("disable").and_then(Node::as_bool) == Some(true);
    let test = check.get("test")?;
    let words = test.as_seq()?;
    let is_empty = matches!(words, [word] if word.as_str() == Some("CMD"));
    (is_empty && !is_off).then(|| {
        let message = format!("services.{name}.healthcheck.test: \"CMD\" without a command crashes the engine");
        Diagnostic::error(EMPTY_COMMAND, test.span, message).help(
            "write the command behind it, such as [\"CMD\", \"curl\", \"-f\", \"http://localhost\"], or [\"NONE\"]",
        )
    })
}
