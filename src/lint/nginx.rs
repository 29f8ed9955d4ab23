//! The hosts that a configuration of nginx leads to: those it must find as it starts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::images::Reference;
use super::inside::{Placed, placed};
use super::project::{Project, Service};
use crate::source::Span;
use crate::yaml::Node;

/// Paths of repositories of images that run nginx with its usual paths.
const IMAGES: [&str; 2] = ["library/nginx", "nginxinc/nginx-unprivileged"];

/// The main configuration, and the directories of which it reads all files of an ending.
const MAIN: &str = "/etc/nginx/nginx.conf";
const PARTS: [(&str, &str); 2] = [("/etc/nginx/conf.d", ".conf"), ("/etc/nginx/templates", ".template")];

/// The most files that are read of one directory.
const MOST_FILES: usize = 50;

/// A host that nginx must find as it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The host.
    pub host: String,
    /// The line of the configuration, counted from 1.
    pub line: usize,
    /// The file that it is in.
    pub path: PathBuf,
    /// Where the compose file names that file.
    pub span: Span,
    /// Whether it is surely a host, and not the name of a group in a file that is not known here.
    pub is_host: bool,
}

/// The upstreams of a service that runs nginx with configurations of the project.
#[must_use]
pub fn upstreams(project: &Project<'_>, service: &Service<'_>) -> Vec<Upstream> {
    if !runs_nginx(project, service) {
        return Vec::new();
    }
    let files = configurations(project, service);
    let mut texts: Vec<(&File, Rc<str>)> = files
        .iter()
        .filter_map(|file| Some((file, project.file(&file.path)?)))
        .collect();
    // A main configuration of its own need not read the others.
    let reads_none = |(file, text): &(&File, Rc<str>)| file.is_main && !text.contains("conf.d");
    if let Some(main) = texts.iter().position(reads_none) {
        texts = vec![texts.swap_remove(main)];
    }
    let groups: HashSet<String> = texts
        .iter()
        .flat_map(|(_, text)| statements(text))
        .filter_map(group)
        .collect();
    let is_whole = !texts
        .iter()
        .flat_map(|(_, text)| statements(text))
        .any(|statement| includes_unknown(&statement));
    let mut found = Vec::new();
    for (file, text) in &texts {
        for statement in statements(text) {
            let Some((host, has_port)) = host(&statement).filter(|(host, _)| !groups.contains(host)) else {
                continue;
            };
            found.push(Upstream {
                host,
                line: statement.line,
                path: file.path.clone(),
                span: file.span,
                is_host: has_port || is_whole,
            });
        }
    }
    found
}

fn runs_nginx(project: &Project<'_>, service: &Service<'_>) -> bool {
    let built = || {
        let file = project.dockerfile(service)?;
        let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
        file.lineage(target).first()?.base.clone()
    };
    let pulled = service.pulled_image().and_then(Node::as_str).map(str::to_owned);
    let is_nginx = pulled.or_else(built).is_some_and(|image| {
        let path = Reference::split(&image).path();
        IMAGES.contains(&&*path)
    });
    let words = service.words();
    is_nginx && (words.is_empty() || words.iter().any(|word| word.contains("nginx")))
}

/// A configuration that nginx reads, and where the compose file names it.
struct File {
    path: PathBuf,
    span: Span,
    is_main: bool,
}

fn configurations(project: &Project<'_>, service: &Service<'_>) -> Vec<File> {
    let mut found = Vec::new();
    for one in placed(project, service) {
        let is_main = one.target == MAIN;
        let paths = if is_main { vec![one.host.clone()] } else { parts(&one) };
        found.extend(paths.into_iter().map(|path| File {
            path,
            span: one.span,
            is_main,
        }));
    }
    found
}

/// The configurations beside the main one in what lies in a container.
fn parts(one: &Placed) -> Vec<PathBuf> {
    let target = one.target.trim_end_matches('/');
    if target == "/etc/nginx" && one.host.is_dir() {
        let mut files = vec![one.host.join("nginx.conf")];
        files.extend(PARTS.iter().flat_map(|(directory, ending)| {
            let name = Path::new(directory).file_name().unwrap_or_default();
            directory_files(&one.host.join(name), ending)
        }));
        return files;
    }
    for (directory, ending) in PARTS {
        if target == directory && one.host.is_dir() {
            return directory_files(&one.host, ending);
        }
        let name = target.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/'));
        let is_part = name.is_some_and(|name| !name.contains('/') && name.ends_with(ending));
        if is_part && one.host.is_file() {
            return vec![one.host.clone()];
        }
    }
    Vec::new()
}

fn directory_files(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .take(MOST_FILES)
        .collect();
    files.sort();
    files
}

/// A directive with its arguments, the block that it is in, and the line where it ends.
struct Statement {
    words: Vec<String>,
    block: String,
    line: usize,
}

