//! The short form of a port: `[[IP:][HOST]:]CONTAINER[/PROTOCOL]`. (Compose specification, "ports", "Short syntax".)

use std::net::IpAddr;

use crate::source::Span;
use crate::yaml::{Map, Node, Value};

/// A port as its short form says it: one of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Port {
    ip: Option<String>,
    /// One port, or a range to choose from.
    published: Option<String>,
    target: u16,
    protocol: String,
}

/// Reads the short form; a range gives a port for each of its members, in the order of their texts.
pub(super) fn parse(spec: &str) -> Result<Vec<Port>, String> {
    let parts: Vec<&str> = spec.rsplitn(3, ':').collect();
    let (container, host, ip) = (
        parts[0],
        parts.get(1).copied().unwrap_or_default(),
        parts.get(2).copied(),
    );
    let (container, protocol) = container.split_once('/').unwrap_or((container, ""));
    let protocol = if protocol.is_empty() {
        "tcp".to_owned()
    } else {
        protocol.to_lowercase()
    };
    if !["tcp", "udp", "sctp"].contains(&protocol.as_str()) {
        return Err(format!("{protocol:?} is no protocol: use tcp, udp or sctp"));
    }
    let ip = ip.filter(|ip| !ip.is_empty()).map(address).transpose()?;
    if container.is_empty() {
        return Err(format!("the port {spec:?} names no port of the container"));
    }
    let (first, last) = range(container)?;
    let hosts = if host.is_empty() { None } else { Some(range(host)?) };
    let width = last - first;
    if let Some((low, high)) = hosts
        && high - low != width
        && width != 0
    {
        return Err(format!("the ranges {host} and {container} differ in length"));
    }
    let published = |offset: u16| match hosts {
        Some((low, high)) if high - low != width => Some(format!("{low}-{high}")),
        Some((low, _)) => Some((low + offset).to_string()),
        None => None,
    };
    let port = |offset| Port {
        ip: ip.clone(),
        published: published(offset),
        target: first + offset,
        protocol: protocol.clone(),
    };
    let mut ports: Vec<Port> = (0..=width).map(port).collect();
    ports.sort_by_key(|port| port.target.to_string());
    Ok(ports)
}

fn address(text: &str) -> Result<String, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    match bare.parse::<IpAddr>() {
        Ok(_) => Ok(bare.to_owned()),
        Err(_) => Err(format!("{text:?} is no IP address")),
    }
}

fn range(text: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("{text:?} is no port and no range of ports between 0 and 65535");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let first: u16 = first.parse().map_err(|_| wrong())?;
    let last: u16 = last.parse().map_err(|_| wrong())?;
    if first <= last { Ok((first, last)) } else { Err(wrong()) }
}

impl Port {
    /// The long form. A target of 0 is left out, so that it is told to be missing.
    pub(super) fn into_node(self, span: Span) -> Node {
        let mut node = Node::new(Value::Map(Map::default()), span);
        node.set("mode", Node::str("ingress", span));
        if self.target != 0 {
            node.set("target", Node::new(Value::Int(self.target.into()), span));
        }
        node.set("protocol", Node::str(self.protocol, span));
        if let Some(published) = self.published {
            node.set("published", Node::str(published, span));
        }
        if let Some(ip) = self.ip {
            node.set("host_ip", Node::str(ip, span));
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(spec: &str) -> String {
        let ports = parse(spec).unwrap();
        let show = |port: &Port| {
            let (ip, published) = (
                port.ip.as_deref().unwrap_or("-"),
                port.published.as_deref().unwrap_or("-"),
            );
            format!("{ip} {published} {}/{}", port.target, port.protocol)
        };
        ports.iter().map(show).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn every_form_is_read() {
        for (spec, ports) in [
            ("80", "- - 80/tcp"),
            ("8080:80/UDP", "- 8080 80/udp"),
            (":80", "- - 80/tcp"),
            ("127.0.0.1::80", "127.0.0.1 - 80/tcp"),
            ("[::1]:1:2", "::1 1 2/tcp"),
            ("::1:1:2/", "::1 1 2/tcp"),
            ("9-10", "- - 10/tcp, - - 9/tcp"),
            ("3000-3001:80-81", "- 3000 80/tcp, - 3001 81/tcp"),
            ("3000-3005:80", "- 3000-3005 80/tcp"),
        ] {
            assert_eq!(shown(spec), ports, "{spec}");
        }
        for spec in [
            "",
            "8080:",
            "abc",
            "a:80",
            "80/foo",
            "localhost:1:2",
            "1-2:1-3",
            "2-1",
            "65536",
        ] {
            assert!(parse(spec).is_err(), "{spec}");
        }
    }
}
