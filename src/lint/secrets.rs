//! What looks like a secret: by its name, by its value, and in an address.

use std::collections::HashSet;

use super::images::{self, Reference};
use super::project::{Project, Service};
use crate::diagnostic::Severity;
use crate::yaml::{Key, Node};

/// Last words of the names of secrets. Longer words that end so are meant too: `PGPASSWORD`.
const WORDS: [&str; 8] = [
    "apikey",
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "secret",
    "token",
];

/// What each of these names has in it somewhere.
const SIGNS: [&str; 6] = ["cred", "key", "pass", "pw", "secret", "token"];

/// Last words that say so only behind another one: `PWD` alone is a directory.
const SHORT_WORDS: [&str; 3] = ["pass", "pw", "pwd"];

/// Words before a last `key` that make it one.
const KEYS: [&str; 12] = [
    "api",
    "auth",
    "client",
    "deploy",
    "encryption",
    "hmac",
    "jwt",
    "master",
    "private",
    "secret",
    "session",
    "signing",
];

/// Parts of values that stand for a secret and are none.
const PLACEHOLDERS: [&str; 14] = [
    "change",
    "dummy",
    "example",
    "fake",
    "fixme",
    "insert",
    "not-a-",
    "notasecret",
    "placeholder",
    "redacted",
    "replace",
    "sample",
    "xxx",
    "your",
];

/// Values that switch something, or say that there is none.
const SWITCHES: [&str; 18] = [
    "0", "1", "disable", "disabled", "enable", "enabled", "false", "n/a", "nil", "no", "none", "null", "off", "on",
    "optional", "required", "true", "yes",
];

/// Words of which values are made that nobody takes for a secret.
const WEAK: [&str; 33] = [
    "admin",
    "adminadmin",
    "app",
    "ci",
    "db",
    "default",
    "demo",
    "dev",
    "development",
    "elastic",
    "guest",
    "key",
    "local",
    "mariadb",
    "minio",
    "minioadmin",
    "mongo",
    "mysql",
    "pass",
    "passwd",
    "password",
    "postgres",
    "postgresql",
    "rabbitmq",
    "redis",
    "root",
    "secret",
    "super",
    "test",
    "testing",
    "tests",
    "token",
    "user",
];

/// The longest value of small letters alone that is a word and no secret.
const WORD: usize = 9;

/// The words of a name, in small letters: `dbPassword2` as `db` and `password`.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let is_hump = c.is_uppercase() && before.is_lowercase();
        if !c.is_alphanumeric() || is_hump {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    let bare = words
        .iter()
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()));
    bare.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether a name is one of a secret. `DB_PASSWORD_FILE` is the name of a file, and `TOKEN_TTL` that of a time.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    // Most names are of nothing of the kind: taking them apart would be most of the work.
    if !SIGNS.iter().any(|sign| small.contains(sign)) {
        return false;
    }
    let words = words(name);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.contains(&"public") {
        return false;
    }
    if words.ends_with(&["key", "base"]) {
        words.pop();
    }
    match words.as_slice() {
        // Without that word, the key is half of a pair: the name of its owner.
        [before @ .., "access", "key"] => before.contains(&"secret"),
        [.., before, "key"] => KEYS.contains(before),
        [.., _, last] if SHORT_WORDS.contains(last) => true,
        [.., last] => WORDS.iter().any(|word| last.ends_with(word)),
        [] => false,
    }
}

/// Whether a text as it is written takes something from a variable.
#[must_use]
pub fn refers(written: &str) -> bool {
    let bare = written.replace("$$", "");
    let mut parts = bare.split('$').skip(1);
    parts.any(|rest| rest.starts_with(|c: char| c == '{' || c == '_' || c.is_ascii_alphabetic()))
}

/// How much a value gives away that stands where a secret belongs; none where it is no secret.
#[must_use]
pub fn weight(value: &str) -> Option<Severity> {
    let small = value.trim().to_lowercase();
    let is_path = small.starts_with(['/', '.', '~']);
    let is_one_letter = small.chars().all(|c| small.starts_with(c) || c == '=');
    let is_marked = small.starts_with(['<', '*', '[']);
    let is_filler = is_one_letter || is_marked || PLACEHOLDERS.iter().any(|part| small.contains(part));
    if small.is_empty() || is_path || is_filler || is_quantity(&small) || SWITCHES.contains(&&*small) {
        return None;
    }
    let is_word = small.len() <= WORD && small.chars().all(|c| c.is_ascii_lowercase());
    Some(if is_word || is_weak(&small) {
        Severity::Hint
    } else {
        Severity::Warning
    })
}