/// The statements of a configuration, those that begin a block among them.
fn statements(text: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let (mut words, mut blocks): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut line = 1;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\n' => line += 1,
            '#' => while characters.next_if(|c| *c != '\n').is_some() {},
            '{' | ';' => {
                let block = blocks.last().cloned().unwrap_or_default();
                let words = std::mem::take(&mut words);
                if c == '{' {
                    blocks.push(words.first().cloned().unwrap_or_default());
                }
                found.push(Statement { words, block, line });
            }
            '}' => drop(blocks.pop()),
            _ if c.is_whitespace() => {}
            '"' | '\'' => {
                let mut word = String::new();
                while let Some(inside) = characters.next_if(|inside| *inside != c) {
                    line += usize::from(inside == '\n');
                    word.push(inside);
                }
                characters.next();
                words.push(word);
            }
            _ => {
                let mut word = String::from(c);
                // Variables are written as ${NAME} too.
                let is_part =
                    |word: &str, c: char| !c.is_whitespace() && c != ';' && (!"{}".contains(c) || word.contains('$'));
                while let Some(c) = characters.next_if(|c| is_part(&word, *c)) {
                    word.push(c);
                }
                words.push(word);
            }
        }
    }
    found
}

/// The name of a group of servers: `upstream NAME { … }`.
fn group(statement: Statement) -> Option<String> {
    let mut words = statement.words.into_iter();
    words.next().filter(|word| word == "upstream")?;
    words.next()
}

/// Whether a statement brings in a file that can have groups of servers.
fn includes_unknown(statement: &Statement) -> bool {
    let [directive, path] = statement.words.as_slice() else {
        return false;
    };
    let is_known = path.ends_with("mime.types") || path.ends_with("_params") || path.ends_with("conf.d/*.conf");
    directive == "include" && !is_known
}

/// The host that nginx must find for a statement as it starts, and whether it has a port. A variable is looked up with each
/// request.
fn host(statement: &Statement) -> Option<(String, bool)> {
    let directive = statement.words.first()?;
    let address = statement.words.get(1)?;
    let is_pass = directive.ends_with("_pass") && !directive.ends_with("_ssl_pass");
    let is_server = directive == "server" && statement.block == "upstream";
    let is_late = address.contains('$') || statement.words.iter().any(|word| word == "resolve");
    if !(is_pass || is_server) || is_late || address.starts_with("unix:") {
        return None;
    }
    let rest = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let authority = rest.split('/').next()?;
    let host = authority.split(':').next()?;
    let is_name = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        && host.contains(|c: char| c.is_ascii_alphabetic());
    is_name.then(|| (host.to_owned(), authority != host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    fn hosts(configuration: &str) -> Vec<String> {
        hosts_of(
            "image: 'nginx:1.29', volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']",
            configuration,
        )
    }

    fn hosts_of(service: &str, configuration: &str) -> Vec<String> {
        let text = format!(
            "services: {{web: {{{service}}}}}\n== Dockerfile ==\nFROM nginx:1.29\nCOPY a.conf /etc/nginx/conf.d/default.conf\n\
             == a.conf ==\n{configuration}"
        );
        with_project(&text, |project| {
            let found = upstreams(project, &project.services()[0]);
            found
                .iter()
                .map(|upstream| format!("{}:{}", upstream.host, upstream.line))
                .collect()
        })
    }

    #[test]
    fn what_must_be_found_at_the_start_is_found() {
        assert_eq!(
            hosts("server {\n  listen 80; # proxy_pass http://no;\n  location / { proxy_pass http://app:8080/x; }\n}"),
            ["app:3"]
        );
        assert_eq!(
            hosts("upstream php { server app:9000 weight=2; }\nserver { fastcgi_pass php; }"),
            ["app:1"]
        );
        assert_eq!(
            hosts("server { location / { grpc_pass grpc://app:1; } location ~ '^/{2}' { uwsgi_pass other; } }"),
            ["app:1", "other:1"]
        );
        for late in [
            "server { set $u http://app; proxy_pass $u; }",
            "server { proxy_pass http://${APP}:80; }",
            "upstream a { server app:80 resolve; }",
            "server { proxy_pass http://10.0.0.1:80; }",
            "server { proxy_pass http://app.example.com; }",
            "server { fastcgi_pass unix:/run/php.sock; }",
            "server { server_name app; }",
        ] {
            assert_eq!(hosts(late), [""; 0], "{late}");
        }
    }

    #[test]
    fn what_nginx_does_not_read_does_not_count() {
        let text = "server { proxy_pass http://app; }";
        let found = |service: &str| hosts_of(service, text).len();
        assert_eq!(found("build: ."), 1);
        assert_eq!(
            found("image: 'nginx:1.29', volumes: ['./a.conf:/etc/nginx/nginx.conf']"),
            1
        );
        assert_eq!(
            found("image: 'httpd:2', volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']"),
            0
        );
        assert_eq!(
            found("image: 'nginx:1.29', volumes: ['./a.conf:/etc/nginx/snippets/a.conf']"),
            0
        );
        assert_eq!(
            found("image: 'nginx:1.29', volumes: ['./a.conf:/etc/nginx/conf.d/a.conf'], command: sleep 1"),
            0
        );
    }
}
