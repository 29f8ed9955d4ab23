//! A server that only its own container reaches.

use std::fs;
use std::path::PathBuf;

use super::package_scripts::Package;
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
    /// How the names of files begin that can say it as well.
    settings: &'static [&'static str],
    /// Words behind the program with which it serves nothing.
    idle: &'static [&'static str],
    /// Whether it listens everywhere where nothing is said.
    is_open: bool,
    /// A package and its first version that listens everywhere where nothing is said.
    open_since: Option<(&'static str, u32)>,
    /// Whether its name means it only as the program, or behind what runs programs of Node.js.
    is_program: bool,
}

/// One with `--host`.
const SERVER: Server = Server {
    words: &[],
    options: &["--host"],
    variables: &[],
    help: "--host 0.0.0.0",
    settings: &[],
    idle: &[],
    is_open: false,
    open_since: None,
    is_program: false,
};

/// One for Node.js.
const NODE: Server = Server {
    is_program: true,
    ..SERVER
};

/// One that Vite serves.
const VITE: Server = Server {
    options: &["--host", "-c", "--config"],
    settings: &["vite.config."],
    idle: &["build", "optimize"],
    ..NODE
};

const SERVERS: [Server; 28] = [
    Server {
        words: &["flask", "run"],
        options: &["-h", "--host"],
        variables: &["FLASK_RUN_HOST"],
        ..SERVER
    },
    Server {
        words: &["quart", "run"],
        options: &["-h", "--host"],
        ..SERVER
    },
    Server {
        words: &["uvicorn"],
        options: &["--host", "--uds", "--fd"],
        variables: &["UVICORN_HOST"],
        ..SERVER
    },
    Server {
        words: &["fastapi", "dev"],
        ..SERVER
    },
    Server {
        words: &["hypercorn"],
        options: &["-b", "--bind", "-c", "--config"],
        help: "--bind 0.0.0.0:8000",
        ..SERVER
    },
    Server {
        words: &["gunicorn"],
        options: &["-b", "--bind", "-c", "--config"],
        variables: &["GUNICORN_CMD_ARGS", "PORT"],
        help: "--bind 0.0.0.0:8000",
        settings: &["gunicorn.conf.py"],
        ..SERVER
    },
    Server {
        words: &["rails", "server"],
        options: &["-b", "--binding"],
        variables: &["BINDING", "HOST"],
        help: "-b 0.0.0.0",
        ..SERVER
    },
    Server {
        words: &["rails", "s"],
        options: &["-b", "--binding"],
        variables: &["BINDING", "HOST"],
        help: "-b 0.0.0.0",
        ..SERVER
    },
    Server {
        words: &["jekyll", "serve"],
        options: &["-H", "--host", "--config"],
        settings: &["_config.y"],
        ..SERVER
    },
    Server {
        words: &["hugo", "server"],
        options: &["--bind"],
        help: "--bind 0.0.0.0",
        ..SERVER
    },
    Server {
        words: &["mkdocs", "serve"],
        options: &["-a", "--dev-addr", "-f", "--config-file"],
        help: "--dev-addr 0.0.0.0:8000",
        ..SERVER
    },
    Server {
        words: &["mlflow", "server"],
        options: &["-h", "--host"],
        variables: &["MLFLOW_HOST"],
        ..SERVER
    },
    Server {
        words: &["mlflow", "ui"],
        options: &["-h", "--host"],
        variables: &["MLFLOW_HOST"],
        ..SERVER
    },
    Server {
        words: &["dagster", "dev"],
        options: &["-h", "--host"],
        ..SERVER
    },
    Server {
        words: &["artisan", "serve"],
        variables: &["SERVER_HOST"],
        ..SERVER
    },
    Server {
        words: &["manage.py", "runserver"],
        options: &[],
        help: "0.0.0.0:8000",
        ..SERVER
    },
    Server {
        words: &["php"],
        options: &["-S"],
        help: "-S 0.0.0.0:8000",
        is_open: true,
        ..SERVER
    },
    Server {
        words: &["ng", "serve"],
        options: &["--host", "--configuration", "-c"],
        settings: &["angular.json"],
        ..NODE
    },
    Server {
        words: &["webpack", "serve"],
        options: &["--host", "-c", "--config"],
        settings: &["webpack."],
        open_since: Some(("webpack-dev-server", 4)),
        ..NODE
    },
    Server {
        words: &["webpack-dev-server"],
        options: &["--host", "-c", "--config"],
        settings: &["webpack."],
        open_since: Some(("webpack-dev-server", 4)),
        ..NODE
    },
    Server {
        words: &["astro", "dev"],
        options: &["--host", "--config"],
        settings: &["astro.config.", "vite.config."],
        ..NODE
    },
    Server {
        words: &["astro", "preview"],
        options: &["--host", "--config"],
        settings: &["astro.config.", "vite.config."],
        ..NODE
    },
    Server {
        words: &["remix", "vite:dev"],
        ..VITE
    },
    Server {
        words: &["react-router", "dev"],
        ..VITE
    },
    Server {
        words: &["docusaurus", "start"],
        options: &["-h", "--host"],
        ..NODE
    },
    Server {
        words: &["next", "dev"],
        options: &["-H", "--hostname"],
        help: "-H 0.0.0.0",
        is_open: true,
        ..NODE
    },
    Server {
        words: &["http-server"],
        options: &["-a"],
        help: "-a 0.0.0.0",
        is_open: true,
        ..NODE
    },
    Server {
        words: &["vite"],
        ..VITE
    },
];

