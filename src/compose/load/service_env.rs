//! What reaches a container as variables and labels: `environment` with `env_file`, `labels` with `label_file`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::decode::empty;
use super::dotenv;
use super::environment::{Environment, read_text};
use super::files::Files;
use super::number::text_of;
use crate::diagnostic::{Diagnostic, Diagnostics, Stop};
use crate::source::{SourceId, Span};
use crate::yaml::{Node, Value};

/// Gives names without a value the one of the project's environment. What is not set there is dropped, or stays empty.
pub(super) fn resolve_bare(variables: &mut Node, environment: &Environment, drop: bool) {
    let Some(map) = variables.as_map_mut() else { return };
    for (key, value) in map.iter_mut().filter(|(_, value)| value.is_null()) {
        if let Some(known) = environment.get(key) {
            value.value = Value::Str(known.to_owned());
        }
    }
    if drop {
        map.retain(|_, value| !value.is_null());
    }
}

/// Reads the env files and label files of every service.
pub(super) fn resolve(
    root: &mut Node,
    environment: &Environment,
    files: &mut Files,
    problems: &mut Diagnostics,
) -> Result<(), Stop> {
    for section in ["services", "jobs"] {
        let Some(services) = root.get_mut(section).and_then(Node::as_map_mut) else {
            continue;
        };
        for service in services.values_mut() {
            if let Some(variables) = service.get_mut("environment") {
                resolve_bare(variables, environment, false);
            }
            env_files(service, environment, files, problems)?;
            label_files(service, files, problems)?;
        }
    }
    Ok(())
}

fn env_files(
    service: &mut Node,
    environment: &Environment,
    files: &mut Files,
    problems: &mut Diagnostics,
) -> Result<(), Stop> {
    let Some(entries) = service.remove("env_file") else {
        return Ok(());
    };
    let own: IndexMap<String, String> = service.get("environment").map(known).unwrap_or_default();
    let lookup = |name: &str| {
        environment
            .get(name)
            .map(str::to_owned)
            .or_else(|| own.get(name).cloned())
    };
    let mut found = IndexMap::new();
    for entry in entries.items() {
        let path = entry.get("path").and_then(Node::as_str).unwrap_or_default();
        let required = entry.get("required").and_then(Node::as_bool) != Some(false);
        if !files.exists(path) {
            if required {
                let message = format!("the env file {path} does not exist");
                return problems.stop(
                    Diagnostic::error("env-file", entry.span, message)
                        .help("set \"required: false\" if it may be missing"),
                );
            }
            continue;
        }
        let text = read(path, entry, files, problems)?;
        match entry.get("format").and_then(Node::as_str).unwrap_or_default() {
            "" => read_text(&text, &mut found, &lookup, problems)?,
            "raw" => dotenv::parse_raw(&text.1, &lookup, &mut found).or_else(|error| {
                let span = Span::new(text.0, error.at.start, error.at.end);
                problems.stop(Diagnostic::error("env-file", span, error.message).label(entry.span, "named here"))
            })?,
            other => {
                let message = format!("{other:?} is no format of an env file: the only one is \"raw\"");
                return problems.stop(Diagnostic::error("env-file", entry.span, message));
            }
        }
    }
    complete(service, "environment", found, &entries);
    Ok(())
}

fn label_files(service: &mut Node, files: &mut Files, problems: &mut Diagnostics) -> Result<(), Stop> {
    let Some(entries) = service.get("label_file").cloned() else {
        return Ok(());
    };
    let mut found = IndexMap::new();
    for entry in entries.items() {
        let path = entry.as_str().unwrap_or_default();
        let text = read(path, entry, files, problems)?;
        read_text(&text, &mut found, &|_| None, problems)?;
    }
    complete(service, "labels", found, &entries);
    Ok(())
}

fn read(path: &str, entry: &Node, files: &mut Files, problems: &mut Diagnostics) -> Result<(SourceId, Arc<str>), Stop> {
    files.text(path).or_else(|error| {
        let message = format!("the file {path} cannot be read: {error}");
        problems.stop(Diagnostic::error("env-file", entry.span, message))
    })
}

fn known(variables: &Node) -> IndexMap<String, String> {
    let set = variables.entries().filter(|(_, value)| !value.is_null());
    set.map(|(key, value)| (key.to_string(), text_of(&value.value)))
        .collect()
}

/// Adds what files say to what the service says itself, which wins.
fn complete(service: &mut Node, key: &str, found: IndexMap<String, String>, place: &Node) {
    if service.get(key).is_none() {
        service.set(key, empty(place.span));
    }
    let Some(own) = service.get_mut(key) else { return };
    for (name, value) in found {
        if own.get(&name).is_none() {
            own.set(&name, Node::str(value, place.span));
        }
    }
}
