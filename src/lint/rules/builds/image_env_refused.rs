//! Variables that an image does not start with.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-env-refused",
    summary: "an image refuses the value of a variable",
    why: "The start scripts of images check what they are given: names that are taken, passwords that are too short, one of \
          two variables. The container ends before it has done anything.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: mysql:8.4
    environment:
      MYSQL_ROOT_PASSWORD: only-for-tests
      MYSQL_USER: «root»
      MYSQL_PASSWORD: only-for-tests
",
    good: "\
services:
  db:
    image: mysql:8.4
    environment:
      MYSQL_ROOT_PASSWORD: only-for-tests
      MYSQL_USER: app
      MYSQL_PASSWORD: only-for-tests
",
    fixed: None,
    check,
};

/// What images refuse.
#[derive(Clone, Copy)]
enum Refuses {
    /// This value.
    Value(&'static str),
    /// Fewer characters.
    Shorter(usize),
    /// That none of these is there besides.
    Without(&'static [&'static str]),
    /// The same, from this version on.
    WithoutSince(u32, &'static [&'static str]),
    /// That it is there at all.
    Anything,
    /// Fewer than eight characters, or fewer than three of: small letters, capitals, digits and others.
    Simple,
}

/// Repositories of images, a variable, and what they refuse of it.
type Row = (&'static [&'static str], &'static str, Refuses);

const MYSQL: &[&str] = &[
    "library/mysql",
    "library/mariadb",
    "library/percona",
    "mysql/mysql-server",
];
const MONGO: &[&str] = &["library/mongo"];
const MINIO: &[&str] = &["minio/minio"];
const RABBIT: &[&str] = &["library/rabbitmq"];
const MSSQL: &[&str] = &["mssql/server"];
const INFLUX: &[&str] = &["library/influxdb"];

const ROWS: [Row; 16] = [
    (MYSQL, "MYSQL_USER", Refuses::Value("root")),
    (MYSQL, "MARIADB_USER", Refuses::Value("root")),
    (
        MONGO,
        "MONGO_INITDB_ROOT_USERNAME",
        Refuses::Without(&["MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_ROOT_PASSWORD_FILE"]),
    ),
    (
        MONGO,
        "MONGO_INITDB_ROOT_PASSWORD",
        Refuses::Without(&["MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_USERNAME_FILE"]),
    ),
    (MINIO, "MINIO_ROOT_USER", Refuses::Shorter(3)),
    (MINIO, "MINIO_ROOT_PASSWORD", Refuses::Shorter(8)),
    (RABBIT, "RABBITMQ_VM_MEMORY_HIGH_WATERMARK", Refuses::Anything),
    (RABBIT, "RABBITMQ_DEFAULT_PASS_FILE", Refuses::Anything),
    (RABBIT, "RABBITMQ_DEFAULT_USER_FILE", Refuses::Anything),
    (MSSQL, "MSSQL_SA_PASSWORD", Refuses::Simple),
    (MSSQL, "SA_PASSWORD", Refuses::Simple),
    (
        &["apache/kafka"],
        "KAFKA_ZOOKEEPER_CONNECT",
        Refuses::Without(&["KAFKA_PROCESS_ROLES"]),
    ),
    (
        &["confluentinc/cp-kafka", "confluentinc/cp-server"],
        "KAFKA_ZOOKEEPER_CONNECT",
        Refuses::WithoutSince(8, &["KAFKA_PROCESS_ROLES"]),
    ),
    (
        &["bitnami/kafka", "bitnamilegacy/kafka"],
        "KAFKA_CFG_ZOOKEEPER_CONNECT",
        Refuses::WithoutSince(4, &["KAFKA_CFG_PROCESS_ROLES"]),
    ),
    (INFLUX, "DOCKER_INFLUXDB_INIT_PASSWORD", Refuses::Shorter(8)),
    (&["library/neo4j"], "NEO4J_AUTH", Refuses::Value("neo4j/neo4j")),
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(image) = service.pulled_image().and_then(Node::as_str) else {
            continue;
        };
        let reference = Reference::split(image);
        let path = reference.path();
        let name = path.as_str();
        // What moves is past every version of the table.
        let is_moving = reference.digest.is_none() && matches!(reference.tag, None | Some("latest"));
        let version = reference.major().or(is_moving.then_some(u32::MAX));
        for (_, variable, refuses) in ROWS.iter().filter(|(images, ..)| images.contains(&name)) {
            let value = service.node.at(&["environment", variable]);
            let refuses = match *refuses {
                Refuses::WithoutSince(since, _) if version.is_none_or(|version| version < since) => continue,
                Refuses::WithoutSince(_, others) => Refuses::Without(others),
                refuses => refuses,
            };
            found.extend_once(value.and_then(|value| finding(project, service, variable, value, refuses)));
        }
    }
}