/// Words that run a program of Node.js.
const RUNNERS: [&str; 13] = [
    "bun",
    "bunx",
    "cross-env",
    "dlx",
    "dotenv",
    "exec",
    "node",
    "npm",
    "npx",
    "pnpm",
    "pnpx",
    "x",
    "yarn",
];

/// Addresses and names of the container itself.
const OWN: [&str; 4] = ["127.0.0.1", "localhost", "[::1]", "::1"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services().iter().filter(|service| is_reached(service)) {
        found.extend_once(main(service).and_then(|argv| finding(project, service, &argv)));
    }
}

/// Whether it is to be reached from outside, and has an address of its own.
fn is_reached(service: &Service<'_>) -> bool {
    service.items("ports").len() > 0 && service.text("network_mode").is_none()
}

fn finding(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>) -> Option<Diagnostic> {
    let (words, span) = last_command(argv)?;
    let package = Package::of(project, service);
    let written = words.clone();
    let words = match &package {
        Some(package) => package.expand(words),
        None => words,
    };
    let (server, said) = on_loopback(&words, |name| service.node.at(&["environment", name]).is_some())?;
    let level = match said {
        Said::Own => Severity::Warning,
        _ => certainty(server, package.as_ref())?,
    };
    let message = format!(
        "\"{}\" listens on 127.0.0.1, which a published port does not reach",
        service.name()
    );
    let place = if words == written {
        ""
    } else {
        " in the script of package.json"
    };
    Some(
        at(span, message)
            .help(format!("write {}{place}", server.help))
            .at_most(level),
    )
}

/// How sure it is that no file says where to listen; none where one does, or may.
fn certainty(server: &Server, package: Option<&Package>) -> Option<Severity> {
    if let Some((name, version)) = server.open_since {
        package?.major(name).filter(|major| *major < version)?;
    }
    if server.settings.is_empty() {
        return Some(Severity::Warning);
    }
    // The settings of an image are not known here. Those of Vite and its kind say where to listen more often than others.
    let Some(package) = package else {
        return Some(if server.is_program {
            Severity::Hint
        } else {
            Severity::Warning
        });
    };
    let entries = fs::read_dir(&package.directory).into_iter().flatten().flatten();
    let is_settings = |name: &str| server.settings.iter().any(|settings| name.starts_with(settings));
    let mut files = entries.filter(|entry| is_settings(&entry.file_name().to_string_lossy()));
    let says_host = |path: PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.contains("host") || text.contains("bind")
    };
    (!files.any(|entry| says_host(entry.path()))).then_some(Severity::Warning)
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

