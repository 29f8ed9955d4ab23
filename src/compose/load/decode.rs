//! Values → the form in which the resolved model has them: sizes in bytes, durations, words of a command, texts for numbers.

use super::interpolate::{boolean, tell_word};
use super::number::{json_number_32, parse_float, text_of};
use super::path::{Table, visit};
use super::{units, words};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::yaml::{Map, Node, Value};

/// Gives every value of a tree in long form its final type. All that cannot be read is told.
pub(super) fn decode(root: &mut Node, problems: &mut Diagnostics) {
    let container = Table::new(CONTAINER.iter().map(|(pattern, decode)| (*pattern, decode)));
    container.visit_containers(root, &mut |node, decode| apply(node, *decode, problems));
    let truths = Table::new(TRUTHS.iter().map(|pattern| (*pattern, &())));
    truths.visit_containers(root, &mut |node, ()| {
        if let Some(text) = node.as_str() {
            tell_word(text, node.span, problems);
        }
        apply(node, truth, problems);
    });
    for (pattern, decode) in TOP_LEVEL {
        visit(root, pattern, &mut |node| apply(node, *decode, problems));
    }
    for (_, section) in root
        .entries()
        .filter(|(key, _)| !key.starts_with("x-") && *key.text != *"version")
    {
        no_dates(section, problems);
    }
}

/// Tells of the dates that are left: Compose makes a text of them in a few places alone.
fn no_dates(node: &Node, problems: &mut Diagnostics) {
    match &node.value {
        Value::Time(_) => {
            let problem = Diagnostic::error("wrong-type", node.span, "this must be a text, and not a date");
            problems.push(problem.help("write it in quotes"));
        }
        Value::Seq(items) => items.iter().for_each(|item| no_dates(item, problems)),
        Value::Map(map) => {
            let known = map.iter().filter(|(key, _)| !key.starts_with("x-"));
            known.for_each(|(_, value)| no_dates(value, problems));
        }
        _ => {}
    }
}

type Decode = fn(&mut Node) -> Result<(), String>;

fn apply(node: &mut Node, decode: Decode, problems: &mut Diagnostics) {
    let span = node.span;
    if let Err(message) = decode(node) {
        problems.push(Diagnostic::error("wrong-value", span, message));
    }
}

const CONTAINER: &[(&str, Decode)] = &[
    ("command", command),
    ("entrypoint", command),
    ("post_start.[].command", command),
    ("pre_stop.[].command", command),
    ("develop.watch.[].exec.command", command),
    ("healthcheck.test", health_test),
    ("environment", environment),
    ("post_start.[].environment", environment),
    ("pre_stop.[].environment", environment),
    ("build.args", environment),
    ("labels", labels),
    ("annotations", labels),
    ("sysctls", labels),
    ("deploy.labels", labels),
    ("build.labels", labels),
    ("build.no_cache_filter", list),
    ("volumes.[].volume.labels", labels),
    ("gpus.[].options", labels),
    ("deploy.resources.reservations.devices.[].options", labels),
    ("logging.options.*", text),
    ("networks.*.driver_opts.*", text),
    ("storage_opt.*", name),
    ("provider.options.*", texts),
    ("build.ssh", ssh),
    ("build.provenance", text),
    ("build.sbom", text),
    ("build.secrets.[].mode", mode),
    ("secrets.[].mode", mode),
    ("configs.[].mode", mode),
    ("group_add.[]", name),
    ("expose.[]", text),
    ("extra_hosts", hosts),
    ("build.extra_hosts", hosts),
    ("mem_limit", size),
    ("mem_reservation", size),
    ("memswap_limit", size),
    ("mem_swappiness", size),
    ("shm_size", size),
    ("build.shm_size", size),
    ("deploy.resources.limits.memory", size),
    ("deploy.resources.reservations.memory", size),
    ("volumes.[].tmpfs.size", size),
    ("blkio_config.device_read_bps.[].rate", size),
    ("blkio_config.device_read_iops.[].rate", size),
    ("blkio_config.device_write_bps.[].rate", size),
    ("blkio_config.device_write_iops.[].rate", size),
    ("stop_grace_period", duration),
    ("healthcheck.interval", duration),
    ("healthcheck.timeout", duration),
    ("healthcheck.start_period", duration),
    ("healthcheck.start_interval", duration),
    ("deploy.update_config.delay", duration_or_none),
    ("deploy.update_config.monitor", duration_or_none),
    ("deploy.rollback_config.delay", duration_or_none),
    ("deploy.rollback_config.monitor", duration_or_none),
    ("deploy.restart_policy.delay", duration),
    ("deploy.restart_policy.window", duration),
    ("cpus", float),
    ("cpu_percent", float),
    ("deploy.resources.limits.cpus", float),
    ("deploy.resources.reservations.cpus", float),
    ("deploy.update_config.max_failure_ratio", float),
    ("deploy.rollback_config.max_failure_ratio", float),
    ("healthcheck.retries", unsigned),
    ("deploy.update_config.parallelism", unsigned),
    ("deploy.rollback_config.parallelism", unsigned),
    ("deploy.restart_policy.max_attempts", unsigned),
    ("deploy.placement.max_replicas_per_node", unsigned),
    ("ports.[].target", |node| fixed(node, 32)),
    ("ports.[].published", name),
    ("volumes.[].tmpfs.mode", mount_mode),
    ("blkio_config.weight", weight),
    ("blkio_config.weight_device.[].weight", weight),
    ("pid", not_empty),
    ("gpus.[]", device_request),
    ("cpu_count", integer),
    ("cpu_period", integer),
    ("cpu_quota", integer),
    ("cpu_rt_period", integer),
    ("cpu_rt_runtime", integer),
    ("cpu_shares", integer),
    ("oom_score_adj", integer),
    ("pids_limit", integer),
    ("ulimits.*", limit),
    ("ulimits.*.soft", half),
    ("ulimits.*.hard", half),
    ("build.ulimits.*", limit),
    ("build.ulimits.*.soft", half),
    ("build.ulimits.*.hard", half),
    ("scale", integer),
    ("deploy.replicas", integer),
    ("deploy.resources.limits.pids", integer),
    (
        "deploy.resources.reservations.generic_resources.[].discrete_resource_spec.value",
        integer,
    ),
    ("networks.*.priority", integer),
    ("networks.*.gw_priority", integer),
    ("gpus.[].count", count),
    ("deploy.resources.reservations.devices.[].count", count),
];

