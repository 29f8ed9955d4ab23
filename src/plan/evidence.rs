//! What a service's command, name and image say of its kind: tables of words and programs, nothing else.

use std::sync::LazyLock;

use regex::Regex;

/// A sign that something runs to completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JobSign {
    /// Whether it is a sign of a deploy.
    pub(super) deploys: bool,
    /// The reason that the plan prints.
    pub(super) reason: String,
}

/// Words of a service's name that say that it runs to completion. The second list makes it a deploy.
const JOB_WORDS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "tester",
    "sut",
    "unit",
    "integration",
    "e2e",
    "spec",
    "specs",
    "lint",
    "linter",
    "check",
    "checks",
    "verify",
    "audit",
    "format",
    "fmt",
    "typecheck",
    "coverage",
    "benchmark",
    "migrate",
    "migration",
    "migrations",
    "migrator",
    "seed",
    "seeds",
    "seeder",
    "scan",
    "build",
    "package",
    "init",
    "setup",
    "bootstrap",
    "provision",
    "fixtures",
];
const DEPLOY_WORDS: &[&str] = &["deploy", "release", "publish", "push", "promote"];

/// Last words of a name that say that it serves, whatever stands before them: `test-db`, `release-api`.
const SERVER_WORDS: &[&str] = &[
    "db",
    "database",
    "server",
    "service",
    "api",
    "web",
    "proxy",
    "gateway",
    "cache",
    "queue",
    "broker",
    "worker",
    "frontend",
    "backend",
    "app",
    "ui",
    "site",
    "redis",
    "postgres",
    "mysql",
    "mongo",
    "storage",
    "registry",
    "dashboard",
    "daemon",
    "agent",
    "runner",
    "watcher",
    "env",
    "environment",
];

/// Programs that end, where they stand as a command of their own.
const JOB_TOOLS: &str = r"pytest|py\.test|tox|nox|unittest|nosetests|behave|robot|mypy|pylint|flake8|ruff|black|bandit|pre-commit|go (?:test|vet|build)|gotestsum|golangci-lint|cargo (?:test|nextest|build|clippy|fmt|check|bench)|(?:npm|pnpm|yarn)(?: run)? (?:test|lint|build|ci)\S*|npx (?:jest|vitest|playwright|cypress|mocha|eslint|tsc)|jest|vitest|mocha|cypress run|playwright test|eslint|prettier|tsc|rspec|rubocop|rake (?:test|spec|db:\S+)|rails (?:test|db:\S+)|phpunit|phpstan|artisan (?:test|migrate|db:seed)|(?:mvn|mvnw|gradle|gradlew)(?: -\S+)* (?:test|verify|check|build|package|install)|sbt test|mix test|dotnet (?:test|build)|ctest|make (?:test|check|lint|build|all)\S*|bats|newman run|k6 run|alembic|flyway|liquibase|sqitch|dbmate|goose|migrate|prisma (?:migrate|db)|sequelize db:\S+|knex migrate:\S+|manage\.py (?:test|migrate|check|collectstatic|loaddata)|trivy|grype|snyk|semgrep|hadolint|shellcheck|yamllint|gitleaks|sonar-scanner|psql|pg_dump|pg_restore|createdb|redis-cli|mysqldump|mongosh|mongoimport|kafka-topics\S*|twine check";
const DEPLOY_TOOLS: &str = r"kubectl (?:apply|rollout|set)|helm (?:upgrade|install)|terraform apply|tofu apply|pulumi up|ansible-playbook|twine upload|(?:npm|pnpm|yarn|cargo) publish|docker push|skopeo copy|goreleaser|serverless deploy|sls deploy|cdk deploy|aws s3 sync|gcloud \S+ deploy|flyctl deploy|cap \S+ deploy|mvn(?: -\S+)* deploy|rsync|scp";

/// Programs that keep running, wherever they stand: they outweigh the tools above.
const SERVER_COMMANDS: &str = r"sleep (?:infinity|inf)|tail -[fF]|--watch(?:All)?\b|\bwatch\b|serve\b|runserver|gunicorn|uvicorn|nginx|httpd|http\.server|(?:npm|pnpm|yarn)(?: run)? (?:start|dev|serve)|rails (?:s|server)|flask run|while (?:true|:|sleep)";

