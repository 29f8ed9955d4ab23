//! What is known of the images that everybody uses. Only what holds for every tag is here, or says from which on it holds.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use super::Reference;

/// An image that is known.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its repositories, with the registry where that is not Docker Hub.
    pub repositories: &'static [&'static str],
    /// Whether it keeps data that others ask for: a database, a cache, a queue.
    pub is_datastore: bool,
    /// Whether the image itself has a health check; none where that is not known.
    pub has_healthcheck: Option<bool>,
    /// The ports that it listens on.
    pub ports: &'static [u16],
    /// Where it keeps its data.
    pub data: Option<&'static str>,
    /// Variables without which it does not start: of each group, one must be there.
    pub required: &'static [&'static [&'static str]],
    /// A command that tells whether it is ready, as the words of a `CMD` check.
    pub check: Option<&'static [&'static str]>,
    /// Programs that one would look for in it, and that are not there.
    pub lacks: &'static [Lack],
    /// Whether its containers run as another user than root.
    pub is_non_root: bool,
    /// A command without which, or another one, it serves nothing.
    pub command: Option<&'static str>,
}

/// A program that is not in an image.
#[derive(Clone, Copy, Debug)]
pub struct Lack {
    /// Its name.
    pub program: &'static str,
    /// The first version that lacks it; 0 for all.
    pub since: u32,
    /// What stands in the tags of variants that have it.
    pub except: Option<&'static str>,
}

/// A program that no variant has.
const fn no(program: &'static str) -> Lack {
    Lack {
        program,
        since: 0,
        except: None,
    }
}

/// A program that variants on Alpine alone have.
const fn but_alpine(program: &'static str) -> Lack {
    Lack {
        except: Some("alpine"),
        ..no(program)
    }
}

/// A program that is gone from a version on.
const fn since(since: u32, program: &'static str) -> Lack {
    Lack { since, ..no(program) }
}

/// A server of which nothing else is known.
const SERVER: Known = Known {
    repositories: &[],
    is_datastore: false,
    has_healthcheck: None,
    ports: &[],
    data: None,
    required: &[],
    check: None,
    lacks: &[],
    is_non_root: false,
    command: None,
};

/// A server among Docker's official images: those have no health checks.
const OFFICIAL: Known = Known {
    has_healthcheck: Some(false),
    ..SERVER
};

/// A store among them.
const STORE: Known = Known {
    is_datastore: true,
    ..OFFICIAL
};

const POSTGRES: Known = Known {
    ports: &[5432],
    data: Some("/var/lib/postgresql/data"),
    required: &[&[
        "POSTGRES_PASSWORD",
        "POSTGRES_PASSWORD_FILE",
        "POSTGRES_HOST_AUTH_METHOD",
    ]],
    check: Some(&["pg_isready", "-h", "127.0.0.1"]),
    ..STORE
};

const MYSQL_ROOT: [&str; 6] = [
    "MYSQL_ROOT_PASSWORD",
    "MYSQL_ROOT_PASSWORD_FILE",
    "MYSQL_ROOT_PASSWORD_HASH",
    "MYSQL_ALLOW_EMPTY_PASSWORD",
    "MYSQL_RANDOM_ROOT_PASSWORD",
    "MYSQL_ROOT_PASSWORD_HASH_FILE",
];

const ELASTIC: Known = Known {
    ports: &[9200, 9300],
    data: Some("/usr/share/elasticsearch/data"),
    check: Some(&["curl", "-fsS", "http://127.0.0.1:9200/_cluster/health"]),
    ..STORE
};

const REDIS: Known = Known {
    ports: &[6379],
    data: Some("/data"),
    check: Some(&["redis-cli", "ping"]),
    lacks: &[no("curl"), but_alpine("wget")],
    ..STORE
};

