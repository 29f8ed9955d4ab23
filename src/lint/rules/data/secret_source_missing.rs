//! A secret or a config whose file does not exist.

use crate::diagnostic::Severity;
use crate::lint::git;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "secret-source-missing",
    summary: "the file of a secret or a config does not exist",
    why: "Compose looks for it when it makes the container, and stops with an error that names a mount. `docker \
          compose config` says nothing.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: web:1
    configs: [site]
configs:
  site:
    file: «./site.conf»
",
    good: "\
services:
  web:
    image: web:1
    configs: [site]
configs:
  site:
    file: ./site.conf
== site.conf ==
listen 8080;
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for (section, what) in [("configs", "config"), ("secrets", "secret")] {
        // What no active service uses is not looked for.
        let used = project.model.root.get(section).into_iter().flat_map(Node::entries);
        for (key, node) in used {
            let Some(file) = node.get("file") else { continue };
            let path = project.path(file.as_str().unwrap_or_default());
            if path.exists() || !project.is_literal(file.span) {
                continue;
            }
            // A secret is seldom a part of the repository: it is there where the file is run.
            let level = if section == "secrets" || git::is_ignored(&path) {
                Severity::Warning
            } else {
                Severity::Error
            };
            let shown = project.shown(&path);
            found.push_once(
                at(file.span, format!("there is no file {shown} for the {what} \"{key}\""))
                    .help("create it before the file is run, or correct the path")
                    .at_most(level),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_is_not_used_or_not_known_is_fine() {
        let text = "services: {a: {image: i, secrets: [v]}}\nsecrets: {s: {file: ./no}, v: {file: '${X:-./no}'}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }

    #[test]
    fn a_secret_is_looked_for_as_well() {
        let text = "services: {a: {image: i, secrets: [s, t]}}\nsecrets: {s: {file: ./no}, t: {environment: T}}\n";
        assert_eq!(found(&RULE, text), ["./no"]);
    }
}
