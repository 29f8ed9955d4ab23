//! An engine in a container that may not be one.

use crate::diagnostic::Severity;
use crate::lint::images::Reference;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "dind-unprivileged",
    summary: "an engine in a container is not privileged",
    why: "`docker:dind` mounts file systems and sets up networks, which a container may not. Without `privileged: true` it ends with \
          \"mount: permission denied (are you root?)\".",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  docker:
    image: «docker:28-dind»
",
    good: "\
services:
  docker:
    image: docker:28-dind
    privileged: true
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(node) = service.pulled_image() else {
            continue;
        };
        let reference = Reference::split(node.as_str().unwrap_or_default());
        let is_engine = reference.full_repository() == "docker.io/library/docker"
            && reference
                .tag
                .is_some_and(|tag| tag.contains("dind") && !tag.contains("rootless"));
        let may = service.get("privileged").and_then(crate::yaml::Node::as_bool) == Some(true)
            || service.items("security_opt").len() > 0
            || service.items("cap_add").len() > 0;
        // Its client alone needs none of it.
        let is_client = !service.words().is_empty() && !service.words().iter().any(|word| word.contains("dockerd"));
        if is_engine && !may && !is_client {
            let message = format!(
                "the engine of \"{}\" does not start: the container is not privileged",
                service.name()
            );
            found.push_once(at(node.span, message).help("write privileged: true"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_is_no_engine_or_may_be_one_is_left_alone() {
        let of = |text: &str| found(&RULE, &format!("services: {{a: {{{text}}}}}\n")).len();
        assert_eq!(of("image: 'docker:dind'"), 1);
        for text in [
            "image: 'docker:28-cli'",
            "image: 'docker:dind', privileged: true",
            "image: 'docker:dind-rootless'",
            "image: 'docker:dind', command: docker ps",
            "image: 'me/docker:dind'",
        ] {
            assert_eq!(of(text), 0, "{text}");
        }
    }
}
