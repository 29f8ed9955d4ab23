//! Short forms → long forms, so that the rest of the loader sees one form of each thing.

use super::merge::{build, depends_on, names};
use super::path::{Table, visit, visit_workloads};
use super::{mounts, ports};
use crate::diagnostic::{Diagnostic, Diagnostics, Stop};
use crate::source::Span;
use crate::yaml::{Map, Node, Value};

/// Gives every short form of the tree its long form.
pub(super) fn canonicalise(root: &mut Node, problems: &mut Diagnostics) -> Result<(), Stop> {
    let kinds = Table::new(KINDS.iter().map(|kind| (kind.0, kind)));
    kinds.visit_containers(root, &mut |node, (_, wanted, fits)| {
        if !fits(&node.value) {
            let message = format!("this must be {wanted}");
            problems.push(Diagnostic::error("wrong-type", node.span, message));
        }
    });
    problems.check()?;
    let forms = Table::new(FORMS.iter().map(|(pattern, change)| (*pattern, change)));
    forms.visit_containers(root, &mut |node, change| change(node, problems));
    for (pattern, change) in NOT_IN_HOOKS {
        visit_workloads(root, pattern, &mut |node| change(node, problems));
    }
    for section in ["networks", "volumes", "secrets", "configs"] {
        visit(root, &format!("{section}.*"), &mut |node| external(node, problems));
    }
    visit(root, "jobs.*.triggers.schedule.[]", &mut |node| wrap(node, "cron"));
    problems.check()
}

type Kind = (&'static str, &'static str, fn(&Value) -> bool);

/// What a place must hold to have a long form. The schema sees to it before, but for files that are only extended.
const KINDS: &[Kind] = &[
    ("build", "a path or a mapping", |value| {
        matches!(value, Value::Str(_) | Value::Map(_))
    }),
    ("ports", "a list", is_list),
    ("devices", "a list", is_list),
    ("volumes", "a list", is_list_or_null),
    ("secrets", "a list", is_list_or_null),
    ("configs", "a list", is_list_or_null),
    ("secrets.[]", "a text or a mapping", is_text_or_map),
    ("configs.[]", "a text or a mapping", is_text_or_map),
    ("volumes.[]", "a text or a mapping", is_text_or_map),
    ("devices.[]", "a text or a mapping", is_text_or_map),
    ("expose.[]", "a text or a number", |value| {
        matches!(value, Value::Str(_) | Value::Int(_) | Value::Float(_))
    }),
    ("ulimits.*", "a whole number or a mapping", is_limit),
    ("build.ulimits.*", "a whole number or a mapping", is_limit),
    ("gpus", "\"all\" or a list", |value| {
        matches!(value, Value::Str(_) | Value::Seq(_))
    }),
    ("env_file", "a path or a list", |value| {
        matches!(value, Value::Str(_) | Value::Seq(_))
    }),
    ("networks.[]", "a text", is_text),
    ("depends_on.[]", "a text", is_text),
    ("label_file.[]", "a text", is_text),
];

fn is_list(value: &Value) -> bool {
    matches!(value, Value::Seq(_))
}

fn is_list_or_null(value: &Value) -> bool {
    matches!(value, Value::Seq(_) | Value::Null)
}

fn is_text_or_map(value: &Value) -> bool {
    matches!(value, Value::Str(_) | Value::Map(_))
}

fn is_limit(value: &Value) -> bool {
    match value {
        Value::Int(number) => i64::try_from(*number).is_ok(),
        value => matches!(value, Value::Map(_)),
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value, Value::Str(_))
}

type Change = fn(&mut Node, &mut Diagnostics);

const FORMS: &[(&str, Change)] = &[
    ("build", |node, _| replace(node, build)),
    ("build.secrets.[]", |node, _| wrap(node, "source")),
    ("build.additional_contexts", key_values),
    ("build.ssh", ssh_keys),
    ("depends_on", |node, _| replace(node, depends_on)),
    ("depends_on.*", |node, _| {
        default(node, "condition", |span| Node::str("service_started", span));
        default(node, "required", |span| Node::new(Value::Bool(true), span));
    }),
    ("networks", |node, _| replace(node, names)),
    ("models", |node, _| replace(node, names)),
    ("env_file", |node, _| listed(node)),
    ("env_file.[]", |node, _| wrap(node, "path")),
    ("env_file.[]", |node, _| {
        default(node, "required", |span| Node::new(Value::Bool(true), span))
    }),
    ("label_file", |node, _| listed(node)),
    ("dns", |node, _| listed(node)),
    ("dns_search", |node, _| listed(node)),
    ("tmpfs", |node, _| listed(node)),
    ("develop.watch.[].ignore", |node, _| listed(node)),
    ("develop.watch.[].include", |node, _| listed(node)),
    ("secrets.[]", |node, _| wrap(node, "source")),
    ("configs.[]", |node, _| wrap(node, "source")),
    ("devices.[]", device),
    ("gpus", |node, _| gpus(node)),
    ("volumes.[]", volume),
    ("ports", port_list),
];

const NOT_IN_HOOKS: &[(&str, Change)] = &[
    ("dns", |node, _| drop_blank(node)),
    ("pull_policy", |node, _| {
        if node.as_str() == Some("if_not_present") {
            node.value = Value::Str("missing".to_owned());
        }
    }),
];

fn replace(node: &mut Node, change: fn(Node) -> Node) {
    *node = change(std::mem::take(node));
}

