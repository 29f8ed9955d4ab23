//! The address of a server in a deploy.

use crate::diagnostic::{Diagnostic, Severity};
use crate::event::Kind;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::secrets;
use crate::source::Span;
use crate::yaml::Node;
use std::net::Ipv4Addr;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "hard-coded-server",
    summary: "a deploy has the address of its server written in the file",
    why: "The file can then deploy to that one server and to no other: not to a second one, not to one for trying \
          things out. When the server moves, the deploy fails or reaches whoever has the address now.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  deploy:
    image: tools:1
    command: rsync -a dist/ deploy@«203.0.113.7»:/srv/www
",
    good: "\
services:
  deploy:
    image: tools:1
    command: rsync -a dist/ deploy@${DEPLOY_HOST}:/srv/www
",
    fixed: None,
    check,
};

/// Last words of the names of variables that hold the address of a server.
const NAMES: [&str; 6] = ["address", "host", "hostname", "ip", "server", "target"];

/// Words in such names that make it a server which is not the one deployed to.
const OTHERS: [&str; 12] = [
    "dns", "email", "git", "github", "gitlab", "mail", "npm", "proxy", "pypi", "registry", "smtp", "sonar",
];

/// Programs that take the address of a server, as `user@host`.
const REMOTE: [&str; 6] = ["lftp", "rsync", "scp", "sftp", "ssh", "sshpass"];

/// Ends of names that are not those of servers elsewhere.
const HERE: [&str; 4] = [".internal", ".local", ".localhost", ".test"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services().iter().filter(|service| service.kind == Kind::Deploy) {
        for (key, value, text) in secrets::literals(project, service.get("environment")) {
            if let Some(host) = of_variable(key, text) {
                found.push_once(finding(project, service, value.span, host));
            }
        }
        let words = service.words();
        let is_remote = words.iter().any(|word| uses_remote(word));
        for node in service.items("entrypoint").chain(service.items("command")) {
            let Some(written) = project.written(node.span).and_then(Node::as_str) else {
                continue;
            };
            for host in of_command(written, is_remote) {
                found.push_once(finding(project, service, node.span, host));
            }
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, span: Span, host: &str) -> Diagnostic {
    let written = project.text(span);
    let place = written.find(host).map_or(span, |at| span.part(at, at + host.len()));
    let name = service.name();
    at(
        place,
        format!("\"{name}\" deploys to {host}, which is written in the file"),
    )
    .help("write a variable in its place, such as ${DEPLOY_HOST:?}, and set it where the file is run")
}

/// The server that a variable names, where it is written out.
fn of_variable<'a>(key: &str, text: &'a str) -> Option<&'a str> {
    let host = host(text)?;
    let words = secrets::words(key);
    let is_other = words.iter().any(|word| OTHERS.contains(&word.as_str()));
    let is_named = words.last().is_some_and(|word| NAMES.contains(&word.as_str()));
    (!is_other && (is_address(host) || is_named && is_domain(host))).then_some(host)
}

/// The servers that a command names.
fn of_command(written: &str, is_remote: bool) -> impl Iterator<Item = &str> {
    let words = written.split(|c: char| c.is_whitespace() || "\"'`;&|()<>,=".contains(c));
    words.filter_map(move |word| {
        let host = host(word)?;
        let is_login = is_remote && word.contains('@') && !word.starts_with("git@");
        (is_address(host) || is_login && is_domain(host)).then_some(host)
    })
}

fn uses_remote(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| REMOTE.contains(&word))
}

/// The host of `[SCHEME://][USER@]HOST[:PORT][/PATH]`.
fn host(text: &str) -> Option<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split('/').next()?;
    let host = authority.rsplit('@').next()?;
    host.split(':').next().filter(|host| !host.is_empty())
}

/// Whether it is the address of another machine, in numbers.
fn is_address(host: &str) -> bool {
    let address = host.parse::<Ipv4Addr>();
    address.is_ok_and(|ip| !ip.is_loopback() && !ip.is_unspecified() && !ip.is_broadcast())
}

/// Whether it is a full name of another machine. Names of files have fewer parts.
fn is_domain(host: &str) -> bool {
    let parts: Vec<&str> = host.split('.').collect();
    let is_part = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let is_top = |part: &&str| part.len() > 1 && part.chars().all(|c| c.is_ascii_alphabetic());
    let is_here = HERE.iter().any(|end| host.ends_with(end));
    parts.len() > 2 && parts.iter().all(is_part) && parts.last().is_some_and(is_top) && !is_here
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn marked(body: &str) -> Vec<String> {
        found(&RULE, &format!("services:\n  deploy:\n    image: i\n{body}\n"))
    }

    #[test]
    fn servers_are_found_in_variables_and_commands() {
        let text = "    environment: {DEPLOY_HOST: www.example.com, SSH_TARGET: 'deploy@10.0.0.5', KUBE: \
                    'https://10.0.0.6:6443/'}";
        assert_eq!(marked(text), ["www.example.com", "10.0.0.5", "10.0.0.6"]);
        let text = "    command: [sh, -c, 'ssh -i k deploy@www.example.com ./go && curl http://10.0.0.5/']";
        assert_eq!(marked(text), ["www.example.com", "10.0.0.5"]);
    }

    #[test]
    fn other_hosts_and_variables_are_fine() {
        let text = "    environment: {HOST: 0.0.0.0, DEPLOY_HOST: '${H:-}', NPM_REGISTRY_HOST: \
                    registry.example.com, APP_HOST: app, \
                    VERSION: 1.2.3, TARGET: dist.tar.gz2}";
        assert_eq!(marked(text), [""; 0]);
        let text = "    command: [sh, -c, 'git push git@git.example.com:a/b && rsync -a x me@$$HOST:/ && echo \
                    a@www.example.com.']";
        assert_eq!(marked(text), [""; 0]);
    }

    #[test]
    fn what_does_not_deploy_is_fine() {
        assert_eq!(
            found(&RULE, "services: {dns: {image: i, environment: {DNS_IP: 10.0.0.5}}}\n"),
            [""; 0]
        );
    }
}