/// Images that are servers unless their command says otherwise: the last part of the repository's name.
const SERVER_IMAGES: &[&str] = &[
    "postgres",
    "postgresql",
    "postgis",
    "timescaledb",
    "pgvector",
    "pgbouncer",
    "mysql",
    "mysql-server",
    "mariadb",
    "percona",
    "mongo",
    "mongodb",
    "redis",
    "redis-stack",
    "valkey",
    "keydb",
    "dragonfly",
    "memcached",
    "rabbitmq",
    "nats",
    "nats-streaming",
    "kafka",
    "cp-kafka",
    "redpanda",
    "zookeeper",
    "cp-zookeeper",
    "cp-schema-registry",
    "pulsar",
    "activemq",
    "activemq-artemis",
    "mosquitto",
    "emqx",
    "elasticsearch",
    "opensearch",
    "kibana",
    "solr",
    "meilisearch",
    "typesense",
    "qdrant",
    "weaviate",
    "milvus",
    "chroma",
    "cassandra",
    "scylla",
    "couchdb",
    "cockroach",
    "neo4j",
    "influxdb",
    "clickhouse-server",
    "clickhouse",
    "etcd",
    "consul",
    "vault",
    "minio",
    "localstack",
    "dynamodb-local",
    "azurite",
    "fake-gcs-server",
    "nginx",
    "openresty",
    "httpd",
    "caddy",
    "traefik",
    "haproxy",
    "envoy",
    "kong",
    "tomcat",
    "keycloak",
    "mailhog",
    "mailpit",
    "maildev",
    "wiremock",
    "mockserver",
    "httpbin",
    "selenium",
    "standalone-chrome",
    "standalone-firefox",
    "standalone-chromium",
    "hub",
    "registry",
    "jaeger",
    "all-in-one",
    "zipkin",
    "opentelemetry-collector",
    "opentelemetry-collector-contrib",
    "prometheus",
    "grafana",
    "loki",
    "tempo",
    "alertmanager",
    "adminer",
    "phpmyadmin",
    "pgadmin4",
    "wordpress",
    "ghost",
    "nextcloud",
    "gitea",
    "sonarqube",
    "server",
    "ollama",
    "temporal",
    "auto-setup",
    "unleash-server",
];

/// Words that may stand before the program that counts.
const WRAPPERS: &str = r"exec|time|env|sudo|nice|\w+=\S*|python[\d.]*(?: -[uB])*(?: -m)?|coverage run(?: -m)?|bundle exec|(?:poetry|uv|pipenv|pdm|hatch) run|npx|yarn|pnpm(?: exec)?|php|bin/console";

/// Commands of a shell that say nothing of what the script is there for.
const FILLERS: &[&str] = &[
    "echo", "printf", "exit", "true", ":", "fi", "done", "}", "wait", "rm", "cp", "mv", "chmod", "chown", "touch",
    "mkdir", "ls", "cat", "date", "kill", "set",
];

fn begins_with(programs: &str) -> String {
    format!(r"^(?:(?:{WRAPPERS})\s+)*(?:\S*/)?(?P<tool>{programs})(?:$|[\s|>])")
}

// The patterns are constants, and a test compiles each; a pattern that did not compile would never match.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static JOB_TOOL: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(&begins_with(JOB_TOOLS)));
static DEPLOY_TOOL: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(&begins_with(DEPLOY_TOOLS)));
static SERVER_COMMAND: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(&format!(r"(?:^|[\s;&|(/'\x22])(?:{SERVER_COMMANDS})")));

/// Looks for a program that ends in the words of a command. Of a script it is the last command that tells: many servers
/// migrate or wait before they serve.
pub(super) fn job_command(words: &[String]) -> Option<JobSign> {
    let command = last_command(words)?;
    if SERVER_COMMAND.as_ref()?.is_match(&command) {
        return None;
    }
    let find = |pattern: &Option<Regex>| -> Option<String> {
        let found = pattern.as_ref()?.captures(&command)?;
        Some(found["tool"].to_owned())
    };
    let deploy = find(&DEPLOY_TOOL);
    let deploys = deploy.is_some();
    let tool = deploy.or_else(|| find(&JOB_TOOL))?;
    Some(JobSign {
        deploys,
        reason: format!("its command runs '{tool}'"),
    })
}

/// The last command of a script that is more than a filler; the whole line where it is no script.
fn last_command(words: &[String]) -> Option<String> {
    let is_shell = |word: &String| ["sh", "bash", "ash", "dash"].contains(&word.rsplit('/').next().unwrap_or(word));
    let takes_script = |word: &String| word.starts_with('-') && word.ends_with('c');
    let script = match words {
        [shell, .., option, script] if is_shell(shell) && takes_script(option) => script.clone(),
        _ => return (!words.is_empty()).then(|| words.join(" ")),
    };
    let commands = script
        .split(['\n', ';'])
        .flat_map(|line| line.split("&&"))
        .flat_map(|line| line.split("||"));
    let tells = |command: &&str| {
        let first = command.split_whitespace().next();
        first.is_some_and(|word| !FILLERS.contains(&word) && !word.starts_with('#'))
    };
    commands.map(str::trim).filter(tells).last().map(str::to_owned)
}

