//! `!reset` and `!override`: what a document takes away from what lies below it. (Compose specification, "Merge".)

use std::collections::HashSet;

use crate::yaml::{Node, Value};

/// The keys that lead to a value.
pub(super) type Path = Vec<String>;

/// Takes the values tagged `!reset` out of a document. Gives the paths of all values that what lies below must lose, in
/// their order.
pub(super) fn take(document: &mut Node) -> Vec<Path> {
    let mut found = Vec::new();
    walk(document, &mut Vec::new(), &mut found);
    found.sort_unstable();
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

/// Removes the values at the paths, which are in their order.
pub(super) fn apply(node: &mut Node, paths: &[Path]) {
    apply_below(node, paths, 0);
}

/// Removes the values to which the keys from `depth` on lead. Of the keys and the paths, it goes through the fewer: a large
/// model can lose little, and many small ones can be held to one long list.
fn apply_below(node: &mut Node, mut paths: &[Path], depth: usize) {
    let Some(map) = node.as_map_mut().filter(|_| !paths.is_empty()) else {
        return;
    };
    let mut removed: HashSet<String> = HashSet::new();
    let mut apply_at = |key: &str, value: &mut Node, paths: &[Path]| match paths {
        // A path comes before those that it is the beginning of.
        [first, ..] if first.len() == depth + 1 => {
            removed.insert(key.to_owned());
        }
        _ => apply_below(value, paths, depth + 1),
    };
    if map.len() < paths.len() {
        for (key, value) in map.iter_mut() {
            apply_at(key, value, with_key(paths, depth, key));
        }
    } else {
        while let Some(key) = paths.first().map(|path| &*path[depth]) {
            let (own, rest) = paths.split_at(with_key(paths, depth, key).len());
            if let Some(value) = map.get_mut(key) {
                apply_at(key, value, own);
            }
            paths = rest;
        }
    }
    if !removed.is_empty() {
        map.retain(|key, _| !removed.contains(&**key));
    }
}

/// Of paths in their order, those that have a key at a depth up to which they are the same.
fn with_key<'a>(paths: &'a [Path], depth: usize, key: &str) -> &'a [Path] {
    let start = paths.partition_point(|path| *path[depth] < *key);
    let length = paths[start..].partition_point(|path| *path[depth] == *key);
    &paths[start..start + length]
}

/// Of paths in their order, those that lead into a service. One that leads to all services does so.
pub(super) fn of_service<'a>(paths: &'a [Path], name: &str) -> &'a [Path] {
    let services = with_key(paths, 0, "services");
    match services {
        [first, ..] if first.len() == 1 => &services[..1],
        _ => with_key(services, 1, name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{shown, tree};
    use super::*;

    fn paths(list: &[&str]) -> Vec<Path> {
        let mut paths: Vec<Path> = list
            .iter()
            .map(|path| path.split('.').map(str::to_owned).collect())
            .collect();
        paths.sort_unstable();
        paths
    }

    #[test]
    fn what_the_paths_lead_to_is_gone_whichever_are_more() {
        let model = "{services: {a: {image: i, ports: [1]}, b: {image: j}, c: {image: k}}, x-a: {y: 1}}";
        let few = paths(&["services.b", "services.a.ports", "services.d.image"]);
        let many = paths(&[
            "services.b.image",
            "services.b",
            "services.a.ports",
            "z",
            "y",
            "x",
            "w",
            "services.a.tty.x",
        ]);
        for paths in [few, many] {
            let mut node = tree(model);
            apply(&mut node, &paths);
            assert_eq!(shown(&node), "{services:{a:{image:i},c:{image:k}},x-a:{y:1}}");
        }
    }

    #[test]
    fn the_paths_of_a_service_are_found() {
        let all = paths(&["networks", "services.a", "services.a.ports", "services.b.image"]);
        assert_eq!(of_service(&all, "a"), &all[1..3]);
        assert_eq!(of_service(&all, "c"), &all[..0]);
        let whole = paths(&["services", "services.a"]);
        assert_eq!(of_service(&whole, "c"), &whole[..1]);
    }
}
