//! The logins that the variables and the words of a service hold: in URLs, in connection strings, and in sets of variables.

use std::borrow::Cow;

use crate::lint::project::Service;
use crate::yaml::{Map, Node};

/// A part of a login, and the value that it is in.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) node: &'a Node,
}

/// Whom a service is to a server.
#[derive(Clone, Debug)]
pub(super) struct Login<'a> {
    /// The host of the server.
    pub(super) host: &'a str,
    /// The kind of server that a URL names; none where nothing does.
    pub(super) scheme: Option<&'a str>,
    pub(super) user: Option<Part<'a>>,
    pub(super) password: Option<Part<'a>>,
    pub(super) database: Option<Part<'a>>,
}

/// How the names of variables end that hold a password.
const PASSWORDS: [&str; 4] = ["PASSWORD", "PASSWD", "PASS", "PWD"];
/// The same for hosts, users and databases, with the same beginning.
const HOSTS: [&str; 6] = ["HOST", "HOSTNAME", "SERVER", "ADDR", "ADDRESS", "URL"];
const USERS: [&str; 2] = ["USER", "USERNAME"];
const DATABASES: [&str; 5] = ["DATABASE", "DBNAME", "DB_NAME", "NAME", "DB"];

/// The logins of a service.
pub(super) fn logins<'a>(service: &Service<'a>) -> Vec<Login<'a>> {
    let mut found = Vec::new();
    let words = service.items("entrypoint").chain(service.items("command"));
    let values = service.entries("environment").map(|(_, node)| node).chain(words);
    for node in values {
        let Some(text) = node.as_str() else { continue };
        let login = url(text, node).or_else(|| of_go(text, node));
        found.extend(login.or_else(|| connection_string(text, node)));
    }
    if let Some(variables) = service.get("environment").and_then(Node::as_map) {
        found.extend(variables.keys().filter_map(|key| of_variables(variables, &key.text)));
    }
    found
}

/// `scheme://user:password@host:port/database?user=…&password=…`, with anything before it.
fn url<'a>(text: &'a str, node: &'a Node) -> Option<Login<'a>> {
    let (before, rest) = text.split_once("://")?;
    let start = before
        .trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '+')
        .len();
    let scheme = before.get(start..)?.split('+').next()?;
    let end = rest.find(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    let rest = rest.get(..end.unwrap_or(rest.len()))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let host = server.split(':').next().filter(|_| !server.contains(','))?;
    let part = |text: &'a str| {
        (!text.is_empty()).then(|| Part {
            text: decoded(text),
            node,
        })
    };
    let asked = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).and_then(|(_, value)| part(value))
    };
    Some(Login {
        host,
        scheme: Some(scheme),
        user: part(user).or_else(|| asked("user")),
        password: part(password).or_else(|| asked("password")),
        database: part(path),
    })
}

/// `user:password@tcp(db:3306)/database`, as Go has it.
fn of_go<'a>(text: &'a str, node: &'a Node) -> Option<Login<'a>> {
    let (login, rest) = text.split_once("@tcp(")?;
    let (user, password) = login.split_once(':')?;
    let (server, rest) = rest.split_once(')')?;
    let database = rest.strip_prefix('/').unwrap_or(rest);
    let part = |text: &'a str| {
        (!text.is_empty()).then(|| Part {
            text: text.into(),
            node,
        })
    };
    Some(Login {
        host: server.split(':').next()?,
        scheme: Some("mysql"),
        user: part(user),
        password: part(password),
        database: part(database.split('?').next()?),
    })
}

/// `Host=db;Username=app;Password=…;Database=shop`, as .NET has it, and the same between blanks, as PostgreSQL does.
fn connection_string<'a>(text: &'a str, node: &'a Node) -> Option<Login<'a>> {
    let has_semicolons = text.contains(';');
    let is_end = |c: char| c == ';' || !has_semicolons && c.is_whitespace();
    let value = |names: &[&str]| {
        let mut pairs = text.split(is_end).filter_map(|pair| pair.split_once('='));
        let is_meant = |key: &str| names.iter().any(|name| key.trim().eq_ignore_ascii_case(name));
        pairs.find(|(key, _)| is_meant(key)).map(|(_, value)| value.trim())
    };
    let part = |names: &[&str]| {
        let text = value(names).filter(|text| !text.is_empty())?;
        let text = text.into();
        Some(Part { text, node })
    };
    let server = value(&["host", "server", "data source"])?;
    let password = part(&["password", "pwd"])?;
    let server = server.strip_prefix("tcp:").unwrap_or(server);
    Some(Login {
        host: server.split([',', ':', '\\']).next()?,
        scheme: None,
        user: part(&["user id", "username", "user", "uid"]),
        password: Some(password),
        database: part(&["database", "dbname", "initial catalog"]),
    })
}