/// The server that words start, where it listens on its own container alone as far as they say.
fn on_loopback(words: &[String], is_set: impl Fn(&str) -> bool) -> Option<(&'static Server, Said)> {
    let names: Vec<&str> = words.iter().map(|word| program_name(word)).collect();
    let begins = |server: &Server| {
        let start = names
            .windows(server.words.len())
            .position(|window| window == server.words)?;
        let mut before = names.iter().take(start);
        let is_run = before.all(|word| RUNNERS.contains(word) || word.starts_with('-') || word.contains('='));
        (is_run || !server.is_program).then_some(start)
    };
    let (server, start) = SERVERS.iter().find_map(|server| Some((server, begins(server)?)))?;
    let rest: Vec<&str> = words
        .get(start + server.words.len()..)?
        .iter()
        .map(String::as_str)
        .collect();
    if rest.first().is_some_and(|word| server.idle.contains(word)) {
        return None;
    }
    let said = address(server, &rest);
    let is_own = match said {
        Said::Own => true,
        Said::Other => false,
        Said::Nothing => !server.is_open && !server.variables.iter().any(|name| is_set(name)),
    };
    is_own.then_some((server, said))
}

/// What the words behind a server say of where it listens.
enum Said {
    /// On 127.0.0.1.
    Own,
    /// Elsewhere, or something that is not known here.
    Other,
    Nothing,
}

fn address(server: &Server, rest: &[&str]) -> Said {
    if server.options.is_empty() {
        // The address is an argument: a port alone is one of 127.0.0.1.
        let address = rest.iter().find(|word| !word.starts_with('-'));
        return match address.and_then(|address| address.rsplit_once(':')) {
            Some((host, _)) if OWN.contains(&host) => Said::Own,
            Some(_) => Said::Other,
            None => Said::Nothing,
        };
    }
    let given = rest.iter().enumerate().find_map(|(at, word)| {
        let (name, joined) = word
            .split_once('=')
            .map_or((*word, None), |(name, value)| (name, Some(value)));
        let is_option = server.options.contains(&name);
        is_option.then(|| joined.or(rest.get(at + 1).copied()).unwrap_or_default())
    });
    // An option that is joined with its value, such as -b0.0.0.0, is left alone.
    let is_joined = |word: &str| {
        server
            .options
            .iter()
            .any(|short| short.len() == 2 && word.starts_with(short))
    };
    let is_own = |value: &str| {
        OWN.iter()
            .any(|own| value == *own || value.starts_with(&format!("{own}:")))
    };
    match given {
        Some(value) if is_own(value) => Said::Own,
        Some(_) => Said::Other,
        None if rest.iter().any(|word| is_joined(word)) => Said::Other,
        None => Said::Nothing,
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
            ("npx vite --port 3000", true),
            ("vite dev", true),
            ("vite --host", false),
            ("vite --host --port 3000", false),
            ("vite --host 127.0.0.1", true),
            ("vite build", false),
            ("npm create vite", false),
            ("astro dev", true),
            ("next dev", false),
            ("next dev -H localhost", true),
            ("php -S localhost:8000 -t public", true),
            ("php -S 0.0.0.0:8000", false),
            ("php artisan serve", true),
            ("php index.php", false),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(on_loopback(&words, |_| false).is_some(), is_own, "{line}");
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

    #[test]
    fn scripts_and_settings_of_the_package_are_read() {
        let of = |command: &str, files: &str| {
            let text = format!(
                "services:\n  a: {{image: 'node:22', working_dir: /app, volumes: ['./web:/app'], ports: ['5173:5173'], command: \
                 {command}}}\n== web/package.json ==\n{{\"scripts\": {{\"dev\": \"vite\", \"wds\": \"webpack serve\"}}, \
                 \"devDependencies\": {{\"webpack-dev-server\": \"^3.11.0\"}}}}\n{files}"
            );
            found(&RULE, &text).len()
        };
        let settings = |text: &str| format!("== web/vite.config.ts ==\n{text}\n");
        assert_eq!(of("npm run dev", ""), 1);
        assert_eq!(
            of("npm run dev", &settings("export default { server: { port: 1 } }")),
            1
        );
        assert_eq!(
            of("npm run dev", &settings("export default { server: { host: true } }")),
            0
        );
        assert_eq!(of("npm run dev -- --host", ""), 0);
        assert_eq!(of("npm run wds", ""), 1);
        assert_eq!(of("npm test", ""), 0);
    }
}
