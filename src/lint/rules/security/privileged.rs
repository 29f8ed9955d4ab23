//! A container with all rights over the machine.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "privileged",
    summary: "a container has all rights over the machine",
    why: "A privileged container sees every device and may load modules of the kernel: what breaks out of its \
          program has the machine. Most programs need one capability or one device instead.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  vpn:
    image: vpn:1
    privileged: «true»
",
    good: "\
services:
  vpn:
    image: vpn:1
    cap_add: [NET_ADMIN]
    devices: [/dev/net/tun]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let privileged = service.get("privileged").filter(|node| node.as_bool() == Some(true));
        if let Some(privileged) = privileged {
            let name = service.name();
            let finding = at(privileged.span, format!("\"{name}\" has all rights over the machine"))
                .help("name what it needs instead: cap_add for a capability, devices for a device");
            // An engine inside a container does not run otherwise.
            let is_engine = service.text("image").is_some_and(|image| image.contains("dind"));
            found.push_once(finding.at_most(if is_engine { Severity::Hint } else { Severity::Warning }));
        }
    }
}
