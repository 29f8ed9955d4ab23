//! Attributes that Compose accepts, and that nothing but a Swarm heeds.

use super::decode::DEVICE_REQUEST;
use super::path::visit_workloads;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::yaml::{Node, Value};

/// Where a key stands, the key, and what becomes of it.
const IN_SERVICE: &[(&str, &str, &str)] = &[
    ("deploy", "mode", "only a Swarm heeds it"),
    ("deploy", "endpoint_mode", "only the routing mesh of a Swarm heeds it"),
    ("deploy", "labels", "only services of a Swarm get them"),
    ("deploy", "placement", "only the scheduler of a Swarm heeds it"),
    ("deploy", "update_config", "only the updates of a Swarm heed it"),
    ("deploy", "rollback_config", "only the updates of a Swarm heed it"),
    ("", "credential_spec", "only Windows containers of a Swarm heed it"),
];

const OF_FILES: [&str; 3] = ["uid", "gid", "mode"];

/// Tells what is of no use outside of a Swarm. It never changes the verdict.
pub(super) fn advise(root: &mut Node, problems: &mut Diagnostics) {
    for (place, key, text) in IN_SERVICE {
        visit_workloads(root, place, &mut |node| tell_key(node, key, text, problems));
    }
    for list in ["secrets.[]", "configs.[]"] {
        visit_workloads(root, list, &mut |file| {
            for key in OF_FILES {
                tell_key(file, key, "it is ignored outside of a Swarm", problems);
            }
        });
    }
    visit_workloads(root, "ports.[]", &mut |port| tell_word(port, "mode", "host", problems));
    visit_workloads(root, "volumes.[]", &mut |mount| {
        tell_word(mount, "type", "cluster", problems)
    });
    visit_workloads(root, "storage_opt", &mut |options| {
        let keys: Vec<String> = options.entries().map(|(key, _)| key.to_string()).collect();
        for key in keys {
            tell_key(options, &key, "most storage drivers ignore it", problems);
        }
    });
    visit_workloads(root, "gpus.[]", &mut |request| {
        for (key, _) in request.entries().filter(|(key, _)| !DEVICE_REQUEST.contains(&&***key)) {
            tell_key(request, key, "no runtime heeds it", problems);
        }
    });
    for (section, keys) in [("secrets", &["labels", "driver_opts"][..]), ("configs", &["labels"])] {
        for (_, resource) in root.get(section).into_iter().flat_map(Node::entries) {
            for key in keys {
                tell_key(resource, key, "only a Swarm heeds it", problems);
            }
        }
    }
}

fn tell_key(node: &Node, key: &str, text: &str, problems: &mut Diagnostics) {
    if let Some((key, value)) = node.as_map().and_then(|map| map.get_key_value(key))
        && !is_empty(value)
    {
        let message = format!("\"{}\" has no effect: {text}", key.text);
        problems.push(Diagnostic::warning("swarm-only", key.span, message));
    }
}

fn tell_word(node: &Node, key: &str, word: &str, problems: &mut Diagnostics) {
    if let Some(value) = node.get(key).filter(|value| value.as_str() == Some(word)) {
        let message = format!("the {key} {word:?} has no effect: only a Swarm heeds it");
        problems.push(Diagnostic::warning("swarm-only", value.span, message));
    }
}

fn is_empty(value: &Node) -> bool {
    match &value.value {
        Value::Null => true,
        Value::Str(text) => text.is_empty(),
        Value::Seq(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}
