//! A server that only its own container reaches.

use super::text::{Argv, main};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::program_name;
use crate::source::Span;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "listens-on-loopback",
    summary: "a server whose port is published listens on 127.0.0.1 of its container",
    why: "A published port leads to the address of the container in its network. Many development servers listen on \
          127.0.0.1 where nothing else is said: connections from outside are reset.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: app:1
    command: «python manage.py runserver»
    ports:
      - \"8000:8000\"
",
    good: "\
services:
  web:
    image: app:1
    command: python manage.py runserver 0.0.0.0:8000
    ports:
      - \"8000:8000\"
",
    fixed: None,
    check,
};

/// A server that listens on 127.0.0.1 by itself.
struct Server {
    /// Its program, and the word behind it where it needs one.
    words: &'static [&'static str],
    /// Options that say where it listens, and variables that do.
    options: &'static [&'static str],
    variables: &'static [&'static str],
    /// What to write.
    help: &'static str,
}

const SERVERS: [Server; 14] = [
    Server {
        words: &["flask", "run"],
        options: &["-h", "--host"],
        variables: &["FLASK_RUN_HOST"],
        help: "--host 0.0.0.0",
    },
    Server {
        words: &["uvicorn"],
        options: &["--host", "--uds", "--fd"],
        variables: &["UVICORN_HOST"],
        help: "--host 0.0.0.0",
    },
    Server {
        words: &["fastapi", "dev"],
        options: &["--host"],
        variables: &[],
        help: "--host 0.0.0.0",
    },
    Server {
        words: &["hypercorn"],
        options: &["-b", "--bind", "-c", "--config"],
        variables: &[],
        help: "--bind 0.0.0.0:8000",
    },
    Server {
        words: &["gunicorn"],
        options: &["-b", "--bind", "-c", "--config"],
        variables: &["GUNICORN_CMD_ARGS", "PORT"],
        help: "--bind 0.0.0.0:8000",
    },
    Server {
        words: &["rails", "server"],
        options: &["-b", "--binding"],
        variables: &["BINDING", "HOST"],
        help: "-b 0.0.0.0",
    },
    Server {
        words: &["rails", "s"],
        options: &["-b", "--binding"],
        variables: &["BINDING", "HOST"],
        help: "-b 0.0.0.0",
    },
    Server {
        words: &["ng", "serve"],
        options: &["--host", "--configuration", "-c"],
        variables: &[],
        help: "--host 0.0.0.0",
    },
    Server {
        words: &["jekyll", "serve"],
        options: &["-H", "--host", "--config"],
        variables: &[],
        help: "--host 0.0.0.0",
    },
    Server {
        words: &["hugo", "server"],
        options: &["--bind"],
        variables: &[],
        help: "--bind 0.0.0.0",
    },
    Server {
        words: &["mkdocs", "serve"],
        options: &["-a", "--dev-addr", "-f", "--config-file"],
        variables: &[],
        help: "--dev-addr 0.0.0.0:8000",
    },
    Server {
        words: &["webpack", "serve"],
        options: &["--host", "-c", "--config"],
        variables: &[],
        help: "--host 0.0.0.0",
    },
    Server {
        words: &["artisan", "serve"],
        options: &["--host"],
        variables: &["SERVER_HOST"],
        help: "--host 0.0.0.0",
    },
    Server {
        words: &["manage.py", "runserver"],
        options: &[],
        variables: &[],
        help: "0.0.0.0:8000",
    },
];

/// Addresses and names of the container itself.
const OWN: [&str; 4] = ["127.0.0.1", "localhost", "[::1]", "::1"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services().iter().filter(|service| is_reached(service)) {
        found.extend_once(main(service).and_then(|argv| finding(service, &argv)));
    }
}

/// Whether it is to be reached from outside, and has an address of its own.
fn is_reached(service: &Service<'_>) -> bool {
    service.items("ports").len() > 0 && service.text("network_mode").is_none()
}

fn finding(service: &Service<'_>, argv: &Argv<'_>) -> Option<Diagnostic> {
    let (words, span) = last_command(argv)?;
    let help = listens_on_loopback(&words, |name| service.node.at(&["environment", name]).is_some())?;
    let message = format!(
        "\"{}\" listens on 127.0.0.1, which a published port does not reach",
        service.name()
    );
    Some(at(span, message).help(format!("write {help}")))
}

