//! A script that does not say what runs it.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started::{self, Way};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "script-without-shebang",
    summary: "a container starts a script without a `#!` line",
    why: "A shell runs such a file all the same, but the engine does not start a shell: the container ends with \"exec format \
          error\". A byte order mark before the `#!` has the same effect.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    build: .
    entrypoint: [«\"/start.sh\"»]
== Dockerfile ==
FROM debian:13
COPY --chmod=755 start.sh /start.sh
== start.sh ==
exec /app
",
    good: "\
services:
  app:
    build: .
    entrypoint: [\"/start.sh\"]
== Dockerfile ==
FROM debian:13
COPY --chmod=755 start.sh /start.sh
== start.sh ==
#!/bin/sh
exec /app
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
    let started = started::of(project, service).filter(|started| started.way == Way::Engine)?;
    let origin = started::origin(project, service, &started.path);
    let file = origin.file()?;
    let text = project.file(file)?;
    // A program has bytes that no text has; an empty file is filled by something else.
    let is_text = !text.contains(['\0', '\u{fffd}']) && !text.trim().is_empty();
    if !is_text || text.starts_with("#!") || origin.is_changed_by(&["sed", "echo", "cat", "printf", "tee"]) {
        return None;
    }
    let (name, shown) = (service.name(), project.shown(file));
    let (message, help) = if text.starts_with("\u{feff}#!") {
        (
            format!("`{name}` starts `{shown}`, which has a byte order mark before its `#!` line"),
            "save it as UTF-8 without a byte order mark",
        )
    } else {
        (
            format!("`{name}` starts `{shown}`, which has no `#!` line"),
            "write `#!/bin/sh` as its first line",
        )
    };
    Some(at(started.span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn is_found(service: &str, script: &str) -> bool {
        let file = format!(
            "services: {{a: {{{service}}}}}\n== Dockerfile ==\nFROM a\nCOPY run.sh /\nENTRYPOINT [\"/run.sh\"]\n== run.sh \
             ==\n{script}"
        );
        !found(&RULE, &file).is_empty()
    }

    #[test]
    fn only_what_the_engine_starts_needs_it() {
        assert!(is_found("build: .", "exec /app\n"));
        assert!(is_found("build: .", "\u{feff}#!/bin/sh\n"));
        assert!(is_found("build: .", "\n#!/bin/sh\n"));
        assert!(is_found(
            "image: python, command: /run.sh, volumes: ['./run.sh:/run.sh']",
            "a\n"
        ));
        for service in [
            "build: ., entrypoint: sh /run.sh",
            "build: ., entrypoint: [tini, --, /run.sh]",
            "image: node, command: /run.sh, volumes: ['./run.sh:/run.sh']",
            "image: i, command: /run.sh, volumes: ['./run.sh:/run.sh']",
        ] {
            assert!(!is_found(service, "exec /app\n"), "{service}");
        }
        assert!(!is_found("build: .", "#!/bin/sh\n"));
        assert!(!is_found("build: .", "\u{7f}ELF\0"));
        assert!(!is_found("build: .", ""));
    }
}
