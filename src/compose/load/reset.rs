//! `!reset` and `!override`: what a document takes away from what lies below it. (Compose specification, "Merge".)

use crate::yaml::{Node, Value};

/// The keys that lead to a value.
pub(super) type Path = Vec<String>;

/// Takes the values tagged `!reset` out of a document. Gives the paths of all values that what lies below must lose.
pub(super) fn take(document: &mut Node) -> Vec<Path> {
    let mut found = Vec::new();
    walk(document, &mut Vec::new(), &mut found);
    found
}

fn is(node: &Node, tag: &str) -> bool {
    node.tag.as_deref() == Some(tag)
}

fn walk(node: &mut Node, path: &mut Path, found: &mut Vec<Path>) {
    match &mut node.value {
        Value::Map(map) => {
            for (key, value) in map.iter_mut() {
                path.push(key.to_string());
                if is(value, "!reset") || is(value, "!override") {
                    found.push(path.clone());
                }
                if !is(value, "!reset") {
                    walk(value, path, found);
                }
                path.pop();
            }
            map.retain(|_, value| !is(value, "!reset"));
        }
        Value::Seq(items) => {
            items.retain(|item| !is(item, "!reset"));
            for item in items {
                // A path through a list names no place that lies still while lists are joined.
                walk(item, path, &mut Vec::new());
            }
        }
        _ => {}
    }
}

/// Removes the values at the paths.
pub(super) fn apply(node: &mut Node, paths: &[Path]) {
    for path in paths {
        if let Some((last, before)) = path.split_last() {
            let parent = before.iter().try_fold(&mut *node, |node, key| node.get_mut(key));
            if let Some(parent) = parent {
                parent.remove(last);
            }
        }
    }
}
