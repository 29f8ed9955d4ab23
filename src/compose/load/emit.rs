//! The resolved model in the two forms of `docker compose config`: what `--format json` prints, and what YAML shows.

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
const SHOWN: [&str; 11] = [
    "attach",
    "init",
    "required",
    "enable_ipv4",
    "enable_ipv6",
    "scale",
    "replicas",
    "retries",
    "parallelism",
    "max_attempts",
    "create_host_path",
];

/// Which of the two. They differ in more than notation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Extensions at the top level alone, no models, and a few attributes that are always there.
    Json,
    /// Extensions everywhere, models, and nothing that is not set.
    Yaml,
}

/// The model under its project name.
pub(super) fn emit(root: &Node, name: &str, form: Form) -> Json {
    let mut out = JsonMap::new();
    out.insert("name".to_owned(), Json::from(name));
    let sections = [
        "services", "networks", "volumes", "secrets", "configs", "jobs", "models",
    ];
    for section in sections
        .into_iter()
        .filter(|section| form == Form::Yaml || *section != "models")
    {
        let entries = root.get(section).into_iter().flat_map(Node::entries);
        let entries: JsonMap<String, Json> = entries
            .map(|(key, node)| (doubled(key), Json::Object(form.resource(section, node))))
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

/// What [`Project`](crate::compose::Project) reads of a service.
const PLANNED: [&str; 20] = [
    "attach",
    "build",
    "command",
    "depends_on",
    "deploy",
    "entrypoint",
    "expose",
    "healthcheck",
    "image",
    "logging",
    "ports",
    "post_start",
    "pre_start",
    "pre_stop",
    "provider",
    "restart",
    "scale",
    "stop_grace_period",
    "triggers",
    "x-towline",
];

/// The services and the jobs with what plans look at, as YAML shows it.
pub(super) fn services(root: &Node, name: &str) -> Json {
    let mut out = JsonMap::new();
    out.insert("name".to_owned(), Json::from(name));
    for section in ["services", "jobs"] {
        let entries = root.get(section).into_iter().flat_map(Node::entries);
        let entries = entries.map(|(key, node)| (doubled(key), planned(node)));
        out.insert(section.to_owned(), Json::Object(entries.collect()));
    }
    Json::Object(out)
}

/// What plans look at of a service.
pub(super) fn planned(node: &Node) -> Json {
    let mut out = JsonMap::new();
    for (key, value) in node.entries().filter(|(key, _)| PLANNED.contains(&&*key.text)) {
        out.insert(key.to_string(), Form::Yaml.attribute(key, value));
    }
    Json::Object(out)
}

impl Form {
    fn resource(self, section: &str, node: &Node) -> JsonMap<String, Json> {
        let mut out = self.structure(node);
        if section == "configs" && out.contains_key("environment") {
            out.shift_remove("content");
        }
        match (section, self) {
            ("services" | "jobs", Self::Json) => {
                container(&mut out);
                always_shown(&mut out);
            }
            ("services" | "jobs", Self::Yaml) => hooks(&mut out, |hook| {
                env_files(hook);
                limits(hook, Self::Yaml);
            }),
            ("networks", Self::Json) => {
                out.entry("ipam").or_insert_with(|| Json::Object(JsonMap::new()));
            }
            _ => {}
        }
        if self == Self::Yaml {
            limits(&mut out, self);
        }
        out
    }

    /// A mapping with known keys: what is absent, empty, zero or false is left out.
    fn structure(self, node: &Node) -> JsonMap<String, Json> {
        let mut out = JsonMap::new();
        for (key, value) in node.entries() {
            if key.starts_with("x-") {
                if self == Self::Yaml {
                    out.insert(doubled(key), plain(value));
                }
                continue;
            }
            let json = self.attribute(key, value);
            if is_shown(key, &json, self) {
                out.insert(key.to_string(), json);
            }
        }
        out
    }

    fn attribute(self, key: &str, node: &Node) -> Json {
        match &node.value {
            Value::Map(map) if FREE.contains(&key) => map
                .iter()
                .map(|(key, value)| (doubled(key), self.nested(value)))
                .collect::<JsonMap<_, _>>()
                .into(),
            _ => self.nested(node),
        }
    }

    fn nested(self, node: &Node) -> Json {
        match &node.value {
            Value::Map(_) => Json::Object(self.structure(node)),
            Value::Seq(items) => Json::Array(items.iter().map(|item| self.nested(item)).collect()),
            _ => plain(node),
        }
    }
}

/// The command and the entry point are always shown.
fn container(out: &mut JsonMap<String, Json>) {
    for key in ["command", "entrypoint"] {
        out.entry(key).or_insert(Json::Null);
    }
}

fn hooks(out: &mut JsonMap<String, Json>, act: impl Fn(&mut JsonMap<String, Json>)) {
    let hooks = out
        .get_mut("pre_start")
        .and_then(Json::as_array_mut)
        .into_iter()
        .flatten();
    hooks.filter_map(Json::as_object_mut).for_each(act);
}

/// A limit of 0 is shown in JSON as one of which nothing is set, and in YAML as one whose halves are 0.
fn limits(out: &mut JsonMap<String, Json>, form: Form) {
    let limits = out.get_mut("ulimits").and_then(Json::as_object_mut).into_iter();
    for limit in limits.flat_map(|limits| limits.values_mut()) {
        let is_zero = limit.as_i64() == Some(0) || limit.as_object().is_some_and(JsonMap::is_empty);
        if is_zero && form == Form::Json {
            *limit = Json::Object(JsonMap::new());
        } else if is_zero {
            *limit = serde_json::json!({"soft": 0, "hard": 0});
        }
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
    hooks(out, |hook| {
        container(hook);
        env_files(hook);
        limits(hook, Form::Json);
    });
    if let Some(Json::Array(rules)) = out.get_mut("develop").and_then(|develop| develop.get_mut("watch")) {
        for rule in rules.iter_mut().filter_map(Json::as_object_mut) {
            let exec = rule.entry("exec").or_insert_with(|| Json::Object(JsonMap::new()));
            if let Json::Object(exec) = exec {
                exec.entry("command").or_insert(Json::Null);
            }
        }
    }
    limits(out, Form::Json);
    if let Some(Json::Object(build)) = out.get_mut("build") {
        limits(build, Form::Json);
    }
    if let Some(Json::Object(blkio)) = out.get_mut("blkio_config") {
        throttles(blkio);
    }
    if let Some(Json::Object(deploy)) = out.get_mut("deploy") {
        generic_resources(deploy);
        for key in ["resources", "placement"] {
            deploy.entry(key).or_insert_with(|| Json::Object(JsonMap::new()));
        }
    }
}

/// The devices of `blkio_config` are the one place with capital letters, and have all of their parts.
fn throttles(blkio: &mut JsonMap<String, Json>) {
    for (list, devices) in blkio {
        let (part, name, missing) = match list.as_str() {
            "weight_device" => ("weight", "Weight", Json::from(0)),
            _ => ("rate", "Rate", Json::from("0")),
        };
        for device in devices
            .as_array_mut()
            .into_iter()
            .flatten()
            .filter_map(Json::as_object_mut)
        {
            let path = device.get("path").cloned().unwrap_or_else(|| Json::from(""));
            let value = device.get(part).cloned().unwrap_or_else(|| missing.clone());
            *device = JsonMap::from_iter([("Path".to_owned(), path), (name.to_owned(), value)]);
        }
    }
}

/// A resource of any kind is shown with its kind and its value, whatever they are.
fn generic_resources(deploy: &mut JsonMap<String, Json>) {
    let reserved = deploy.get_mut("resources").and_then(|all| all.get_mut("reservations"));
    let resources = reserved.and_then(|reserved| reserved.get_mut("generic_resources"));
    for resource in resources.and_then(Json::as_array_mut).into_iter().flatten() {
        if let Some(Json::Object(spec)) = resource.get_mut("discrete_resource_spec") {
            spec.entry("kind").or_insert_with(|| Json::from(""));
            spec.entry("value").or_insert_with(|| Json::from(0));
        }
    }
}

fn is_shown(key: &str, json: &Json, form: Form) -> bool {
    match json {
        Json::Null => form == Form::Json && ["command", "entrypoint"].contains(&key),
        Json::Bool(value) if key == "create_host_path" => !value,
        Json::Bool(value) => *value || SHOWN.contains(&key),
        Json::Number(number) => number.as_f64() != Some(0.0) || SHOWN.contains(&key),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty() || ["command", "entrypoint"].contains(&key),
        Json::Object(map) => !map.is_empty() || !FREE.contains(&key),
    }
}

/// A value as it stands.
pub(super) fn plain(node: &Node) -> Json {
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
