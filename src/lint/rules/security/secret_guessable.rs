//! A secret that is none.

use super::secret_in_env;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::secrets::{self, ThrowAway};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "secret-guessable",
    summary: "a password or a key is one that everybody would try first",
    why: "Such a value keeps nobody out, and files are copied: what is fine for a database that lives for a run of tests is \
          found again on a server. Values that are worth keeping are told by secret-in-env.",
    level: Severity::Hint,
    category: Category::Security,
    preset: Preset::Strict,
    bad: "\
services:
  db:
    image: postgres:16
    environment:
      POSTGRES_PASSWORD: «postgres»
",
    good: "\
services:
  db:
    image: postgres:16
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let throw_away = ThrowAway::new(project);
    for service in project.services() {
        for (key, value, text) in secrets::literals(project, service.get("environment")) {
            let is_told = secret_in_env::level(&throw_away, service, key, text).is_some();
            if secrets::is_secret_name(key) && is_value(text) && !is_told {
                let message = format!("anybody would try the {key} of \"{}\" first", service.name());
                found.push_once(
                    at(value.span, message).help(format!("write ${{{key}:?}} and set it where the file is run")),
                );
            }
        }
    }
}

/// Whether a text can be a secret at all, and is not a switch or a path.
fn is_value(text: &str) -> bool {
    !matches!(text, "" | "true" | "false" | "yes" | "no" | "on" | "off") && !text.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn switches_references_and_real_secrets_are_left_out() {
        let text = "services: {a: {image: i, environment: {A_PASSWORD: changeme, B_PASSWORD: '', C_TOKEN: '${T:-}', \
                    D_PASSWORD: 'true', E_SECRET: /run/x, F_API_KEY: Zk3v-91, G: changeme}}}\n";
        assert_eq!(found(&RULE, text), ["changeme"]);
    }
}