fn is_weak(value: &str) -> bool {
    let mut words = value
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty());
    let says_so = ["password", "passwd", "secret"].iter().any(|word| value.contains(word));
    says_so || is_name(value) || words.all(|word| WEAK.contains(&word))
}

/// Whether it is the name of a secret and not one: `mail_api_key`.
fn is_name(value: &str) -> bool {
    let is_plain = value.chars().all(|c| c.is_ascii_lowercase() || ['_', '-'].contains(&c));
    is_plain && (value.ends_with("token") || value.ends_with("key"))
}

/// Whether it is a number, or one with a unit: a time, a size.
fn is_quantity(value: &str) -> bool {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    unit.len() < value.len() && unit.len() <= 2 && unit.chars().all(|c| c.is_ascii_alphabetic())
}

/// An address with a password in it, such as `postgres://app:hunter2@db/app`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login<'a> {
    /// The password, as it is written.
    pub password: &'a str,
    /// The host, without its port.
    pub host: &'a str,
}

/// Looks for an address with a password that is written out.
#[must_use]
pub fn login(text: &str) -> Option<Login<'_>> {
    let addresses = text.match_indices("://").filter_map(|(at, _)| text.get(at + 3..));
    addresses.into_iter().find_map(|rest| {
        let authority = until(rest, |c| "/?#\"'`<>|,".contains(c) || c.is_whitespace());
        let user = until(authority, |c| c == '@');
        let host = authority.get(user.len()..)?.strip_prefix('@')?;
        let name = until(user, |c| c == ':');
        let password = user.get(name.len()..)?.strip_prefix(':')?;
        let is_literal = !password.is_empty() && !refers(password);
        is_literal.then(|| Login {
            password,
            host: host.split([':', ',']).next().unwrap_or(host),
        })
    })
}

/// What stands before the first character that ends it and is not inside a variable.
fn until(text: &str, ends: impl Fn(char) -> bool) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            c if depth == 0 && ends(c) => return text.get(..at).unwrap_or(text),
            _ => {}
        }
    }
    text
}

/// The variables that a service's own lines set to a text that is written out, each with that text.
pub fn literals<'a>(project: &Project<'a>, variables: Option<&'a Node>) -> Vec<(&'a Key, &'a Node, &'a str)> {
    let entries = variables.into_iter().flat_map(Node::entries);
    let own = entries.filter_map(|(key, value)| {
        let text = value.as_str()?;
        let written = project.written(value.span)?.as_str()?;
        let is_item = written
            .strip_prefix(&*key.text)
            .is_some_and(|rest| rest.starts_with('='));
        (!refers(written) && (is_item || written == text || written.replace("$$", "$") == text))
            .then_some((key, value, text))
    });
    own.collect()
}

/// Services that are known to keep data and that nobody outside the project reaches: what opens them opens nothing else.
#[derive(Debug, Default)]
pub struct ThrowAway<'a> {
    names: HashSet<&'a str>,
    passwords: HashSet<&'a str>,
}

impl<'a> ThrowAway<'a> {
    /// Looks through a project.
    #[must_use]
    pub fn new(project: &Project<'a>) -> Self {
        let mut all = Self::default();
        for service in project
            .services()
            .iter()
            .filter(|service| is_datastore(service) && !is_reachable(service))
        {
            all.names.insert(service.name());
            let variables = service.entries("environment");
            let passwords = variables
                .filter(|(key, _)| is_secret_name(key))
                .filter_map(|(_, value)| value.as_str());
            all.passwords.extend(passwords);
        }
        all
    }

    /// Whether a service is one of them.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a value opens one of them.
    #[must_use]
    pub fn is_opened_by(&self, value: &str) -> bool {
        self.passwords.contains(value)
    }
}

