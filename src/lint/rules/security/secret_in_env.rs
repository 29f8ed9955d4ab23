//! A secret that stands in the file.

use crate::diagnostic::Severity;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::secrets::{self, ThrowAway};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "secret-in-env",
    summary: "a secret stands in the file",
    why: "Everybody who can read the repository has it, and it stays in the history when it is taken out. Whoever \
          may run `docker inspect` on the machine reads it from the container too.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    environment:
      DEPLOY_TOKEN: «dt-8f2kQ0aL»
",
    good: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    environment:
      DEPLOY_TOKEN: ${DEPLOY_TOKEN}
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let throw_away = ThrowAway::new(project);
    for service in project.services() {
        for (key, value, text) in secrets::literals(project, service.get("environment")) {
            if let Some(level) = level(&throw_away, service, key, text) {
                let name = service.name();
                found.push_once(
                    at(value.span, format!("\"{name}\" has its {key} written in the file"))
                        .help(format!(
                            "write ${{{key}:?}} and set it where the file is run, or hand a file over with secrets:"
                        ))
                        .at_most(level),
                );
            }
        }
    }
}

/// How much a value matters that a variable of this name is set to; none where it is no secret, or opens little.
pub(super) fn level(throw_away: &ThrowAway<'_>, service: &Service<'_>, key: &str, value: &str) -> Option<Severity> {
    if !secrets::is_secret_name(key) {
        return None;
    }
    let level = secrets::weight(value)?;
    let opens_little = throw_away.has(service.name()) || throw_away.is_opened_by(value);
    secrets::lowered(level, opens_little.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn marked(variables: &str) -> Vec<String> {
        found(
            &RULE,
            &format!("services: {{a: {{image: i, environment: {variables}}}}}\n"),
        )
    }

    #[test]
    fn both_forms_are_read() {
        assert_eq!(marked("{API_KEY: Zk3v-91, B: hunter2}"), ["Zk3v-91"]);
        assert_eq!(
            marked("[API_KEY=Zk3v-91, 'X_TOKEN=a$$b1']"),
            ["API_KEY=Zk3v-91", "'X_TOKEN=a$$b1'"]
        );
    }

    #[test]
    fn what_is_no_secret_is_fine() {
        let fine = "{A_PASSWORD_FILE: /run/secrets/a, B_PASSWORD: '', C_TOKEN: '${T:-}', D_SECRET: changeme, \
                    E_PASSWORD: 'true', F_TOKEN: 12}";
        assert_eq!(marked(fine), [""; 0]);
    }

    #[test]
    fn a_value_from_an_env_file_is_not_in_the_file() {
        let text = "services: {a: {image: i, env_file: a.env}, b: {image: i, env_file: [a.env]}}\n== a.env \
                    ==\nA_TOKEN=Zk3v-91\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }

    #[test]
    fn what_opens_a_throw_away_database_matters_little() {
        let db = "services: {db: {image: postgres, environment: {POSTGRES_PASSWORD: VALUE}}, app: {image: i, \
                  environment: {DB_PASSWORD: VALUE}}}\n";
        assert_eq!(found(&RULE, &db.replace("VALUE", "postgres")), [""; 0]);
        assert_eq!(found(&RULE, &db.replace("VALUE", "Zk3v-91")), ["Zk3v-91", "Zk3v-91"]);
        let open = db
            .replace("VALUE", "postgres")
            .replace("image: postgres,", "image: postgres, ports: ['5432:5432'],");
        assert_eq!(found(&RULE, &open).len(), 2);
    }

    #[test]
    fn what_is_written_once_is_found_once() {
        let text = "x-e: &e {A_TOKEN: Zk3v-91}\nservices: {a: {image: i, environment: *e}, b: {image: i, \
                    environment: \
             *e}}\n";
        assert_eq!(found(&RULE, text), ["Zk3v-91"]);
    }
}