/// The table.
const KNOWN: &[Known] = &[
    Known {
        repositories: &["postgres"],
        lacks: &[no("curl"), but_alpine("wget")],
        ..POSTGRES
    },
    Known {
        repositories: &[
            "postgis/postgis",
            "pgvector/pgvector",
            "ankane/pgvector",
            "timescale/timescaledb",
        ],
        ..POSTGRES
    },
    Known {
        repositories: &["mysql"],
        ports: &[3306],
        data: Some("/var/lib/mysql"),
        required: &[&MYSQL_ROOT],
        check: Some(&["mysqladmin", "ping", "-h", "127.0.0.1"]),
        ..STORE
    },
    Known {
        repositories: &["mariadb"],
        ports: &[3306],
        data: Some("/var/lib/mysql"),
        required: &[&[
            "MARIADB_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD_FILE",
            "MARIADB_ROOT_PASSWORD_HASH",
            "MARIADB_ROOT_PASSWORD_HASH_FILE",
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD_FILE",
            "MARIADB_RANDOM_ROOT_PASSWORD",
            "MARIADB_RANDOM_ROOT_PASSWORD_FILE",
            MYSQL_ROOT[0],
            MYSQL_ROOT[1],
            MYSQL_ROOT[2],
            MYSQL_ROOT[3],
            MYSQL_ROOT[4],
            MYSQL_ROOT[5],
        ]],
        check: Some(&["healthcheck.sh", "--connect", "--innodb_initialized"]),
        lacks: &[
            no("curl"),
            no("wget"),
            since(11, "mysqladmin"),
            since(11, "mysql"),
            since(11, "mysqldump"),
        ],
        ..STORE
    },
    Known {
        repositories: &["mysql/mysql-server"],
        ports: &[3306],
        data: Some("/var/lib/mysql"),
        has_healthcheck: Some(true),
        ..STORE
    },
    Known {
        repositories: &["percona"],
        ports: &[3306],
        data: Some("/var/lib/mysql"),
        required: &[&MYSQL_ROOT],
        check: Some(&["mysqladmin", "ping", "-h", "127.0.0.1"]),
        ..STORE
    },
    Known {
        repositories: &["mongo"],
        ports: &[27017],
        data: Some("/data/db"),
        check: Some(&["mongosh", "--quiet", "--eval", "db.adminCommand('ping')"]),
        lacks: &[since(6, "mongo")],
        ..STORE
    },
    Known {
        repositories: &["redis"],
        ..REDIS
    },
    Known {
        repositories: &["valkey/valkey"],
        check: Some(&["valkey-cli", "ping"]),
        ..REDIS
    },
    Known {
        repositories: &["redis/redis-stack", "redis/redis-stack-server"],
        ports: &[6379],
        data: Some("/data"),
        check: Some(&["redis-cli", "ping"]),
        has_healthcheck: None,
        ..STORE
    },
    Known {
        repositories: &["memcached"],
        ports: &[11211],
        lacks: &[no("curl"), but_alpine("wget"), but_alpine("nc")],
        is_non_root: true,
        ..STORE
    },
    Known {
        repositories: &["rabbitmq"],
        ports: &[5672],
        data: Some("/var/lib/rabbitmq"),
        check: Some(&["rabbitmq-diagnostics", "-q", "ping"]),
        lacks: &[no("curl")],
        ..STORE
    },
    Known {
        repositories: &["elasticsearch", "docker.elastic.co/elasticsearch/elasticsearch"],
        ..ELASTIC
    },
    Known {
        repositories: &["opensearchproject/opensearch"],
        data: Some("/usr/share/opensearch/data"),
        check: None,
        has_healthcheck: None,
        ..ELASTIC
    },
    Known {
        repositories: &["cassandra"],
        ports: &[9042],
        data: Some("/var/lib/cassandra"),
        check: Some(&["cqlsh", "-e", "describe cluster"]),
        ..STORE
    },
    Known {
        repositories: &["mcr.microsoft.com/mssql/server"],
        ports: &[1433],
        data: Some("/var/opt/mssql"),
        required: &[&["ACCEPT_EULA"], &["MSSQL_SA_PASSWORD", "SA_PASSWORD"]],
        ..STORE
    },
    Known {
        repositories: &["influxdb"],
        ports: &[8086],
        ..STORE
    },
    Known {
        repositories: &["couchdb"],
        ports: &[5984],
        data: Some("/opt/couchdb/data"),
        ..STORE
    },
    Known {
        repositories: &["neo4j"],
        ports: &[7474, 7687],
        data: Some("/data"),
        ..STORE
    },
    Known {
        repositories: &["clickhouse/clickhouse-server", "clickhouse"],
        ports: &[8123, 9000],
        data: Some("/var/lib/clickhouse"),
        check: Some(&["wget", "-q", "--spider", "http://127.0.0.1:8123/ping"]),
        ..STORE
    },
    Known {
        repositories: &["cockroachdb/cockroach"],
        command: Some("start-single-node --insecure"),
        ports: &[26257, 8080],
        data: Some("/cockroach/cockroach-data"),
        ..STORE
    },
    Known {
        repositories: &["zookeeper"],
        ports: &[2181],
        data: Some("/data"),
        ..STORE
    },
    Known {
        repositories: &["confluentinc/cp-zookeeper"],
        ports: &[2181],
        ..STORE
    },
    Known {
        repositories: &["apache/kafka", "confluentinc/cp-kafka"],
        ports: &[9092],
        ..STORE
    },
    Known {
        repositories: &["nats"],
        ports: &[4222],
        lacks: &[no("curl"), but_alpine("wget"), but_alpine("sh")],
        ..STORE
    },
    Known {
        repositories: &["solr"],
        ports: &[8983],
        data: Some("/var/solr"),
        is_non_root: true,
        ..STORE
    },
    Known {
        repositories: &["minio/minio", "quay.io/minio/minio"],
        command: Some("server /data"),
        ports: &[9000],
        is_datastore: true,
        ..SERVER
    },
    Known {
        repositories: &["getmeili/meilisearch"],
        ports: &[7700],
        data: Some("/meili_data"),
        is_datastore: true,
        ..SERVER
    },
    Known {
        repositories: &["bitnami/postgresql", "bitnamilegacy/postgresql"],
        ports: &[5432],
        data: Some("/bitnami/postgresql"),
        check: Some(&["pg_isready", "-h", "127.0.0.1"]),
        is_non_root: true,
        ..STORE
    },
    Known {
        repositories: &["bitnami/redis", "bitnamilegacy/redis"],
        ports: &[6379],
        data: Some("/bitnami/redis/data"),
        check: Some(&["redis-cli", "ping"]),
        is_non_root: true,
        ..STORE
    },
    Known {
        repositories: &["bitnami/kafka", "bitnamilegacy/kafka"],
        ports: &[9092],
        data: Some("/bitnami/kafka"),
        is_non_root: true,
        ..STORE
    },
    Known {
        repositories: &["bitnami/zookeeper", "bitnamilegacy/zookeeper"],
        ports: &[2181],
        is_non_root: true,
        ..STORE
    },
    Known {
        repositories: &["localstack/localstack"],
        ports: &[4566],
        has_healthcheck: Some(true),
        ..SERVER
    },
    Known {
        repositories: &["axllent/mailpit"],
        ports: &[1025, 8025],
        has_healthcheck: Some(true),
        ..SERVER
    },
    Known {
        repositories: &["mailhog/mailhog"],
        ports: &[1025, 8025],
        has_healthcheck: Some(false),
        ..SERVER
    },
    Known {
        repositories: &["quay.io/keycloak/keycloak"],
        command: Some("start-dev"),
        ports: &[8080],
        has_healthcheck: Some(false),
        lacks: &[since(23, "curl"), since(23, "wget")],
        is_non_root: true,
        ..SERVER
    },
    Known {
        repositories: &["nginx"],
        ports: &[80],
        ..OFFICIAL
    },
    Known {
        repositories: &["httpd"],
        ports: &[80],
        ..OFFICIAL
    },
    Known {
        repositories: &["caddy"],
        ports: &[80, 443],
        ..OFFICIAL
    },
    Known {
        repositories: &["traefik"],
        ports: &[80],
        ..OFFICIAL
    },
    Known {
        repositories: &[
            "haproxy",
            "adminer",
            "tomcat",
            "phpmyadmin",
            "wordpress",
            "nextcloud",
            "ghost",
        ],
        ..OFFICIAL
    },
    Known {
        repositories: &["registry"],
        ports: &[5000],
        data: Some("/var/lib/registry"),
        ..OFFICIAL
    },
    Known {
        repositories: &["hashicorp/vault", "vault"],
        ports: &[8200],
        ..OFFICIAL
    },
    Known {
        repositories: &["hashicorp/consul", "consul"],
        ports: &[8500],
        check: Some(&["consul", "members"]),
        ..OFFICIAL
    },
    Known {
        repositories: &["eclipse-mosquitto"],
        ports: &[1883],
        data: Some("/mosquitto/data"),
        ..OFFICIAL
    },
    Known {
        repositories: &["prom/prometheus", "quay.io/prometheus/prometheus"],
        ports: &[9090],
        data: Some("/prometheus"),
        has_healthcheck: Some(false),
        lacks: &[no("curl")],
        is_non_root: true,
        ..SERVER
    },
    Known {
        repositories: &["grafana/grafana", "grafana/grafana-oss"],
        ports: &[3000],
        data: Some("/var/lib/grafana"),
        has_healthcheck: Some(false),
        is_non_root: true,
        ..SERVER
    },
    Known {
        repositories: &["gitea/gitea"],
        ports: &[3000],
        data: Some("/data"),
        ..SERVER
    },
    Known {
        repositories: &["sonarqube"],
        ports: &[9000],
        ..OFFICIAL
    },
];

