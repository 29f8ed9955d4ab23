//! A script with the line endings of Windows.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::git::{self, LineEndings};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started::{self, Way};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "script-line-endings",
    summary: "a container starts a script with Windows line endings",
    why: "The kernel takes the carriage return for a part of the interpreter's name, and a shell takes it for a part of each \
          last word. The container ends with \"no such file or directory\" or \"exec format error\", although the file is there.",
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
#!/bin/sh\r
exec /app\r
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
    let started = started::of(project, service).filter(|started| started.way != Way::Interpreted)?;
    let origin = started::origin(project, service, &started.path);
    let file = origin.file()?;
    let text = project.file(file)?;
    let is_script = text.starts_with("#!") || started.way == Way::Read;
    let has_return =
        text.lines().next().is_some() && text.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    if !is_script || !has_return || origin.is_changed_by(&["dos2unix", "fromdos", "sed", "tr", "perl"]) {
        return None;
    }
    let level = match git::line_endings(file) {
        LineEndings::Lf => return None,
        LineEndings::Converted => Severity::Warning,
        LineEndings::Kept => Severity::Error,
    };
    let (name, shown) = (service.name(), project.shown(file));
    let message = format!("`{name}` starts `{shown}`, which has Windows line endings");
    let help = "save it with LF line endings, and write `*.sh text eol=lf` into `.gitattributes`";
    Some(at(started.span, message).help(help).at_most(level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rule::Found;
    use crate::lint::rules::testing::{found, with_project};

    fn file(dockerfile: &str, script: &str) -> String {
        format!("services: {{a: {{build: .}}}}\n== Dockerfile ==\n{dockerfile}\n== run.sh ==\n{script}")
    }

    #[test]
    fn what_is_converted_or_has_none_is_fine() {
        let copy = "FROM a\nCOPY run.sh /\nENTRYPOINT [\"/run.sh\"]\n";
        assert!(!found(&RULE, &file(copy, "#!/bin/sh\r\na\r\n")).is_empty());
        assert!(!found(&RULE, &file(&copy.replace("[\"/run", "[\"sh\", \"/run"), "a\r\nb\r\n")).is_empty());
        for (dockerfile, script) in [
            (copy, "#!/bin/sh\na\n"),
            (copy, "#!/bin/sh\nprintf 'a\r\n'\n"),
            (copy, "binary\r\n"),
            (
                "FROM a\nCOPY run.sh /\nRUN dos2unix /run.sh\nENTRYPOINT [\"/run.sh\"]",
                "#!/bin/sh\r\n",
            ),
            (
                "FROM a\nCOPY . /\nRUN sed -i 's/\\r$//' /*.sh\nENTRYPOINT [\"/run.sh\"]",
                "#!/bin/sh\r\n",
            ),
        ] {
            assert!(
                found(&RULE, &file(dockerfile, script)).is_empty(),
                "{dockerfile}{script:?}"
            );
        }
    }

    #[test]
    fn what_git_converts_depends_on_the_machine() {
        let level = |attributes: &str| {
            let files = file("FROM a\nCOPY run.sh /\nENTRYPOINT [\"/run.sh\"]", "#!/bin/sh\r\na\r\n");
            let files = format!("{files}== .git/x ==\n\n== .gitattributes ==\n{attributes}\n");
            with_project(&files, |project| {
                let mut found = Found::default();
                check(project, &mut found);
                found.findings().first().map(|finding| finding.severity)
            })
        };
        assert_eq!(level("*.py eol=lf"), Some(Severity::Error));
        assert_eq!(level("* text=auto"), Some(Severity::Warning));
        assert_eq!(level("*.sh eol=lf"), None);
    }
}
