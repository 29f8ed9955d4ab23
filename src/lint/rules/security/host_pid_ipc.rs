//! A container among the processes of the machine.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-pid-ipc",
    summary: "a container shares the processes or the memory of the machine",
    why: "With `pid: host` it sees and signals every process of the machine and reads their environment, with the \
          secrets in it. With `ipc: host` it reads their shared memory.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  profiler:
    image: profiler:1
    pid: «host»
",
    good: "\
services:
  profiler:
    image: profiler:1
    pid: service:app
  app:
    image: app:1
",
    fixed: None,
    check,
};

/// The keys, and what each opens.
const KEYS: [(&str, &str); 2] = [
    ("pid", "sees every process of the machine"),
    ("ipc", "reads the shared memory of the machine"),
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for (key, reach) in KEYS {
            if let Some(value) = service.get(key).filter(|value| value.as_str() == Some("host")) {
                let name = service.name();
                found.push_once(at(value.span, format!("\"{name}\" {reach}")).help(format!(
                    "leave it out; {key}: service:NAME shares what one other service has, and shm_size makes \
                     more room"
                )));
            }
        }
    }
}
