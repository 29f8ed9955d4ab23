//! A known image without the variables that it does not start without.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::known;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::program_name;
use crate::yaml::{Key, Node, Value};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-env-required",
    summary: "an image lacks a variable without which it does not start",
    why: "On an empty data directory, images of databases ask for a first password and end at once without one. With a \
          volume from earlier the file seems to work; on a fresh machine, which every pipeline is, it does not.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: «postgres:17»
    environment:
      POSTGRES_USER: app
",
    good: "\
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: app
      POSTGRES_PASSWORD: only-for-tests
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let node = service.get("image")?;
    let image = node.as_str()?;
    let known = known(image).filter(|_| service.get("build").is_none())?;
    let missing = known
        .required
        .iter()
        .find(|group| !group.iter().any(|name| is_set(project, service, name)))?;
    if runs_something_else(service)
        || is_filled(project, service, known.data?)
        || has_unknown_env_file(project, service)
    {
        return None;
    }
    // What another file lays over this one may have it.
    let level = if project.has_other_files() {
        Severity::Hint
    } else {
        Severity::Error
    };
    let written = |name: &&str| service.get("environment")?.as_map()?.get_key_value(*name);
    if let Some((key, value)) = missing.iter().find_map(written) {
        return Some(without_value(service, key, value).at_most(level));
    }
    let mut names = missing.iter().filter(|name| !name.contains("_HASH"));
    let first = names.next()?;
    let message = format!(
        "\"{}\" has no {first}, and its image does not start on an empty data directory without it",
        service.name()
    );
    let others: Vec<&str> = names.copied().filter(|name| !name.ends_with("_FILE")).collect();
    let help = match &others[..] {
        [] => format!("set {first}"),
        [last] => format!("set {first} or {last}"),
        others => format!("set {first}, or one of {}", others.join(", ")),
    };
    Some(at(node.span, message).help(help).at_most(level))
}

/// Whether a variable is there, or may be.
fn is_set(project: &Project<'_>, service: &Service<'_>, name: &str) -> bool {
    let Some(value) = service.node.at(&["environment", name]) else {
        return false;
    };
    match &value.value {
        Value::Str(text) => !text.is_empty() || !project.is_literal(value.span),
        _ => !is_handed_on_by_mistake(service, name),
    }
}

/// Whether a variable is written as `NAME:`, which hands on one that is not set here. `- NAME` says so on purpose.
fn is_handed_on_by_mistake(service: &Service<'_>, name: &str) -> bool {
    let variables = service.get("environment").and_then(Node::as_map);
    let written = variables.and_then(|variables| variables.get_key_value(name));
    written.is_some_and(|(key, value)| value.is_null() && key.span != value.span)
}

fn without_value(service: &Service<'_>, key: &Key, value: &Node) -> Diagnostic {
    let (name, variable) = (service.name(), &key.text);
    let message = format!(
        "`{variable}` of `{name}` has no value, and its image does not start on an empty data directory without one"
    );
    let finding = at(key.span, message);
    if value.is_null() {
        // Where the file is run, the variable may be set.
        let help = "write a value; without one, Compose hands on the variable of the shell, which is not set here";
        finding.help(help).at_most(Severity::Warning)
    } else {
        finding.help("write a value")
    }
}

/// Another program than the server needs nothing of this: arguments for the server begin with `-`, or with its name.
fn runs_something_else(service: &Service<'_>) -> bool {
    let is_server = |word: &str| {
        let servers = ["docker-entrypoint.sh", "postgres", "mysqld", "mariadbd"];
        word.starts_with('-') || servers.contains(&program_name(word))
    };
    let first = |key| service.items(key).next().and_then(Node::as_str);
    first("entrypoint").is_some() || first("command").is_some_and(|word| !is_server(word))
}

