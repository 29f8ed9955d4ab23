//! A volume that belongs to root, for a container that does not run as root.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::base::Base;
use crate::lint::context::Context;
use crate::lint::dockerfile::Stage;
use crate::lint::mounts::{self, Mount};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "volume-not-writable",
    summary: "a volume belongs to root, and its container runs as another user",
    why: "An empty volume gets the owner of the directory that the image has at its place. Where the image has none, the engine \
          makes one that belongs to root, and the program ends with \"permission denied\" as soon as it writes there.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    build: .
    volumes:
      - «data:/home/app/.data»
volumes:
  data:
== Dockerfile ==
FROM python:3.13-slim
RUN useradd --create-home app
USER app
CMD [\"python\", \"app.py\"]
",
    good: "\
services:
  app:
    build: .
    volumes:
      - data:/home/app/.data
volumes:
  data:
== Dockerfile ==
FROM python:3.13-slim
RUN useradd --create-home app && mkdir /home/app/.data && chown app /home/app/.data
USER app
CMD [\"python\", \"app.py\"]
",
    fixed: None,
    check,
};

/// Directories of a project that package managers and compilers make.
const MADE: [&str; 8] = [
    ".next",
    ".venv",
    "build",
    "dist",
    "node_modules",
    "target",
    "vendor",
    "venv",
];

/// Directories that everybody can write to.
const OPEN: [&str; 3] = ["/dev/shm", "/tmp", "/var/tmp"];

fn check(project: &Project<'_>, found: &mut Found) {
    let mut users: HashMap<&str, HashSet<&str>> = HashMap::new();
    for service in project.services() {
        let volumes = mounts::all_of(service).filter_map(|mount| mount.volume());
        volumes.for_each(|volume| {
            users.entry(volume).or_default().insert(service.name());
        });
    }
    for service in project.services() {
        // A hook, or another service that has the volume, may have given it to the user before.
        let has_hooks = service.items("pre_start").len() + service.items("post_start").len() > 0;
        let is_alone = |mount: &Mount<'_>| {
            let users = mount.volume().and_then(|volume| users.get(volume));
            !has_hooks && users.is_some_and(|users| users.len() == 1)
        };
        for mount in mounts::of(service).filter(is_alone) {
            found.extend_once(finding(project, service, &mount));
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, mount: &Mount<'_>) -> Option<Diagnostic> {
    let volume = mount
        .volume()
        .filter(|_| !mount.is_read_only && !is_of_image(mount.target))?;
    if !is_plain_volume(project, volume) {
        return None;
    }
    // Of an image of a system or a language it is known that it has no directory of a program.
    let base = Base::of(project, service).filter(|base| base.plain().is_some())?;
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let stages = base.dockerfile().map(|file| file.lineage(target)).unwrap_or_default();
    let user = match service.get("user") {
        Some(user) => user.as_str().filter(|_| project.is_literal(user.span))?,
        None => stages.last()?.user.as_deref()?,
    };
    if is_root(user)
        || stages.iter().any(|stage| may_make(stage, mount.target))
        || is_copied(project, service, &stages, mount)
    {
        return None;
    }
    let (name, path) = (service.name(), mount.target);
    let message = format!("`{name}` runs as `{user}`, and the volume at `{path}` belongs to root");
    let user = user.split(':').next().unwrap_or(user);
    let help =
        format!("make the directory in the Dockerfile, before `USER`: `RUN mkdir -p {path} && chown {user} {path}`");
    Some(at(mount.span(), message).help(help))
}

fn is_root(user: &str) -> bool {
    let user = user.split(':').next().unwrap_or_default();
    user.is_empty() || matches!(user, "root" | "0") || user.contains('$')
}

/// A directory that images have or that their builds make, or a home directory, which is made with its user.
fn is_of_image(target: &str) -> bool {
    let home = target
        .strip_prefix("/home/")
        .is_some_and(|rest| !rest.trim_matches('/').contains('/'));
    let is_made = Path::new(target)
        .file_name()
        .is_some_and(|name| MADE.iter().any(|made| name == *made));
    home || is_made || OPEN.iter().any(|open| Path::new(target).starts_with(open))
}

/// A volume that this project makes, in the usual way.
fn is_plain_volume(project: &Project<'_>, name: &str) -> bool {
    let declared = project.declared("volumes", name).map(|(_, node)| node);
    let has = |key| declared.is_some_and(|node| node.get(key).is_some_and(|node| *node != Node::default()));
    let is_external = declared.and_then(|node| node.get("external")).and_then(Node::as_bool) == Some(true);
    !is_external && !has("driver_opts") && !has("driver")
}

/// Whether a stage may make a directory, by what it runs or declares.
fn may_make(stage: &Stage, target: &str) -> bool {
    let path = Path::new(target);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or(target);
    let is_at = |other: &str| Path::new(other).starts_with(path);
    let is_run = |script: &str| {
        let makes = ["chown", "install", "mkdir"]
            .iter()
            .any(|program| script.contains(program));
        script.contains(name) || makes && script.contains('$')
    };
    let is_copied = |copy: &crate::lint::dockerfile::Copy| {
        is_at(&copy.target) || copy.from.is_some() && path.starts_with(&copy.target)
    };
    !stage.only_installs()
        || stage.runs.iter().any(|run| is_run(&run.script))
        || stage.copies.iter().any(is_copied)
        || stage.volumes.iter().any(|volume| is_at(volume))
        || stage.workdir.as_deref().is_some_and(is_at)
}

/// Whether the directory is among what is copied from the context.
fn is_copied(project: &Project<'_>, service: &Service<'_>, stages: &[&Stage], mount: &Mount<'_>) -> bool {
    let Some(context) = Context::of(project, service) else {
        return !stages.is_empty();
    };
    let mut copies = stages.iter().flat_map(|stage| &stage.copies);
    copies.any(|copy| {
        let inside = Path::new(mount.target).strip_prefix(&copy.target);
        inside.is_ok_and(|inside| {
            copy.sources
                .iter()
                .any(|source| context.join(source).join(inside).exists())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn marked(service: &str, dockerfile: &str) -> Vec<String> {
        let file = format!(
            "services:\n  a: {{volumes: ['data:/app/data'], {service}}}\nvolumes: {{data: }}\n== Dockerfile ==\n{dockerfile}\n== \
             src/data/x ==\n"
        );
        found(&RULE, &file)
    }

    #[test]
    fn a_directory_that_is_made_or_a_user_that_may_write_is_fine() {
        for dockerfile in [
            "FROM debian\nRUN useradd app",
            "FROM debian\nRUN mkdir -p /app/data && chown app /app/data\nUSER app",
            "FROM debian\nWORKDIR /app\nRUN mkdir data && chown -R app .\nUSER app",
            "FROM debian\nENV D=/app/data\nRUN install -d -o app $D\nUSER app",
            "FROM debian\nCOPY --chown=app src /app\nUSER app",
            "FROM debian\nCOPY --chown=app --from=b /x /app\nUSER app",
            "FROM debian\nWORKDIR /app/data\nUSER app",
            "FROM debian\nVOLUME /app/data\nUSER app",
            "FROM me/app\nUSER app",
            "FROM debian\nUSER root",
            "FROM debian\nARG U\nUSER $U",
            "FROM debian\nWORKDIR /app\nRUN ./prepare\nUSER app",
        ] {
            assert_eq!(marked("build: .", dockerfile), [""; 0], "{dockerfile}");
        }
        let user = "FROM debian\nUSER app";
        assert_eq!(marked("build: ., user: root", user), [""; 0]);
        assert_eq!(marked("image: 'me/app', user: app", ""), [""; 0]);
        let shared = "build: .}\n  b: {image: busybox, command: chown 1 /d, volumes: ['data:/d']";
        assert_eq!(marked(shared, user), [""; 0]);
    }

    #[test]
    fn a_directory_that_the_engine_makes_belongs_to_root() {
        assert_eq!(marked("build: .", "FROM debian\nUSER 1000"), ["'data:/app/data'"]);
        assert_eq!(
            marked("build: .", "FROM node AS b\nUSER node\nFROM b\nCOPY x /app/"),
            ["'data:/app/data'"]
        );
        assert_eq!(marked("image: node, user: 'node:node'", ""), ["'data:/app/data'"]);
    }
}
