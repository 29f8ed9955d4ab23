//! The name of an image that the engine does not take.

use crate::diagnostic::{Edit, Fix, Severity};
use crate::lint::images::{Fault, Reference};
use crate::lint::project::Project;
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
        let tags = service.node.at(&["build", "tags"]).into_iter().flat_map(Node::items);
        for node in service.get("image").into_iter().chain(tags) {
            let Some(image) = node.as_str().filter(|image| !is_id(image)) else {
                continue;
            };
            let Err(fault) = Reference::parse(image) else { continue };
            if project.is_literal(node.span) {
                let name = service.name();
                found.push_once(
                    at(node.span, format!("the image of \"{name}\" has no valid name"))
                        .help(fault.message())
                        .fix(lower_case(project, node, image).filter(|_| fault == Fault::Capital)),
                );
            }
        }
    }
}

/// An image can be named by its id as well.
fn is_id(image: &str) -> bool {
    let hex = image.strip_prefix("sha256:").unwrap_or(image);
    hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit())
}

/// The repository in lower case, where the name is written as it is.
fn lower_case(project: &Project<'_>, node: &Node, image: &str) -> Option<Fix> {
    let repository = Reference::split(image).repository;
    let start = project.text(node.span).find(image)? + image.find(repository)?;
    let span = node.span.part(start, start + repository.len());
    let edit = Edit::replace(span, repository.to_lowercase());
    Some(Fix::safe("write the repository in lower case", vec![edit]))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn names_that_depend_on_variables_and_ids_are_left_alone() {
        let id = "0123456789abcdef".repeat(4);
        for (image, is_found) in [
            ("\"app:${TAG}\"", false),
            ("\"${REGISTRY:-Host}/App\"", false),
            (&*format!("\"sha256:{id}\""), false),
            (&*format!("\"{id}\""), false),
            ("\"localhost:5000/app:1\"", false),
            ("\"app:\"", true),
            ("\"https://docker.io/app\"", true),
            ("\"app :1\"", true),
            ("app@sha256:123", true),
        ] {
            let file = format!("services:\n  a:\n    image: {image}\n");
            assert_eq!(!found(&RULE, &file).is_empty(), is_found, "{image}");
        }
    }
}
