//! The resolved model as JSON, equal to what `docker compose config --format json` prints.

use serde_json::{Map as JsonMap, Value as Json};

use super::number::json_number;
use crate::yaml::{Node, Value};

/// Mappings whose keys the user chooses: all of their entries are shown, whatever they hold.
const FREE: [&str; 15] = [
    "additional_contexts",
    "annotations",
    "args",
    "aux_addresses",
    "depends_on",
    "driver_opts",
    "environment",
    "labels",
    "models",
    "networks",
    "options",
    "storage_opt",
    "sysctls",
    "ulimits",
    "services",
];

/// Attributes that are shown even where they are false or zero.
const SHOWN: [&str; 9] = [
    "attach",
    "init",
    "required",
    "enable_ipv4",
    "enable_ipv6",
    "scale",
    "replicas",
    "retries",
    "create_host_path",
];

/// The model under its project name.
pub(super) fn emit(root: &Node, name: &str) -> Json {
    let mut out = JsonMap::new();
    out.insert("name".to_owned(), Json::from(name));
    let sections = ["services", "networks", "volumes", "secrets", "configs", "jobs"];
    for section in sections {
        let entries = root.get(section).into_iter().flat_map(Node::entries);
        let entries: JsonMap<String, Json> = entries
            .map(|(key, node)| (doubled(key), Json::Object(resource(section, node))))
            .collect();
        if section == "services" || !entries.is_empty() {
            out.insert(section.to_owned(), Json::Object(entries));
        }
    }
    for (key, node) in root.entries().filter(|(key, _)| key.starts_with("x-")) {
        out.insert(doubled(key), plain(node));
    }
    Json::Object(out)
}

fn resource(section: &str, node: &Node) -> JsonMap<String, Json> {
    let mut out = structure(node);
    match section {
        "services" | "jobs" => {
            container(&mut out);
            always_shown(&mut out);
        }
        "networks" => {
            out.entry("ipam").or_insert_with(|| Json::Object(JsonMap::new()));
        }
        "configs" if out.contains_key("environment") => {
            out.shift_remove("content");
        }
        _ => {}
    }
    out
}

/// The command and the entry point are always shown.
fn container(out: &mut JsonMap<String, Json>) {
    for key in ["command", "entrypoint"] {
        out.entry(key).or_insert(Json::Null);
    }
}

/// A limit of 0 is shown as one of which nothing is set.
fn limits(out: &mut JsonMap<String, Json>) {
    let limits = out.get_mut("ulimits").and_then(Json::as_object_mut).into_iter();
    let zero = |limit: &&mut Json| limit.as_i64() == Some(0);
    for limit in limits.flat_map(|limits| limits.values_mut()).filter(zero) {
        *limit = Json::Object(JsonMap::new());
    }
}

/// That an env file is required goes without saying.
fn env_files(out: &mut JsonMap<String, Json>) {
    let files = out
        .get_mut("env_file")
        .and_then(Json::as_array_mut)
        .into_iter()
        .flatten();
    for file in files.filter_map(Json::as_object_mut) {
        if file.get("required").and_then(Json::as_bool) == Some(true) {
            file.shift_remove("required");
        }
    }
}

/// Parts that are shown even where nothing is in them.
fn always_shown(out: &mut JsonMap<String, Json>) {
    if let Some(Json::Array(hooks)) = out.get_mut("pre_start") {
        for hook in hooks.iter_mut().filter_map(Json::as_object_mut) {
            container(hook);
            env_files(hook);
            limits(hook);
        }
    }
    if let Some(Json::Array(rules)) = out.get_mut("develop").and_then(|develop| develop.get_mut("watch")) {
        for rule in rules.iter_mut().filter_map(Json::as_object_mut) {
            let exec = rule.entry("exec").or_insert_with(|| Json::Object(JsonMap::new()));
            if let Json::Object(exec) = exec {
                exec.entry("command").or_insert(Json::Null);
            }
        }
    }
    limits(out);
    if let Some(Json::Object(deploy)) = out.get_mut("deploy") {
        for key in ["resources", "placement"] {
            deploy.entry(key).or_insert_with(|| Json::Object(JsonMap::new()));
        }
    }
}

/// A mapping with known keys: what is absent, empty, zero or false is left out.
fn structure(node: &Node) -> JsonMap<String, Json> {
    let mut out = JsonMap::new();
    for (key, value) in node.entries().filter(|(key, _)| !key.starts_with("x-")) {
        let json = attribute(key, value);
        if is_shown(key, &json) {
            out.insert(capital(key, node).to_owned(), json);
        }
    }
    out
}

/// The devices of `blkio_config` are the one place with capital letters.
fn capital<'a>(key: &'a str, node: &Node) -> &'a str {
    let is_throttle = node.get("path").is_some() && (node.get("rate").is_some() || node.get("weight").is_some());
    match key {
        "path" if is_throttle => "Path",
        "rate" if is_throttle => "Rate",
        "weight" if is_throttle => "Weight",
        _ => key,
    }
}

fn is_shown(key: &str, json: &Json) -> bool {
    match json {
        Json::Null => ["command", "entrypoint"].contains(&key),
        Json::Bool(value) if key == "create_host_path" => !value,
        Json::Bool(value) => *value || SHOWN.contains(&key),
        Json::Number(number) => number.as_f64() != Some(0.0) || SHOWN.contains(&key),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty() || ["command", "entrypoint"].contains(&key),
        Json::Object(map) => !map.is_empty() || !FREE.contains(&key),
    }
}

fn attribute(key: &str, node: &Node) -> Json {
    match &node.value {
        Value::Map(map) if FREE.contains(&key) => map
            .iter()
            .map(|(key, value)| (doubled(key), nested(value)))
            .collect::<JsonMap<_, _>>()
            .into(),
        _ => nested(node),
    }
}

fn nested(node: &Node) -> Json {
    match &node.value {
        Value::Map(_) => Json::Object(structure(node)),
        Value::Seq(items) => Json::Array(items.iter().map(nested).collect()),
        _ => plain(node),
    }
}

/// A value as it stands.
fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => match (i64::try_from(*number), u64::try_from(*number)) {
            (Ok(number), _) => Json::from(number),
            (_, Ok(number)) => Json::from(number),
            _ => Json::Null,
        },
        Value::Float(number) => json_number(*number),
        Value::Time(time) => Json::from(time.rfc3339()),
        Value::Str(text) => Json::String(doubled(text)),
        Value::Seq(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Map(map) => map
            .iter()
            .map(|(key, value)| (doubled(key), plain(value)))
            .collect::<JsonMap<_, _>>()
            .into(),
    }
}

/// Every dollar sign twice, so that the model can be read as a compose file again.
fn doubled(text: &str) -> String {
    text.replace('$', "$$")
}
