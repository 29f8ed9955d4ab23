//! Capabilities that the engine does not know.

use super::layers::{is_open, nearest};
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "capability-unknown",
    summary: "a capability is not one that the engine knows",
    why: "The engine refuses to create the container: `unknown capability`. `docker compose config` lets it through.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  vpn:
    image: vpn:1
    cap_add:
      - «NET_ADMN»
",
    good: "\
services:
  vpn:
    image: vpn:1
    cap_add:
      - NET_ADMIN
",
    fixed: None,
    check,
};

/// Those of Linux, and the word for all.
const KNOWN: [&str; 42] = [
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let all = service.items("cap_add").chain(service.items("cap_drop"));
        for capability in all.filter(|capability| !is_open(project, capability.span)) {
            let text = capability.as_str().unwrap_or_default();
            let upper = text.to_uppercase();
            let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
            if name.is_empty() || KNOWN.contains(&name) {
                continue;
            }
            let advice = nearest(name, &KNOWN).map(|near| format!("did you mean {near}?"));
            let mut finding = at(capability.span, format!("{text:?} is no capability"));
            finding.help = advice;
            found.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_prefix_and_small_letters_are_fine() {
        let text =
            "services: {a: {image: i, cap_add: [CAP_NET_RAW, sys_admin, all, '${X:-y}'], cap_drop: [Kill, foo]}}";
        assert_eq!(found(&RULE, text), ["foo"]);
    }
}