const TRUTHS: &[&str] = &[
    "attach",
    "build.no_cache",
    "build.pull",
    "build.privileged",
    "env_file.[].required",
    "volumes.[].bind.create_host_path",
    "post_start.[].privileged",
    "pre_stop.[].privileged",
    "per_replica",
    "triggers.manual",
];

const TOP_LEVEL: &[(&str, Decode)] = &[
    ("networks.*.labels", labels),
    ("volumes.*.labels", labels),
    ("secrets.*.labels", labels),
    ("configs.*.labels", labels),
    ("networks.*.driver_opts.*", text),
    ("volumes.*.driver_opts.*", text),
    ("secrets.*.driver_opts.*", name),
];

fn text(node: &mut Node) -> Result<(), String> {
    if matches!(node.value, Value::Seq(_) | Value::Map(_)) {
        return Err("this value must be a text or a number".to_owned());
    }
    node.value = Value::Str(text_of(&node.value));
    Ok(())
}

/// A text or a whole number; Compose makes no text of anything else here.
fn name(node: &mut Node) -> Result<(), String> {
    match &node.value {
        Value::Int(number) if i64::try_from(*number).is_err() => Err(format!("the number {number} is too large")),
        Value::Int(_) | Value::Str(_) | Value::Null => text(node),
        _ => Err("this value must be a text or a whole number".to_owned()),
    }
}

/// A text as a list of it.
fn list(node: &mut Node) -> Result<(), String> {
    if let Value::Str(text) = &mut node.value {
        let item = Node::str(std::mem::take(text), node.span);
        node.value = Value::Seq(vec![item]);
    }
    Ok(())
}

fn texts(node: &mut Node) -> Result<(), String> {
    if let Value::Seq(items) = &mut node.value {
        return items.iter_mut().try_for_each(text);
    }
    text(node)?;
    let item = node.clone();
    node.value = Value::Seq(vec![item]);
    Ok(())
}

fn command(node: &mut Node) -> Result<(), String> {
    if let Value::Time(_) = node.value {
        node.value = Value::Null;
    }
    if let Value::Str(line) = &node.value {
        let words = words::split(line)?;
        node.value = Value::Seq(words.into_iter().map(|word| Node::str(word, node.span)).collect());
    }
    Ok(())
}

fn health_test(node: &mut Node) -> Result<(), String> {
    if node.as_str().is_some() {
        let line = node.clone();
        node.value = Value::Seq(vec![Node::str("CMD-SHELL", node.span), line]);
    }
    Ok(())
}

/// Names with values, of which some have none.
fn environment(node: &mut Node) -> Result<(), String> {
    for item in node.items() {
        let name = item.as_str().unwrap_or_default().split('=').next().unwrap_or_default();
        // Compose looks at the last byte alone, which can be a part of a letter.
        if matches!(name.bytes().last(), Some(b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)) {
            return Err(format!("the variable {name:?} ends with a blank"));
        }
    }
    key_values(node, || Value::Null);
    Ok(())
}

