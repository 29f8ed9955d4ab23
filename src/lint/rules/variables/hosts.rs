//! The hosts that the variables and the words of a service name, and what answers under which name.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use crate::lint::images::known;
use crate::lint::places::{Parts, is_own};
use crate::lint::project::{Project, Service, port_number};
use crate::source::Span;
use crate::yaml::Node;

/// How the names of variables end that hold a host alone.
const HOST_KEYS: [&str; 5] = ["HOST", "HOSTNAME", "SERVER", "ADDR", "ADDRESS"];

/// How the names of variables begin that a person's browser, or the service itself, is meant with.
const OWN_KEYS: [&str; 15] = [
    "ADVERTISED",
    "ALLOWED",
    "BIND",
    "CALLBACK",
    "CORS",
    "DOMAIN",
    "EXTERNAL",
    "FQDN",
    "FRONTEND",
    "LETSENCRYPT",
    "LISTEN",
    "ORIGIN",
    "PUBLIC",
    "REDIRECT",
    "VIRTUAL",
];

/// Schemes of what browsers talk.
const WEB: [&str; 4] = ["http", "https", "ws", "wss"];

/// Schemes of servers that keep data. Their clients are programs.
const DATA: [&str; 17] = [
    "amqp",
    "amqps",
    "couchbase",
    "elasticsearch",
    "kafka",
    "ldap",
    "mariadb",
    "memcached",
    "mongodb",
    "mssql",
    "mysql",
    "nats",
    "postgres",
    "postgresql",
    "redis",
    "rediss",
    "sqlserver",
];

/// A host that a value names.
#[derive(Clone, Debug)]
pub(super) struct Host<'a> {
    /// The host.
    pub(super) name: &'a str,
    /// Its port, where one is named.
    pub(super) port: Option<u16>,
    /// The scheme of the URL, where it is one.
    pub(super) scheme: Option<&'a str>,
    value: Value<'a>,
    /// Where the host stands in the value, and where the port does.
    at: (usize, usize),
}

/// A value that names hosts: that of a variable, or a word.
#[derive(Clone, Debug)]
struct Value<'a> {
    key: Option<&'a str>,
    node: &'a Node,
    /// Found out once for all hosts in it: the places of its parts, and how many bytes of those stand before the value.
    parts: Rc<OnceCell<(Parts<'a>, usize)>>,
}

impl<'a> Value<'a> {
    fn new(key: Option<&'a str>, node: &'a Node) -> Self {
        Self {
            key,
            node,
            parts: Rc::default(),
        }
    }

    fn part(&self, project: &Project<'a>, range: Range<usize>) -> Span {
        let (parts, before) = self.parts.get_or_init(|| {
            let text = self.node.as_str().unwrap_or_default();
            let raw = project.text(self.node.span);
            // An item of a list has the name of the variable before its value.
            let name = self.key.map(|key| format!("{key}={text}"));
            match name.filter(|whole| raw.contains(&**whole)) {
                Some(whole) => {
                    let before = whole.len() - text.len();
                    (Parts::new(project, self.node.span, whole), before)
                }
                None => (Parts::new(project, self.node.span, text), 0),
            }
        });
        parts.at(range.start + before..range.end + before)
    }
}

impl<'a> Host<'a> {
    /// The place of the host.
    pub(super) fn place(&self, project: &Project<'a>) -> Span {
        self.value.part(project, self.at.0..self.at.0 + self.name.len())
    }

    /// The place of the host and the port.
    pub(super) fn whole(&self, project: &Project<'a>) -> Span {
        self.value.part(project, self.at.0..self.at.1)
    }

    /// Whether it is written in the service itself: defaults that many services share are not meant for each of them.
    pub(super) fn is_own_value(&self, project: &Project<'_>, service: &Service<'_>) -> bool {
        is_own(project, service, self.value.node.span)
    }

