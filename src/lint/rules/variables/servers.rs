//! Servers that make a user as they start for the first time, and what the variables of their images say of it.

use super::logins::Login;
use crate::lint::images::Reference;
use crate::lint::mounts;
use crate::lint::project::{Project, Service};
use crate::yaml::Node;

/// A kind of server, and the variables that its image makes users with.
pub(super) struct Server {
    /// Paths of the repositories of its images.
    images: &'static [&'static str],
    /// Schemes of its URLs.
    schemes: &'static [&'static str],
    user: &'static [&'static str],
    password: &'static [&'static str],
    database: &'static [&'static str],
    /// The user where no variable names one.
    default_user: Option<&'static str>,
    /// The user that is always there, and the variables of its password.
    root: Option<(&'static str, &'static [&'static str])>,
    /// Databases that are always there.
    databases: &'static [&'static str],
    /// Where it keeps its data: what is there already has logins of its own.
    data: &'static str,
    /// Variables with which it takes any login.
    open: &'static [&'static str],
    /// The option of its command that has the password, where no variable has.
    option: Option<&'static str>,
}

/// One of which nothing else is known.
const SERVER: Server = Server {
    images: &[],
    schemes: &[],
    user: &[],
    password: &[],
    database: &[],
    default_user: None,
    root: None,
    databases: &[],
    data: "",
    open: &[],
    option: None,
};

const MYSQL: Server = Server {
    images: &[
        "library/mariadb",
        "library/mysql",
        "library/percona",
        "mysql/mysql-server",
    ],
    schemes: &["mysql", "mysql2", "mariadb"],
    user: &["MARIADB_USER", "MYSQL_USER"],
    password: &["MARIADB_PASSWORD", "MYSQL_PASSWORD"],
    database: &["MARIADB_DATABASE", "MYSQL_DATABASE"],
    root: Some(("root", &["MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD"])),
    databases: &["information_schema", "mysql", "performance_schema", "sys"],
    data: "/var/lib/mysql",
    ..SERVER
};

const SERVERS: [Server; 9] = [
    Server {
        images: &[
            "ankane/pgvector",
            "library/postgres",
            "pgvector/pgvector",
            "postgis/postgis",
            "timescale/timescaledb",
        ],
        schemes: &["postgres", "postgresql", "postgis"],
        user: &["POSTGRES_USER"],
        password: &["POSTGRES_PASSWORD"],
        database: &["POSTGRES_DB"],
        default_user: Some("postgres"),
        databases: &["postgres", "template0", "template1"],
        data: "/var/lib/postgresql",
        open: &["POSTGRES_HOST_AUTH_METHOD"],
        ..SERVER
    },
    Server {
        images: &["bitnami/postgresql", "bitnamilegacy/postgresql"],
        schemes: &["postgres", "postgresql"],
        user: &["POSTGRESQL_USERNAME", "POSTGRES_USER"],
        password: &["POSTGRESQL_PASSWORD", "POSTGRES_PASSWORD"],
        database: &["POSTGRESQL_DATABASE", "POSTGRES_DB"],
        default_user: Some("postgres"),
        root: Some((
            "postgres",
            &["POSTGRESQL_POSTGRES_PASSWORD", "POSTGRES_POSTGRES_PASSWORD"],
        )),
        databases: &["postgres", "template0", "template1"],
        data: "/bitnami/postgresql",
        open: &["ALLOW_EMPTY_PASSWORD"],
        ..SERVER
    },
    MYSQL,
    Server {
        images: &["linuxserver/mariadb"],
        data: "/config",
        ..MYSQL
    },
    Server {
        images: &["library/mongo"],
        schemes: &["mongodb"],
        user: &["MONGO_INITDB_ROOT_USERNAME"],
        password: &["MONGO_INITDB_ROOT_PASSWORD"],
        data: "/data/db",
        ..SERVER
    },
    Server {
        images: &["library/rabbitmq"],
        schemes: &["amqp", "amqps", "rabbitmq", "pyamqp"],
        user: &["RABBITMQ_DEFAULT_USER"],
        password: &["RABBITMQ_DEFAULT_PASS"],
        default_user: Some("guest"),
        data: "/var/lib/rabbitmq",
        ..SERVER
    },
    Server {
        images: &["mssql/server"],
        schemes: &["mssql", "sqlserver"],
        password: &["MSSQL_SA_PASSWORD", "SA_PASSWORD"],
        default_user: Some("sa"),
        data: "/var/opt/mssql",
        ..SERVER
    },
    Server {
        images: &["bitnami/redis", "bitnamilegacy/redis"],
        schemes: &["redis", "rediss"],
        password: &["REDIS_PASSWORD"],
        data: "/bitnami/redis",
        ..SERVER
    },
    Server {
        images: &["library/redis", "valkey/valkey"],
        schemes: &["redis", "rediss"],
        data: "/data",
        option: Some("--requirepass"),
        ..SERVER
    },
];

