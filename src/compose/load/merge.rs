//! One tree over another. (Compose specification, "Merge".)

use indexmap::IndexMap;

use super::number::text_of;
use super::same::Index;
use crate::diagnostic::{Diagnostic, Diagnostics, Stop};
use crate::yaml::{Key, Map, Node, Value};

/// Lays `over` onto `base`; where both have a value, the rule of its place decides.
pub(super) fn merge(base: Node, over: Node, problems: &mut Diagnostics) -> Result<Node, Stop> {
    let mut merger = Merger {
        problems,
        path: Vec::new(),
    };
    merger.node(base, over)
}

/// Lays one service over another, as `extends` does.
pub(super) fn merge_service(base: Node, over: Node, problems: &mut Diagnostics) -> Result<Node, Stop> {
    let path = vec!["services".into(), "".into()];
    let mut merger = Merger { problems, path };
    merger.node(base, over)
}

struct Merger<'a> {
    problems: &'a mut Diagnostics,
    path: Vec<std::sync::Arc<str>>,
}

/// How the values of a place come together.
enum Rule {
    /// By the kind of the values.
    Kind,
    Replace,
    /// As mappings where both are, else replaced.
    Limit,
    /// As entries `NAME=VALUE`, one after the other.
    Entries,
    /// As lists, of which either can be a single text.
    Texts,
    /// As entries, with the later of two entries for one name.
    Labels,
    /// Both as mappings, made by this.
    Mapping(fn(Node) -> Node),
    Hosts,
    Logging,
    IpamConfig,
}

fn rule(path: &[&str]) -> Rule {
    let ("services" | "jobs", Some(inside)) = (path.first().copied().unwrap_or_default(), path.get(2..)) else {
        return match path {
            ["networks" | "volumes", _, "labels"] => Rule::Labels,
            ["networks", _, "ipam", "config"] => Rule::IpamConfig,
            _ => Rule::Kind,
        };
    };
    match inside {
        ["command" | "entrypoint"] | ["healthcheck", "test"] => Rule::Replace,
        ["ulimits", _] => Rule::Limit,
        ["dns" | "dns_search" | "dns_opt" | "tmpfs" | "env_file" | "label_file"] => Rule::Texts,
        ["environment" | "labels" | "annotations" | "sysctls"]
        | ["build", "args" | "labels" | "additional_contexts"]
        | ["deploy", "labels"] => Rule::Entries,
        ["extra_hosts"] | ["build", "extra_hosts"] => Rule::Hosts,
        ["depends_on"] => Rule::Mapping(depends_on),
        ["networks" | "models"] => Rule::Mapping(names),
        ["build"] => Rule::Mapping(build),
        ["logging"] => Rule::Logging,
        _ => Rule::Kind,
    }
}

impl Merger<'_> {
    fn node(&mut self, base: Node, over: Node) -> Result<Node, Stop> {
        let path: Vec<&str> = self.path.iter().map(|key| &**key).collect();
        let rule = rule(&path);
        let are_maps = base.as_map().is_some() && over.as_map().is_some();
        if matches!(rule, Rule::Replace) || (matches!(rule, Rule::Limit) && !are_maps) {
            return Ok(over);
        }
        if let Rule::Logging = rule {
            return self.logging(base, over);
        }
        if over.is_null() {
            return Ok(base);
        }
        match rule {
            Rule::Entries => Ok(append(entries(base), entries(over), false)),
            Rule::Texts => Ok(append(entries(base), entries(over), true)),
            Rule::Labels => Ok(by_name(append(entries(base), entries(over), false))),
            Rule::Hosts => Ok(merged_hosts(base, over)),
            Rule::Mapping(make) => self.by_kind(make(base), make(over)),
            Rule::IpamConfig => Ok(ipam_config(base, over)),
            _ => self.by_kind(base, over),
        }
    }

    fn by_kind(&mut self, mut base: Node, over: Node) -> Result<Node, Stop> {
        match (base.value, over.value) {
            (Value::Map(left), Value::Map(right)) => base.value = Value::Map(self.map(left, right)?),
            (Value::Seq(left), Value::Seq(right)) => {
                let left = Node::new(Value::Seq(left), base.span);
                return Ok(append(left, Node::new(Value::Seq(right), over.span), true));
            }
            (Value::Map(_) | Value::Seq(_), _) => {
                let message = format!(
                    "cannot override {}: a list or a mapping stands below it",
                    self.path.join(".")
                );
                let problem = Diagnostic::error("merge", over.span, message).label(base.span, "overrides this");
                return self.problems.stop(problem);
            }
            (_, value) => return Ok(Node { value, ..over }),
        }
        Ok(base)
    }

    fn map(&mut self, mut base: Map, over: Map) -> Result<Map, Stop> {
        for (key, value) in over {
            let Some(old) = base.get_mut(&*key) else {
                base.insert(key, value);
                continue;
            };
            let old = std::mem::take(old);
            self.path.push(key.text.clone());
            let merged = self.node(old, value)?;
            self.path.pop();
            base.insert(key, merged);
        }
        Ok(base)
    }

    /// The options of two drivers have nothing in common: another driver replaces all.
    fn logging(&mut self, base: Node, over: Node) -> Result<Node, Stop> {
        if over.as_map().is_none() || base.as_map().is_none() {
            let message = "logging must be a mapping where another file has it too";
            return self.problems.stop(Diagnostic::error("merge", over.span, message));
        }
        let driver = |node: &Node| node.get("driver").map(|driver| driver.value.clone());
        match (driver(&base), driver(&over)) {
            (Some(left), Some(right)) if left != right => Ok(over),
            _ => self.by_kind(base, over),
        }
    }
}

