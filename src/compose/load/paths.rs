//! Relative paths of a model → absolute ones.

use std::collections::HashSet;

use super::files::Files;
use super::mounts::bind_source;
use super::number::text_of;
use super::path::{visit, visit_containers};
use crate::yaml::{Node, Value};

/// Makes the paths of a tree in long form absolute; relative ones begin at `base`.
pub(super) fn resolve(root: &mut Node, base: &str, files: &Files) {
    let path = |node: &mut Node| {
        if let Value::Str(text) = &mut node.value {
            *text = files.resolve(base, text);
        }
    };
    let context = |node: &mut Node| {
        if node.as_str().is_some_and(|text| !text.is_empty() && !is_remote(text)) {
            path(node);
        }
    };
    visit_containers(root, "build.context", &mut |node| context(node));
    visit_containers(root, "build.additional_contexts.*", &mut |node| {
        if node.as_str().is_some_and(|text| !text.starts_with("service:")) {
            context(node);
        }
    });
    for pattern in ["env_file.[].path", "label_file.[]", "extends.file", "build.ssh.*"] {
        visit_containers(root, pattern, &mut |node| path(node));
    }
    visit_containers(root, "label_file", &mut once);
    visit_containers(root, "develop.watch.[].path", &mut |node| {
        path(node);
        if let Value::Str(text) = &mut node.value
            && let Ok(real) = std::fs::canonicalize(&*text)
        {
            *text = real.to_string_lossy().into_owned();
        }
    });
    visit_containers(root, "volumes.[]", &mut |mount| {
        let is_bind = mount.get("type").and_then(Node::as_str) == Some("bind");
        if let Some(Value::Str(source)) = mount
            .get_mut("source")
            .filter(|_| is_bind)
            .map(|source| &mut source.value)
        {
            *source = bind_source(files, base, source);
        }
    });
    for pattern in ["configs.*.file", "secrets.*.file"] {
        visit(root, pattern, &mut |node| path(node));
    }
    visit(root, "volumes.*", &mut |volume| {
        let is = |keys: &[&str], text: &str| volume.at(keys).and_then(Node::as_str) == Some(text);
        if is(&["driver"], "local") && is(&["driver_opts", "o"], "bind") {
            visit(volume, "driver_opts.device", &mut |node| path(node));
        }
    });
}

/// Of paths that have become the same, the first.
fn once(list: &mut Node) {
    let mut seen = HashSet::new();
    if let Some(items) = list.as_seq_mut() {
        items.retain(|item| seen.insert(text_of(&item.value)));
    }
}

/// Whether the name of a compose file is one of a Git repository or of an image, which Compose fetches.
pub(super) fn is_remote_file(path: &str) -> bool {
    const PREFIXES: [&str; 6] = ["oci://", "git://", "ssh://", "github.com/", "git@", "docker-image://"];
    let (address, _) = path.split_once('#').unwrap_or((path, ""));
    let over_http = ["https://", "http://"].iter().any(|prefix| address.starts_with(prefix));
    PREFIXES.iter().any(|prefix| path.starts_with(prefix)) || (over_http && address.ends_with(".git"))
}

/// Whether a build context is fetched from elsewhere.
fn is_remote(context: &str) -> bool {
    const PREFIXES: [&str; 6] = ["https://", "http://", "git://", "ssh://", "github.com/", "git@"];
    context.contains("://") || PREFIXES.iter().any(|prefix| context.starts_with(prefix))
}