    /// Whether a program in the container surely connects to it, and not a person's browser.
    pub(super) fn is_for_programs(&self) -> bool {
        let kind = self.scheme.and_then(|scheme| scheme.split('+').next());
        kind.is_some_and(|scheme| DATA.contains(&scheme)) && !self.is_own()
    }

    /// Whether it is all that a variable holds that is named after the host of something, such as `DB_HOST`, in the file in which
    /// the service itself is written. What it extends has values for more than are used.
    pub(super) fn is_alone_in_variable(&self, service: &Service<'_>) -> bool {
        let is_here = self.value.node.span.source == service.key.span.source;
        let key = self.value.key.unwrap_or_default().to_ascii_uppercase();
        let is_named = key.ends_with("_HOST");
        is_here && self.scheme.is_none() && is_named && self.value.node.as_str() == Some(self.name)
    }

    /// Whether it is the URL of a site.
    pub(super) fn is_web(&self) -> bool {
        self.scheme.is_some_and(|scheme| WEB.contains(&scheme))
    }

    /// Whether the variable's name says that the service itself is meant, or what others see of it.
    pub(super) fn is_own(&self) -> bool {
        let mut words = self
            .value
            .key
            .unwrap_or_default()
            .split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| OWN_KEYS.iter().any(|own| word.to_ascii_uppercase().starts_with(own)))
    }
}

/// The hosts that a service names: in URLs, as HOST:PORT, and alone in variables that are named after hosts.
pub(super) fn hosts<'a>(service: &Service<'a>) -> Vec<Host<'a>> {
    let mut found = Vec::new();
    for (key, node) in service.entries("environment") {
        let Some(text) = node.as_str() else { continue };
        let value = Value::new(Some(&key.text), node);
        if text.contains("://") {
            urls(text, &value, &mut found);
        } else {
            plain(service, text, &key.text, &value, &mut found);
        }
    }
    for node in ["entrypoint", "command"].into_iter().flat_map(|key| service.items(key)) {
        if let Some(text) = node.as_str().filter(|text| text.contains("://")) {
            urls(text, &Value::new(None, node), &mut found);
        }
    }
    found
}

/// `scheme://user:password@host:port,host:port/path`, anywhere in a text.
fn urls<'a>(text: &'a str, value: &Value<'a>, found: &mut Vec<Host<'a>>) {
    for (at, _) in text.match_indices("://") {
        let before = text.get(..at).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '+';
        let start = before.trim_end_matches(is_part).len();
        let scheme = before.get(start..).filter(|scheme| !scheme.is_empty());
        let rest = text.get(at + 3..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || "/?#\"'`;|)]}<>\\".contains(c);
        let authority = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default();
        let login = authority.rfind('@').map_or(0, |at| at + 1);
        let mut place = at + 3 + login;
        for host in authority.get(login..).unwrap_or_default().split(',') {
            if scheme.is_some() {
                found.extend(host_at(host, place, scheme, value));
            }
            place += host.len() + 1;
        }
    }
}

/// `host:port`, more of them between commas, or a host alone.
fn plain<'a>(service: &Service<'a>, text: &'a str, key: &'a str, value: &Value<'a>, found: &mut Vec<Host<'a>>) {
    let upper = key.to_ascii_uppercase();
    let ending = HOST_KEYS.iter().find(|ending| upper.ends_with(**ending));
    let mut place = 0;
    for item in text.split(',') {
        let host = host_at(item, place, None, value);
        place += item.len() + 1;
        let Some(mut host) = host.filter(|host| host.port.is_some() || ending.is_some()) else {
            continue;
        };
        if let (None, Some(ending)) = (host.port, ending) {
            // The port has a variable of its own.
            let name = format!("{}PORT", key.get(..key.len() - ending.len()).unwrap_or_default());
            let port = service.node.at(&["environment", &name]).and_then(Node::as_str);
            host.port = port.and_then(|port| port.parse().ok());
        }
        found.push(host);
    }
}

