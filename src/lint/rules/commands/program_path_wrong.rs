//! A container that starts a file which is not in it.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::base::Base;
use crate::lint::dockerfile::Stage;
use crate::lint::mounts;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::rules::builds;
use crate::lint::started::{self, Origin, Way};
use crate::shell::program_name;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "program-path-wrong",
    summary: "a container starts a file that is not in it",
    why: "An entrypoint or a command with a path is not looked up anywhere else. Where neither the Dockerfile nor a mount puts a \
          file there, the container does not start: \"no such file or directory\".",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    build: .
    entrypoint: [«\"/app/server\"»]
== Dockerfile ==
FROM golang:1.25 AS build
WORKDIR /src
RUN go build -o /bin/server .
FROM debian:13
COPY --from=build /bin/server /usr/local/bin/server
",
    good: "\
services:
  app:
    build: .
    entrypoint: [\"/usr/local/bin/server\"]
== Dockerfile ==
FROM golang:1.25 AS build
WORKDIR /src
RUN go build -o /bin/server .
FROM debian:13
COPY --from=build /bin/server /usr/local/bin/server
",
    fixed: None,
    check,
};

/// Directories that images of systems and languages fill themselves.
const SYSTEM: [&str; 16] = [
    "bin", "boot", "dev", "etc", "go", "lib", "lib32", "lib64", "opt", "proc", "root", "run", "sbin", "sys", "usr",
    "var",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service).or_else(|| not_in_path(project, service)));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let started = started::of(project, service).filter(|started| started.path.starts_with('/'))?;
    let (name, path) = (service.name(), &started.path);
    match started::origin(project, service, path) {
        Origin::Mounted { file, span } => {
            // Of a mount whose source is missing, another rule speaks.
            let is_itself = mounts::of(service).any(|mount| mount.host().map(Path::new) == Some(&file));
            let is_missing = !is_itself && !file.exists() && started::has_kin(&file);
            let is_brought = builds::is_built(&file, Path::new(&project.model.directory))
                || builds::missing(project, &file) != Severity::Error;
            let message = format!("`{name}` starts `{path}`, and the directory that is mounted there has no such file");
            let finding = at(started.span, message).label(span, format!("there is no `{}`", project.shown(&file)));
            (is_missing && !is_brought).then_some(finding)
        }
        Origin::Elsewhere => {
            let base = Base::of(project, service)?;
            let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
            let stages = base.dockerfile()?.lineage(target);
            let place = place_of(&stages, program_name(path));
            let is_near = place.is_some() && !path.contains("docker-entrypoint");
            let is_own = is_near || !is_of_system(path) && started.way != Way::Interpreted;
            let is_known = base.image == "scratch" || base.plain().is_some() && is_own;
            // A Dockerfile that copies nothing leaves the program to somebody else, or is not finished.
            let copies = stages.iter().any(|stage| !stage.copies.is_empty());
            let is_of_packages = path.contains("/node_modules/") || path.contains("/vendor/");
            if !is_known || !copies || is_of_packages || !stages.iter().all(|stage| stage.only_installs()) {
                return None;
            }
            let message = format!("`{name}` starts `{path}`, and nothing puts a file there");
            Some(at(started.span, message).help(help(program_name(path), place)))
        }
        Origin::Copied(_) | Origin::Unknown => None,
    }
}

fn is_of_system(path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_default();
    let is_own = path.starts_with("/usr/src/") || path.starts_with("/opt/app/");
    // A file in the root directory itself can be a script of the image.
    SYSTEM.contains(&first) && !is_own || path.contains("entrypoint") && parts.next().is_none()
}

/// Where the Dockerfile puts a file of this name.
fn place_of(stages: &[&Stage], name: &str) -> Option<String> {
    let mut copies = stages.iter().flat_map(|stage| &stage.copies);
    copies.find_map(|copy| {
        let target = copy.target.trim_end_matches('/');
        let has_name = copy.sources.iter().any(|source| program_name(source) == name);
        match () {
            () if program_name(target) == name => Some(target.to_owned()),
            () if has_name && copy.is_into_directory => Some(format!("{target}/{name}")),
            () if has_name => Some(target.to_owned()),
            () => None,
        }
    })
}

fn help(name: &str, place: Option<String>) -> String {
    match place {
        Some(place) => format!("the Dockerfile puts `{name}` at `{place}`"),
        None => "copy it there in the Dockerfile, or write the path that it has".to_owned(),
    }
}

