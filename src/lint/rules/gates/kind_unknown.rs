//! A service of which nothing says whether it runs to completion.

use std::iter::successors;

use crate::diagnostic::{Fix, Severity};
use crate::event::Kind;
use crate::lint::dockerfile::Stage;
use crate::lint::edits::add_before;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "kind-unknown",
    summary: "nothing says whether a service runs to completion",
    why: "`towline ci` waits for a job to exit, and stops a service when the jobs have ended. Where neither the command, the \
          name nor the image says which of them it is, `ci` does not start in front of a deploy: a test that is taken for a \
          service would pass unseen.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  «importer»:
    image: importer:1
    command: [./run]
  deploy:
    image: tools:1
    command: [kubectl, apply, -f, app.yaml]
",
    good: "\
services:
  importer:
    image: importer:1
    command: [./run]
    x-towline: {kind: job}
  deploy:
    image: tools:1
    command: [kubectl, apply, -f, app.yaml]
",
    fixed: Some(
        "\
services:
  importer:
    x-towline: {kind: job}
    image: importer:1
    command: [./run]
  deploy:
    image: tools:1
    command: [kubectl, apply, -f, app.yaml]
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let is_unknown = |service: &&Service<'_>| service.is_active && service.kind == Kind::Unknown;
    for service in project.services().iter().filter(is_unknown) {
        if is_said_by_dockerfile(project, service) {
            continue;
        }
        let first = service.node.entries().next().map(|(key, _)| key);
        let edits = first.and_then(|key| add_before(project, key, "x-towline: {kind: job}"));
        found.push(
            at(
                service.key.span,
                format!("nothing says whether `{}` runs to completion", service.name()),
            )
            .help("add `x-towline: {kind: job}`, or `service` for what keeps running")
            .fix(edits.map(|edits| Fix::unsafe_("say that it is a job", edits).changing(&["services.*.x-towline"]))),
        );
    }
}

/// Whether its image will say that it is a server.
fn is_said_by_dockerfile(project: &Project<'_>, service: &Service<'_>) -> bool {
    let Some(dockerfile) = project.dockerfile(service) else {
        return false;
    };
    let target = service.node.at(&["build", "target"]).and_then(|target| target.as_str());
    let parent = |stage: &&Stage| dockerfile.stages.get(stage.parent?);
    let mut stages = successors(dockerfile.target(target), parent).take(dockerfile.stages.len());
    stages.any(|stage| !stage.exposed.is_empty() || stage.healthcheck.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_service_that_is_known_is_left_alone() {
        for service in [
            "image: i, ports: ['80']",
            "image: i, command: pytest",
            "image: i, x-towline: {kind: service}",
            "image: postgres",
            "build: {context: ., dockerfile_inline: \"FROM node\\nEXPOSE 80\"}",
            "image: i, profiles: [off]",
        ] {
            let text = format!("services: {{a: {{{service}}}}}");
            assert_eq!(found(&RULE, &text), [""; 0], "{service}");
        }
        assert_eq!(found(&RULE, "services: {a: {image: i}}"), ["a"]);
        let built = "services: {a: {build: {context: ., dockerfile_inline: \"FROM node\\nRUN x\"}}}";
        assert_eq!(found(&RULE, built), ["a"]);
    }
}