/// Where images look for scripts that make users and databases of their own.
const SCRIPTS: [&str; 3] = [
    "/docker-entrypoint-initdb.d",
    "/docker-entrypoint-initdb",
    "/etc/rabbitmq",
];

/// What a server of the project gets to make its users with.
pub(super) struct Known<'a> {
    /// The name of the service.
    pub(super) service: &'a str,
    server: &'static Server,
    /// Where the file names the user, its password, the database and the password of the user that is always there.
    pub(super) user: Option<&'a Node>,
    pub(super) password: Option<&'a Node>,
    pub(super) database: Option<&'a Node>,
    pub(super) root: Option<&'a Node>,
}

impl<'a> Known<'a> {
    /// None where something else than the variables may make users.
    pub(super) fn of(project: &Project<'_>, service: &Service<'a>) -> Option<Self> {
        let path = Reference::split(service.pulled_image()?.as_str()?).path();
        let server = SERVERS.iter().find(|server| server.images.contains(&&*path))?;
        let variable = |names: &[&str]| names.iter().find_map(|name| service.node.at(&["environment", name]));
        let is_file = |names: &[&str]| names.iter().any(|name| variable(&[&format!("{name}_FILE")]).is_some());
        let root_variables = server.root.map_or(&[][..], |(_, variables)| variables);
        let of_files = [server.user, server.password, server.database, root_variables];
        let is_plain = of_files.into_iter().all(|names| !is_file(names)) && variable(server.open).is_none();
        let known = Self {
            service: service.name(),
            server,
            user: variable(server.user),
            password: variable(server.password).or_else(|| option(service, server.option?)),
            database: variable(server.database),
            root: variable(root_variables),
        };
        (is_plain && !has_scripts(service) && !has_data(project, service, server.data)).then_some(known)
    }

    /// The name of the user that the image makes.
    pub(super) fn user(&self) -> Option<&'a str> {
        self.user.map_or(self.server.default_user, Node::as_str)
    }

    /// The database that the image makes: that of the user's name where no variable names one.
    pub(super) fn database(&self) -> Option<&'a str> {
        let made = self.database.map(Node::as_str);
        made.unwrap_or_else(|| {
            self.user()
                .filter(|_| !self.server.database.is_empty() && self.server.root.is_none())
        })
    }

    /// Whether a login can be one for this server.
    pub(super) fn is_for(&self, login: &Login<'_>) -> bool {
        login.scheme.is_none_or(|scheme| self.server.schemes.contains(&scheme))
    }

    /// Whether a login is one that may make others.
    pub(super) fn is_own(&self, login: &Login<'_>) -> bool {
        let user = login.user.as_ref().map(|user| &*user.text);
        let root = self.root_name();
        user.is_some() && (user == root || root.is_none() && user == self.user())
    }

    /// The user that is always there.
    pub(super) fn root_name(&self) -> Option<&'static str> {
        self.server.root.map(|(name, _)| name)
    }

    /// Whether its logins have names: some servers take a password alone.
    pub(super) fn has_users(&self) -> bool {
        !self.server.user.is_empty() || self.server.default_user.is_some()
    }

    /// Whether a database is there, whatever the image makes.
    pub(super) fn always_has(&self, database: &str) -> bool {
        self.server.databases.contains(&database)
    }
}

/// The word behind an option of a command.
fn option<'a>(service: &Service<'a>, name: &str) -> Option<&'a Node> {
    let mut words = service.items("command");
    words.find(|word| word.as_str() == Some(name))?;
    words.next()
}

fn has_scripts(service: &Service<'_>) -> bool {
    let is_script = |target: &str| SCRIPTS.iter().any(|path| target.starts_with(path));
    mounts::targets(service).any(is_script)
}

/// Whether the data is there already: in a directory of the machine, or in a volume that something else makes.
fn has_data(project: &Project<'_>, service: &Service<'_>, data: &str) -> bool {
    let is_external = |name: &str| {
        let volume = project.declared("volumes", name);
        volume.is_some_and(|(_, volume)| volume.get("external").and_then(Node::as_bool) == Some(true))
    };
    let is_filled = |path: &str| std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
    let is_old = |mount: &mounts::Mount<'_>| match mount.volume() {
        Some(name) => is_external(name),
        None => mount.host().is_some_and(is_filled),
    };
    mounts::of(service).any(|mount| mount.target.starts_with(data) && is_old(&mount))
}
