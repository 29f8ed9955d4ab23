//! The name of an image that the engine does not take.

use super::place;
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::images::{Fault, Reference};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-ref-invalid",
    summary: "the name of an image is not one that an engine takes",
    why: "`docker compose config` does not look at the name. `up` fails with \"invalid reference format\", which says \
          neither which service nor what is wrong with it.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    image: «ghcr.io/Example/Shop:1.4»
",
    good: "\
services:
  app:
    image: ghcr.io/example/shop:1.4
",
    fixed: Some(
        "\
services:
  app:
    image: ghcr.io/example/shop:1.4
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(in_dockerfile(project, service));
        let tags = service.node.at(&["build", "tags"]).into_iter().flat_map(Node::items);
        for node in service.get("image").into_iter().chain(tags) {
            let Some(image) = node.as_str().filter(|image| !is_id(image)) else {
                continue;
            };
            if project.is_literal(node.span) {
                let finding = finding(project, service, node, image);
                finding.into_iter().for_each(|finding| found.push_once(finding));
            }
        }
    }
}

/// The first image that a Dockerfile builds on and that has no valid name.
fn in_dockerfile(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let span = place::of(service, &["dockerfile", "context"])?;
    let file = project.dockerfile(service).filter(|file| file.syntax.is_none())?;
    let build = service.get("build")?;
    let target = build.get("target").and_then(Node::as_str);
    let contexts = build.get("additional_contexts");
    let stages = file.reached(target);
    let bases = stages
        .iter()
        .filter(|stage| stage.parent.is_none() && !stage.written.contains('$'));
    let names = bases.filter_map(|stage| Some((stage.base.as_deref()?, stage.line)));
    // Another context can take the place of an image, whatever its name is.
    let mut images = names.filter(|(image, _)| contexts.is_none_or(|contexts| contexts.get(image).is_none()));
    images.find_map(|(image, line)| {
        let help = match Reference::parse(image) {
            Err(Fault::Capital) => format!("write `{}`: {}", image.to_lowercase(), Fault::Capital.message()),
            Err(fault) => fault.message().to_owned(),
            Ok(parts) => {
                let owner = capital_owner(&parts)?;
                format!(
                    "write `{}`: Docker takes `{owner}` for a registry",
                    image.to_lowercase()
                )
            }
        };
        let name = service.name();
        let message =
            format!("the Dockerfile of `{name}` builds on `{image}` (line {line}), which is no valid image name");
        Some(at(span, message).help(help))
    })
}

fn finding(project: &Project<'_>, service: &Service<'_>, node: &Node, image: &str) -> Option<Diagnostic> {
    let name = service.name();
    let (message, help, has_capital) = match Reference::parse(image) {
        Err(fault) => (
            format!("the image of \"{name}\" has no valid name"),
            fault.message().to_owned(),
            fault == Fault::Capital,
        ),
        Ok(parts) => {
            let owner = capital_owner(&parts)?;
            (
                format!("docker takes \"{owner}\" in the image of \"{name}\" for a registry"),
                "an owner is written in lower case; a registry has a dot or a port in its name".to_owned(),
                true,
            )
        }
    };
    let fix = lower_case(project, node, image).filter(|_| has_capital);
    Some(at(node.span, message).help(help).fix(fix))
}

/// What is a registry by a capital letter alone. No name of a host on the internet has no dot.
fn capital_owner<'a>(parts: &Reference<'a>) -> Option<&'a str> {
    parts
        .registry
        .filter(|registry| !registry.contains(['.', ':']) && *registry != "localhost")
}

/// An image can be named by its id as well.
fn is_id(image: &str) -> bool {
    let hex = image.strip_prefix("sha256:").unwrap_or(image);
    hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit())
}

/// The repository in lower case, with its owner where docker would take that for a registry, where the name is written as
/// it is.
fn lower_case(project: &Project<'_>, node: &Node, image: &str) -> Option<Fix> {
    let parts = Reference::split(image);
    let first = capital_owner(&parts).unwrap_or(parts.repository);
    let (start, end) = (
        image.find(first)?,
        image.find(parts.repository)? + parts.repository.len(),
    );
    let name = image.get(start..end)?;
    let start = project.text(node.span).find(image)? + start;
    let span = node.span.part(start, start + name.len());
    let edit = Edit::replace(span, name.to_lowercase());
    let fix = Fix::safe("write the repository in lower case", vec![edit]);
    Some(fix.changing(&["services.*.image", "services.*.build.tags"]))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::{fixed, found};

    #[test]
    fn an_owner_in_capitals_is_written_in_lower_case_with_the_rest() {
        let text = "services:\n  a: {image: 'MyOrg/App:1'}\n  b: {image: MyOrg/app}\n  c: {image: Reg.io/App}\n";
        assert_eq!(
            fixed(&RULE, text),
            "services:\n  a: {image: 'myorg/app:1'}\n  b: {image: myorg/app}\n  c: {image: Reg.io/app}\n"
        );
    }

    #[test]
    fn names_that_depend_on_variables_and_ids_are_left_alone() {
        let id = "0123456789abcdef".repeat(4);
        for (image, is_found) in [
            ("\"app:${TAG}\"", false),
            ("\"${REGISTRY:-Host}/App\"", false),
            (&*format!("\"sha256:{id}\""), false),
            (&*format!("\"{id}\""), false),
            ("\"localhost:5000/app:1\"", false),
            ("localhost/app:1", false),
            ("\"Host.local/app:1\"", false),
            ("MyOrg/app:1", true),
            ("\"app:\"", true),
            ("\"https://docker.io/app\"", true),
            ("\"app :1\"", true),
            ("app@sha256:123", true),
        ] {
            let file = format!("services:\n  a:\n    image: {image}\n");
            assert_eq!(!found(&RULE, &file).is_empty(), is_found, "{image}");
        }
    }

    #[test]
    fn the_images_of_a_dockerfile_are_looked_at() {
        let marked = |build: &str, dockerfile: &str| {
            found(
                &RULE,
                &format!("services: {{a: {{build: {build}}}}}\n== Dockerfile ==\n{dockerfile}\n"),
            )
        };
        for dockerfile in [
            "FROM Node:22",
            "FROM --platform=linux/arm64 node:",
            "FROM MyOrg/app",
            "FROM a\nFROM B/c AS d",
        ] {
            assert_eq!(marked(".", dockerfile), ["."], "{dockerfile}");
        }
        for dockerfile in [
            "FROM a AS Base\nFROM BASE",
            "FROM $X",
            "FROM scratch",
            "FROM A/b AS unused\nFROM c",
            "FROM localhost:5000/a",
        ] {
            assert_eq!(marked(".", dockerfile), [""; 0], "{dockerfile}");
        }
        let build = "{context: ., additional_contexts: {Base: ./src}}";
        assert_eq!(marked(build, "FROM Base"), [""; 0]);
    }
}
