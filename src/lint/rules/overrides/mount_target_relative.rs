//! Mounts at places that are none.

use super::layers::{is_absolute, is_open};
use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "mount-target-relative",
    summary: "something is mounted at a relative path of the container",
    why: "The engine mounts at absolute paths alone, and refuses to create the container: `invalid mount path`. `docker \
          compose config` lets it through.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    volumes:
      - «./reports:reports»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    volumes:
      - ./reports:/reports
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for (path, span) in targets(service) {
            if !is_absolute(path) && !is_open(project, span) {
                found.push(
                    at(
                        span,
                        format!("{path:?} is no place in a container to mount something at"),
                    )
                    .help("write an absolute path, which begins with a slash"),
                );
            }
        }
    }
}

/// The paths in a container, each with the place where it is written.
fn targets<'a>(service: &Service<'a>) -> impl Iterator<Item = (&'a str, Span)> {
    let mounts = service.items("volumes").filter_map(|mount| mount.get("target"));
    let mounts = mounts.filter_map(|target| Some((target.as_str()?, target.span)));
    let tmpfs = service.items("tmpfs").filter_map(|item| Some((item, item.as_str()?)));
    mounts.chain(tmpfs.map(|(item, text): (&Node, _)| (text.split(':').next().unwrap_or_default(), item.span)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn all_forms_of_mounts_are_looked_at() {
        let file = |service: &str| format!("services: {{a: {{image: i, {service}}}}}\nvolumes: {{v: }}\n");
        for service in [
            "volumes: [/a]",
            "volumes: ['./b:/a:ro']",
            "tmpfs: '/a:size=1m'",
            "volumes: ['./b:${X:-c}']",
        ] {
            assert!(found(&RULE, &file(service)).is_empty(), "{service}");
        }
        assert_eq!(found(&RULE, &file("volumes: ['v:data']")), ["'v:data'"]);
        assert_eq!(
            found(&RULE, &file("volumes: [{type: volume, source: v, target: data}]")),
            ["data"]
        );
        assert_eq!(found(&RULE, &file("tmpfs: ['run:size=1m']")), ["'run:size=1m'"]);
    }
}