/// Images to build on that have no health check.
const BASES: [&str; 32] = [
    "alpine",
    "amazoncorretto",
    "amazonlinux",
    "busybox",
    "composer",
    "debian",
    "docker",
    "eclipse-temurin",
    "elixir",
    "fedora",
    "golang",
    "gradle",
    "haskell",
    "julia",
    "maven",
    "mcr.microsoft.com/dotnet/aspnet",
    "mcr.microsoft.com/dotnet/runtime",
    "mcr.microsoft.com/dotnet/sdk",
    "mcr.microsoft.com/playwright",
    "node",
    "openjdk",
    "oven/bun",
    "perl",
    "php",
    "pypy",
    "python",
    "r-base",
    "ruby",
    "rust",
    "scratch",
    "swift",
    "ubuntu",
];

/// The name of a repository as the table has it.
pub(super) fn short(image: &str) -> &str {
    let Reference {
        registry, repository, ..
    } = Reference::split(image);
    match registry {
        None | Some("docker.io" | "index.docker.io") => repository.strip_prefix("library/").unwrap_or(repository),
        Some(registry) => {
            let name = image.get(..registry.len() + 1 + repository.len()).unwrap_or(image);
            // Mirrors keep the names of what they mirror.
            name.strip_prefix("public.ecr.aws/docker/library/").unwrap_or(name)
        }
    }
}

