//! Ways into a tree: `services.*.ports.[].target`.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::yaml::Node;

/// Where containers stand: services, jobs, and hooks that run before the start.
const CONTAINERS: [&str; 3] = ["services.*", "jobs.*", "services.*.pre_start.[]"];

/// Patterns, each with what is to be done at its nodes, by their first key. Of the many patterns of a service, those alone
/// are followed that begin with a key it has.
pub(super) struct Table<'a, T>(HashMap<&'a str, Vec<(&'a str, &'a T)>, RandomState>);

impl<'a, T> Table<'a, T> {
    /// Patterns that begin with a key. Those of one key are followed in their order.
    pub(super) fn new(rows: impl IntoIterator<Item = (&'a str, &'a T)>) -> Self {
        let mut table: HashMap<_, Vec<_>, _> = HashMap::default();
        for (first, rest, row) in rows.into_iter().filter_map(|(pattern, row)| {
            let (first, rest) = split(pattern)?;
            Some((first, rest, row))
        }) {
            table.entry(first).or_default().push((rest, row));
        }
        Self(table)
    }

    /// Shows `act` every node at a pattern in a container, with what is to be done there.
    pub(super) fn visit(&self, container: &mut Node, act: &mut dyn FnMut(&mut Node, &T)) {
        for (key, value) in container.as_map_mut().into_iter().flatten() {
            for (rest, row) in self.0.get(&*key.text).into_iter().flatten() {
                visit(value, rest, &mut |node| act(node, row));
            }
        }
    }

    /// The same for all containers of a tree.
    pub(super) fn visit_containers(&self, root: &mut Node, act: &mut dyn FnMut(&mut Node, &T)) {
        for place in CONTAINERS {
            visit(root, place, &mut |container| self.visit(container, act));
        }
    }
}

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
    for place in CONTAINERS {
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

#[cfg(test)]
mod tests {
    use super::super::testing::{shown, tree};
    use super::*;

    #[test]
    fn a_table_leads_to_what_each_of_its_patterns_leads_to() {
        let text = "{services: {a: {image: i, ports: [{target: 1}, 2], build: {args: {x: 1, y: 2}}, \
                    pre_start: [{image: j}]}}, jobs: {b: {ports: [{target: 3}]}}}";
        let rows = [
            ("image", 1),
            ("ports.[].target", 2),
            ("ports", 3),
            ("build.args.*", 4),
            ("tty", 5),
        ];
        let mut found = Vec::new();
        let table = Table::new(rows.iter().map(|(pattern, row)| (*pattern, row)));
        table.visit_containers(&mut tree(text), &mut |node, row| found.push((*row, shown(node))));
        let mut expected = Vec::new();
        for (pattern, row) in rows {
            visit_containers(&mut tree(text), pattern, &mut |node| expected.push((row, shown(node))));
        }
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}