/// One list behind the other; with `once`, without the items that are there already.
fn append(mut base: Node, over: Node, once: bool) -> Node {
    let (Value::Seq(items), Value::Seq(more)) = (&mut base.value, over.value) else {
        return base;
    };
    if !once {
        items.extend(more);
        return base;
    }
    let mut index = Index::default();
    for (at, item) in items.iter().enumerate() {
        index.find_or_add(items, item, at);
    }
    for item in more {
        if index.find_or_add(items, &item, items.len()).is_none() {
            items.push(item);
        }
    }
    base
}

/// A list of `NAME=VALUE` from whatever form there is.
fn entries(mut node: Node) -> Node {
    node.value = match node.value {
        Value::Seq(items) => Value::Seq(items),
        Value::Map(map) => Value::Seq(map.into_iter().flat_map(|(key, value)| named(&key, value)).collect()),
        Value::Str(text) => Value::Seq(vec![Node::str(text, node.span)]),
        // What is neither is dropped before the schema sees it.
        _ => Value::Seq(Vec::new()),
    };
    node
}

/// Of the entries for one name, the last, at the place of the first.
fn by_name(mut list: Node) -> Node {
    let mut kept = IndexMap::new();
    for item in std::mem::take(list.as_seq_mut().unwrap_or(&mut Vec::new())) {
        let text = text_of(&item.value);
        kept.insert(text.split('=').next().unwrap_or_default().to_owned(), item);
    }
    list.value = Value::Seq(kept.into_values().collect());
    list
}

fn entry(key: &Key, value: Node) -> Node {
    if value.is_null() {
        return Node::str(&*key.text, key.span);
    }
    let text = format!("{}={}", key.text, text_of(&value.value));
    Node::str(text, value.span)
}

/// A list of `HOST=ADDRESS` from whatever form there is.
fn hosts(mut node: Node) -> Node {
    node.value = match node.value {
        Value::Map(map) => Value::Seq(map.into_iter().flat_map(|(key, value)| named(&key, value)).collect()),
        Value::Null => Value::Seq(Vec::new()),
        value => value,
    };
    node
}

/// The hosts of both. Compose has nothing at all where a mapping without a host is the first of two that have none.
fn merged_hosts(base: Node, over: Node) -> Node {
    let was_mapping = base.as_map().is_some();
    let mut all = append(hosts(base), hosts(over), true);
    if was_mapping && all.items().next().is_none() {
        all.value = Value::Null;
    }
    all
}

/// A name with its value, or with each of its values where it has a list of them.
fn named(key: &Key, value: Node) -> Vec<Node> {
    match value.value {
        Value::Seq(values) => values
            .into_iter()
            .filter(|value| value.as_str().is_some())
            .map(|value| entry(key, value))
            .collect(),
        _ => vec![entry(key, value)],
    }
}

/// `[a]` as `{a: {condition: service_started, required: true}}`.
pub(super) fn depends_on(node: Node) -> Node {
    keyed(node, |span| {
        let mut entry = Node::new(Value::Map(Map::default()), span);
        entry.set("condition", Node::str("service_started", span));
        entry.set("required", Node::new(Value::Bool(true), span));
        entry
    })
}

/// `[a]` as `{a: null}`.
pub(super) fn names(node: Node) -> Node {
    keyed(node, |span| Node::new(Value::Null, span))
}