/// Whether the data may be there already: in a directory of the machine, or in a volume that something else makes.
fn is_filled(project: &Project<'_>, service: &Service<'_>, data: &str) -> bool {
    let text = |mount: &'_ Node, key| mount.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let is_external = |name: &str| {
        let volume = project.declared("volumes", name);
        volume.is_some_and(|(_, volume)| volume.get("external").and_then(Node::as_bool) == Some(true))
    };
    service.items("volumes").any(|mount| {
        let target = text(mount, "target");
        let is_own = text(mount, "type") == "volume" && !is_external(&text(mount, "source"));
        let is_above = data == target || data.starts_with(&format!("{}/", target.trim_end_matches('/')));
        is_above && !is_own
    })
}

/// Whether a file can bring variables that are not known here: it need not be there, or is not read because the service is
/// not active.
pub(super) fn has_unknown_env_file(project: &Project<'_>, service: &Service<'_>) -> bool {
    let mut written = project
        .documents()
        .filter_map(|document| document.at(&["services", service.name(), "env_file"]));
    let is_optional = |file: &Node| file.get("required").is_some();
    service.get("env_file").is_some() || written.any(|files| files.items().any(is_optional))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn is_found(image: &str, rest: &str) -> bool {
        let file = format!("services:\n  db:\n    image: {image}\n{rest}\n== empty.env ==\nPOSTGRES_PASSWORD=x\n");
        !found(&RULE, &file).is_empty()
    }

    #[test]
    fn a_variable_can_come_from_many_places() {
        for rest in [
            "    environment: [POSTGRES_HOST_AUTH_METHOD=trust]",
            "    environment: {POSTGRES_PASSWORD_FILE: /run/secrets/x}",
            "    environment: {POSTGRES_PASSWORD: \"${NOPE}\"}",
            "    env_file: empty.env",
            "    env_file: [{path: nope.env, required: false}]",
            "    entrypoint: psql",
            "    command: pg_dump x",
            "    volumes: [\"./data:/var/lib/postgresql/data\"]",
            "    volumes: [\"./data:/var/lib/postgresql\"]",
            "    build: .",
            "    volumes: [\"old:/var/lib/postgresql/data\"]\nvolumes: {old: {external: true}}",
        ] {
            assert!(!is_found("postgres:16", rest), "{rest}");
        }
    }

    #[test]
    fn it_is_missing_all_the_same() {
        for rest in [
            "",
            "    environment: {POSTGRES_PASSWORD: \"\"}",
            "    command: postgres -c fsync=off",
            "    command: [\"-c\", fsync=off]",
            "    volumes: [\"data:/var/lib/postgresql/data\", \"./init:/docker-entrypoint-initdb.d\"]\nvolumes: {data: }",
        ] {
            assert!(is_found("postgres:16", rest), "{rest}");
        }
        assert!(is_found("mariadb:11", "    environment: {MARIADB_USER: x}"));
        assert!(!is_found("mariadb:11", "    environment: {MYSQL_ROOT_PASSWORD: x}"));
        let eula = "    environment: {ACCEPT_EULA: Y}";
        assert!(is_found("mcr.microsoft.com/mssql/server:2022-latest", eula));
        assert!(!is_found("me/postgres", ""));
    }

    #[test]
    fn a_variable_that_is_empty_is_pointed_at() {
        for environment in ["{MYSQL_ROOT_PASSWORD: ''}", "{MYSQL_ROOT_PASSWORD: }"] {
            let file = format!("services: {{db: {{image: 'mysql:8.4', environment: {environment}}}}}\n");
            assert_eq!(found(&RULE, &file), ["MYSQL_ROOT_PASSWORD"], "{environment}");
        }
    }

    #[test]
    fn a_key_without_a_value_hands_on_what_is_not_there() {
        assert!(is_found("mysql:8.4", "    environment:\n      MYSQL_ROOT_PASSWORD:"));
        assert!(is_found("postgres:16", "    environment: {POSTGRES_PASSWORD: }"));
        for rest in [
            "    environment: [MYSQL_ROOT_PASSWORD]",
            "    environment: {MYSQL_ROOT_PASSWORD: , MYSQL_RANDOM_ROOT_PASSWORD: 'yes'}",
            "    environment: {MYSQL_ROOT_PASSWORD: }\n== .env ==\nMYSQL_ROOT_PASSWORD=x",
        ] {
            assert!(!is_found("mysql:8.4", rest), "{rest}");
        }
    }
}
