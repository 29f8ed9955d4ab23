//! Lists whose items have a key: of items with one key, the last stays, at the place of the first.

use indexmap::IndexMap;

use super::files::clean;
use super::number::text_of;
use super::path::visit;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::yaml::{Node, Value};

/// The key of an item, or what is wrong with it.
type KeyOf = fn(&Node) -> Result<String, &'static str>;

const IN_SERVICE: &[(&str, KeyOf)] = &[
    ("ports", port),
    ("volumes", volume),
    ("devices", device),
    ("secrets", secret),
    ("configs", config),
    ("env_file", env_file),
    ("label_file", whole),
    ("expose", whole),
    ("environment", before_equals),
    ("labels", before_equals),
    ("annotations", before_equals),
    ("sysctls", before_equals),
    ("dns", before_equals),
    ("dns_opt", before_equals),
    ("dns_search", before_equals),
    ("cap_add", before_equals),
    ("cap_drop", before_equals),
    ("links", before_equals),
    ("profiles", before_equals),
    ("tmpfs", before_equals),
    ("build.args", before_equals),
    ("build.tags", before_equals),
    ("build.labels", before_equals),
    ("build.additional_contexts", before_equals),
    ("deploy.labels", before_equals),
    ("networks.*.aliases", before_equals),
    ("networks.*.link_local_ips", before_equals),
];

const TOP_LEVEL: &[(&str, KeyOf)] = &[
    ("networks.*.labels", before_equals),
    ("networks.*.ipam.options", before_equals),
];

/// Holds every keyed list of the tree to one item a key.
pub(super) fn enforce(root: &mut Node, problems: &mut Diagnostics) {
    for place in ["services.*", "jobs.*"] {
        visit(root, place, &mut |service| {
            for (pattern, key) in IN_SERVICE {
                visit(service, pattern, &mut |list| collapse(list, *key, problems));
            }
        });
    }
    for (pattern, key) in TOP_LEVEL {
        visit(root, pattern, &mut |list| collapse(list, *key, problems));
    }
}

fn collapse(list: &mut Node, key: KeyOf, problems: &mut Diagnostics) {
    let Value::Seq(items) = &mut list.value else { return };
    let mut kept: IndexMap<String, Node> = IndexMap::with_capacity(items.len());
    for item in std::mem::take(items) {
        match key(&item) {
            Ok(key) => {
                kept.insert(key, item);
            }
            Err(message) => problems.push(Diagnostic::error("list-item", item.span, message)),
        }
    }
    *items = kept.into_values().collect();
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).map(|value| text_of(&value.value))
}

fn whole(item: &Node) -> Result<String, &'static str> {
    Ok(text_of(&item.value))
}

fn before_equals(item: &Node) -> Result<String, &'static str> {
    let text = item.as_str().ok_or("this item must be a text")?;
    Ok(text.split('=').next().unwrap_or_default().to_owned())
}

fn port(item: &Node) -> Result<String, &'static str> {
    if item.as_map().is_none() {
        return whole(item);
    }
    let target = item.get("target").ok_or("the port has no target")?;
    let published = match item.get("published").map(|published| &published.value) {
        Some(Value::Str(text)) => text.clone(),
        Some(number) => format!("#{}", text_of(number)),
        None => String::new(),
    };
    let host = text(item, "host_ip").unwrap_or_else(|| "0.0.0.0".to_owned());
    let protocol = text(item, "protocol").unwrap_or_else(|| "tcp".to_owned());
    Ok(format!("{host}:{published}:{}/{protocol}", text_of(&target.value)))
}

fn volume(item: &Node) -> Result<String, &'static str> {
    match &item.value {
        Value::Str(spec) => {
            let mount =
                super::mounts::parse(spec).map_err(|_| "the mount is not SOURCE:TARGET or SOURCE:TARGET:MODE")?;
            Ok(clean(&mount.target))
        }
        Value::Map(_) => {
            let target = text(item, "target");
            target.map(|target| clean(&target)).ok_or("the mount has no target")
        }
        _ => whole(item),
    }
}

fn device(item: &Node) -> Result<String, &'static str> {
    match &item.value {
        Value::Str(spec) => {
            let mut parts = spec.split(':');
            let source = parts.next().unwrap_or_default();
            Ok(parts.next().unwrap_or(source).to_owned())
        }
        _ => text(item, "target").ok_or("the device has no target"),
    }
}

fn secret(item: &Node) -> Result<String, &'static str> {
    mounted(item, "/run/secrets/")
}

fn config(item: &Node) -> Result<String, &'static str> {
    mounted(item, "/")
}

fn mounted(item: &Node, folder: &str) -> Result<String, &'static str> {
    let source = item.as_str().map(str::to_owned).or_else(|| text(item, "source"));
    let target = text(item, "target").filter(|target| !target.is_empty());
    Ok(target.unwrap_or_else(|| format!("{folder}{}", source.unwrap_or_default())))
}

fn env_file(item: &Node) -> Result<String, &'static str> {
    Ok(text(item, "path").unwrap_or_else(|| text_of(&item.value)))
}
