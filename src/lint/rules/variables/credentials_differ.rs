//! A login that the server it is for does not know.

use std::collections::HashMap;

use super::logins::{Login, Part, logins};
use super::servers::Known;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::known;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "credentials-differ",
    summary: "a service logs in to a server of the project with a user or a password that the server does not get",
    why: "The images of databases make a user on an empty data directory, with the name and the password from their variables, and \
          a database for it. Whoever comes with another password, user or database is refused.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: only-for-tests
  backend:
    image: app:1
    environment:
      DATABASE_URL: «postgres://shop:for-tests-only@db:5432/shop»
",
    good: "\
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: only-for-tests
  backend:
    image: app:1
    environment:
      DATABASE_URL: postgres://shop:only-for-tests@db:5432/shop
",
    fixed: None,
    check,
};

/// What stands in commands that make users and databases.
const MAKERS: [&str; 11] = [
    "add_user",
    "create database",
    "create role",
    "create user",
    "createdb",
    "createuser",
    "db:create",
    "db:prepare",
    "db:setup",
    "migrate",
    "prisma",
];

/// What stands in commands that change passwords.
const CHANGES: [&str; 3] = ["alter role", "alter user", "change_password"];

fn check(project: &Project<'_>, found: &mut Found) {
    let names = names(project);
    let mut logins_to: HashMap<&str, Vec<(&Service<'_>, Login<'_>)>> = HashMap::new();
    // A server has the variables of others where they share an env file.
    for service in project.services().iter().filter(|service| !is_datastore(service)) {
        for login in logins(service) {
            let other = names.get(login.host).filter(|other| **other != service.name());
            if let Some(other) = other {
                logins_to.entry(other).or_default().push((service, login));
            }
        }
    }
    if logins_to.is_empty() || runs(project, &CHANGES) {
        return;
    }
    let makes_more = runs(project, &MAKERS) || has_hooks(project);
    for service in project.services() {
        let Some(logins) = logins_to.get(service.name()) else {
            continue;
        };
        let Some(known) = Known::of(project, service) else {
            continue;
        };
        let others = Others {
            // Whoever logs in as the user of the server may make others.
            users: makes_more || logins.iter().any(|(_, login)| known.is_own(login)),
            databases: makes_more,
        };
        for (client, login) in logins.iter().filter(|(_, login)| known.is_for(login)) {
            let difference = difference(&known, login, others);
            found.extend_once(difference.map(|difference| difference.finding(project, client, &known)));
        }
    }
}

fn is_datastore(service: &Service<'_>) -> bool {
    let image = service.pulled_image().and_then(Node::as_str);
    image.and_then(known).is_some_and(|known| known.is_datastore)
}

/// The services by their names, and by those of their containers where no service has that name.
fn names<'a>(project: &Project<'a>) -> HashMap<&'a str, &'a str> {
    let services = || project.services().iter();
    let containers = services().filter_map(|service| Some((service.text("container_name")?, service.name())));
    containers
        .chain(services().map(|service| (service.name(), service.name())))
        .collect()
}

/// Whether a command of the project has one of these in it.
fn runs(project: &Project<'_>, signs: &[&str]) -> bool {
    let has_sign = |word: &&str| {
        let word = word.to_ascii_lowercase();
        signs.iter().any(|sign| word.contains(sign))
    };
    let mut services = project.services().iter();
    services.any(|service| service.words().iter().any(has_sign))
}

fn has_hooks(project: &Project<'_>) -> bool {
    let mut services = project.services().iter();
    services.any(|service| ["post_start", "pre_start"].iter().any(|key| service.get(key).is_some()))
}

/// Of what something else than the image may make more.
#[derive(Clone, Copy)]
struct Others {
    users: bool,
    databases: bool,
}

/// In what a login differs from what the server knows.
struct Difference<'a, 'b> {
    what: What,
    /// What the login says.
    given: &'b Part<'a>,
    /// What the server has in its place, and where the file says so.
    known: &'b str,
    place: Option<&'b Node>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Password,
    User,
    Database,
}

