//! A volume without a name over what a build has made.

use crate::diagnostic::Severity;
use crate::lint::mounts;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "anonymous-volume-stale",
    summary: "a volume without a name keeps what an older image had",
    why: "The engine fills such a volume from the image once. Compose hands it on to the next container, also when \
          the image has been built anew: the old files hide the new ones until `up -V` or `down -v`.",
    level: Severity::Hint,
    category: Category::Reproducibility,
    preset: Preset::Ci,
    bad: "\
services:
  tests:
    build: .
    command: npm test
    volumes:
      - ./src:/app/src
      - «/app/node_modules»
",
    good: "\
services:
  tests:
    build: .
    command: npm test
    volumes:
      - ./src:/app/src
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project
        .services()
        .iter()
        .filter(|service| service.get("build").is_some())
    {
        let unnamed = mounts::of(service).filter(|mount| mount.kind == "volume" && mount.source.is_none());
        for mount in unnamed {
            let (name, target) = (service.name(), mount.target);
            found.push_once(
                at(
                    mount.node.span,
                    format!(
                        "\"{name}\" keeps {target} of an older image when it is built \
                                             anew"
                    ),
                )
                .help(
                    "mount only what changes, and not the directory above it, so that the volume is not needed; \
                     or run up -V",
                ),
            );
        }
    }
}