/// What a container goes on with: its words, or the last command of its script.
fn last_command(argv: &Argv<'_>) -> Option<(Vec<String>, Span)> {
    if let Some((script, node)) = argv.script() {
        let commands = script.commands();
        let words = commands.last()?.words.iter().map(|word| word.text.clone());
        return Some((words.collect(), node.span));
    }
    let words: Vec<String> = argv.words().iter().map(|word| (*word).to_owned()).collect();
    Some((words, argv.parts.last()?.node.span))
}

/// What to write where a server listens on its own container alone.
fn listens_on_loopback(words: &[String], is_set: impl Fn(&str) -> bool) -> Option<&'static str> {
    let names: Vec<&str> = words.iter().map(|word| program_name(word)).collect();
    let begins = |server: &Server| {
        names
            .windows(server.words.len())
            .position(|window| window == server.words)
    };
    let (server, start) = SERVERS.iter().find_map(|server| Some((server, begins(server)?)))?;
    let rest: Vec<&str> = words
        .get(start + server.words.len()..)?
        .iter()
        .map(String::as_str)
        .collect();
    if server.options.is_empty() {
        // The address is an argument: a port alone is one of 127.0.0.1.
        let address = rest.iter().find(|word| !word.starts_with('-'));
        let host = address
            .and_then(|address| address.rsplit_once(':'))
            .map(|(host, _)| host);
        return host.is_none_or(|host| OWN.contains(&host)).then_some(server.help);
    }
    let given = rest.iter().enumerate().find_map(|(at, word)| {
        let (name, joined) = word
            .split_once('=')
            .map_or((*word, None), |(name, value)| (name, Some(value)));
        let is_option = server.options.contains(&name);
        is_option.then(|| joined.or(rest.get(at + 1).copied()).unwrap_or_default())
    });
    // An option that is joined with its value, such as -b0.0.0.0, is left alone.
    let has_short = rest.iter().any(|word| {
        server
            .options
            .iter()
            .any(|short| short.len() == 2 && word.starts_with(short))
    });
    match given {
        Some(value) => OWN
            .iter()
            .any(|own| value == *own || value.starts_with(&format!("{own}:")))
            .then_some(server.help),
        None if has_short || server.variables.iter().any(|name| is_set(name)) => None,
        None => Some(server.help),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn programs_options_and_addresses_decide() {
        for (line, is_own) in [
            ("python manage.py runserver", true),
            ("python manage.py runserver 8000", true),
            ("python manage.py runserver --noreload 127.0.0.1:8000", true),
            ("python manage.py runserver 0.0.0.0:8000", false),
            ("python manage.py runserver [::]:8000", false),
            ("python manage.py runserver 0:8000", false),
            ("flask run", true),
            ("flask --app a run --host=0.0.0.0", false),
            ("flask run -h localhost", true),
            ("uvicorn app:app --reload", true),
            ("uvicorn app:app --host 0.0.0.0", false),
            ("gunicorn app:app -b :8000", false),
            ("gunicorn app:app -b127.0.0.1:1", false),
            ("gunicorn -c conf.py app:app", false),
            ("bundle exec rails s -p 3000", true),
            ("bundle exec rails server -b 0.0.0.0", false),
            ("node server.js", false),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(listens_on_loopback(&words, |_| false).is_some(), is_own, "{line}");
        }
    }

    #[test]
    fn a_server_that_is_not_published_is_left_alone() {
        let of = |text: &str| found(&RULE, &format!("services:\n  a: {{image: i, {text}}}\n")).len();
        assert_eq!(of("command: flask run"), 0);
        assert_eq!(of("command: flask run, ports: ['5000:5000']"), 1);
        assert_eq!(
            of("command: flask run, ports: ['5000:5000'], environment: {FLASK_RUN_HOST: 0.0.0.0}"),
            0
        );
        assert_eq!(of("command: flask run, network_mode: host, ports: ['5000:5000']"), 0);
        assert_eq!(
            of("command: [sh, -c, 'flask db upgrade && exec flask run'], ports: ['5000:5000']"),
            1
        );
    }
}
