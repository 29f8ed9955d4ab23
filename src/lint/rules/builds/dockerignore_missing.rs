//! A whole context that is copied, with nothing left out.

use std::collections::HashSet;
use std::path::PathBuf;

use super::place;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::context::ignore_file;
use crate::lint::dockerfile::Copy;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// What should not get into an image, where it lies in a context.
const UNWANTED: [&str; 4] = [".env", ".git", ".venv", "node_modules"];

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "dockerignore-missing",
    summary: "an image gets all that lies in its context, and no .dockerignore leaves anything out",
    why: "`COPY . .` takes what lies around: the history of git, `.env`, results of earlier runs. Secrets end up in the \
          image, and since something of that changes in every run, the layers below are never taken from the cache.",
    level: Severity::Warning,
    category: Category::Reproducibility,
    preset: Preset::Default,
    bad: "\
services:
  app:
    build: «.»
== Dockerfile ==
FROM node:24
WORKDIR /app
COPY . .
== .env ==
TOKEN=abc
",
    good: "\
services:
  app:
    build: .
== Dockerfile ==
FROM node:24
WORKDIR /app
COPY . .
== .dockerignore ==
.env
== .env ==
TOKEN=abc
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut told = HashSet::new();
    for service in project.services() {
        if let Some((context, finding)) = finding(project, service)
            && told.insert(context)
        {
            found.push(finding);
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<(PathBuf, Diagnostic)> {
    let span = place::of(service, &["context"])?;
    let context = project.context(service).filter(|_| project.is_literal(span))?;
    let file = project.dockerfile(service)?;
    let target = service.node.at(&["build", "target"]).and_then(|target| target.as_str());
    let copies_all = file
        .reached(target)
        .iter()
        .flat_map(|stage| &stage.copies)
        .any(takes_all);
    if !copies_all || ignore_file(project, service, &context).is_some() {
        return None;
    }
    let unwanted = UNWANTED.iter().find(|name| context.join(name).exists());
    let name = service.name();
    let (message, level) = match unwanted {
        Some(unwanted) => (
            format!("the image of \"{name}\" gets all of its context, {unwanted} too: there is no .dockerignore"),
            Severity::Warning,
        ),
        None => (
            format!("the image of \"{name}\" gets all of its context: there is no .dockerignore"),
            Severity::Hint,
        ),
    };
    let help = format!(
        "write {} with what the image does not need",
        project.shown(&context.join(".dockerignore"))
    );
    Some((context, at(span, message).help(help).at_most(level)))
}

fn takes_all(copy: &Copy) -> bool {
    let is_all = |source: &String| matches!(source.as_str(), "." | "./" | "/" | "*" | "./*");
    copy.from.is_none() && copy.sources.iter().any(is_all)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(dockerfile: &str, beside: &str) -> bool {
        let file = format!(
            "services:\n  a:\n    build: {{context: ., target: one}}\n  b:\n    build: {{context: ., target: one}}\n== \
             Dockerfile ==\n{dockerfile}\n== {beside} ==\nx\n"
        );
        let found = found(&RULE, &file);
        assert!(found.len() < 2, "{dockerfile}");
        !found.is_empty()
    }

    #[test]
    fn what_is_copied_decides() {
        assert!(of("FROM x AS one\nADD --chown=1 ./ /app", "a"));
        assert!(of("FROM x AS one\nCOPY [\".\", \"/app\"]", "a"));
        assert!(of(
            "FROM y AS zero\nCOPY . .\nFROM x AS one\nCOPY --from=zero /a /a",
            "a"
        ));
        assert!(!of(
            "FROM x AS one\nCOPY src /app\nCOPY --from=y . .\nFROM x\nCOPY . .",
            "a"
        ));
        assert!(!of("FROM x AS one\nCOPY . .", "Dockerfile.dockerignore"));
    }
}