/// `a` as `[a]`.
fn listed(node: &mut Node) {
    if node.as_str().is_some() {
        let item = node.clone();
        node.value = Value::Seq(vec![item]);
    }
}

fn drop_blank(node: &mut Node) {
    if let Some(items) = node.as_seq_mut() {
        items.retain(|item| item.as_str() != Some(""));
    }
}

/// `a` as `{key: a}`.
fn wrap(node: &mut Node, key: &str) {
    if node.as_str().is_some() {
        let value = node.clone();
        node.value = Value::Map(Map::default());
        node.set(key, value);
    }
}

fn default(node: &mut Node, key: &str, value: fn(Span) -> Node) {
    if node.as_map().is_some_and(|map| !map.contains_key(key)) {
        let value = value(node.span);
        node.set(key, value);
    }
}

/// `[a=b]` as `{a: b}`.
fn key_values(node: &mut Node, problems: &mut Diagnostics) {
    let Value::Seq(items) = &node.value else { return };
    let mut map = Node::new(Value::Map(Map::default()), node.span);
    for item in items {
        match item.as_str().and_then(|text| text.split_once('=')) {
            Some((key, value)) => map.set(key, Node::str(value, item.span)),
            None => problems.push(Diagnostic::error(
                "key-value",
                item.span,
                "this item must have the form NAME=VALUE",
            )),
        }
    }
    *node = map;
}

/// `[default, id=path]` as `{default: null, id: path}`.
fn ssh_keys(node: &mut Node, problems: &mut Diagnostics) {
    let Value::Seq(items) = &node.value else { return };
    let mut map = Node::new(Value::Map(Map::default()), node.span);
    for item in items {
        match item.as_str().unwrap_or_default() {
            "default" => map.set("default", Node::new(Value::Null, item.span)),
            text => match text.split_once('=') {
                Some((id, path)) => map.set(id, Node::str(path, item.span)),
                None => {
                    let message = format!("the ssh key {text:?} has no path");
                    problems.push(Diagnostic::error("ssh-key", item.span, message).help("write ID=PATH"));
                }
            },
        }
    }
    *node = map;
}

fn device(node: &mut Node, problems: &mut Diagnostics) {
    let Some(spec) = node.as_str() else { return };
    let parts: Vec<&str> = spec.split(':').collect();
    let (source, target, permissions) = match parts[..] {
        [source] => (source, source, "rwm"),
        [source, ""] => (source, source, "rwm"),
        [source, target] => (source, target, "rwm"),
        [source, "", permissions] => (source, source, permissions),
        [source, target, permissions] => (source, target, permissions),
        _ => {
            let problem = Diagnostic::error("device", node.span, "a device has at most three parts between colons");
            return problems.push(problem.help("use the long form for a path with a colon"));
        }
    };
    let mut long = Node::new(Value::Map(Map::default()), node.span);
    for (key, value) in [("source", source), ("target", target), ("permissions", permissions)] {
        long.set(key, Node::str(value, node.span));
    }
    *node = long;
}

/// `all` as `[{count: all}]`.
fn gpus(node: &mut Node) {
    if node.as_str().is_some() {
        *node = Node::str("all", node.span);
        wrap(node, "count");
        let request = node.clone();
        node.value = Value::Seq(vec![request]);
    }
}

fn volume(node: &mut Node, problems: &mut Diagnostics) {
    if let Some(spec) = node.as_str() {
        match mounts::parse(spec) {
            Ok(mount) => *node = mount.into_node(node.span),
            Err(message) => problems.push(Diagnostic::error("mount", node.span, message)),
        }
    } else if let Some(target) = node.get_mut("target")
        && let Value::Str(text) = &mut target.value
    {
        *text = super::files::clean(text);
    }
}

fn port_list(node: &mut Node, problems: &mut Diagnostics) {
    let Value::Seq(items) = &mut node.value else { return };
    let mut long = Vec::with_capacity(items.len());
    for item in std::mem::take(items) {
        let spec = match &item.value {
            Value::Str(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Map(_) => {
                long.push(long_port(item));
                continue;
            }
            _ => {
                problems.push(Diagnostic::error(
                    "port",
                    item.span,
                    "a port is a whole number, a text or a mapping",
                ));
                continue;
            }
        };
        match ports::parse(&spec) {
            Ok(ports) => long.extend(ports.into_iter().map(|port| port.into_node(item.span))),
            Err(message) => problems.push(Diagnostic::error("port", item.span, message)),
        }
    }
    *items = long;
}

fn long_port(mut port: Node) -> Node {
    default(&mut port, "mode", |span| Node::str("ingress", span));
    default(&mut port, "protocol", |span| Node::str("tcp", span));
    port
}

/// `external: {name: n}` as `external: true` and `name: n`.
fn external(node: &mut Node, problems: &mut Diagnostics) {
    let Some(external) = node.get("external") else { return };
    if external.as_map().is_none() {
        return;
    }
    let (span, name) = (external.span, external.get("name").cloned());
    problems.push(Diagnostic::warning(
        "external-name",
        span,
        "\"external.name\" is deprecated: set \"name\" and \"external: true\"",
    ));
    if let Some(name) = name {
        match node.get("name") {
            Some(own) if own.value != name.value => {
                let problem = Diagnostic::error(
                    "external-name",
                    span,
                    "\"name\" and \"external.name\" say different things",
                );
                problems.push(problem.label(own.span, "the other name").help("use \"name\" alone"));
            }
            _ => node.set("name", name),
        }
    }
    node.set("external", Node::new(Value::Bool(true), span));
}
