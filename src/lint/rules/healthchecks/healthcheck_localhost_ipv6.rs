//! A check that asks `localhost` with a program that takes it for IPv6.

use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::health::{Check, Step, check as check_of};
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-localhost-ipv6",
    summary: "a health check on Alpine asks \"localhost\", which can be ::1 there",
    why: "On images of Alpine, `wget` takes the first address of `localhost`, which is `::1` where the container has IPv6, \
          and tries no other. A server that listens on IPv4 alone is unhealthy then, on some machines and not on others.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: nginx:1.27-alpine
    healthcheck:
      test: wget -q --spider http://«localhost»/
",
    good: "\
services:
  web:
    image: nginx:1.27-alpine
    healthcheck:
      test: wget -q --spider http://127.0.0.1/
",
    fixed: Some(
        "\
services:
  web:
    image: nginx:1.27-alpine
    healthcheck:
      test: wget -q --spider http://127.0.0.1/
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let check = check_of(service).filter(|_| is_alpine(project, service));
        found.extend_once(check.and_then(|check| finding(project, service, &check)));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, check: &Check<'_>) -> Option<Diagnostic> {
    let is_wget = |step: &Step| step.program() == "wget";
    let step = check.steps(project).into_iter().find(is_wget)?;
    let word = step.arguments().iter().find(|word| asks_localhost(&word.text))?.clone();
    let raw = project.text(word.span);
    let start = raw.find("localhost").filter(|_| raw.matches("localhost").count() == 1);
    let place = start.map_or(word.span, |start| word.span.part(start, start + "localhost".len()));
    let fix = start.map(|_| {
        Fix::safe("ask over IPv4", vec![Edit::replace(place, "127.0.0.1")]).changing(&["services.*.healthcheck.test"])
    });
    let name = service.name();
    Some(
        at(
            place,
            format!("the health check of \"{name}\" may ask ::1, where nothing need listen"),
        )
        .help("write 127.0.0.1")
        .fix(fix),
    )
}

/// Whether a word is a URL of `localhost`.
fn asks_localhost(word: &str) -> bool {
    let rest = word.strip_prefix("http://").unwrap_or(word);
    rest.strip_prefix("localhost")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
}

/// Whether a service's image is one of Alpine's, as far as its name or the base of its Dockerfile tells.
fn is_alpine(project: &Project<'_>, service: &Service<'_>) -> bool {
    let is_one = |image: &str| {
        let reference = Reference::split(image);
        reference.tag.is_some_and(|tag| tag.contains("alpine")) || reference.repository.ends_with("alpine")
    };
    let Some(build) = service.get("build") else {
        return service.text("image").is_some_and(is_one);
    };
    let Some(file) = project.dockerfile(service) else {
        return false;
    };
    let stage = file.target(build.get("target").and_then(Node::as_str));
    let root = std::iter::successors(stage, |stage| file.stages.get(stage.parent?)).last();
    root.and_then(|root| root.base.as_deref()).is_some_and(is_one)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(service: &str, test: &str) -> Vec<String> {
        let file = format!(
            "services:\n  a:\n    {service}\n    healthcheck:\n      test: {test}\n== Dockerfile ==\nFROM node:22-alpine AS \
             a\nFROM a\n"
        );
        found(&RULE, &file)
    }

    #[test]
    fn program_image_and_host_decide() {
        let alpine = "image: \"redis:7-alpine\"";
        assert_eq!(of(alpine, "wget -O- localhost:80 || exit 1"), ["localhost"]);
        assert_eq!(of("build: .", "[CMD, wget, \"http://localhost:80/x\"]"), ["localhost"]);
        for (service, test) in [
            (alpine, "curl -f http://localhost"),
            (alpine, "wget http://127.0.0.1"),
            (alpine, "wget http://localhost.example.com"),
            ("image: \"redis:7\"", "wget http://localhost"),
        ] {
            assert_eq!(of(service, test), Vec::<String>::new(), "{test}");
        }
    }
}