/// A script without a path that the Dockerfile puts where no program is looked for.
fn not_in_path(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let argv = started::argv(project, service).filter(|argv| argv.is_run)?;
    let word = argv
        .words
        .first()
        .filter(|word| word.text.ends_with(".sh") && !word.text.contains('/'))?;
    let base = Base::of(project, service).filter(|base| base.plain().is_some())?;
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let stages = base.dockerfile()?.lineage(target);
    let has_path = stages.last()?.sets.contains("PATH") || service.node.at(&["environment", "PATH"]).is_some();
    let is_of_image = word.text == "docker-entrypoint.sh" || mounts::of(service).next().is_some();
    let place = place_of(&stages, &word.text).filter(|place| started::in_path(place).is_none())?;
    if has_path || is_of_image || !stages.iter().all(|stage| stage.only_installs()) {
        return None;
    }
    let (name, script) = (service.name(), &word.text);
    let message = format!("`{name}` starts `{script}` without a path, and it is in no directory of `PATH`");
    Some(at(word.span, message).help(format!("the Dockerfile puts it at `{place}`: write that")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn is_found(service: &str, dockerfile: &str) -> bool {
        let file = format!(
            "services:\n  a: {{{service}}}\n== Dockerfile ==\n{dockerfile}\n== src/run.sh ==\n\n== empty/Dockerfile ==\n\n== .gitignore ==\n/src/built\n"
        );
        !found(&RULE, &file).is_empty()
    }

    #[test]
    fn what_may_be_there_is_left_alone() {
        let entry = "build: ., entrypoint: [/app/run.sh]";
        for dockerfile in [
            "FROM debian\nCOPY src /app",
            "FROM debian\nCOPY src/run.sh /app/",
            "FROM debian\nCOPY --from=b /out /app",
            "FROM debian\nCOPY --from=b /out /",
            "FROM debian\nWORKDIR /app\nRUN make run.sh",
            "FROM debian\nRUN curl -o /app/run.sh https://example.com",
            "FROM debian\nRUN echo x > /app/run.sh",
            "FROM me/base",
            "FROM scratch",
            "FROM debian\nADD https://example.com/run.sh /app/run.sh",
            "FROM debian\nADD src.tar.gz /app",
            "FROM debian\nCOPY empty /app",
            "FROM debian\nRUN useradd app",
            "FROM debian\nRUN --mount=from=b,target=/b cp /b/run.sh /app",
        ] {
            assert!(!is_found(entry, dockerfile), "{dockerfile}");
        }
        for service in [
            "image: debian, command: /usr/bin/env",
            "image: debian, command: /app/run.sh",
            "image: node, command: node server.js",
            "image: me/app, entrypoint: /app/run.sh",
            "image: debian, command: /app/x, volumes: [/app]",
            "image: debian, command: /app/run.sh, volumes: ['./src:/app']",
            "image: debian, command: /app/built, volumes: ['./src:/app']",
            "image: debian, command: /app/nope, volumes: ['./nope:/app']",
            "image: debian, command: /app/dist/x, volumes: ['.:/app']",
            "image: debian, command: /x.sh, volumes: ['./src/x.sh:/x.sh']",
            "image: debian, command: /tmp/x, tmpfs: /tmp",
        ] {
            assert!(!is_found(service, "FROM debian"), "{service}");
        }
    }

    #[test]
    fn what_nothing_brings_is_found() {
        for (service, dockerfile) in [
            ("build: .", "FROM debian\nCOPY src /srv\nENTRYPOINT [\"/app/run.sh\"]"),
            (
                "build: .",
                "FROM scratch\nCOPY --from=b /x /bin/server\nENTRYPOINT [\"/server\"]",
            ),
            (
                "build: .",
                "FROM python:3.13\nRUN pip install flask\nCOPY src /app\nCMD [\"/app/start.sh\"]",
            ),
            (
                "build: ., entrypoint: sh /app/run.sh",
                "FROM alpine\nRUN apk add curl\nCOPY src/run.sh /bin/",
            ),
            (
                "build: .",
                "FROM debian\nCOPY src/run.sh /run.sh\nENTRYPOINT [\"/usr/local/bin/run.sh\"]",
            ),
            (
                "build: .",
                "FROM debian\nCOPY src/run.sh /app/\nENTRYPOINT [\"run.sh\"]",
            ),
            (
                "build: .",
                "FROM python:3\nWORKDIR /w\nCOPY main.py /srv/\nCMD [\"python\", \"main.py\"]",
            ),
            (
                "image: debian, command: ./nope.sh, working_dir: /w, volumes: ['./src:/w']",
                "",
            ),
        ] {
            assert!(is_found(service, dockerfile), "{service}: {dockerfile}");
        }
    }
}
