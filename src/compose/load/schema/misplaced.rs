//! Where a key that has no meaning at its place belongs, as far as its neighbours and its value show.

use super::{Keys, tables};
use crate::yaml::{Map, Node, Value};

/// The keys of a subnet, which belong into an item of `ipam.config`.
const OF_SUBNET: [&str; 4] = ["subnet", "gateway", "ip_range", "aux_addresses"];

/// Sections of the top level that declare something by names of the user's own.
const SECTIONS: [&str; 5] = ["configs", "models", "networks", "secrets", "volumes"];

/// What a service can be made from: a mapping with one of these keys describes a service.
const ORIGINS: [&str; 2] = ["build", "image"];

/// Says where an unknown key belongs. `around` is the mapping that it stands in, at `path`.
pub(super) fn of_key(path: &[&str], around: &Map, key: &str, value: &Node) -> Option<String> {
    match path {
        [] if is_service(value) => Some(format!("indent `{key}` below `services:`, where services are defined")),
        [] if is_key_of(&tables::SERVICE, key) => Some(format!("indent `{key}` below the service that it belongs to")),
        ["services", section] if SECTIONS.contains(section) && !describes_service(around) && is_declaration(value) => {
            Some(at_top(section))
        }
        ["services", service] if is_service(value) => Some(format!(
            "unindent `{key}` to the level of `{service}`: it looks like a service"
        )),
        ["services", inner] if is_in_service_only(inner) && !describes_service(around) => Some(in_service(inner)),
        ["services", service, inner, ..] if is_key_of(&tables::SERVICE, key) && !is_open(inner) => Some(format!(
            "unindent `{key}`: it is a key of the service `{service}` and not of `{inner}`"
        )),
        ["networks", _] | ["networks", _, "ipam"] if OF_SUBNET.contains(&key) => {
            Some(in_ipam(key, value, path.len() > 2))
        }
        _ => None,
    }
}

/// Says where the value of a key belongs that is taken for the name of a service, or that is one of several.
pub(super) fn of_value(path: &[&str], value: &Node) -> Option<String> {
    if let (["networks", _, "ipam", "config"], Some(subnet)) = (path, value.as_map()) {
        let subnet = subnet.get("subnet").and_then(Node::as_str).unwrap_or("…");
        return Some(format!("write a list of subnets: `config: [{{subnet: {subnet}}}]`"));
    }
    let ["services", name] = path else { return None };
    if value.as_map().is_some() {
        return None;
    }
    if value.is_null() && SECTIONS.contains(name) {
        return Some(at_top(name));
    }
    is_key_of(&tables::SERVICE, name).then(|| in_service(name))
}

fn at_top(section: &str) -> String {
    format!("unindent `{section}` to the level of `services`: it is a key of the top level")
}

fn in_service(key: &str) -> String {
    format!("indent `{key}` further: it is a key of a service, and is taken for the name of one here")
}

fn in_ipam(key: &str, value: &Node, is_in_ipam: bool) -> String {
    let value = value.as_str().unwrap_or("…");
    let config = format!("config: [{{{key}: {value}}}]");
    if is_in_ipam {
        format!("write `{config}`")
    } else {
        format!("write `ipam: {{{config}}}`")
    }
}

fn is_key_of(keys: &Keys, key: &str) -> bool {
    keys.get(key).is_some()
}

/// Whether a key has a meaning in a service and none at the top level.
fn is_in_service_only(key: &str) -> bool {
    is_key_of(&tables::SERVICE, key) && !is_key_of(&tables::ROOT_KEYS, key)
}

fn is_service(value: &Node) -> bool {
    value.as_map().is_some_and(describes_service)
}

fn describes_service(map: &Map) -> bool {
    ORIGINS.iter().any(|key| map.contains_key(*key))
}

/// Whether a value can declare a volume or the like: most are empty.
fn is_declaration(value: &Node) -> bool {
    matches!(value.value, Value::Null | Value::Map(_))
}

/// Whether the keys below this one are the user's own, so that none of them belongs elsewhere.
fn is_open(key: &str) -> bool {
    ["depends_on", "networks", "models"].contains(&key)
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostics;
    use crate::source::SourceId;

    /// The help of the first failure of a file.
    fn help(text: &str) -> String {
        let (tree, _) = crate::yaml::parse(text, SourceId::default());
        let (node, _) = crate::yaml::expand(&tree, tree.documents[0]);
        let mut problems = Diagnostics::default();
        super::super::check(&node, &mut problems);
        let first = problems.iter().next().unwrap();
        first.help.clone().unwrap_or_default()
    }

    #[test]
    fn a_key_at_the_wrong_depth_is_sent_to_the_right_one() {
        for (text, expected) in [
            (
                "web: {image: i}",
                "indent `web` below `services:`, where services are defined",
            ),
            (
                "services: {a: {image: i}}\nports: ['80']",
                "indent `ports` below the service that it belongs to",
            ),
            (
                "services:\n  web:\n    image: i\n    db: {image: j}",
                "unindent `db` to the level of `web`: it looks like a service",
            ),
            (
                "services:\n  web: {image: i}\n  volumes:\n    store:",
                "unindent `volumes` to the level of `services`: it is a key of the top level",
            ),
            (
                "services:\n  web: {image: i}\n  networks:\n    front: {driver: bridge}",
                "unindent `networks` to the level of `services`: it is a key of the top level",
            ),
            (
                "services:\n  web: {image: i}\n  environment: [A=b]",
                "indent `environment` further: it is a key of a service, and is taken for the name of one here",
            ),
            (
                "services:\n  web: {image: i}\n  environment: {A: b}",
                "indent `environment` further: it is a key of a service, and is taken for the name of one here",
            ),
            (
                "services:\n  web:\n    build: {context: ., ports: ['80']}",
                "unindent `ports`: it is a key of the service `web` and not of `build`",
            ),
            (
                "networks: {n: {subnet: 10.0.0.0/8}}",
                "write `ipam: {config: [{subnet: 10.0.0.0/8}]}`",
            ),
            (
                "networks: {n: {ipam: {config: {subnet: 10.0.0.0/8}}}}",
                "write a list of subnets: `config: [{subnet: 10.0.0.0/8}]`",
            ),
            (
                "networks: {n: {ipam: {gateway: 10.0.0.1}}}",
                "write `config: [{gateway: 10.0.0.1}]`",
            ),
        ] {
            assert_eq!(help(text), expected, "{text}");
        }
    }

    #[test]
    fn a_mistyped_key_is_still_a_mistyped_key() {
        for (text, expected) in [
            ("service: {web: {image: i}}", "did you mean \"services\"?"),
            ("services: {web: {imag: i}}", "did you mean \"image\"?"),
            ("services: {volumes: {imag: i}}", "did you mean \"image\"?"),
            ("services: {web: {image: i, unknown: 1}}", ""),
        ] {
            assert_eq!(help(text), expected, "{text}");
        }
    }
}