fn difference<'a, 'b>(known: &'b Known<'b>, login: &'b Login<'a>, others: Others) -> Option<Difference<'a, 'b>> {
    let name = login.user.as_ref().map(|user| &*user.text);
    if name.is_some() && name == known.root_name() && name != known.user() {
        return of_password(login, known.root);
    }
    if name.is_some() && known.has_users() && known.user() != name {
        return of_user(known, login).filter(|_| !others.users);
    }
    // Without a name it may be the login of the other user.
    let is_roots = name.is_none() && known.root.is_some() && of_password(login, known.root).is_none();
    let password = of_password(login, known.password).filter(|_| !is_roots);
    password.or_else(|| of_database(known, login).filter(|_| !others.databases))
}

fn of_password<'a, 'b>(login: &'b Login<'a>, own: Option<&'b Node>) -> Option<Difference<'a, 'b>> {
    Difference::of(What::Password, login.password.as_ref()?, own?.as_str()?, own)
}

fn of_user<'a, 'b>(known: &'b Known<'b>, login: &'b Login<'a>) -> Option<Difference<'a, 'b>> {
    Difference::of(What::User, login.user.as_ref()?, known.user()?, known.user)
}

fn of_database<'a, 'b>(known: &'b Known<'b>, login: &'b Login<'a>) -> Option<Difference<'a, 'b>> {
    let given = login.database.as_ref().filter(|given| !known.always_has(&given.text))?;
    Difference::of(What::Database, given, known.database()?, known.database)
}

impl<'a, 'b> Difference<'a, 'b> {
    /// None where both are the same, or where what the server gets is not known.
    fn of(what: What, given: &'b Part<'a>, known: &'b str, place: Option<&'b Node>) -> Option<Self> {
        let is_other = !known.is_empty() && given.text != known;
        is_other.then_some(Self {
            what,
            given,
            known,
            place,
        })
    }

    fn finding(&self, project: &Project<'_>, client: &Service<'_>, server: &Known<'_>) -> Diagnostic {
        let (name, server, known, given) = (client.name(), server.service, self.known, &self.given.text);
        let (message, help) = match self.what {
            What::Password => (
                format!("`{name}` logs in to `{server}` with another password than the server gets"),
                "write the same password in both places, or one variable in both".to_owned(),
            ),
            What::User => (
                format!("`{name}` logs in to `{server}` as `{given}`, and the only user there is `{known}`"),
                format!("log in as `{known}`"),
            ),
            What::Database => (
                format!("`{name}` asks `{server}` for the database `{given}`, and the image makes `{known}` alone"),
                format!("ask for `{known}`, or have something make the other one"),
            ),
        };
        let finding = at(self.given.node.span, message).help(help);
        let finding = match self.place {
            Some(place) => finding.label(place.span, "what the server gets"),
            None => finding,
        };
        finding.at_most(self.certainty(project))
    }

