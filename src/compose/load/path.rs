//! Ways into a tree: `services.*.ports.[].target`.

use crate::yaml::Node;

/// Shows `act` every node at a pattern: `*` stands for every key of a mapping, `[]` for every item of a list.
pub(super) fn visit(node: &mut Node, pattern: &str, act: &mut dyn FnMut(&mut Node)) {
    let Some((first, rest)) = split(pattern) else {
        return act(node);
    };
    match first {
        "*" => {
            for value in node.as_map_mut().into_iter().flat_map(|map| map.values_mut()) {
                visit(value, rest, act);
            }
        }
        "[]" => {
            for item in node.as_seq_mut().into_iter().flatten() {
                visit(item, rest, act);
            }
        }
        key => {
            if let Some(value) = node.get_mut(key) {
                visit(value, rest, act);
            }
        }
    }
}

/// Shows `act` every node at a pattern that stands in a container: a service, a job, or a hook that runs before the start.
pub(super) fn visit_containers(root: &mut Node, pattern: &str, act: &mut dyn FnMut(&mut Node)) {
    for place in ["services.*", "jobs.*", "services.*.pre_start.[]"] {
        visit(root, place, &mut |container| visit(container, pattern, act));
    }
}

/// The same without the hooks.
pub(super) fn visit_workloads(root: &mut Node, pattern: &str, act: &mut dyn FnMut(&mut Node)) {
    for place in ["services.*", "jobs.*"] {
        visit(root, place, &mut |workload| visit(workload, pattern, act));
    }
}

fn split(pattern: &str) -> Option<(&str, &str)> {
    // Patterns are short and taken apart for every service: looking at each byte is faster than a search is.
    match pattern.bytes().position(|byte| byte == b'.') {
        Some(dot) => Some((&pattern[..dot], &pattern[dot + 1..])),
        None if pattern.is_empty() => None,
        None => Some((pattern, "")),
    }
}
