//! A secret in a file of variables that is a part of the repository.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::{git, secrets};
use crate::source::Span;
use std::collections::HashSet;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "env-file-secret",
    summary: "a file of variables in the repository holds a secret",
    why: "A file of variables that Git tracks is as public as the repository is, and its secrets stay in the \
          history when they are taken out.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: web:1
    env_file: web.env
== web.env ==
MODE=production
«SESSION_SECRET»=kQ0aL8f2Zz
",
    good: "\
services:
  web:
    image: web:1
    env_file: web.env
    environment:
      SESSION_SECRET: ${SESSION_SECRET}
== web.env ==
MODE=production
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let documents: HashSet<_> = project.documents().map(|document| document.span.source).collect();
    for (id, source) in project.sources_with_ids().filter(|(id, _)| !documents.contains(id)) {
        let secrets: Vec<Secret<'_>> = secrets_of(&source.text);
        // Most files have none: only for the others is it worth asking Git.
        if secrets.is_empty() {
            continue;
        }
        let limit = match git::is_tracked(&source.path) {
            Some(true) => Severity::Warning,
            Some(false) => continue,
            None => Severity::Hint,
        };
        for secret in secrets {
            let file = source.path.file_name().unwrap_or_default().to_string_lossy();
            let span = Span::new(id, secret.start, secret.start + secret.name.len());
            found.push_once(
                at(
                    span,
                    format!("{file} is a part of the repository, and holds {}", secret.name),
                )
                .help("take it out, and set it where the file is run; have Git ignore files with secrets")
                .at_most(limit.min(secret.level)),
            );
        }
    }
}

/// A line that sets a secret.
struct Secret<'a> {
    name: &'a str,
    start: usize,
    level: Severity,
}

fn secrets_of(text: &str) -> Vec<Secret<'_>> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        found.extend(secret(line, start));
        start += line.len();
    }
    found
}

fn secret(line: &str, start: usize) -> Option<Secret<'_>> {
    let (before, value) = line.split_once('=').filter(|_| !line.trim_start().starts_with('#'))?;
    let name = before.trim_start().trim_start_matches("export ").trim();
    let value = value.trim();
    let bare = value.trim_matches(['"', '\'']);
    let is_literal = secrets::is_secret_name(name) && !secrets::refers(bare);
    // A word that nobody takes for a secret is there to be tried out with.
    let level = secrets::weight(bare).filter(|level| is_literal && *level == Severity::Warning)?;
    let at = before.find(name)?;
    Some(Secret {
        name,
        start: start + at,
        level,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn only_lines_that_set_a_secret_count() {
        let lines = "# A_TOKEN=Zk3v-91\nB_TOKEN=\nC_TOKEN=$C\nD_TOKEN=changeme\nMODE=x\nexport \
                     E_TOKEN='Zk3v-91'\nF_PASSWORD=postgres\n";
        let text = format!("services: {{a: {{image: i, env_file: a.env}}}}\n== a.env ==\n{lines}");
        assert_eq!(found(&RULE, &text), ["E_TOKEN"]);
    }

    #[test]
    fn a_file_that_git_does_not_track_is_fine() {
        let text = "services: {a: {image: i, env_file: a.env}}\n== a.env ==\nE_TOKEN=Zk3v-91\n== .git/HEAD \
                    ==\nref: refs/heads/main\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }
}