fn finding(
    project: &Project<'_>,
    service: &Service<'_>,
    variable: &str,
    value: &Node,
    refuses: Refuses,
) -> Option<Diagnostic> {
    let text = value
        .as_str()
        .filter(|text| !text.is_empty() && project.is_literal(value.span))?;
    let name = service.name();
    let (message, help) = match refuses {
        Refuses::Value(refused) if text == refused => (
            format!("the image of \"{name}\" does not start with {variable} set to {refused}"),
            "write another value".to_owned(),
        ),
        Refuses::Shorter(least) if text.chars().count() < least => (
            format!("the image of \"{name}\" does not start with a {variable} of fewer than {least} characters"),
            "write a longer one".to_owned(),
        ),
        Refuses::Without(others)
            if others
                .iter()
                .all(|other| service.node.at(&["environment", other]).is_none()) =>
        {
            (
                format!("the image of \"{name}\" does not start with {variable} alone"),
                format!("set {} too", others.first()?),
            )
        }
        Refuses::Anything => (
            format!("the image of \"{name}\" no longer starts where {variable} is set"),
            "write it into a configuration file".to_owned(),
        ),
        Refuses::Simple if is_simple(text) => (
            format!("the image of \"{name}\" does not start with so simple a {variable}"),
            "write at least 8 characters, of three kinds: small letters, capitals, digits, others".to_owned(),
        ),
        _ => return None,
    };
    Some(at(value.span, message).help(help))
}

fn is_simple(password: &str) -> bool {
    let kinds: [fn(char) -> bool; 4] = [
        char::is_lowercase,
        char::is_uppercase,
        |c| c.is_ascii_digit(),
        |c| !c.is_alphanumeric(),
    ];
    let kinds = kinds.iter().filter(|kind| password.chars().any(**kind)).count();
    password.chars().count() < 8 || kinds < 3
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_images_accept_is_left_alone() {
        let of = |image: &str, variables: &str| {
            found(
                &RULE,
                &format!("services:\n  a: {{image: {image}, environment: {{{variables}}}}}\n"),
            )
            .len()
        };
        assert_eq!(of("minio/minio", "MINIO_ROOT_USER: a, MINIO_ROOT_PASSWORD: b"), 2);
        assert_eq!(of("quay.io/minio/minio", "MINIO_ROOT_PASSWORD: b"), 1);
        assert_eq!(
            of("minio/minio", "MINIO_ROOT_USER: abc, MINIO_ROOT_PASSWORD: 12345678"),
            0
        );
        assert_eq!(of("minio/minio", "MINIO_ROOT_PASSWORD: \"${P:-b}\""), 0);
        assert_eq!(of("mongo", "MONGO_INITDB_ROOT_USERNAME: a"), 1);
        assert_eq!(
            of(
                "mongo",
                "MONGO_INITDB_ROOT_USERNAME: a, MONGO_INITDB_ROOT_PASSWORD_FILE: /f"
            ),
            0
        );
        assert_eq!(of("rabbitmq:3.13", "RABBITMQ_VM_MEMORY_HIGH_WATERMARK: '0.6'"), 1);
        assert_eq!(
            of(
                "mcr.microsoft.com/mssql/server:2022-latest",
                "MSSQL_SA_PASSWORD: password"
            ),
            1
        );
        assert_eq!(of("mcr.microsoft.com/mssql/server", "SA_PASSWORD: Only4Tests"), 0);
        assert_eq!(of("apache/kafka:4.1.0", "KAFKA_ZOOKEEPER_CONNECT: 'zk:2181'"), 1);
        assert_eq!(of("me/mysql", "MYSQL_USER: root"), 0);
        for (image, expected) in [("8.0.0", 1), ("latest", 1), ("7.9.0", 0), ("${V:-8}", 1)] {
            let image = format!("'confluentinc/cp-kafka:{image}'");
            assert_eq!(of(&image, "KAFKA_ZOOKEEPER_CONNECT: 'zk:2181'"), expected, "{image}");
            let with_roles = "KAFKA_ZOOKEEPER_CONNECT: 'zk:2181', KAFKA_PROCESS_ROLES: broker";
            assert_eq!(of(&image, with_roles), 0, "{image}");
        }
    }
}