/// `DB_HOST`, `DB_USER`, `DB_PASSWORD` and `DB_NAME`, by the name of the one for the password.
fn of_variables<'a>(variables: &'a Map, password: &str) -> Option<Login<'a>> {
    let upper = password.to_ascii_uppercase();
    let ending = PASSWORDS.iter().find(|ending| upper.ends_with(**ending))?;
    let prefix = password.get(..password.len() - ending.len())?;
    let value = |ending: &str| {
        let same_case = if upper == password {
            ending.to_owned()
        } else {
            ending.to_ascii_lowercase()
        };
        variables.get(&*format!("{prefix}{same_case}"))
    };
    let part = |node: &'a Node| {
        let text = node.as_str().filter(|text| !text.is_empty())?;
        Some(Part {
            text: text.into(),
            node,
        })
    };
    let first = |endings: &[&str]| endings.iter().find_map(|ending| value(ending)).and_then(part);
    let server = HOSTS.iter().find_map(|ending| value(ending))?;
    let text = server.as_str()?;
    let base = match url(text, server) {
        // The URL has a login of its own.
        Some(login) if login.password.is_some() => return None,
        Some(login) => login,
        None => Login {
            host: text.split(':').next()?,
            scheme: None,
            user: None,
            password: None,
            database: None,
        },
    };
    Some(Login {
        user: first(&USERS),
        password: variables.get(password).and_then(part),
        database: base.database.clone().or_else(|| first(&DATABASES)),
        ..base
    })
}

/// A part of a URL, in which characters can be written as `%40`.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = tail.get(if escaped.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

fn hex(digit: u8) -> Option<u8> {
    let digit = char::from(digit).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    fn shown(environment: &str) -> Vec<String> {
        let text = format!("services:\n  a:\n    image: i\n    environment: {{{environment}}}\n");
        with_project(&text, |project| {
            let part = |part: &Option<Part<'_>>| part.as_ref().map_or("-", |part| &*part.text).to_owned();
            let show = |login: &Login<'_>| {
                let (user, password, database) = (part(&login.user), part(&login.password), part(&login.database));
                format!(
                    "{} {} {user} {password} {database}",
                    login.scheme.unwrap_or("-"),
                    login.host
                )
            };
            logins(&project.services()[0]).iter().map(show).collect()
        })
    }

    #[test]
    fn logins_are_found_in_every_form() {
        for (environment, expected) in [
            ("U: 'postgres://u:p@db:5432/x'", "postgres db u p x"),
            (
                "U: 'postgresql+asyncpg://u:p%40%21@db/x?ssl=no'",
                "postgresql db u p@! x",
            ),
            ("U: 'jdbc:mysql://db/x?user=u&password=p'", "mysql db u p x"),
            ("U: 'redis://:p@cache:6379/0'", "redis cache - p 0"),
            ("U: 'Host=db;Port=5432;Database=x;Username=u;Password=p'", "- db u p x"),
            ("U: 'Server=db,1433;User Id=sa;Password=p'", "- db sa p -"),
            ("U: 'host=db user=u password=p dbname=x'", "- db u p x"),
            ("U: 'u:p@tcp(db:3306)/x?parseTime=true'", "mysql db u p x"),
            ("DB_HOST: db, DB_USER: u, DB_PASSWORD: p, DB_NAME: x", "- db u p x"),
            ("PGHOST: db, PGUSER: u, PGPASSWORD: p", "- db u p -"),
            ("WORDPRESS_DB_HOST: 'db:3306', WORDPRESS_DB_PASSWORD: p", "- db - p -"),
        ] {
            assert_eq!(shown(environment), [expected], "{environment}");
        }
        let spring = "S_URL: 'jdbc:postgresql://db/x', S_USERNAME: u, S_PASSWORD: p";
        assert_eq!(shown(spring), ["postgresql db - - x", "postgresql db u p x"]);
        assert_eq!(shown("DB_PASSWORD: p, URL: x"), [""; 0]);
        assert_eq!(shown("U: 'mongodb://u:p@a,b/x'"), [""; 0]);
    }
}
