//! A directory of the machine over what a build has made.

use super::made;
use crate::diagnostic::Severity;
use crate::lint::mounts::{self, Mount};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;
use std::path::Path;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "bind-masks-build",
    summary: "a directory of the machine hides what the build has made",
    why: "What is mounted lies over what the image has there. On a developer's machine the same files often lie in \
          both; on a clean checkout those that only the build makes are gone.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    build: .
    command: npm test
    volumes:
      - «.:/app»
== Dockerfile ==
FROM node:22
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
",
    good: "\
services:
  tests:
    build: .
    command: npm test
    volumes:
      - ./reports:/app/reports
== Dockerfile ==
FROM node:22
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
",
    fixed: None,
    check,
};

/// Words in a command that make what is hidden anew.
const REMAKES: [&str; 4] = ["build", "ci", "install", "yarn"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project
        .services()
        .iter()
        .filter(|service| service.get("build").is_some())
    {
        let binds: Vec<Mount<'_>> = mounts::of(service).filter(|mount| mount.host().is_some()).collect();
        if binds.is_empty() || remakes(service) {
            continue;
        }
        let Some(made) = made::of(project, service) else {
            continue;
        };
        for mount in binds {
            if let Some(path) = made.built.iter().find(|path| hides(service, &mount, path)) {
                let (name, shown) = (service.name(), path.display());
                let level = if service.is_job() {
                    Severity::Error
                } else {
                    Severity::Warning
                };
                found.push_once(
                    at(
                        mount.span(),
                        format!("\"{name}\" has {shown} from its build, and this hides it"),
                    )
                    .help("mount only the directories that are not made by the build, or nothing in a pipeline")
                    .at_most(level),
                );
            }
        }
    }
}

/// Whether a mount lies over a path, and no other mount and no file of the machine is there in its place.
pub(super) fn hides(service: &Service<'_>, mount: &Mount<'_>, path: &Path) -> bool {
    let Some((host, inside)) = mount.host().zip(path.strip_prefix(mount.target).ok()) else {
        return false;
    };
    let mut others = mounts::of(service)
        .map(|other| other.target)
        .filter(|target| *target != mount.target);
    let is_covered = others.any(|target| path.starts_with(target) && Path::new(target).starts_with(mount.target));
    let is_tmpfs = service.items("tmpfs").filter_map(Node::as_str).any(|text| {
        let target = text.split(':').next().unwrap_or(text);
        path.starts_with(target)
    });
    let is_there = Path::new(host).join(inside).exists();
    // A file that is mounted, or a whole directory that takes the place of another, is meant to.
    inside != Path::new("") && Path::new(host).is_dir() && !is_there && !is_covered && !is_tmpfs
}

fn remakes(service: &Service<'_>) -> bool {
    let words = service.words();
    let mut parts = words
        .iter()
        .flat_map(|word| word.split(|c: char| !c.is_ascii_alphanumeric()));
    parts.any(|part| REMAKES.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    const NODE: &str = "FROM node:22 AS base\nWORKDIR /app\nRUN npm ci\nFROM base\nCOPY . .\n";

    fn marked(service: &str, file: &str) -> Vec<String> {
        found(
            &RULE,
            &format!("services: {{a: {{build: ., {service}}}}}\n== Dockerfile ==\n{file}"),
        )
    }

    #[test]
    fn what_is_installed_or_copied_from_another_stage_is_hidden() {
        assert_eq!(marked("volumes: ['.:/app']", NODE), ["'.:/app'"]);
        let copied = "FROM golang AS b\nRUN go build -o /x\nFROM debian\nCOPY --from=b /x /srv/bin/x\n";
        assert_eq!(marked("volumes: ['.:/srv:ro']", copied), ["'.:/srv:ro'"]);
        assert_eq!(marked("volumes: ['./src:/srv/src']", copied), [""; 0]);
    }

    #[test]
    fn another_volume_or_command_brings_it_back() {
        assert_eq!(marked("volumes: ['.:/app', '/app/node_modules']", NODE), [""; 0]);
        assert_eq!(
            marked("volumes: ['.:/app'], command: sh -c 'npm install && npm test'", NODE),
            [""; 0]
        );
        assert_eq!(
            marked(
                "volumes: ['.:/app']",
                "FROM node:22\nWORKDIR /app\nRUN npm install -g jest\nCOPY . .\n"
            ),
            [""; 0]
        );
    }

    #[test]
    fn what_lies_on_the_machine_too_is_not_gone() {
        let files = format!("{NODE}== node_modules/x ==\n");
        assert_eq!(marked("volumes: ['.:/app']", &files), [""; 0]);
    }
}
