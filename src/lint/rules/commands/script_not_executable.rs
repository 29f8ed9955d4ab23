//! A container that starts a file without the permission to run it.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::git;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started::{self, Origin, Way, is_executable};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "script-not-executable",
    summary: "a container starts a script that is not executable",
    why: "`COPY` keeps the permissions that a file has in the repository, and a bind mount brings its own: a `RUN chmod` in \
          the Dockerfile does not change the file on the host. The container does not start: \"permission denied\".",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    «build»: .
  web:
    build: ./web
    volumes:
      - «./web:/app»
== Dockerfile ==
FROM node:22
COPY entrypoint.sh /usr/local/bin/
ENTRYPOINT [\"entrypoint.sh\"]
== entrypoint.sh ==
#!/bin/sh
exec node server.js
== web/Dockerfile ==
FROM python:3.13
WORKDIR /app
COPY start.sh .
RUN chmod +x start.sh
ENTRYPOINT [\"/app/start.sh\"]
== web/start.sh ==
#!/bin/sh
exec python app.py
",
    good: "\
services:
  app:
    build: .
  web:
    build: ./web
== Dockerfile ==
FROM node:22
COPY --chmod=755 entrypoint.sh /usr/local/bin/
ENTRYPOINT [\"entrypoint.sh\"]
== entrypoint.sh ==
#!/bin/sh
exec node server.js
== web/Dockerfile ==
FROM python:3.13
WORKDIR /app
COPY start.sh .
RUN chmod +x start.sh
ENTRYPOINT [\"/app/start.sh\"]
== web/start.sh ==
#!/bin/sh
exec python app.py
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let started =
        started::of(project, service).filter(|started| !matches!(started.way, Way::Read | Way::Interpreted))?;
    let origin = started::origin(project, service, &started.path);
    let file = origin.file().filter(|file| file.is_file())?;
    let ending = file.extension().and_then(|ending| ending.to_str());
    // The entrypoint of Node's image gives what it cannot run to `node`.
    let is_for_node = started.way == Way::Program && matches!(ending, Some("js" | "mjs" | "cjs"));
    if is_for_node || is_executable(file)? {
        return None;
    }
    let (name, path, shown) = (service.name(), &started.path, project.shown(file));
    let permit = match git::is_tracked(file) {
        Some(true) => format!("run `git update-index --chmod=+x {shown}`"),
        _ => format!("run `chmod +x {shown}`"),
    };
    match &origin {
        Origin::Mounted { span, .. } => {
            let message = format!("`{name}` starts `{path}` from this mount, where it is not executable");
            Some(at(*span, message).help(format!("{permit}, or start it with its interpreter: `sh {path}`")))
        }
        Origin::Copied(copied) => {
            let is_permitted =
                copied.mode.as_deref().is_some_and(permits) || origin.is_changed_by(&["chmod", "install"]);
            let message = format!("`{name}` starts `{path}`, a copy of `{shown}`, which is not executable");
            let finding = at(started.span, message).help(format!("{permit}, or write `COPY --chmod=755`"));
            (!is_permitted).then_some(finding)
        }
        Origin::Elsewhere | Origin::Unknown => None,
    }
}

/// Whether permissions as `--chmod` takes them let somebody run a file.
fn permits(mode: &str) -> bool {
    let octal = u32::from_str_radix(mode, 8);
    octal.map_or_else(|_| mode.contains(['x', 'X', '$']), |mode| mode & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn is_found(service: &str, dockerfile: &str) -> bool {
        let file = format!(
            "services:\n  a: {{{service}}}\n== Dockerfile ==\n{dockerfile}\n== run.sh ==\n#!/bin/sh\n== ci/run.sh ==\n#!/bin/sh\n== \
             s.js ==\nx\n"
        );
        !found(&RULE, &file).is_empty()
    }

    #[test]
    fn a_file_that_is_made_executable_or_only_read_is_fine() {
        for dockerfile in [
            "FROM a\nCOPY run.sh /\nRUN chmod 755 /run.sh\nENTRYPOINT [\"/run.sh\"]",
            "FROM a\nCOPY ci /ci\nRUN chmod -R +x /ci\nENTRYPOINT [\"/ci/run.sh\"]",
            "FROM a\nCOPY . /\nRUN find / -name '*.sh' -exec chmod +x {} +\nENTRYPOINT [\"/run.sh\"]",
            "FROM a\nCOPY --chmod=0755 run.sh /\nENTRYPOINT [\"/run.sh\"]",
            "FROM a\nCOPY --chmod=+x run.sh /\nENTRYPOINT [\"/run.sh\"]",
            "FROM a\nCOPY run.sh /\nENTRYPOINT [\"sh\", \"/run.sh\"]",
            "FROM a AS b\nCOPY run.sh /\nRUN chmod +x /run.sh\nFROM a\nCOPY --from=b /run.sh /\nENTRYPOINT [\"/run.sh\"]",
            "FROM a\nENTRYPOINT [\"/run.sh\"]",
            "FROM node\nCOPY s.js /\nCMD [\"/s.js\"]",
            "FROM a\nCOPY run.sh /\nRUN install -m 755 /run.sh /usr/bin/run\nENTRYPOINT [\"/run.sh\"]",
            "FROM a\nCOPY <<EOF /run.sh\n#!/bin/sh\nEOF\nENTRYPOINT [\"/run.sh\"]",
        ] {
            assert!(!is_found("build: .", dockerfile), "{dockerfile}");
        }
        assert!(!is_found("image: debian, command: sh /w/run.sh, volumes: ['.:/w']", ""));
        assert!(!is_found("image: i, command: /w/run.sh, volumes: ['.:/w']", ""));
    }

    #[test]
    fn a_file_that_stays_as_it_is_is_not() {
        for dockerfile in [
            "FROM a\nCOPY run.sh /\nENTRYPOINT [\"/run.sh\"]",
            "FROM a\nWORKDIR /w\nCOPY . .\nENTRYPOINT [\"./run.sh\"]",
            "FROM a\nCOPY ci/ /w/\nENTRYPOINT /w/run.sh",
            "FROM a\nCOPY run.sh /usr/local/bin/start\nENTRYPOINT [\"start\"]",
            "FROM python:3.13\nCOPY run.sh ./\nCMD [\"./run.sh\"]",
            "FROM a\nCOPY --chmod=644 run.sh /\nENTRYPOINT [\"tini\", \"--\", \"/run.sh\"]",
            "FROM a\nCOPY run.sh /\nRUN chmod +x /other\nENTRYPOINT [\"/run.sh\"]",
            "FROM a AS b\nCOPY run.sh /\nFROM b\nENTRYPOINT [\"/run.sh\"]",
        ] {
            assert!(is_found("build: .", dockerfile), "{dockerfile}");
        }
        assert!(is_found(
            "image: debian, command: ./run.sh, working_dir: /w, volumes: ['.:/w']",
            ""
        ));
        assert!(is_found(
            "image: i, entrypoint: /run.sh, volumes: ['./run.sh:/run.sh:ro']",
            ""
        ));
    }
}