/// Names with values, of which all have one.
fn labels(node: &mut Node) -> Result<(), String> {
    key_values(node, || Value::Str(String::new()));
    Ok(())
}

fn key_values(node: &mut Node, missing: fn() -> Value) {
    if let Value::Seq(items) = &node.value {
        let entry = |item: &Node| {
            let text = text_of(&item.value);
            let (name, value) = text
                .split_once('=')
                .map_or((text.as_str(), None), |(name, value)| (name, Some(value)));
            let value = value.map_or(Value::Null, |value| Value::Str(value.to_owned()));
            (crate::yaml::Key::new(name, item.span), Node::new(value, item.span))
        };
        node.value = Value::Map(items.iter().map(entry).collect());
    }
    for value in node.as_map_mut().into_iter().flat_map(|map| map.values_mut()) {
        value.value = if value.is_null() {
            missing()
        } else {
            Value::Str(text_of(&value.value))
        };
    }
}

fn ssh(node: &mut Node) -> Result<(), String> {
    let entry = |(key, value): (&crate::yaml::Key, &Node)| match value.as_str() {
        Some(path) if !path.is_empty() => Node::str(format!("{}={path}", key.text), key.span),
        _ => Node::str(&*key.text, key.span),
    };
    let items: Vec<Node> = node.entries().map(entry).collect();
    node.value = Value::Seq(items);
    Ok(())
}

/// The permissions of a file, as a text in octal.
fn mode(node: &mut Node) -> Result<(), String> {
    let number = match &node.value {
        Value::Int(number) => *number,
        Value::Str(text) => i128::from_str_radix(text, 8).map_err(|_| format!("{text:?} is no octal number"))?,
        _ => return Ok(()),
    };
    node.value = Value::Str(format!("{number:04o}"));
    Ok(())
}

fn mount_mode(node: &mut Node) -> Result<(), String> {
    if node.as_str().is_some() {
        return Err("the mode of a tmpfs must be a number".to_owned());
    }
    unsigned(node)
}

fn hosts(node: &mut Node) -> Result<(), String> {
    let mut hosts = Vec::new();
    match &node.value {
        Value::Seq(items) => {
            for item in items {
                let text = text_of(&item.value);
                let (host, addresses) = text
                    .split_once('=')
                    .or_else(|| text.split_once(':'))
                    .ok_or_else(|| format!("the host {text:?} has no address"))?;
                push_hosts(&mut hosts, host, addresses.split(','), item.span)?;
            }
        }
        Value::Map(map) => {
            for (host, addresses) in map {
                match &addresses.value {
                    Value::Seq(items) => {
                        let addresses: Vec<String> = items.iter().map(|item| text_of(&item.value)).collect();
                        push_hosts(&mut hosts, host, addresses.iter().map(String::as_str), host.span)?;
                    }
                    value => push_hosts(&mut hosts, host, std::iter::once(text_of(value).as_str()), host.span)?,
                }
            }
        }
        _ => return Ok(()),
    }
    hosts.sort_by(|a: &Node, b: &Node| a.as_str().cmp(&b.as_str()));
    node.value = Value::Seq(hosts);
    Ok(())
}

fn push_hosts<'a>(
    hosts: &mut Vec<Node>,
    host: &str,
    addresses: impl Iterator<Item = &'a str>,
    span: Span,
) -> Result<(), String> {
    if host.is_empty() || host.contains([':', '=']) {
        return Err(format!("{host:?} is no host name"));
    }
    for address in addresses {
        let bare = address.strip_prefix('[').and_then(|address| address.strip_suffix(']'));
        let bare = bare.filter(|bare| !bare.is_empty());
        hosts.push(Node::str(format!("{host}={}", bare.unwrap_or(address)), span));
    }
    Ok(())
}

/// A size of 0 is none to Compose, and what is neither a text nor a whole number of 64 bits is passed over by it.
fn size(node: &mut Node) -> Result<(), String> {
    let size = match &node.value {
        Value::Int(number) => i64::try_from(*number).unwrap_or(0),
        Value::Str(text) => units::bytes(text).ok_or_else(|| format!("{text:?} is no size such as 64m or 1.5g"))?,
        _ => 0,
    };
    node.value = match size {
        0 => Value::Null,
        size => Value::Str(size.to_string()),
    };
    Ok(())
}

fn duration(node: &mut Node) -> Result<(), String> {
    if let Value::Str(text) = &node.value {
        let duration = units::duration(text).ok_or_else(|| format!("{text:?} is no duration such as 1m30s"))?;
        node.value = Value::Str(units::show_duration(duration));
    }
    Ok(())
}

