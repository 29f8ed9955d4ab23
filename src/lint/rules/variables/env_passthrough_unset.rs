//! A variable that is handed on and not there.

use super::dotenv_untracked::listed;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "env-passthrough-unset",
    summary: "a variable is handed on to a container, and is not set",
    why: "A name without a value hands the variable of the machine on. Where it is not set there, the container does not \
          have it either, and compose says nothing.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    environment:
      - «DEPLOY_TOKEN»
",
    good: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    environment:
      - DEPLOY_TOKEN
== .env ==
DEPLOY_TOKEN=secret
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project
        .services()
        .iter()
        .filter(|service| service.is_active && service.is_job())
    {
        let unset = service.entries("environment").filter(|(_, value)| value.is_null());
        let keys: Vec<_> = unset.map(|(key, _)| key).collect();
        let Some(first) = keys.first() else {
            continue;
        };
        let names: Vec<&str> = keys.iter().map(|key| &*key.text).collect();
        let (are, list) = listed(&names);
        let (name, variable) = (service.name(), &first.text);
        found.push_once(
            at(
                first.span,
                format!("\"{name}\" does not get {list}, which {are} not set here"),
            )
            .help(format!(
                "set it, or let compose demand it: {variable}=${{{variable}:?set it}}"
            )),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn servers_may_do_without() {
        let text =
            "services:\n  web: {image: i, environment: [A]}\n  tests: {image: i, environment: {A: , B: 1, C: }}\n";
        assert_eq!(found(&RULE, text), ["A"]);
    }
}
