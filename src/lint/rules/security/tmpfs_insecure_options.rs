//! Temporary files that can be run.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "tmpfs-insecure-options",
    summary: "a tmpfs allows what the engine forbids there",
    why: "The engine mounts a tmpfs so that nothing on it can be run, gain rights or be a device: it is where a \
          break-in puts its tools. `exec`, `suid` and `dev` take that back.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  web:
    image: web:1
    tmpfs:
      - «/tmp:size=64m,exec»
",
    good: "\
services:
  web:
    image: web:1
    tmpfs:
      - /tmp:size=64m
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for item in service.items("tmpfs") {
            let options = item
                .as_str()
                .and_then(|text| text.split_once(':'))
                .map_or("", |(_, options)| options);
            let allowed = options
                .split(',')
                .find(|option| ["exec", "suid", "dev"].contains(option));
            if let Some(option) = allowed {
                let name = service.name();
                found.push_once(
                    at(item.span, format!("\"{name}\" has a tmpfs with \"{option}\""))
                        .help(format!("leave out {option}")),
                );
            }
        }
    }
}