/// A duration of which 0 is none.
fn duration_or_none(node: &mut Node) -> Result<(), String> {
    duration(node)?;
    if node.as_str() == Some("0s") {
        node.value = Value::Null;
    }
    Ok(())
}

fn float(node: &mut Node) -> Result<(), String> {
    let number = match &node.value {
        Value::Str(text) => parse_float(text).ok_or_else(|| format!("{text:?} is no number"))?,
        _ => node.as_f64().unwrap_or_default(),
    };
    #[expect(clippy::cast_possible_truncation, reason = "Compose keeps it in 32 bits")]
    if !(number as f32).is_finite() {
        return Err(format!("{number} is not a number that can be counted with"));
    }
    node.value = Value::Float(json_number_32(number).as_f64().unwrap_or(number));
    Ok(())
}

/// A weight in quotes passes the schema, and nothing behind it.
fn weight(node: &mut Node) -> Result<(), String> {
    match node.as_str() {
        Some(text) => Err(format!("the weight {text:?} must be written without quotes")),
        None => fixed(node, 16),
    }
}

/// The schema lets it be empty, and Compose itself then fails.
fn not_empty(node: &mut Node) -> Result<(), String> {
    if node.is_null() {
        Err("this value must not be empty".to_owned())
    } else {
        Ok(())
    }
}

/// What a request for devices can say. The schema lets any key pass, and the others mean nothing.
pub(super) const DEVICE_REQUEST: [&str; 5] = ["capabilities", "count", "device_ids", "driver", "options"];

fn device_request(node: &mut Node) -> Result<(), String> {
    if let Some(map) = node.as_map_mut() {
        map.retain(|key, _| DEVICE_REQUEST.contains(&&**key));
    }
    Ok(())
}

/// A whole number of 64 bits with a sign. A fraction is dropped, and what does not fit wraps around, as in Compose.
fn integer(node: &mut Node) -> Result<(), String> {
    let number = match &node.value {
        Value::Float(number) => units::whole(*number),
        #[expect(clippy::cast_possible_truncation, reason = "a number that is too large wraps around")]
        Value::Int(number) => *number as i64,
        Value::Str(text) => text.parse().map_err(|_| format!("{text:?} is no whole number"))?,
        _ => return Ok(()),
    };
    node.value = Value::Int(number.into());
    Ok(())
}

/// A limit, or its two halves. The schema holds some names to neither.
fn limit(node: &mut Node) -> Result<(), String> {
    if let Some(map) = node.as_map_mut() {
        map.retain(|key, _| ["soft", "hard"].contains(&&**key) || key.starts_with("x-"));
    }
    integer(node)
}

/// A half of a limit, for which nothing but a whole number will do.
fn half(node: &mut Node) -> Result<(), String> {
    match node.value {
        Value::Int(number) if i64::try_from(number).is_ok() => Ok(()),
        _ => Err("a limit must be a whole number".to_owned()),
    }
}

fn unsigned(node: &mut Node) -> Result<(), String> {
    fixed(node, 64)
}

/// The least number that is too large for 64 bits. Compose makes half of it of what does not fit.
const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

/// A whole number without a sign, of which Compose keeps so many bits.
fn fixed(node: &mut Node, bits: u32) -> Result<(), String> {
    let number = match &node.value {
        Value::Int(number) => *number,
        #[expect(clippy::cast_possible_truncation, reason = "a fraction is dropped, as Compose does")]
        Value::Float(number) if *number < TWO_TO_64 => *number as i128,
        Value::Float(_) => 1 << 63,
        _ => {
            integer(node)?;
            let Value::Int(number) = node.value else { return Ok(()) };
            number
        }
    };
    if number < 0 {
        return Err(format!("{number} is less than 0"));
    }
    node.value = Value::Int(number & ((1 << bits) - 1));
    Ok(())
}

fn count(node: &mut Node) -> Result<(), String> {
    if node.as_str().is_some_and(|text| text.eq_ignore_ascii_case("all")) {
        node.value = Value::Int(-1);
    }
    let fits = match node.value {
        Value::Int(number) => i64::try_from(number).is_ok(),
        Value::Str(_) => integer(node).is_ok(),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(format!("{:?} is neither \"all\" nor a number", text_of(&node.value)))
}

fn truth(node: &mut Node) -> Result<(), String> {
    if let Value::Str(text) = &node.value {
        let value = boolean(text).ok_or_else(|| format!("{text:?} is neither true nor false"))?;
        node.value = Value::Bool(value);
    }
    Ok(())
}

/// An empty mapping at a place.
pub(super) fn empty(span: Span) -> Node {
    Node::new(Value::Map(Map::default()), span)
}
