//! Words of names: of services, of scripts, and of the tasks that build tools run.

use super::tools::{Does, TOOLS};

/// How sure a word of a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Strength {
    /// Nobody calls a server so.
    Strong,
    /// It can be the name of a server as well.
    Weak,
}

/// Words that nobody calls a server by.
#[rustfmt::skip]
const STRONG: &[&str] = &[
    "test", "tests", "testing", "tester", "unittest", "e2e", "spec", "specs", "lint", "linter", "linters", "linting",
    "typecheck", "acceptance", "smoke", "migrate", "migrates", "migration", "migrations", "migrator", "seed", "seeds",
    "seeder", "seeding", "testrunner", "smoketest", "loadtest", "systemtest", "integrationtest", "apitest", "uitest", "perftest",
    "stresstest", "functest", "e2etest", "selftest", "dbmigrate", "dbmigration", "dbseed",
];

/// Words of things that end, and of some servers.
#[rustfmt::skip]
const WEAK: &[&str] = &[
    "sut", "unit", "integration", "functional", "regression", "check", "checks", "checker", "verify", "validate", "audit", "format", "formatter", "fmt", "coverage", "benchmark", "benchmarks", "bench", "scan", "scanner",
    "build", "compile", "package", "init", "initdb", "dbinit", "setup", "bootstrap", "provision", "provisioner", "fixtures",
    "createdb", "createbucket", "createbuckets", "quality", "qa",
];

/// Words that make a deploy, where nothing says that it serves; the first is strong.
#[rustfmt::skip]
const DEPLOYS: &[(&str, Strength)] = &[
    ("deploy", Strength::Strong),
    ("deployment", Strength::Weak),
    ("deployer", Strength::Weak),
    ("release", Strength::Weak),
    ("publish", Strength::Weak),
    ("push", Strength::Weak),
    ("promote", Strength::Weak),
];

/// Last words of a name that say that it serves, whatever stands before them: `test-db`, `release-api`.
#[rustfmt::skip]
const SERVERS: &[&str] = &[
    "db", "database", "server", "service", "services", "api", "web", "webapp", "website", "proxy", "gateway", "pushgateway",
    "cache", "queue", "broker", "worker", "workers", "frontend", "backend", "app", "ui", "site", "redis", "postgres",
    "postgresql", "mysql", "mariadb", "mongo", "mongodb", "kafka", "rabbitmq", "elasticsearch", "opensearch", "minio", "s3",
    "storage", "registry", "dashboard", "daemon", "agent", "watcher", "watch", "env", "environment", "listener", "consumer",
    "producer", "scheduler", "cron", "node", "master", "slave", "host", "hub", "nginx", "network",
    "dev", "http", "ssh", "smtp", "mail", "ldap", "target", "client", "controller", "operator", "exporter", "viewer",
    "explorer", "console", "shell", "bot",
];

/// Words of what stands in for something else: it serves, whatever else its name says.
const STAND_INS: &[&str] = &["mock", "mocks", "fake", "stub", "stubs", "simulator", "emulator"];

/// First words that say what is done with a server: `init-db`, `migrate-api`.
#[rustfmt::skip]
const DONE_TO: &[&str] = &[
    "init", "initialize", "initialise", "setup", "bootstrap", "provision", "create", "populate", "prepare", "reset", "import",
    "restore", "wait", "load", "migrate", "seed", "lint", "typecheck", "upgrade",
];

/// Of those, the ones that are done to a database, and are servers' names before other words.
const DONE_TO_DATABASES: &[&str] = &[
    "db",
    "database",
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongo",
    "mongodb",
    "redis",
    "kafka",
    "rabbitmq",
    "elasticsearch",
    "opensearch",
    "minio",
    "s3",
    "storage",
    "cache",
    "ldap",
];

/// Words of scripts and tasks that keep running, where they come first.
#[rustfmt::skip]
const STARTS: &[&str] = &[
    "start", "serve", "server", "dev", "develop", "watch", "preview", "daemon", "listen", "worker", "up",
];

/// Words of scripts and tasks that end, besides those of [`STRONG`].
#[rustfmt::skip]
const TASKS: &[&str] = &[
    "unit", "integration", "functional", "regression", "check", "checks", "checkstyle", "verify", "validate", "validation",
    "audit", "fmt", "coverage", "cov", "benchmark", "bench", "scan", "build", "compile", "package", "fixtures", "backup",
    "restore", "ci", "qa", "quality",
];

