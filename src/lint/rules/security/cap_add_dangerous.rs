//! Capabilities that are as good as all of them.

use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "cap-add-dangerous",
    summary: "a container gets a capability that reaches beyond it",
    why: "Some capabilities are nearly the same as all rights: with SYS_ADMIN a program mounts the disks of the \
          machine, with SYS_MODULE it changes the kernel. Others, such as NET_ADMIN, reach the machine only \
          together with its network.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  scanner:
    image: scanner:1
    cap_add:
      - NET_RAW
      - «SYS_ADMIN»
",
    good: "\
services:
  scanner:
    image: scanner:1
    cap_add:
      - NET_RAW
",
    fixed: None,
    check,
};

/// Capabilities with which a program gets out of its container.
const ALWAYS: [(&str, &str); 9] = [
    ("ALL", "all rights at once"),
    ("BPF", "programs of its own inside the kernel"),
    ("DAC_READ_SEARCH", "every file of the machine"),
    ("MAC_ADMIN", "the rules that keep it in its place"),
    ("MAC_OVERRIDE", "what those rules forbid"),
    ("SYS_ADMIN", "nearly all rights: mounts, namespaces, disks"),
    ("SYS_BOOT", "a restart of the machine"),
    ("SYS_MODULE", "modules of the kernel"),
    ("SYS_RAWIO", "the memory and the devices of the machine"),
];

/// Capabilities that reach no further than the namespace they are used in: the key that makes it the machine's own.
const INSIDE: [(&str, &str, &str); 2] = [
    ("NET_ADMIN", "network_mode", "the network of the machine"),
    ("SYS_PTRACE", "pid", "the memory of every process of the machine"),
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for item in service.items("cap_add") {
            let written = item.as_str().unwrap_or_default().to_uppercase();
            let capability = written.trim_start_matches("CAP_");
            if let Some(reach) = reach(service, capability) {
                let name = service.name();
                found.push_once(
                    at(item.span, format!("\"{name}\" gets {capability}: {reach}"))
                        .help("leave it out, or name the one capability that the program needs"),
                );
            }
        }
    }
}

fn reach(service: &Service<'_>, capability: &str) -> Option<&'static str> {
    let always = ALWAYS
        .iter()
        .find(|(name, _)| *name == capability)
        .map(|(_, reach)| *reach);
    let inside = INSIDE
        .iter()
        .find(|(name, key, _)| *name == capability && service.text(key) == Some("host"));
    always.or_else(|| inside.map(|(_, _, reach)| *reach))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn every_spelling_is_known() {
        let text = "services: {a: {image: i, cap_add: [cap_sys_admin, all, CHOWN]}}\n";
        assert_eq!(found(&RULE, text), ["cap_sys_admin", "all"]);
    }

    #[test]
    fn what_stays_inside_is_fine() {
        let text = "services: {a: {image: i, cap_add: [NET_ADMIN, SYS_PTRACE]}, b: {image: i, pid: host, \
                    cap_add: [NET_ADMIN, SYS_PTRACE]}}\n";
        assert_eq!(found(&RULE, text), ["SYS_PTRACE"]);
    }
}
