//! A secret that becomes a part of the image.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::secrets;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "secret-in-build-arg",
    summary: "a secret is handed to a build as an argument",
    why: "Arguments of a build are kept in the history of the image, also those whose values come from outside: \
          whoever has the image reads them with `docker history`.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  app:
    build:
      context: .
      args:
        NPM_TOKEN: «${NPM_TOKEN}»
",
    good: "\
services:
  app:
    build:
      context: .
      secrets: [npm_token]
secrets:
  npm_token:
    environment: NPM_TOKEN
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let arguments = service.node.at(&["build", "args"]);
        for (key, value) in arguments.into_iter().flat_map(Node::entries) {
            if secrets::is_secret_name(key) && is_secret(project, value) {
                let name = service.name();
                found.push_once(
                    at(
                        value.span,
                        format!("the image of \"{name}\" keeps {key}, an argument of its build"),
                    )
                    .help("list it in build.secrets, and read it with RUN --mount=type=secret in the Dockerfile"),
                );
            }
        }
    }
}

fn is_secret(project: &Project<'_>, value: &Node) -> bool {
    let written = project.written(value.span).and_then(Node::as_str).unwrap_or_default();
    let text = value.as_str().unwrap_or_default();
    secrets::refers(written) && (text.is_empty() || secrets::weight(text).is_some())
        || secrets::weight(text) == Some(Severity::Warning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn fillers_are_fine() {
        let text = "services: {a: {build: {context: ., args: {SECRET_KEY_BASE: dummy, A_TOKEN: '', B_PASSWORD: \
                    test, VERSION: '1', C_TOKEN: '${X:-none}'}}}}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }

    #[test]
    fn literals_are_found_in_both_forms() {
        let text = "services: {a: {build: {context: ., args: [A_TOKEN=Zk3v-91]}}, b: {build: {context: ., args: \
                    {PIP_PASSWORD: hunter2}}}}\n";
        assert_eq!(found(&RULE, text), ["A_TOKEN=Zk3v-91", "hunter2"]);
    }
}
