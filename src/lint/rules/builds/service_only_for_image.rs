//! A service that is there so that its image gets built.

use crate::diagnostic::{Diagnostic, Severity};
use crate::event::Kind;
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "service-only-for-image",
    summary: "a service does nothing, and is there so that its image gets built for others",
    why: "Compose knows no service that is only built, so it starts a container that does nothing, or none, and counts it as \
          a stage of the pipeline that went well. Services that wait for it wait for nothing.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  image:
    build: .
    image: shop:ci
    command: «\"true\"»
  tests:
    image: shop:ci
    command: pytest
== Dockerfile ==
FROM python:3.13
",
    good: "\
services:
  image:
    build: .
    image: shop:ci
    x-towline:
      kind: build
  tests:
    image: shop:ci
    command: pytest
== Dockerfile ==
FROM python:3.13
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let is_candidate = service.get("build").is_some() && service.kind != Kind::Build;
        if let Some(place) = idle(service).filter(|_| is_candidate) {
            found.extend_once(finding(project, service, place));
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, place: Span) -> Option<Diagnostic> {
    let images: Vec<String> = service
        .built_images()
        .map(|image| Reference::split(image).full())
        .collect();
    let user = project
        .services()
        .iter()
        .find(|other| other.name() != service.name() && uses(project, other, service.name(), &images))?;
    let (name, other) = (service.name(), user.name());
    let message = format!("\"{name}\" does nothing, and is there so that \"{other}\" has its image");
    let help = format!(
        "give \"{other}\" the build, or write x-towline: {{kind: build}}: towline then builds it and starts nothing"
    );
    Some(at(place, message).label(user.key.span, "uses its image").help(help))
}

/// What says that a service does nothing.
fn idle(service: &Service<'_>) -> Option<Span> {
    let replicas = service
        .node
        .at(&["deploy", "replicas"])
        .or_else(|| service.get("scale"));
    if let Some(replicas) = replicas.filter(|replicas| replicas.as_f64() == Some(0.0)) {
        return Some(replicas.span);
    }
    let command = ["command", "entrypoint"].iter().find_map(|key| {
        let node = service.get(key)?;
        (node.items().len() > 0).then_some(node)
    })?;
    does_nothing(&service.words()).then_some(command.span)
}

fn does_nothing(words: &[&str]) -> bool {
    match words {
        [shell, "-c" | "-ec" | "-lc", script] if shell.ends_with("sh") => {
            let script = script.trim().trim_end_matches(';');
            let says = script.split_whitespace().next() == Some("echo");
            matches!(script, "true" | ":" | "exit" | "exit 0")
                || says && !script.contains([';', '&', '|', '>', '`', '$', '\n'])
        }
        ["true" | "/bin/true" | "/usr/bin/true" | ":"] | ["echo" | "/bin/echo", ..] => true,
        _ => false,
    }
}

/// Whether a service needs the image of another.
fn uses(project: &Project<'_>, service: &Service<'_>, name: &str, images: &[String]) -> bool {
    let is_one = |image: &str| images.contains(&Reference::split(image).full());
    let Some(build) = service.get("build") else {
        return service.text("image").is_some_and(is_one);
    };
    let contexts = build.get("additional_contexts").into_iter().flat_map(Node::entries);
    let mut contexts = contexts.filter_map(|(_, context)| context.as_str()?.strip_prefix("service:"));
    let target = build.get("target").and_then(Node::as_str);
    contexts.any(|context| context == name)
        || project
            .dockerfile(service)
            .is_some_and(|file| file.images(target).into_iter().any(is_one))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(image: &str, user: &str) -> usize {
        let file = format!(
            "services:\n  image: {{build: ., image: app, {image}}}\n  user: {{{user}}}\n== Dockerfile ==\nFROM x\n== \
             sub/Dockerfile ==\nFROM app\n"
        );
        found(&RULE, &file).len()
    }

    #[test]
    fn it_does_nothing_in_many_ways() {
        for idle in [
            "command: /bin/true",
            "command: [echo, built]",
            "entrypoint: [sh, -c, \"exit 0\"]",
            "command: sh -c 'echo built'",
            "deploy: {replicas: 0}",
            "scale: 0",
        ] {
            assert_eq!(of(idle, "image: app"), 1, "{idle}");
        }
        for busy in ["command: ./serve", "command: sh -c 'echo x > /out/y'", "scale: 1"] {
            assert_eq!(of(busy, "image: app"), 0, "{busy}");
        }
    }

    #[test]
    fn another_uses_its_image() {
        let idle = "command: \"true\"";
        assert_eq!(of(idle, "build: ./sub"), 1);
        assert_eq!(
            of(
                idle,
                "build: {context: ., additional_contexts: {base: \"service:image\"}}"
            ),
            1
        );
        assert_eq!(of(idle, "build: ., image: app"), 0);
        assert_eq!(of(idle, "image: other"), 0);
    }
}
