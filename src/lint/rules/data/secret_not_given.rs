//! The path of a secret that the container does not have.

use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::lint::edits::add_before;
use crate::lint::mounts;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "secret-not-given",
    summary: "a service reads a secret that it is not given",
    why: "A secret that is declared below `secrets` is in no container by itself: a service has to name it in `secrets` of \
          its own. Without that there is no file below /run/secrets, and what reads it fails when it starts.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_PASSWORD_FILE: «/run/secrets/db_password»
secrets:
  db_password:
    environment: DB_PASSWORD
",
    good: "\
services:
  db:
    image: postgres:17
    secrets: [db_password]
    environment:
      POSTGRES_PASSWORD_FILE: /run/secrets/db_password
secrets:
  db_password:
    environment: DB_PASSWORD
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:17
    secrets: [db_password]
    environment:
      POSTGRES_PASSWORD_FILE: /run/secrets/db_password
secrets:
  db_password:
    environment: DB_PASSWORD
",
    ),
    check,
};

/// Where the engine puts secrets that no other place is given for.
const FOLDER: &str = "/run/secrets/";

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        if brings_files(service) {
            continue;
        }
        for (_, value) in service.entries("environment") {
            let name = value.as_str().and_then(|text| text.strip_prefix(FOLDER));
            let name = name.filter(|name| !name.is_empty() && !name.contains('/') && !has(service, name));
            found.extend_once(name.map(|name| finding(project, service, name, value)));
        }
    }
}

/// Whether what is mounted there may bring any file.
fn brings_files(service: &Service<'_>) -> bool {
    let is_above = |target: &str| {
        let rest = FOLDER.strip_prefix(target.trim_end_matches('/'));
        target.starts_with('/') && rest.is_some_and(|rest| rest.starts_with('/'))
    };
    service.items("volumes_from").len() > 0 || mounts::all_of(service).any(|mount| is_above(mount.target))
}

/// Whether a secret, or a file that is mounted, is at this name in the container.
fn has(service: &Service<'_>, name: &str) -> bool {
    let is_it = |secret: &Node| {
        let target = secret.get("target").or_else(|| secret.get("source"));
        let target = target.and_then(Node::as_str).unwrap_or_default();
        target.strip_prefix(FOLDER).unwrap_or(target) == name
    };
    let path = format!("{FOLDER}{name}");
    let sources = ["secrets", "configs"]
        .into_iter()
        .flat_map(|section| service.items(section));
    let mut sources = sources.filter(|source| is_it(source));
    sources.next().is_some() || mounts::all_of(service).any(|mount| mount.target == path)
}

fn finding(project: &Project<'_>, service: &Service<'_>, name: &str, value: &Node) -> Diagnostic {
    let finding = at(
        value.span,
        format!("\"{}\" is not given the secret \"{name}\"", service.name()),
    );
    if project.declared("secrets", name).is_none() {
        return finding
            .help("declare the secret below the top-level secrets, and name it in the service's own")
            .at_most(Severity::Warning);
    }
    let entry = format!("secrets: [{name}]");
    let key = service
        .key_of("environment")
        .filter(|_| service.get("secrets").is_none());
    let edits = key.and_then(|key| add_before(project, key, &entry));
    let fix = edits.map(|edits| Fix::safe("give it the secret", edits).changing(&["services.*.secrets", "secrets"]));
    finding.help(format!("write {entry} in the service")).fix(fix)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_file_that_comes_another_way_is_there() {
        let file = |more: &str| {
            format!(
                "services:\n  a:\n    image: i\n    environment: [\"X_FILE=/run/secrets/x\"]\n{more}secrets: {{x: {{file: \
                 ./x}}, y: {{file: ./y}}}}\n"
            )
        };
        for more in [
            "    secrets: [x]\n",
            "    secrets: [{source: y, target: x}]\n",
            "    secrets: [{source: y, target: /run/secrets/x}]\n",
            "    volumes: ['./secrets:/run/secrets:ro']\n",
            "    volumes: ['./x:/run/secrets/x']\n",
            "    volumes: ['/run:/run/']\n",
            "    volumes_from: [b]\n  b: {image: i}\n",
        ] {
            assert_eq!(found(&RULE, &file(more)), [""; 0], "{more}");
        }
        for more in [
            "",
            "    volumes: ['./x:/r']\n",
            "    secrets: [y]\n",
            "    secrets: [{source: x, target: z}]\n",
        ] {
            assert_eq!(found(&RULE, &file(more)).len(), 1, "{more}");
        }
    }
}
