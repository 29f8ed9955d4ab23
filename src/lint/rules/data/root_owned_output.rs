//! Files in the project that belong to root after the run.

use std::path::Path;

use super::shared;
use crate::diagnostic::Severity;
use crate::lint::images::Reference;
use crate::lint::mounts::{self, Mount};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started::workdir;
use crate::shell::{Command, program_name, script_of};
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
        let writes = |mount: &Mount<'_>| shared::is_output(project, mount) || writes_to(project, service, mount);
        for mount in mounts::of(service).filter(|mount| !mount.is_read_only && writes(mount)) {
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

/// Commands that write into the directory that they run in, by their first words, and what they write to where that is one
/// directory alone.
const WRITERS: [(&[&str], Option<&str>); 18] = [
    (&["npm", "ci"], Some("node_modules")),
    (&["npm", "install"], Some("node_modules")),
    (&["yarn", "install"], Some("node_modules")),
    (&["pnpm", "install"], Some("node_modules")),
    (&["npm", "run", "build"], None),
    (&["yarn", "build"], None),
    (&["yarn", "run", "build"], None),
    (&["pnpm", "build"], None),
    (&["pnpm", "run", "build"], None),
    (&["composer", "install"], Some("vendor")),
    (&["cargo", "build"], Some("target")),
    (&["cargo", "test"], Some("target")),
    (&["mvn"], Some("target")),
    (&["mvnw"], Some("target")),
    (&["gradle"], Some("build")),
    (&["gradlew"], Some("build")),
    (&["go", "build"], None),
    (&["python", "-m", "build"], Some("dist")),
];

/// Whether a job writes into a directory of the project by what it runs there, and no other mount takes that.
fn writes_to(project: &Project<'_>, service: &Service<'_>, mount: &Mount<'_>) -> bool {
    let is_own = mount
        .host()
        .is_some_and(|host| Path::new(host).starts_with(&project.model.directory));
    let directory = workdir(project, service).filter(|directory| Path::new(directory).starts_with(mount.target));
    let Some(directory) = directory.filter(|_| is_own) else {
        return false;
    };
    let is_elsewhere = |output: Option<&str>| {
        let mut targets = mounts::of(service)
            .map(|other| other.target)
            .filter(|target| *target != mount.target);
        match output {
            Some(name) => targets.any(|target| Path::new(target) == Path::new(&directory).join(name)),
            None => {
                targets.any(|target| Path::new(target).starts_with(&directory) && !target.ends_with("node_modules"))
            }
        }
    };
    // What is set there can lead elsewhere.
    let has_target = service.node.at(&["environment", "CARGO_TARGET_DIR"]).is_some();
    let writes = |words: &[&str]| {
        let mut writers = WRITERS.iter().filter(|(begin, _)| is_start(words, begin));
        !has_target && writers.any(|(_, output)| !is_elsewhere(*output))
    };
    let words = service.words();
    match script_of(&words) {
        Some(script) => {
            let commands = script.commands();
            // A script that moves writes where it has moved to.
            let moves = commands
                .iter()
                .any(|command| command.program().is_some_and(|word| word.text == "cd"));
            let words = |command: &Command| -> Vec<String> {
                command
                    .words
                    .iter()
                    .skip(command.assignments())
                    .map(|word| word.text.clone())
                    .collect()
            };
            let any = commands.iter().map(words).any(|words| {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                writes(&words)
            });
            !moves && any
        }
        None => writes(&words),
    }
}

/// Whether words begin with those of a command, whatever path its program has.
fn is_start(words: &[&str], begin: &[&str]) -> bool {
    let mut pairs = words.iter().zip(begin).enumerate();
    words.len() >= begin.len()
        && pairs.all(|(at, (word, known))| {
            if at == 0 {
                program_name(word) == *known
            } else {
                word == known
            }
        })
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

    #[test]
    fn what_builds_in_the_project_writes_there() {
        let of = |service: &str| found(&RULE, &format!("services: {{build: {{working_dir: /src, {service}}}}}"));
        for service in [
            "image: 'node:22', command: npm run build, volumes: ['.:/src']",
            "image: 'node:22', command: sh -c 'npm ci && npm run build', volumes: ['.:/src', '/src/node_modules']",
            "image: 'rust:1', command: cargo build --release, volumes: ['./:/src']",
            "image: 'maven:3', command: ./mvnw package, volumes: ['.:/src']",
        ] {
            assert_eq!(of(service).len(), 1, "{service}");
        }
        for service in [
            "image: 'node:22', command: npm run build, volumes: ['.:/src:ro']",
            "image: 'node:22', command: npm run build, volumes: ['.:/src', '/src/dist']",
            "image: 'node:22', command: npm test, volumes: ['.:/src']",
            "image: 'node:22', command: npm run build, volumes: ['.:/other']",
            "image: 'node:22', command: npm run build, user: node, volumes: ['.:/src']",
            "image: 'rust:1', command: cargo build, volumes: ['.:/src'], environment: {CARGO_TARGET_DIR: /t}",
            "image: 'node:22', command: sh -c 'cd /tmp && npm ci', volumes: ['.:/src']",
        ] {
            assert_eq!(of(service), [""; 0], "{service}");
        }
    }
}
