//! A `COPY` of what the build does not have.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::place;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::context::Context;
use crate::lint::dockerfile::Copy;
use crate::lint::git;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started;
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "copy-source-missing",
    summary: "a Dockerfile copies a file that is not in the build context",
    why: "The sources of `COPY` and `ADD` are looked up in the build context, whatever directory the Dockerfile is in, and \
          without the files that `.dockerignore` excludes. The build fails with \"not found\".",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    build: «.»
  db:
    build:
      context: «./postgres»
== Dockerfile ==
FROM nginx:1.29
COPY docker/nginx.conf /etc/nginx/nginx.conf
== .dockerignore ==
docker
== docker/nginx.conf ==
events {}
== postgres/Dockerfile ==
FROM postgres:17
COPY postgres/init.sql /docker-entrypoint-initdb.d/
== postgres/init.sql ==
CREATE TABLE t (id int);
",
    good: "\
services:
  app:
    build: .
  db:
    build:
      context: ./postgres
== Dockerfile ==
FROM nginx:1.29
COPY docker/nginx.conf /etc/nginx/nginx.conf
== .dockerignore ==
docker
!docker/nginx.conf
== docker/nginx.conf ==
events {}
== postgres/Dockerfile ==
FROM postgres:17
COPY init.sql /docker-entrypoint-initdb.d/
== postgres/init.sql ==
CREATE TABLE t (id int);
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut told = HashSet::new();
    for service in project.services() {
        if let Some((context, line, finding)) = finding(project, service)
            && told.insert((context, line))
        {
            found.push(finding);
        }
    }
}

/// What is missing first in the build of a service: the context, the line of the Dockerfile, and the finding.
fn finding<'a>(project: &Project<'a>, service: &Service<'a>) -> Option<(PathBuf, usize, Diagnostic)> {
    let span = place::of(service, &["context", "dockerfile"])?;
    let file = project.dockerfile(service).filter(|file| file.syntax.is_none())?;
    let context = Context::of(project, service).filter(|_| project.is_literal(span))?;
    // A directory without anything is a submodule that was not fetched, or is filled by what runs before.
    std::fs::read_dir(&context.directory).ok()?.next()?.ok()?;
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let stages = file.reached(target);
    let copies = stages.iter().flat_map(|stage| &stage.copies);
    let mut sources = copies
        .filter(|copy| copy.from.is_none() && !copy.is_partial)
        .flat_map(|copy| copy.sources.iter().map(move |source| (copy, source)));
    sources.find_map(|(copy, source)| {
        let missing = Missing {
            project,
            service,
            context: &context,
            copy,
            source,
        };
        Some((context.directory.clone(), copy.line, missing.finding(span)?))
    })
}

/// A source of a `COPY`, and where it is looked for.
struct Missing<'a, 'p> {
    project: &'a Project<'p>,
    service: &'a Service<'p>,
    context: &'a Context,
    copy: &'a Copy,
    source: &'a str,
}

impl Missing<'_, '_> {
    fn finding(&self, span: Span) -> Option<Diagnostic> {
        if !is_plain(self.source) {
            return None;
        }
        let (name, source) = (self.service.name(), self.source);
        let copied = format!("the Dockerfile of `{name}` copies `{source}` (line {})", self.copy.line);
        if let Some(left_out) = self.context.left_out(source) {
            let file = self.project.shown(left_out.file);
            let message = format!("{copied}, which `{file}` excludes");
            let taken_in = source.trim_start_matches("./").trim_start_matches('/');
            let help = format!("add `!{taken_in}` after `{}`, or remove that line", left_out.line);
            return Some(at(span, message).help(help));
        }
        let path = self.context.join(source);
        if path.symlink_metadata().is_ok() || place::is_built(&path, &self.context.directory) || git::is_ignored(&path)
        {
            return None;
        }
        let directory = self.project.shown(&self.context.directory);
        let message = format!("{copied}, and its build context `{directory}` has no such file");
        let near = self.near();
        // Where neither it nor anything else is there, the files of the project are elsewhere.
        let is_known = near.is_some() || started::has_files(&self.context.directory);
        let finding = at(span, message).at_most(place::missing(self.project, &path));
        let help = near.unwrap_or_else(|| "paths start at the build context, and cannot leave it".to_owned());
        is_known.then(|| finding.help(help))
    }

    /// What to write where the file is somewhere near.
    fn near(&self) -> Option<String> {
        let parts: Vec<&str> = self.source.split('/').filter(|part| !part.is_empty()).collect();
        let mut shorter = (1..parts.len()).filter_map(|from| Some(parts.get(from..)?.join("/")));
        if let Some(path) = shorter.find(|path| self.context.join(path).exists()) {
            return Some(format!("write `{path}`: paths start at the build context"));
        }
        let root = Path::new(&self.project.model.directory);
        let is_elsewhere = root != self.context.directory && root.join(self.source).exists();
        let name = self.project.dockerfile_path(self.service);
        let name = name.as_deref().and_then(|path| path.strip_prefix(root).ok());
        let name = name.filter(|_| is_elsewhere)?;
        Some(format!("set `context: .` and `dockerfile: {}`", name.display()))
    }
}