fn host_at<'a>(text: &'a str, place: usize, scheme: Option<&'a str>, value: &Value<'a>) -> Option<Host<'a>> {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port.parse().ok()?)),
        None => (text, None),
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_host = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_part);
    is_host.then_some(Host {
        name,
        port,
        scheme,
        value: value.clone(),
        at: (place, place + text.len()),
    })
}

/// Whether a host is the container itself.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.starts_with("127.")
}

/// The ports of a container that something says it listens on.
pub(super) fn listens_on(service: &Service<'_>) -> HashSet<u16> {
    let targets = service
        .items("ports")
        .filter_map(|port| port_number(port.get("target")?));
    let exposed = service.items("expose").filter_map(|port| {
        let text = port.as_str()?;
        text.split('/').next()?.parse().ok()
    });
    let image = service
        .text("image")
        .and_then(known)
        .map(|known| known.ports)
        .unwrap_or_default();
    targets.chain(exposed).chain(image.iter().copied()).collect()
}

/// The networks of a service; none where it has the machine's, or another one's that is not known here.
pub(super) fn networks<'a>(project: &'a Project<'_>, service: &'a Service<'_>) -> Option<HashSet<&'a str>> {
    // A service can share the network of another, which can share that of a third.
    let mut place = service.node;
    for _ in 0..3 {
        let Some(mode) = place.get("network_mode").and_then(Node::as_str) else {
            return Some(place.get("networks")?.entries().map(|(key, _)| &*key.text).collect());
        };
        place = project.service(mode.strip_prefix("service:")?)?.node;
    }
    None
}

/// The names besides their own under which services answer: aliases, and those of their containers.
pub(super) fn aliases<'a>(project: &'a Project<'_>) -> HashSet<&'a str> {
    let mut names = HashSet::new();
    for other in project.services() {
        names.extend(
            ["container_name", "hostname"]
                .into_iter()
                .filter_map(|key| other.text(key)),
        );
        let networks = other
            .entries("networks")
            .filter_map(|(_, network)| network.get("aliases"));
        names.extend(networks.flat_map(Node::items).filter_map(Node::as_str));
    }
    names
}

/// The hosts that a service is told of by itself.
pub(super) fn extra_hosts<'a>(service: &Service<'a>) -> HashSet<&'a str> {
    let lists = ["extra_hosts", "links", "external_links"].into_iter();
    let texts = lists.flat_map(|key| service.items(key)).filter_map(Node::as_str);
    texts.flat_map(|text| text.split(['=', ':'])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    fn shown(environment: &str) -> Vec<String> {
        let text = format!("services:\n  a:\n    image: i\n    environment:\n{environment}\n");
        with_project(&text, |project| {
            let found = hosts(&project.services()[0]);
            let shown = found.iter().map(|host| {
                format!(
                    "{} {:?} {:?} {}",
                    host.name,
                    host.port,
                    host.scheme,
                    project.text(host.whole(project))
                )
            });
            shown.collect()
        })
    }

    #[test]
    fn hosts_are_found_in_urls_and_in_variables_named_after_them() {
        for (environment, expected) in [
            (
                "      U: postgres://u:p@db:5432/x",
                &["db Some(5432) Some(\"postgres\") db:5432"][..],
            ),
            ("      - U=http://web", &["web None Some(\"http\") web"]),
            ("      U: a:1,b:2", &["a Some(1) None a:1", "b Some(2) None b:2"]),
            ("      DB_HOST: db\n      DB_PORT: 5", &["db Some(5) None db"]),
            ("      U: db", &[]),
            ("      U: '1:2:3'", &[]),
            ("      U: jdbc:mysql://db/x", &["db None Some(\"mysql\") db"]),
            ("      U: http://[::1]:80/ file:///x sqlite:////y", &[]),
            ("      U: http://$X:80", &[]),
            (
                "      U: mongodb://a:1,b:2/x",
                &["a Some(1) Some(\"mongodb\") a:1", "b Some(2) Some(\"mongodb\") b:2"],
            ),
        ] {
            assert_eq!(shown(environment), expected, "{environment}");
        }
    }
}