fn keyed(mut node: Node, value: fn(crate::source::Span) -> Node) -> Node {
    let Value::Seq(items) = node.value else { return node };
    let key = |item: &Node| Key::new(item.as_str().unwrap_or_default(), item.span);
    node.value = Value::Map(items.iter().map(|item| (key(item), value(item.span))).collect());
    node
}

/// `./a` as `{context: ./a}`.
pub(super) fn build(mut node: Node) -> Node {
    if node.as_str().is_some() {
        let context = std::mem::take(&mut node.value);
        node.value = Value::Map(Map::default());
        let span = node.span;
        node.set("context", Node::new(context, span));
    }
    node
}

/// Address ranges come together by their subnet: of the lower ones, those stay that the upper list has too.
fn ipam_config(base: Node, over: Node) -> Node {
    let (Some(lower), Value::Seq(upper)) = (base.as_seq(), &over.value) else {
        return over;
    };
    let subnet = |node: &Node| node.get("subnet").map(|subnet| subnet.value.clone());
    let mut merged = Vec::new();
    for entry in upper {
        let mut result = lower
            .iter()
            .find(|old| subnet(old) == subnet(entry))
            .cloned()
            .unwrap_or_else(|| entry.clone());
        for (key, value) in entry.entries() {
            result.set(key, value.clone());
        }
        merged.push(result);
    }
    Node {
        value: Value::Seq(merged),
        ..over
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{shown, told, tree};
    use super::*;

    /// What comes of a service under another one, both as the inside of braces.
    fn merged(base: &str, over: &str) -> String {
        let (base, over) = (tree(&format!("{{{base}}}")), tree(&format!("{{{over}}}")));
        let mut problems = Diagnostics::default();
        merge_service(base, over, &mut problems).map_or_else(|_| told(&problems), |node| shown(&node))
    }

    #[test]
    fn each_place_has_its_rule() {
        for (base, over, result) in [
            ("image: a", "image: b", "{image:b}"),
            ("image: a", "image: ", "{image:a}"),
            ("command: [a]", "command: ", "{command:null}"),
            ("command: [a, b]", "command: [c]", "{command:[c]}"),
            ("cap_add: [a, b]", "cap_add: [b, c]", "{cap_add:[a,b,c]}"),
            (
                "environment: {A: 1, B: }",
                "environment: [A=2, C]",
                "{environment:[A=1,B,A=2,C]}",
            ),
            ("dns: a", "dns: [a, b]", "{dns:[a,b]}"),
            (
                "extra_hosts: {h: [a, b]}",
                "extra_hosts: ['h=a', 'h=c']",
                "{extra_hosts:[h=a,h=b,h=c]}",
            ),
            ("dns_search: a", "dns_search: 1", "{dns_search:[a]}"),
            ("extra_hosts: {}", "extra_hosts: []", "{extra_hosts:null}"),
            ("extra_hosts: []", "extra_hosts: {}", "{extra_hosts:[]}"),
            ("networks: [a]", "networks: {b: {}, a: }", "{networks:{a:null,b:{}}}"),
            (
                "build: {context: a, target: t}",
                "build: b",
                "{build:{context:b,target:t}}",
            ),
            (
                "ulimits: {n: {soft: 1, hard: 2}, m: 1}",
                "ulimits: {n: {soft: 3}, m: {soft: 4}}",
                "{ulimits:{n:{soft:3,hard:2},m:{soft:4}}}",
            ),
        ] {
            assert_eq!(merged(base, over), result, "{base} + {over}");
        }
    }

    #[test]
    fn logging_stays_together_while_the_driver_does() {
        let base = "logging: {driver: a, options: {x: 1}}";
        assert_eq!(
            merged(base, "logging: {options: {y: 2}}"),
            "{logging:{driver:a,options:{x:1,y:2}}}"
        );
        assert_eq!(merged(base, "logging: {driver: b}"), "{logging:{driver:b}}");
    }

    #[test]
    fn a_list_in_the_short_form_of_dependencies_keeps_what_it_does_not_say() {
        let base = "depends_on: {a: {condition: service_healthy, restart: true}}";
        let result = "{depends_on:{a:{condition:service_started,restart:true,required:true}}}";
        assert_eq!(merged(base, "depends_on: [a]"), result);
    }

    #[test]
    fn another_kind_over_a_collection_is_an_error() {
        assert!(merged("ports: [1]", "ports: {a: 1}").starts_with("cannot override services..ports"));
        assert!(merged("logging: {driver: a}", "logging: ").starts_with("logging must be a mapping"));
    }
}