/// Looks for words in a service's name that say that it runs to completion.
pub(super) fn job_name(name: &str) -> Option<JobSign> {
    let words = split_name(name);
    let last = words.last()?;
    if SERVER_WORDS.contains(&last.as_str()) {
        return None;
    }
    let find = |list: &[&str]| words.iter().find(|word| list.contains(&word.as_str())).cloned();
    let deploy = find(DEPLOY_WORDS);
    let deploys = deploy.is_some();
    let word = deploy.or_else(|| find(JOB_WORDS))?;
    Some(JobSign {
        deploys,
        reason: format!("its name says '{word}'"),
    })
}

/// The server that an image is known to be: `postgres` for `registry.example/library/postgres:16@sha256:…`.
pub(super) fn server_image(image: &str) -> Option<&'static str> {
    let repository = image.split('@').next()?.rsplit('/').next()?;
    let name = repository.split(':').next()?;
    SERVER_IMAGES.iter().copied().find(|known| *known == name)
}

/// Splits `unitTests`, `unit_tests`, `unit-tests2` into words in lower case.
fn split_name(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let separates = !c.is_alphanumeric();
        let humps = c.is_uppercase() && before.is_lowercase();
        if separates || humps {
            words.push(String::new());
        }
        if !separates && let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    for word in &mut words {
        // `e2e` and `k6` keep their digits; `tests2` is `tests`.
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
        if stem.len() > 1 {
            *word = stem.to_owned();
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split('|').map(str::to_owned).collect()
    }

    #[test]
    fn every_pattern_compiles() {
        assert!(JOB_TOOL.is_some() && DEPLOY_TOOL.is_some() && SERVER_COMMAND.is_some());
    }

    #[test]
    fn commands_that_end() {
        for line in [
            "pytest",
            "pytest|-q|tests",
            "python|-m|pytest",
            "python3|-m|unittest|discover",
            "sh|-c|cd /app && go test ./...",
            "sh|-c|alembic upgrade head",
            "npm|run|test:unit",
            "npm|test",
            "/usr/bin/trivy|fs|.",
            "bash|-c|./mvnw -B verify",
            "python|manage.py|migrate",
            "poetry|run|pytest",
            "sh|-ec|pytest -q >log; echo done",
        ] {
            let sign = job_command(&words(line));
            assert!(sign.is_some_and(|sign| !sign.deploys), "{line}");
        }
    }

    #[test]
    fn commands_that_deploy() {
        for line in [
            "kubectl|apply|-f|x.yaml",
            "sh|-c|helm upgrade app .",
            "twine|upload|dist/*",
        ] {
            assert!(job_command(&words(line)).is_some_and(|sign| sign.deploys), "{line}");
        }
    }

    #[test]
    fn commands_that_say_nothing_or_serve() {
        for line in [
            "node|server.js",
            "sh|-c|npm run build && npm run start",
            "sh|-c|alembic upgrade head && uvicorn app:app",
            "sh|-c|alembic upgrade head && node dist/main.js",
            "sh|-c|npm run build && ./start.sh",
            "npm|run|test|--|--watch",
            "sleep|infinity",
            "sh|-c|while true; do curl localhost; done",
            "python|app.py",
            "",
        ] {
            assert_eq!(job_command(&words(line)), None, "{line}");
        }
    }

    #[test]
    fn names_that_end() {
        for (name, deploys) in [
            ("unit_tests", false),
            ("unitTests", false),
            ("db-migrate", false),
            ("migrate2", false),
            ("e2e", false),
            ("sut", false),
            ("deploy", true),
            ("publish-docs", true),
        ] {
            assert_eq!(job_name(name).map(|sign| sign.deploys), Some(deploys), "{name}");
        }
    }

    #[test]
    fn names_that_say_nothing_or_serve() {
        for name in [
            "test-db",
            "release-api",
            "web",
            "builder-app",
            "latest",
            "contest",
            "app",
        ] {
            assert_eq!(job_name(name), None, "{name}");
        }
    }

    #[test]
    fn images_that_are_servers() {
        assert_eq!(server_image("postgres"), Some("postgres"));
        assert_eq!(
            server_image("registry.example:5000/library/postgres:16@sha256:00"),
            Some("postgres")
        );
        assert_eq!(server_image("busybox"), None);
        assert_eq!(server_image("my-postgres"), None);
    }
}
