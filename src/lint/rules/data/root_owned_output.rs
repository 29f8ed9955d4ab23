//! Files in the project that belong to root after the run.

use super::shared;
use crate::diagnostic::Severity;
use crate::lint::images::Reference;
use crate::lint::mounts;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "root-owned-output",
    summary: "a job that runs as root writes into the directory of the project",
    why: "On Linux the files then belong to root of the machine. The next checkout on the same runner cannot \
          delete them, and fails before anything has run.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  tests:
    image: python:3.13
    command: pytest --junitxml=/reports/junit.xml
    volumes:
      - «./reports:/reports»
",
    good: "\
services:
  tests:
    image: python:3.13
    command: pytest --junitxml=/reports/junit.xml
    user: \"1000:1000\"
    volumes:
      - ./reports:/reports
",
    fixed: None,
    check,
};

/// Images of languages and systems that have no user of their own.
const ROOT: [&str; 17] = [
    "alpine",
    "amazoncorretto",
    "busybox",
    "composer",
    "debian",
    "eclipse-temurin",
    "fedora",
    "golang",
    "maven",
    "node",
    "openjdk",
    "php",
    "python",
    "ruby",
    "rust",
    "ubuntu",
    "mcr.microsoft.com/dotnet/sdk",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project
        .services()
        .iter()
        .filter(|service| service.is_job() && runs_as_root(project, service))
    {
        for mount in mounts::of(service).filter(|mount| shared::is_output(project, mount) && !mount.is_read_only) {
            let (name, shown) = (service.name(), mount.written(project));
            found.push_once(
                at(
                    mount.span(),
                    format!("what \"{name}\" writes to {shown} belongs to root"),
                )
                .help(
                    "write user: \"${UID:?}:${GID:?}\" and have the machine set both, or write to a volume and \
                     copy from there",
                ),
            );
        }
    }
}

/// Whether it is known to: by its user, by its Dockerfile, or by an image that is known to leave that to others.
fn runs_as_root(project: &Project<'_>, service: &Service<'_>) -> bool {
    if let Some(user) = service.get("user") {
        let is_root = matches!(user.as_str().unwrap_or_default().split(':').next(), Some("root" | "0"));
        return is_root && project.is_literal(user.span);
    }
    if let Some(build) = service.get("build") {
        let target = build.get("target").and_then(Node::as_str);
        let file = project.dockerfile(service);
        let stage = file.as_ref().and_then(|file| file.target(target));
        return stage.is_some_and(|stage| match (&stage.user, &stage.base) {
            (Some(user), _) => matches!(user.split(':').next(), Some("root" | "0")),
            (None, base) => base.as_deref().is_some_and(is_of_root),
        });
    }
    service.text("image").is_some_and(is_of_root)
}

/// Whether an image is one of those whose containers run as root, in every version.
fn is_of_root(image: &str) -> bool {
    let reference = Reference::split(image);
    let tag = reference.tag.unwrap_or_default();
    let name = reference.full_repository();
    let name = name.trim_start_matches("docker.io/").trim_start_matches("library/");
    ROOT.contains(&name) && !tag.contains("rootless") && !tag.contains("nonroot")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn marked(service: &str) -> Vec<String> {
        found(
            &RULE,
            &format!(
                "services:\n  tests: {{command: pytest, volumes: ['./coverage:/c', '.:/src'], {service}}}\n== \
                 Dockerfile ==\nFROM python:3\nUSER app\n"
            ),
        )
    }

    #[test]
    fn only_what_surely_runs_as_root_is_found() {
        assert_eq!(marked("image: 'node:22'"), ["'./coverage:/c'"]);
        assert_eq!(marked("image: 'tools:1', user: root"), ["'./coverage:/c'"]);
        for fine in ["image: 'tools:1'", "image: 'node:22', user: node", "build: ."] {
            assert_eq!(marked(fine), [""; 0], "{fine}");
        }
    }
}
