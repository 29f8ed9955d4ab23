//! Checks of a merged model that look at one attribute at a time. They hold for services that are not active too.

use std::net::IpAddr;

use super::path::{visit, visit_containers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::yaml::Node;

/// Checks a model in long form.
pub(super) fn check(root: &mut Node, problems: &mut Diagnostics) {
    visit(root, "volumes.*", &mut |volume| external_volume(volume, problems));
    visit(root, "configs.*", &mut |config| {
        one_origin(config, &["file", "environment", "content"], &["external"], problems)
    });
    visit(root, "secrets.*", &mut |secret| {
        one_origin(secret, &["file", "environment"], &["external", "driver"], problems)
    });
    visit_containers(root, "ports.[].host_ip", &mut |ip| {
        if ip.as_str().is_some_and(|text| text.parse::<IpAddr>().is_err()) {
            problems.push(Diagnostic::error("port", ip.span, "the host address is no IP address"));
        }
    });
    visit_containers(root, "develop.watch.[].path", &mut |path| {
        if path.as_str() == Some("") {
            problems.push(Diagnostic::error("watch", path.span, "the path to watch is empty"));
        }
    });
    for place in ["gpus.[]", "deploy.resources.reservations.devices.[]"] {
        visit_containers(root, place, &mut |request| {
            if let (Some(count), Some(ids)) = (request.get("count"), request.get("device_ids")) {
                let problem =
                    Diagnostic::error("device", count.span, "\"count\" and \"device_ids\" exclude each other");
                problems.push(problem.label(ids.span, "the other one"));
            }
        });
    }
    bind_sources(root, problems);
}

/// A bind mount must say what it mounts.
pub(super) fn bind_sources(root: &mut Node, problems: &mut Diagnostics) {
    visit_containers(root, "volumes.[]", &mut |mount| {
        if mount.get("type").and_then(Node::as_str) == Some("bind") && mount.get("source").is_none() {
            problems.push(Diagnostic::error("mount", mount.span, "a bind mount needs a source"));
        }
    });
}

fn external_volume(volume: &Node, problems: &mut Diagnostics) {
    if volume.get("external").and_then(Node::as_bool) != Some(true) {
        return;
    }
    for (key, _) in volume.entries() {
        if !["name", "external"].contains(&&**key) && !key.starts_with("x-") {
            let message = format!("an external volume cannot have \"{}\"", key.text);
            problems.push(Diagnostic::error("external-volume", key.span, message));
        }
    }
}

fn one_origin(node: &Node, origins: &[&str], instead: &[&str], problems: &mut Diagnostics) {
    let given: Vec<&Node> = origins.iter().filter_map(|key| node.get(key)).collect();
    let words = origins.join(", ");
    match given[..] {
        [] if !instead.iter().any(|key| node.get(key).is_some()) => {
            problems.push(Diagnostic::error(
                "no-origin",
                node.span,
                format!("one of {words} must be set"),
            ));
        }
        [first, second, ..] => {
            let problem = Diagnostic::error("two-origins", second.span, format!("{words} exclude each other"));
            problems.push(problem.label(first.span, "the other one"));
        }
        _ => {}
    }
}
