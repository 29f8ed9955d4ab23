//! A directory of the machine over the files that a build has copied.

use super::bind_masks_build::hides;
use super::made;
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::Kind;
use crate::lint::mounts::{self, Mount};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;
use std::path::Path;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-not-tested",
    summary: "a job runs the files of the machine in the place of those of its image",
    why: "The image has a copy of the files, and a mount of the same directory lies over it. What passes is the checkout: a file \
          that .dockerignore leaves out, or one that the Dockerfile forgets, is missing in the image that is deployed alone.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  tests:
    build: .
    command: pytest
    volumes:
      - «.:/app»
  deploy:
    build: .
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
== Dockerfile ==
FROM python:3.13
WORKDIR /app
COPY . .
",
    good: "\
services:
  tests:
    build: .
    command: pytest
    volumes:
      - ./reports:/app/reports
  deploy:
    build: .
    command: ./deploy.sh
    depends_on:
      tests:
        condition: service_completed_successfully
== Dockerfile ==
FROM python:3.13
WORKDIR /app
COPY . .
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for job in project.services().iter().filter(|service| service.is_job()) {
        let Some(made) = made::of(project, job) else { continue };
        for mount in mounts::of(job) {
            let is_told = made.built.iter().any(|path| hides(job, &mount, path));
            if !is_told && covers(&mount, &made.copied) {
                found.push_once(finding(project, job, &mount));
            }
        }
    }
}

/// Whether a directory of the machine is mounted over what is copied.
fn covers(mount: &Mount<'_>, copied: &[std::path::PathBuf]) -> bool {
    let is_directory = mount.host().is_some_and(|host| Path::new(host).is_dir());
    is_directory && copied.iter().any(|path| path.starts_with(mount.target))
}

fn finding<'a>(project: &Project<'a>, job: &Service<'a>, mount: &Mount<'_>) -> Diagnostic {
    let name = job.name();
    let finding = at(
        mount.span(),
        format!("\"{name}\" runs the files of the checkout, and not those of its image"),
    )
    .help("mount only what the job writes, such as its reports");
    match user(project, job) {
        Some(other) => finding.label(other.key.span, "runs the image itself"),
        None => finding.at_most(Severity::Hint),
    }
}

/// What deploys or serves the same image.
fn user<'a, 'b>(project: &'b Project<'a>, job: &Service<'a>) -> Option<&'b Service<'a>> {
    let build = |service: &Service<'a>, key: &str| Some(service.node.at(&["build", key])?.as_str()?.to_owned());
    let is_same = |other: &Service<'a>| {
        let image = job.text("image");
        let same_image = image.is_some() && other.text("image") == image;
        let context = build(job, "context");
        let same_build = context.is_some()
            && ["context", "dockerfile"]
                .iter()
                .all(|key| build(other, key) == build(job, key));
        same_image || same_build
    };
    let mut others = project.services().iter().filter(|other| other.name() != job.name());
    others.find(|other| matches!(other.kind, Kind::Deploy | Kind::Service) && is_same(other) && !is_masked(other))
}

/// Whether the other has the files of the checkout as well.
fn is_masked(service: &Service<'_>) -> bool {
    service
        .items("volumes")
        .any(|mount| mount.get("type").and_then(Node::as_str) == Some("bind"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rule::Found;
    use crate::lint::rules::testing::with_project;

    fn levels(services: &str) -> Vec<Severity> {
        let files = format!("services:\n{services}== Dockerfile ==\nFROM a:1\nCOPY src /app/src\n");
        with_project(&files, |project| {
            let mut found = Found::default();
            check(project, &mut found);
            found.findings().iter().map(|finding| finding.severity).collect()
        })
    }

    #[test]
    fn what_uses_the_image_decides_how_much_it_matters() {
        let tests = "  tests: {build: ., command: pytest, volumes: ['.:/app']}\n";
        let deploy = "  deploy: {build: ., command: ./deploy.sh}\n";
        assert_eq!(levels(tests), [Severity::Hint]);
        assert_eq!(levels(&format!("{tests}{deploy}")).len(), 1);
        assert_ne!(levels(&format!("{tests}{deploy}")), [Severity::Hint]);
        let masked = "  deploy: {build: ., command: ./deploy.sh, volumes: ['.:/app']}\n";
        assert!(levels(&format!("{tests}{masked}")).contains(&Severity::Hint));
        assert_eq!(
            levels("  tests: {build: ., command: pytest, volumes: ['.:/data']}\n"),
            []
        );
        assert_eq!(levels("  web: {build: ., command: nginx, volumes: ['.:/app']}\n"), []);
    }
}
