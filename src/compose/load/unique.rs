//! Lists whose items have a key: of items with one key, the last stays, at the place of the first.

use indexmap::IndexMap;

use super::files::clean;
use super::number::text_of;
use super::path::{Table, visit};
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
    ("expose", exposed),
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
    let in_service = Table::new(IN_SERVICE.iter().map(|(pattern, key)| (*pattern, key)));
    for place in ["services.*", "jobs.*"] {
        visit(root, place, &mut |service| {
            in_service.visit(service, &mut |list, key| collapse(list, *key, problems));
        });
    }
    for (pattern, key) in TOP_LEVEL {
        visit(root, pattern, &mut |list| collapse(list, *key, problems));
    }
}

fn collapse(list: &mut Node, key: KeyOf, problems: &mut Diagnostics) {
    let Value::Seq(items) = &mut list.value else { return };
    let mut kept: IndexMap<String, Node> = IndexMap::with_capacity(items.len());
    for (index, item) in std::mem::take(items).into_iter().enumerate() {
        let key = if item.is_blurred() {
            Err(None)
        } else {
            key(&item).map_err(Some)
        };
        let key = key.unwrap_or_else(|message| {
            problems.extend(message.map(|message| Diagnostic::error("list-item", item.span, message)));
            // No key has this form, so that the item stays, and what is left of the list can be told from all of it.
            format!("\0{index}")
        });
        kept.insert(key, item);
    }
    *items = kept.into_values().collect();
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).map(|value| text_of(&value.value))
}

fn whole(item: &Node) -> Result<String, &'static str> {
    Ok(text_of(&item.value))
}

fn exposed(item: &Node) -> Result<String, &'static str> {
    match &item.value {
        Value::Int(number) if i64::try_from(*number).is_ok() => whole(item),
        Value::Str(_) => whole(item),
        _ => Err("a port is a text or a whole number"),
    }
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

#[cfg(test)]
mod tests {
    use super::super::testing::{shown, told, tree};
    use super::*;

    fn enforced(section: &str) -> String {
        let mut root = tree(&format!("services: {{a: {{{section}}}}}"));
        let mut problems = Diagnostics::default();
        enforce(&mut root, &mut problems);
        if problems.has_errors() {
            return told(&problems);
        }
        let service = root.at(&["services", "a"]).map(shown).unwrap_or_default();
        service[1..service.len() - 1].to_owned()
    }

    #[test]
    fn the_last_item_of_a_key_stays_at_the_place_of_the_first() {
        for (list, result) in [
            ("environment: [A=1, B=2, A=3]", "environment:[A=3,B=2]"),
            ("volumes: ['./a:/x', '/y', 'bb:/x/']", "volumes:[bb:/x/,/y]"),
            (
                "devices: ['/a:/x', {source: /b, target: /x}]",
                "devices:[{source:/b,target:/x}]",
            ),
            (
                "secrets: [s, {source: t, target: /run/secrets/s}]",
                "secrets:[{source:t,target:/run/secrets/s}]",
            ),
            ("ports: ['80:80', '80:80']", "ports:[80:80]"),
            (
                "ports: [{target: 80, mode: a}, {target: 80, protocol: tcp}]",
                "ports:[{target:80,protocol:tcp}]",
            ),
            (
                "ports: [{target: 80, published: 1}, {target: 80, published: '1'}]",
                "ports:[{target:80,published:1},{target:80,published:1}]",
            ),
            ("expose: [80, '80']", "expose:[80]"),
            ("security_opt: [a, a]", "security_opt:[a,a]"),
        ] {
            assert_eq!(enforced(list), result, "{list}");
        }
    }

    #[test]
    fn an_item_without_a_key_is_told() {
        assert_eq!(enforced("ports: [{published: 1}]"), "the port has no target");
        assert_eq!(enforced("volumes: [{type: volume}]"), "the mount has no target");
        assert_eq!(enforced("environment: [1]"), "this item must be a text");
    }
}