    /// Where variables stand in both places, whoever sets them may set them alike. A program can make a database by itself.
    fn certainty(&self, project: &Project<'_>) -> Severity {
        let is_variable = |node: &Node| !project.is_literal(node.span);
        let both = is_variable(self.given.node) && self.place.is_some_and(is_variable);
        if both || self.what == What::Database {
            Severity::Hint
        } else {
            Severity::Warning
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(server: &str, client: &str) -> usize {
        let text = format!(
            "services:\n  db: {{{server}}}\n  app: {{image: i, environment: {{{client}}}}}\nvolumes: {{own: , ext: {{external: true}}}}\n\
             == init.sql ==\n== data/x ==\n"
        );
        found(&RULE, &text).len()
    }

    const POSTGRES: &str =
        "image: 'postgres:17', container_name: store, environment: {POSTGRES_USER: u, POSTGRES_PASSWORD: p}";

    #[test]
    fn every_part_of_a_login_must_be_one_of_the_server() {
        for client in [
            "U: 'postgres://u:q@db/u'",
            "U: 'postgres://v:p@db/u'",
            "U: 'postgres://u:p@db/other'",
            "DB_HOST: db, DB_USER: u, DB_PASSWORD: q",
            "DB_HOST: store, DB_USER: u, DB_PASSWORD: q",
            "PGHOST: db, PGUSER: v, PGPASSWORD: p",
            "U: 'Host=db;Username=u;Password=q;Database=u'",
            "S_URL: 'jdbc:postgresql://db/u', S_USERNAME: u, S_PASSWORD: q",
        ] {
            assert_eq!(of(POSTGRES, client), 1, "{client}");
        }
        for client in [
            "U: 'postgres://u:p@db/u'",
            "U: 'postgres://u:p@db:5432/postgres'",
            "U: 'postgres://u:%70@db'",
            "U: 'postgres://u:p@other/u'",
            "U: 'postgres://u@db/u'",
            "U: 'postgres://u:${NOPE:-}@db/u'",
            "U: 'http://u:q@db/'",
            "DB_HOST: db, DB_USER: u, DB_PASSWORD: p, DB_NAME: u",
            "DB_PASSWORD: q",
        ] {
            assert_eq!(of(POSTGRES, client), 0, "{client}");
        }
    }

    #[test]
    fn each_server_has_variables_of_its_own() {
        let mysql = "image: 'mysql:8.4', environment: {MYSQL_ROOT_PASSWORD: r, MYSQL_USER: u, MYSQL_PASSWORD: p, MYSQL_DATABASE: d}";
        for (client, count) in [
            ("U: 'mysql://u:p@db/d'", 0),
            ("U: 'mysql://root:r@db/d'", 0),
            ("U: 'mysql://root:r@db/other'", 0),
            ("U: 'mysql://root:p@db/d'", 1),
            ("U: 'mysql+pymysql://u:r@db/d'", 1),
            ("U: 'mysql://u:p@db/other'", 1),
        ] {
            assert_eq!(of(mysql, client), count, "{client}");
        }
        let mongo = "image: 'mongo:7', environment: {MONGO_INITDB_ROOT_USERNAME: u, MONGO_INITDB_ROOT_PASSWORD: p}";
        assert_eq!(of(mongo, "U: 'mongodb://u:q@db/x'"), 1);
        assert_eq!(of(mongo, "U: 'mongodb://u:p@db/x?authSource=admin'"), 0);
        assert_eq!(of("image: 'rabbitmq:4'", "U: 'amqp://guest:guest@db'"), 0);
        assert_eq!(
            of(
                "image: 'rabbitmq:4', environment: {RABBITMQ_DEFAULT_USER: u, RABBITMQ_DEFAULT_PASS: p}",
                "U: 'amqp://u:q@db//'"
            ),
            1
        );
        let redis = "image: 'redis:8', command: redis-server --requirepass p";
        assert_eq!(of(redis, "U: 'redis://:q@db:6379/0'"), 1);
        assert_eq!(of(redis, "REDIS_HOST: db, REDIS_PASSWORD: q"), 1);
        assert_eq!(of(redis, "U: 'redis://default:p@db:6379/0'"), 0);
        let mssql = "image: 'mcr.microsoft.com/mssql/server', environment: {MSSQL_SA_PASSWORD: Only4Tests}";
        assert_eq!(of(mssql, "U: 'Server=db;User Id=sa;Password=Other4Tests'"), 1);
    }

    #[test]
    fn what_may_make_other_users_is_left_alone() {
        let url = "U: 'postgres://v:q@db/w'";
        for server in [
            "image: 'postgres:17', environment: {POSTGRES_USER: u, POSTGRES_PASSWORD_FILE: /f}",
            "image: 'postgres:17', environment: {POSTGRES_PASSWORD: p}, volumes: ['./init.sql:/docker-entrypoint-initdb.d/init.sql']",
            "image: 'postgres:17', environment: {POSTGRES_PASSWORD: p}, volumes: ['./data:/var/lib/postgresql/data']",
            "image: 'postgres:17', environment: {POSTGRES_PASSWORD: p}, volumes: ['ext:/var/lib/postgresql/data']",
            "image: 'postgres:17', environment: {POSTGRES_HOST_AUTH_METHOD: trust}",
            "build: .",
            "image: me/postgres, environment: {POSTGRES_PASSWORD: p}",
        ] {
            assert_eq!(of(server, url), 0, "{server}");
        }
        let with_admin = format!(
            "services:\n  db: {{{POSTGRES}}}\n  migrate: {{image: i, environment: {{U: 'postgres://u:p@db/u'}}}}\n  app: {{image: i, environment: {{{url}}}}}\n"
        );
        assert_eq!(found(&RULE, &with_admin), [""; 0]);
        let made = format!(
            "services:\n  db: {{{POSTGRES}}}\n  setup: {{image: i, command: createuser v}}\n  app: {{image: i, environment: {{{url}}}}}\n"
        );
        assert_eq!(found(&RULE, &made), [""; 0]);
        assert_eq!(
            of(
                &POSTGRES.replace("}", "}, volumes: ['own:/var/lib/postgresql/data']"),
                "U: 'postgres://u:q@db/u'"
            ),
            1
        );
    }
}
