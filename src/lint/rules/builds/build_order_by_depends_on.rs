//! An image that is built from another of the same file, without compose knowing.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "build-order-by-depends-on",
    summary: "an image is built from another of the file, and compose does not build that one first",
    why: "`depends_on` orders containers, and not builds: those run all at once. On a fresh machine the base is not there \
          yet and the build fails; on any other it uses the base of an earlier run.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  base:
    build: ./base
    image: shop-base:ci
  app:
    build: ./app
    depends_on:
      - «base»
== base/Dockerfile ==
FROM python:3.13
== app/Dockerfile ==
FROM shop-base:ci
",
    good: "\
services:
  base:
    build: ./base
    image: shop-base:ci
  app:
    build:
      context: ./app
      additional_contexts:
        shop-base:ci: service:base
== base/Dockerfile ==
FROM python:3.13
== app/Dockerfile ==
FROM shop-base:ci
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let builds = project
        .services()
        .iter()
        .filter(|service| service.get("build").is_some());
    if builds.clone().count() < 2 {
        return;
    }
    for service in builds {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let build = service.get("build")?;
    let target = build.get("target").and_then(Node::as_str);
    let file = project.dockerfile(service).filter(|file| file.syntax.is_none())?;
    let contexts: Vec<String> = build
        .get("additional_contexts")
        .into_iter()
        .flat_map(Node::entries)
        .map(|(name, _)| Reference::split(name).full())
        .collect();
    let builder = |image| {
        let is_given = contexts.contains(&Reference::split(image).full());
        // One that a profile keeps out of the way is built before, by a command of its own.
        let always = |base: &&Service<'_>| base.get("profiles").is_none() && base.name() != service.name();
        let base = project.builder(image).filter(always).filter(|_| !is_given);
        base.map(|base| (image, base))
    };
    let images = file.images(target);
    let (image, base) = images.into_iter().find_map(builder)?;
    let place = match service.need(base.name()) {
        Some(need) => need.key.span,
        None => service.key_of("build")?.span,
    };
    let level = match Reference::split(image).registry {
        // It may be in the registry from earlier, and is taken from there.
        Some(_) => Severity::Warning,
        None => Severity::Error,
    };
    let (name, other) = (service.name(), base.name());
    let message = format!("\"{name}\" is built from {image}, which \"{other}\" builds at the same time");
    let help = format!("write additional_contexts: {{\"{image}\": \"service:{other}\"}} into the build of \"{name}\"");
    Some(
        at(place, message)
            .label(base.key.span, "its image is the base")
            .help(help)
            .at_most(level),
    )
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(app: &str, base: &str, dockerfile: &str) -> Vec<String> {
        found(
            &RULE,
            &format!(
                "services:\n  base: {{build: ./base, image: \"base:1\"{base}}}\n  app:\n    build: {{context: ./app, \
                 {app}}}\n== base/Dockerfile ==\nFROM x\n== app/Dockerfile ==\n{dockerfile}\n"
            ),
        )
    }

    #[test]
    fn what_the_target_is_built_from_counts() {
        let two = "FROM base:1 AS one\nFROM x AS two\nCOPY --from=base:1 /a /b\nFROM y AS three";
        assert_eq!(of("target: one", "", two), ["build"]);
        assert_eq!(of("target: two", "", two), ["build"]);
        assert_eq!(of("target: three", "", two), Vec::<String>::new());
        assert_eq!(of("args: {BASE: \"base:1\"}", "", "ARG BASE=x\nFROM $BASE"), ["build"]);
        assert_eq!(
            of("args: {BASE: y}", "", "ARG BASE=base:1\nFROM $BASE"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn the_order_can_be_known_in_other_ways() {
        let from = "FROM base:1";
        assert_eq!(
            of("additional_contexts: {\"base:1\": \"service:base\"}", "", from),
            Vec::<String>::new()
        );
        assert_eq!(of("target: \"\"", ", profiles: [base]", from), Vec::<String>::new());
        assert_eq!(of("target: \"\"", "", "FROM base:2"), Vec::<String>::new());
        assert_eq!(
            of("target: \"\"", "", "FROM x AS base\nFROM base"),
            Vec::<String>::new()
        );
    }
}
