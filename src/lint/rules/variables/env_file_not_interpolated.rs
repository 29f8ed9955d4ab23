//! A variable of an env file, used where env files do not reach.

use std::collections::HashMap;

use super::texts::{from_files, used};
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "env-file-not-interpolated",
    summary: "a variable is set in an env file of a service, and used in the compose file",
    why: "What stands in `env_file` is set in the container, and nowhere else. In the compose file itself the variable is \
          not set, and nothing is put in its place. The file `.env` and those of `--env-file` are for that.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:«${PG_VERSION}»
    env_file: db.env
== db.env ==
PG_VERSION=17
",
    good: "\
services:
  db:
    image: postgres:${PG_VERSION}
    env_file: db.env
== db.env ==
PGDATA=/data
== .env ==
PG_VERSION=17
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut of_files = HashMap::new();
    for service in project.services() {
        of_files.extend(from_files(project, service).map(|(key, _)| (&*key.text, key.span)));
    }
    if of_files.is_empty() {
        return;
    }
    for one in used(project)
        .iter()
        .filter(|one| !project.model.variables.contains_key(one.name))
    {
        if let Some(file) = of_files.get(one.name) {
            let name = one.name;
            found.push(
                at(
                    one.span,
                    format!("\"{name}\" is set in the container alone, and nothing is put in here"),
                )
                .label(*file, format!("sets \"{name}\" in the container"))
                .help(format!("set \"{name}\" in .env, or name the file with --env-file")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_has_a_value_or_a_default_is_fine() {
        let with = |text: &str, more: &str| {
            found(
                &RULE,
                &format!("services:\n  a:\n    image: i\n    env_file: [a.env]\n    {text}\n== a.env ==\nA=1\n{more}"),
            )
        };
        assert!(with("hostname: ${A:-b}", "").is_empty());
        assert!(with("command: sh -c 'echo $A'", "").is_empty());
        assert!(with("hostname: $B", "").is_empty());
        assert!(with("hostname: $A", "== .env ==\nA=2\n").is_empty());
        assert_eq!(with("environment: [B=$A, C=1]", ""), ["$A"]);
    }
}
