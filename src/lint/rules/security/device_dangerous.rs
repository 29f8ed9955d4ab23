//! Disks and memory of the machine, as devices of a container.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "device-dangerous",
    summary: "a container gets a disk or the memory of the machine",
    why: "A raw disk has no permissions: whoever reads it reads every file on it, and whoever writes to it changes \
          every file. The same holds for the memory of the machine.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  backup:
    image: backup:1
    devices:
      - «/dev/sda:/dev/sda»
",
    good: "\
services:
  backup:
    image: backup:1
    volumes:
      - ./data:/data:ro
",
    fixed: None,
    check,
};

/// Disks, by how their names begin.
const DISKS: [&str; 11] = [
    "disk/", "dm-", "hd", "loop", "mapper/", "md", "mmcblk", "nvme", "sd", "vd", "xvd",
];

/// Devices that are the machine itself.
const MEMORY: [&str; 4] = ["", "kmem", "mem", "port"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for source in service.items("devices").filter_map(|device| device.get("source")) {
            let path = source.as_str().unwrap_or_default();
            if is_dangerous(path) {
                let name = service.name();
                found.push_once(
                    at(source.span, format!("\"{name}\" gets {path} of the machine"))
                        .help("mount the directory that it needs"),
                );
            }
        }
    }
}

fn is_dangerous(path: &str) -> bool {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    let clean = format!("/{}", parts.join("/"));
    let Some(name) = clean.strip_prefix("/dev").map(|name| name.trim_start_matches('/')) else {
        return false;
    };
    MEMORY.contains(&name) || DISKS.iter().any(|disk| name.starts_with(disk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn other_devices_are_fine() {
        let text = "services: {a: {image: i, devices: [/dev/net/tun, /dev/kvm, /dev/dri, /dev/ttyUSB0, \
                    'vendor.com/gpu=all']}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }

    #[test]
    fn every_way_to_write_a_disk_is_read() {
        let text = "services: {a: {image: i, devices: [/dev//nvme0n1, {source: /dev/mem, target: /m, \
                    permissions: r}, '/dev:/dev']}}\n";
        assert_eq!(found(&RULE, text), ["/dev//nvme0n1", "/dev/mem", "'/dev:/dev'"]);
    }
}
