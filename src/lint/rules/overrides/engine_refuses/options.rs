//! Options of log drivers and of security, variables without a name, kernel parameters that a container cannot have.

use super::Refused;
use crate::lint::project::Service;
use crate::yaml::Node;

/// Kernel parameters that a container has of its own; and whatever begins with one that ends in a dot.
const SYSCTLS: [&str; 12] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
    "kernel.domainname",
    "fs.mqueue.",
    "net.",
    "user.",
];

/// What `security_opt` can be about.
const SECURITY: [&str; 7] = [
    "apparmor",
    "credentialspec",
    "label",
    "no-new-privileges",
    "seccomp",
    "systempaths",
    "writable-cgroups",
];

/// Options that every log driver has which keeps its log here, and those of `json-file` alone.
const LOG: [&str; 11] = [
    "max-size",
    "max-file",
    "compress",
    "mode",
    "max-buffer-size",
    "cache-disabled",
    "cache-max-size",
    "cache-max-file",
    "cache-compress",
    "labels",
    "env",
];
const JSON_FILE: [&str; 3] = ["labels-regex", "env-regex", "tag"];

pub(super) fn check(refused: &mut Refused<'_, '_>) {
    let project = refused.project;
    for service in project.services() {
        sysctls(refused, service);
        logging(refused, service);
        platform(refused, service);
        for option in service.items("security_opt") {
            let text = option.as_str().unwrap_or_default();
            let key = text.split(['=', ':']).next().unwrap_or_default();
            if !text.is_empty() && !SECURITY.contains(&key) {
                let message = format!("unknown security option `{key}`");
                refused.tell(
                    option.span,
                    message,
                    "use one of: apparmor, label, no-new-privileges, seccomp, systempaths",
                );
            }
        }
    }
}

/// Systems that a platform can name, and architectures with their other names.
const SYSTEMS: [&str; 6] = ["darwin", "freebsd", "linux", "solaris", "wasi", "windows"];
const ARCHITECTURES: [&str; 22] = [
    "386",
    "aarch64",
    "amd64",
    "arm",
    "arm64",
    "armel",
    "armhf",
    "i386",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mipsle",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390x",
    "wasm",
    "wasm32",
    "x86-64",
    "x86_64",
    "x86_64_v2",
];

fn platform(refused: &mut Refused<'_, '_>, service: &Service<'_>) {
    let Some((node, text)) = service.get("platform").and_then(|node| Some((node, node.as_str()?))) else {
        return;
    };
    let parts: Vec<String> = text.split('/').map(str::to_ascii_lowercase).collect();
    let is_fine = match parts.as_slice() {
        [one] => SYSTEMS.contains(&one.as_str()) || ARCHITECTURES.contains(&one.as_str()),
        [system, architecture] | [system, architecture, _] => {
            SYSTEMS.contains(&system.as_str()) && ARCHITECTURES.contains(&architecture.as_str())
        }
        _ => false,
    };
    if !text.is_empty() && !is_fine {
        let message = format!("there is no platform `{text}`");
        refused.tell(
            node.span,
            message,
            "write the system and the architecture, such as linux/amd64",
        );
    }
}

fn sysctls(refused: &mut Refused<'_, '_>, service: &Service<'_>) {
    let is_host = |key: &str| service.get(key).and_then(Node::as_str) == Some("host");
    for (name, _) in service.entries("sysctls") {
        let text = &*name.text;
        let is_known = SYSCTLS
            .iter()
            .any(|known| text == *known || known.ends_with('.') && text.starts_with(known));
        if !is_known {
            let message = format!("the kernel has `{text}` once for all: a container cannot have its own");
            refused.tell(name.span, message, "set it on the machine of the engine");
        } else if text.starts_with("net.") && is_host("network_mode") {
            let message = format!("`{text}` cannot be set with `network_mode: host`");
            refused.tell(name.span, message, "set it on the machine of the engine");
        }
    }
}

fn logging(refused: &mut Refused<'_, '_>, service: &Service<'_>) {
    let driver = service
        .node
        .at(&["logging", "driver"])
        .and_then(Node::as_str)
        .unwrap_or_default();
    if !matches!(driver, "json-file" | "local") {
        return;
    }
    for (name, value) in service
        .node
        .at(&["logging", "options"])
        .into_iter()
        .flat_map(Node::entries)
    {
        let key = &*name.text;
        let is_known = LOG.contains(&key) || driver == "json-file" && JSON_FILE.contains(&key);
        if !is_known {
            refused.tell(
                name.span,
                format!("the log driver `{driver}` has no option `{key}`"),
                "remove it",
            );
            continue;
        }
        let text = value.as_str().unwrap_or_default();
        let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let is_wrong = match key {
            "max-size" => !text.is_empty() && text != "-1" && number.parse::<f64>().is_err(),
            "max-file" => text.parse::<i64>().is_ok_and(|count| count < 1),
            _ => false,
        };
        if is_wrong {
            refused.tell(
                value.span,
                format!("invalid value `{text}` of `{key}`"),
                "write a size such as 10m, and one file or more",
            );
        }
    }
}