/// The rows of the table, by each of their names: every rule asks for the image of every service.
static BY_NAME: LazyLock<HashMap<&str, &Known, RandomState>> = LazyLock::new(|| {
    let names = |known: &'static Known| known.repositories.iter().map(move |name| (*name, known));
    KNOWN.iter().flat_map(names).collect()
});

/// Whether an image has a health check of its own; none where that is not known.
#[must_use]
pub fn has_healthcheck(image: &str) -> Option<bool> {
    if BASES.contains(&short(image)) {
        return Some(false);
    }
    known(image)?.has_healthcheck
}

/// What is known of an image. All of them are servers.
#[must_use]
pub fn known(image: &str) -> Option<&'static Known> {
    BY_NAME.get(short(image)).copied()
}

impl Known {
    /// The command of its check as one would write it.
    #[must_use]
    pub fn shown_test(&self) -> Option<String> {
        let words = [&["CMD"], self.check?].concat();
        let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        Some(format!("[{}]", quoted.join(", ")))
    }

    /// Its check as one would write it.
    #[must_use]
    pub fn shown_check(&self) -> Option<String> {
        Some(format!("healthcheck: {{test: {}, interval: 2s}}", self.shown_test()?))
    }

    /// Whether a program that one would look for is not in an image.
    #[must_use]
    pub fn lacks(&self, program: &str, image: &str) -> bool {
        let reference = Reference::split(image);
        let is_excepted = |lack: &Lack| {
            let variant = lack.except.unwrap_or("\0");
            reference.tag.is_some_and(|tag| tag.contains(variant))
        };
        let is_new_enough = |lack: &Lack| match (lack.since, reference.major(), reference.tag) {
            (0, ..) => true,
            (since, Some(major), _) => major >= since,
            (_, None, tag) => tag.is_none_or(|tag| tag == "latest"),
        };
        let mut lacks = self.lacks.iter().filter(|lack| lack.program == program);
        lacks.any(|lack| is_new_enough(lack) && !is_excepted(lack))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_wherever_they_come_from() {
        let port = |image| known(image).map(|known| known.ports);
        assert_eq!(port("postgres:16"), Some(&[5432][..]));
        assert_eq!(port("docker.io/library/postgres@sha256:0"), Some(&[5432][..]));
        assert_eq!(port("public.ecr.aws/docker/library/postgres:16"), Some(&[5432][..]));
        assert_eq!(port("ghcr.io/me/postgres:16"), None);
        assert_eq!(port("me/postgres"), None);
    }

    #[test]
    fn programs_are_there_or_not_by_version_and_variant() {
        let lacks = |image: &str, program| known(image).unwrap().lacks(program, image);
        assert!(lacks("mariadb:11.4", "mysqladmin") && lacks("mariadb", "mysqladmin"));
        assert!(!lacks("mariadb:10.11", "mysqladmin") && !lacks("mariadb:lts", "mysqladmin"));
        assert!(lacks("redis:7", "wget") && !lacks("redis:7-alpine", "wget"));
        assert!(lacks("redis:7-alpine", "curl"));
    }

    #[test]
    fn no_image_is_there_twice() {
        let mut names: Vec<_> = KNOWN.iter().flat_map(|known| known.repositories).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