/// Whether a source is one path of the context. A pattern that matches nothing is fine.
fn is_plain(source: &str) -> bool {
    let is_url = source.contains("://") || source.starts_with("git@");
    !source.is_empty() && !is_url && !source.contains(['*', '?', '[', '$', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::{found, with_project};

    fn is_found(build: &str, dockerfile: &str, files: &str) -> bool {
        let file = format!("services:\n  a:\n    build: {build}\n== app/Dockerfile ==\n{dockerfile}\n{files}");
        !found(&RULE, &file).is_empty()
    }

    #[test]
    fn what_the_context_has_or_need_not_have_is_fine() {
        for dockerfile in [
            "FROM a\nCOPY . .",
            "FROM a\nCOPY /src ./src/ /x/",
            "FROM a\nCOPY [\"a file\", \"/x\"]",
            "FROM a\nCOPY *.nope no[p]e /x/",
            "FROM a\nCOPY --from=b nope /x",
            "FROM a\nCOPY --parents nope/./x /x",
            "FROM a\nCOPY <<EOF /x\nnope\nEOF",
            "FROM a\nADD https://example.com/nope git@github.com:a/b.git /x/",
            "FROM a\nARG F\nCOPY $F /x",
            "FROM a\nCOPY dist target/app.jar app.jar /x/",
            "FROM a AS unused\nCOPY nope /x\nFROM a\nCOPY src /x",
            "# syntax=example.com/other\nFROM a\nCOPY nope /x",
            "FROM a\nCOPY ../src /x",
            "FROM a\nCOPY generated.txt /x",
        ] {
            let files = "== app/src/x ==\n\n== app/a file ==\n\n== app/.gitignore ==\n/generated.txt\n";
            assert!(!is_found("./app", dockerfile, files), "{dockerfile}");
        }
        assert!(!is_found("https://github.com/a/b.git", "FROM a\nCOPY nope /x", ""));
        assert!(!is_found("{context: './${X-app}'}", "FROM a\nCOPY nope /x", ""));
    }

    #[test]
    fn what_is_nowhere_is_found() {
        for dockerfile in [
            "FROM a\nCOPY nope /x",
            "FROM a\nCOPY --chown=1:1 src nope /x/",
            "FROM a AS b\nCOPY nope /x\nFROM a\nCOPY --from=b /x /x",
            "FROM a\nADD nope.txt /x",
            "FROM a\nCOPY ../shared /x",
            "FROM a\nCOPY [\"nope\", \"/x\"]",
        ] {
            assert!(is_found("./app", dockerfile, "== app/src/x ==\n"), "{dockerfile}");
        }
        let inline = "{context: ./app, dockerfile_inline: \"FROM a\\nCOPY nope /x\"}";
        assert!(is_found(inline, "", "== app/src/x ==\n"));
        assert!(
            !is_found("./app", "FROM a\nCOPY package.json /x", ""),
            "nothing of the project is there"
        );
    }

    #[test]
    fn a_dockerignore_is_read_as_the_build_does() {
        let of = |ignored: &str, source: &str| {
            let files = format!("== app/src/x ==\n\n== app/.dockerignore ==\n{ignored}\n");
            is_found("./app", &format!("FROM a\nCOPY {source} /x"), &files)
        };
        for (ignored, source) in [
            ("src", "src/x"),
            ("*", "src"),
            ("**/x", "src/x"),
            ("dist", "dist"),
            ("src\n!src/y", "src/x"),
        ] {
            assert!(of(ignored, source), "{ignored:?}: {source}");
        }
        for (ignored, source) in [
            ("*\n!src", "src"),
            ("src/*\n!src/x", "src"),
            ("x", "src/x"),
            ("src", "."),
            ("src", "sr*"),
        ] {
            assert!(!of(ignored, source), "{ignored:?}: {source}");
        }
        let own = "== app/src/x ==\n\n== app/.dockerignore ==\nsrc\n== app/Dockerfile.dockerignore ==\ndocs\n";
        assert!(!is_found("./app", "FROM a\nCOPY src /x", own));
    }

    #[test]
    fn the_help_says_where_the_file_is() {
        let help = |dockerfile: &str| {
            let file = format!(
                "services: {{a: {{build: ./app}}}}\n== app/Dockerfile ==\nFROM a\n{dockerfile}\n== app/x ==\n\n== src/y ==\n"
            );
            with_project(&file, |project| {
                let mut found = Found::default();
                check(project, &mut found);
                found.findings()[0].help.clone().unwrap()
            })
        };
        assert_eq!(help("COPY app/x /"), "write `x`: paths start at the build context");
        assert_eq!(
            help("COPY src/y /"),
            "set `context: .` and `dockerfile: app/Dockerfile`"
        );
    }
}
