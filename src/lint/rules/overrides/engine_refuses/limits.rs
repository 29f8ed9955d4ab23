//! Numbers outside of their range.

use super::Refused;
use crate::lint::project::Service;
use crate::source::Span;
use crate::yaml::Node;

/// Limits of the kernel that the engine can set.
const ULIMITS: [&str; 16] = [
    "as",
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// The longest name that the kernel takes for a host.
const HOSTNAME: usize = 64;

pub(super) fn check(refused: &mut Refused<'_, '_>) {
    let project = refused.project;
    for service in project.services() {
        memory(refused, service);
        for (key, is_fine, range) in RANGES {
            if let Some((number, span)) = number(service.get(key)).filter(|(number, _)| !is_fine(*number)) {
                refused.tell(
                    span,
                    format!("`{key}` is {number}, and the engine accepts {range}"),
                    "write a number within this range",
                );
            }
        }
        for (name, _) in service.entries("ulimits") {
            if !ULIMITS.contains(&&*name.text) {
                let message = format!("there is no limit `{}`", name.text);
                refused.tell(
                    name.span,
                    message,
                    "the limits are those of `man setrlimit`, in small letters and without RLIMIT_",
                );
            }
        }
        let hostname = service
            .get("hostname")
            .filter(|name| name.as_str().is_some_and(|name| name.len() > HOSTNAME));
        if let Some(hostname) = hostname {
            let message = format!("`hostname` is longer than {HOSTNAME} characters");
            refused.tell(hostname.span, message, "write a shorter one");
        }
    }
}

/// A key, whether the engine takes a number for it, and which it takes.
type Range = (&'static str, fn(f64) -> bool, &'static str);

/// What 0 means nothing in: it leaves the value to the engine.
const RANGES: [Range; 6] = [
    ("mem_swappiness", |number| (-1.0..=100.0).contains(&number), "0 to 100"),
    ("cpus", |number| number >= 0.0, "no negative number"),
    ("cpu_shares", |number| number >= 0.0, "no negative number"),
    ("cpu_quota", |number| number <= 0.0 || number >= 1000.0, "1000 and more"),
    (
        "cpu_period",
        |number| number == 0.0 || (1000.0..=1_000_000.0).contains(&number),
        "1000 to 1000000",
    ),
    ("shm_size", |number| number >= 0.0, "no negative number"),
];

fn memory(refused: &mut Refused<'_, '_>, service: &Service<'_>) {
    let limits = ["limits", "reservations"].map(|kind| service.node.at(&["deploy", "resources", kind, "memory"]));
    let limit = number(service.get("mem_limit"))
        .or_else(|| number(limits[0]))
        .filter(|(limit, _)| *limit > 0.0);
    let reserved = number(service.get("mem_reservation")).or_else(|| number(limits[1]));
    if let (Some((limit, _)), Some((reserved, span))) = (limit, reserved)
        && reserved > limit
    {
        refused.tell(
            span,
            "more memory is reserved than the limit allows",
            "reserve less, or raise the limit",
        );
    }
    let Some((swap, span)) = number(service.get("memswap_limit")).filter(|(swap, _)| *swap > 0.0) else {
        return;
    };
    match limit {
        None => refused.tell(
            span,
            "`memswap_limit` needs a `mem_limit`",
            "add a `mem_limit`, or leave it out",
        ),
        Some((limit, _)) if swap < limit => refused.tell(
            span,
            "`memswap_limit` is below `mem_limit`: it is memory and swap together",
            "write the sum of both",
        ),
        Some(_) => {}
    }
}

fn number(node: Option<&Node>) -> Option<(f64, Span)> {
    let node = node?;
    let number = node.as_f64().or_else(|| node.as_str()?.parse().ok())?;
    Some((number, node.span))
}