/// Words of tasks alone: a script of that name can be what starts a container.
#[rustfmt::skip]
const TASKS_OF_TOOLS: &[&str] = &[
    "all", "format", "prettier", "eslint", "tsc", "types", "type", "codegen", "generate", "gen", "bundle", "dist", "pack",
    "clean", "install", "deps", "init", "setup", "bootstrap", "provision", "prepare", "assemble", "jar", "war", "bootjar",
    "shadowjar", "uberjar", "docs", "doc", "javadoc", "site", "style", "stylecheck", "phpstan", "phpunit", "pest", "pint",
    "rubocop", "rspec", "pytest", "jest", "vitest", "cypress", "playwright", "mypy", "ruff", "flake8", "detekt", "ktlint",
    "spotlesscheck", "spotless", "sonar", "sonarqube", "jacoco", "deploy", "release", "publish", "push", "promote", "vet",
    "clippy", "i18n", "import", "reset", "populate", "create", "drop",
];

/// What a service's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plan) struct NameSign {
    pub(in crate::plan) does: Does,
    pub(in crate::plan) word: String,
    pub(in crate::plan) strength: Strength,
}

/// Looks for words in a service's name that say that it runs to completion.
pub(in crate::plan) fn of_service(name: &str) -> Option<NameSign> {
    let words = split(name);
    if serves(&words) {
        return None;
    }
    let sign = |does, word: &str, strength| NameSign {
        does,
        word: word.to_owned(),
        strength,
    };
    let deploy = DEPLOYS.iter().find(|(word, _)| words.iter().any(|found| found == word));
    if let Some((word, strength)) = deploy {
        return Some(sign(Does::Deploy, word, *strength));
    }
    if let Some(word) = words.iter().find(|word| is_strong(word)) {
        return Some(sign(Does::Job, word, Strength::Strong));
    }
    if let Some(tool) = named_tool(name) {
        return Some(sign(tool.0, tool.1, Strength::Strong));
    }
    let first = words
        .first()
        .filter(|word| words.len() > 1 && DONE_TO.contains(&word.as_str()));
    let weak = first.or_else(|| words.iter().find(|word| WEAK.contains(&word.as_str())))?;
    Some(sign(Does::Job, weak, Strength::Weak))
}

/// Whether a name ends with the word of a server, and does not begin with what is done to one.
fn serves(words: &[String]) -> bool {
    if words.iter().any(|word| STAND_INS.contains(&word.as_str())) {
        return true;
    }
    let [first, .., last] = words else {
        return words.first().is_none_or(|word| SERVERS.contains(&word.as_str()));
    };
    if !SERVERS.contains(&last.as_str()) {
        return false;
    }
    let surely = ["migrate", "seed", "lint", "typecheck"].contains(&first.as_str());
    let is_done = DONE_TO.contains(&first.as_str());
    !(surely || (is_done && DONE_TO_DATABASES.contains(&last.as_str())))
}

fn is_strong(word: &str) -> bool {
    // `unittests`, `apitests`; the others are English.
    let is_glued = word.ends_with("tests") && !["contests", "protests", "attests", "detests"].contains(&word);
    STRONG.contains(&word) || is_glued
}

/// The tool that a name has as whole words: `sonar-scanner`, `api-k6`.
fn named_tool(name: &str) -> Option<(Does, &'static str)> {
    let parts = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
    };
    let name = parts(name);
    let has = |tool: &&super::tools::Tool| {
        let tool = parts(tool.program);
        name.windows(tool.len()).any(|words| words == tool.as_slice())
    };
    let mut named = TOOLS.iter().filter(|tool| tool.is_name);
    named.find(has).map(|tool| (tool.does, tool.program))
}

/// What a script's or a program's name says of it: `integration-tests.sh`, `bin/test`, `run-tests`.
pub(super) fn of_script(program: &str) -> Option<Does> {
    let stem = super::wrappers::stem(program);
    // An archive is a program of somebody's own.
    if program.ends_with(".jar") {
        return None;
    }
    let is_script = program.contains('/') && !program.starts_with("/bin/") && !program.starts_with("/usr/bin/")
        || stem.len() < program.len();
    let words = split(&stem);
    if is_in_tests(program) && words.first().is_some_and(|first| RUNS.contains(&first.as_str())) || program == "tests" {
        return Some(Does::Job);
    }
    if !is_script && words.len() < 2 {
        return None;
    }
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if any(STARTS) || any(&["entrypoint"]) || is_of_server(&words) {
        return None;
    }
    let deploys = words.iter().any(|word| DEPLOYS.iter().any(|(known, _)| word == known));
    let ends = words
        .iter()
        .any(|word| is_strong(word) || TASKS.contains(&word.as_str()));
    let done_to = DONE_TO.contains(&words.first()?.as_str())
        && words
            .last()
            .is_some_and(|last| DONE_TO_DATABASES.contains(&last.as_str()));
    match () {
        () if deploys => Some(Does::Deploy),
        () if ends || done_to => Some(Does::Job),
        () => None,
    }
}