/// Whether a service's image is one of a server that keeps data, or is named like one.
#[must_use]
pub fn is_datastore(service: &Service<'_>) -> bool {
    let image = service.text("image").unwrap_or_default();
    let name = Reference::split(image)
        .repository
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let known = images::known(image).or_else(|| images::known(name));
    known.is_some_and(|known| known.is_datastore)
}

/// Whether a service publishes a port that other machines reach.
#[must_use]
pub fn is_reachable(service: &Service<'_>) -> bool {
    let is_host = service.text("network_mode") == Some("host");
    let mut ports = service.items("ports");
    is_host || ports.any(|port| !is_loopback(port.get("host_ip").and_then(Node::as_str).unwrap_or_default()))
}

/// Whether an address is one that only the machine itself reaches.
#[must_use]
pub fn is_loopback(address: &str) -> bool {
    address.starts_with("127.") || address == "::1"
}

/// One step down for each reason: none where there are more reasons than steps.
#[must_use]
pub fn lowered(level: Severity, reasons: usize) -> Option<Severity> {
    match (level, reasons) {
        (level, 0) => Some(level),
        (Severity::Hint, _) => None,
        (Severity::Warning, reasons) => lowered(Severity::Hint, reasons - 1),
        (Severity::Error, reasons) => lowered(Severity::Warning, reasons - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "DB_PASSWORD",
            "PGPASSWORD",
            "dbPassword",
            "GITHUB_TOKEN",
            "TOKEN",
            "SECRET_KEY_BASE",
            "AWS_SECRET_ACCESS_KEY",
            "API_KEY",
            "MQ_PASS",
            "DB_PWD",
            "ADMIN_PASSWORD_2",
            "spring.datasource.password",
            "DJANGO_SECRET_KEY",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "DB_PASSWORD_FILE",
            "TOKEN_TTL",
            "PWD",
            "PASS",
            "BYPASS",
            "MAX_TOKENS",
            "AWS_ACCESS_KEY_ID",
            "PUBLIC_API_KEY",
            "KEY",
            "CACHE_KEY",
            "SECRET_NAME",
            "KNOWN_SECRETS",
            "S3_ACCESS_KEY",
            "",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn values_weigh_what_they_give_away() {
        for (value, level) in [
            ("hunter2", Some(Severity::Warning)),
            ("s3crt-Xa91", Some(Severity::Warning)),
            ("postgres", Some(Severity::Hint)),
            ("test_password1", Some(Severity::Hint)),
            ("airflow", Some(Severity::Hint)),
            ("mail_api_key", Some(Severity::Hint)),
            ("AAAAAAAAAAAA=", None),
            ("my-secret-pw1", Some(Severity::Hint)),
            ("", None),
            ("yes", None),
            ("3600", None),
            ("30s", None),
            ("changeme", None),
            ("<token>", None),
            ("/run/secrets/x", None),
            ("your-token-here", None),
        ] {
            assert_eq!(weight(value), level, "{value}");
        }
    }

    #[test]
    fn a_dollar_refers_where_a_name_follows() {
        assert!(refers("${A}") && refers("x$A") && refers("$$${A}"));
        assert!(!refers("a$$b") && !refers("a$1") && !refers("$"));
    }

    #[test]
    fn addresses_with_a_password() {
        for (text, password, host) in [
            ("postgres://app:hunter2@db:5432/app", "hunter2", "db"),
            ("url=amqp://u:p@mq", "p", "mq"),
            ("http://a/ redis://:pw@cache/0", "pw", "cache"),
            ("postgres://${U:-a:b}:pw@${H}/x", "pw", "${H}"),
        ] {
            assert_eq!(login(text), Some(Login { password, host }), "{text}");
        }
        for text in [
            "http://db:5432/a@b:c",
            "postgres://u:${P}@db",
            "git@host:a/b",
            "http://u@h",
            "http://${A:-x:y@z}/",
        ] {
            assert_eq!(login(text), None, "{text}");
        }
    }

    #[test]
    fn two_reasons_make_a_warning_vanish() {
        assert_eq!(lowered(Severity::Warning, 1), Some(Severity::Hint));
        assert_eq!(lowered(Severity::Warning, 2), None);
    }
}