/// First words of scripts that run what is in their folder.
const RUNS: &[&str] = &["run", "runner", "all", "main", "index", "execute"];

/// Whether a script is in a folder of tests: `tests/run.sh`, `e2e/smoke/run-all.py`.
fn is_in_tests(program: &str) -> bool {
    let folders = program.rsplit('/').skip(1);
    let mut words = folders.flat_map(split);
    program.contains('.') && words.any(|word| is_strong(&word))
}

/// Whether a script has the name of a server. `test-api.sh` tests one.
fn is_of_server(words: &[String]) -> bool {
    let stands_in = words.iter().any(|word| STAND_INS.contains(&word.as_str()));
    let tests = !stands_in && words.len() > 1 && words.first().is_some_and(|first| is_strong(first));
    let surely = words
        .last()
        .is_some_and(|last| ["server", "service", "worker", "daemon"].contains(&last.as_str()));
    surely || (serves(words) && !tests)
}

/// What a task's name says: `test:unit`, `integrationTest`, `db:migrate`, `start`.
pub(super) fn of_task(task: &str) -> Option<Does> {
    let words = split(
        task.trim_start_matches(':')
            .rsplit(':')
            .next()
            .filter(|_| task.starts_with(':'))
            .unwrap_or(task),
    );
    let first = words.first()?;
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let runs = ["watch", "watcher", "bootrun", "phx", "jetty", "quarkusdev"];
    if any(&runs) {
        return Some(Does::Serve);
    }
    if STARTS.contains(&first.as_str()) {
        return starts_or_tests(&words);
    }
    if let Some(word) = words.iter().find(|word| DEPLOYS.iter().any(|(known, _)| word == known)) {
        // `test:deploy` tests; `deploy:test` deploys.
        return Some(if is_strong(first) && word != first {
            Does::Job
        } else {
            Does::Deploy
        });
    }
    let ends = words.iter().any(|word| is_strong(word)) || any(TASKS) || any(TASKS_OF_TOOLS);
    ends.then_some(Does::Job)
}

/// A task that begins with the word of a server: `server:test` tests one, `start:test` may start one for tests, and `dev`
/// keeps running.
fn starts_or_tests(words: &[String]) -> Option<Does> {
    let (first, last) = (words.first()?, words.last()?);
    let ends = words.len() > 1 && (is_strong(last) || TASKS.contains(&last.as_str()));
    let is_of_server = ["server", "worker", "daemon"].contains(&first.as_str());
    // What a server is started for is no task.
    let is_surroundings = [
        "test",
        "tests",
        "testing",
        "e2e",
        "ci",
        "qa",
        "integration",
        "unit",
        "acceptance",
        "smoke",
    ]
    .contains(&last.as_str());
    match () {
        () if !ends => Some(Does::Serve),
        () if is_of_server || !is_surroundings => Some(Does::Job),
        () => None,
    }
}

/// Whether the first word behind a program that is not known says that it ends: `./manage test`, `app migrate`.
pub(super) fn is_job_verb(word: &str) -> bool {
    let words = split(word);
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || ":-_".contains(c));
    is_plain && words.first().is_some_and(|first| is_strong(first)) && !words.iter().any(|word| word == "watch")
        || word
            .strip_prefix("db:")
            .is_some_and(|task| task.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Whether a program is there to start something: `start.sh`, `serve`.
pub(super) fn starts(stem: &str) -> bool {
    let words = split(stem);
    ["start", "serve", "dev", "watch", "listen", "up"]
        .iter()
        .any(|start| words.iter().any(|word| word == start))
}

/// Whether a word behind a script says that it keeps running.
pub(super) fn is_start_verb(word: &str) -> bool {
    [
        "start",
        "serve",
        "server",
        "start-server",
        "daemon",
        "foreground",
        "worker",
        "runserver",
    ]
    .contains(&word)
}

/// Whether a program waits for others and then runs a command: `wait-for-it`, `wait-for-postgres`, `docker-entrypoint`.
pub(super) fn waits(stem: &str) -> bool {
    let words = split(stem);
    let begins = |word: &str| words.first().is_some_and(|first| first == word);
    (begins("wait") && words.len() > 1) || words.iter().any(|word| word == "entrypoint") || stem == "waitforit"
}

/// Splits `unitTests`, `unit_tests`, `unit-tests2` into words in lower case.
pub(super) fn split(name: &str) -> Vec<String> {
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
