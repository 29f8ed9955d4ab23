//! Programs that run another one: what of their words is the command that they run.

use super::names;
use crate::shell::{is_shell, program_name};

/// A program that runs the command behind its own words.
struct Wrapper {
    program: &'static str,
    /// Its options that take the next word as their value.
    values: &'static [&'static str],
    /// How many words of its own it has besides options.
    own: usize,
    /// Whether its command stands behind `--`, and nowhere else.
    needs_dashes: bool,
}

const fn plain(program: &'static str, values: &'static [&'static str], own: usize) -> Wrapper {
    Wrapper {
        program,
        values,
        own,
        needs_dashes: false,
    }
}

const fn dashed(program: &'static str) -> Wrapper {
    Wrapper {
        program,
        values: &[],
        own: 0,
        needs_dashes: true,
    }
}

/// The table of wrappers, one line each.
#[rustfmt::skip]
const WRAPPERS: &[Wrapper] = &[
    // The shell's and the system's
    plain("exec", &["-a"], 0),
    plain("command", &[], 0),
    plain("builtin", &[], 0),
    plain("time", &["-f", "-o"], 0),
    plain("env", &["-u", "-C", "--unset", "--chdir"], 0),
    plain("nice", &["-n", "--adjustment"], 0),
    plain("ionice", &["-c", "-n", "--class", "--classdata"], 0),
    plain("chrt", &["-p"], 1),
    plain("taskset", &[], 1),
    plain("numactl", &["-m", "-N", "-C"], 0),
    plain("nohup", &[], 0),
    plain("setsid", &[], 0),
    plain("stdbuf", &["-i", "-o", "-e"], 0),
    plain("unbuffer", &[], 0),
    plain("timeout", &["-s", "--signal", "-k", "--kill-after"], 1),
    plain("gtimeout", &["-s", "--signal", "-k", "--kill-after"], 1),
    plain("strace", &["-e", "-o", "-p", "-s"], 0),
    plain("ltrace", &["-e", "-o"], 0),
    plain("catchsegv", &[], 0),
    plain("faketime", &["-f"], 1),
    plain("flock", &["-w", "-E", "--timeout", "--conflict-exit-code"], 1),
    plain("chronic", &[], 0),
    plain("linux32", &[], 0),
    plain("linux64", &[], 0),
    plain("setarch", &[], 1),
    plain("unshare", &[], 0),
    plain("nsenter", &["-t", "--target"], 0),
    plain("chroot", &["--userspec", "--groups"], 1),
    plain("busybox", &[], 0),
    plain("retry", &["-t", "-d", "-m", "--times", "--delay", "--tries"], 0),
    plain("systemd-cat", &["-t", "-p"], 0),
    // Another user
    plain("sudo", &["-u", "-g", "-C", "-h", "-p", "--user", "--group"], 0),
    plain("doas", &["-u", "-C"], 0),
    plain("gosu", &[], 1),
    plain("su-exec", &[], 1),
    plain("setpriv", &["--reuid", "--regid", "--groups", "--inh-caps", "--bounding-set"], 0),
    plain("setuidgid", &[], 1),
    plain("s6-setuidgid", &[], 1),
    plain("chpst", &["-u", "-U", "-e", "-n", "-l", "-L", "-m"], 0),
    plain("capsh", &[], 0),
    plain("runuser", &["-u", "-g", "-G", "--user", "--group"], 0),
    // The first process of a container
    plain("tini", &["-p", "-e"], 0),
    plain("tini-static", &["-p", "-e"], 0),
    plain("dumb-init", &["-r", "--rewrite"], 0),
    plain("docker-init", &["-p", "-e"], 0),
    plain("catatonit", &[], 0),
    plain("pid1", &[], 0),
    plain("init", &[], 0),
    plain("my_init", &[], 0),
    plain("with-contenv", &[], 0),
    plain("nss_wrapper", &[], 0),
    // A display, a bus
    plain("xvfb-run", &["-e", "-f", "-n", "-p", "-s", "-w", "--server-num", "--server-args", "--error-file", "--auth-file"], 0),
    plain("dbus-run-session", &[], 0),
    plain("dbus-launch", &[], 0),
    plain("weston-launch", &[], 0),
    plain("ssh-agent", &["-t"], 0),
    // Secrets and variables
    dashed("doppler"),
    dashed("infisical"),
    dashed("op"),
    dashed("chamber"),
    dashed("aws-vault"),
    dashed("teller"),
    dashed("berglas"),
    dashed("akeyless"),
    dashed("conjur"),
    plain("summon", &["-f", "-p", "-D", "--provider"], 0),
    plain("envconsul", &["-config", "-prefix", "-secret", "-consul-addr", "-vault-addr"], 0),
    plain("envdir", &[], 1),
    plain("vault-env", &[], 0),
    plain("secrets-init", &[], 0),
    plain("dotenv", &["-e", "-f", "-c", "-v", "-o"], 0),
    plain("dotenvx", &["-f", "-e"], 0),
    plain("env-cmd", &["-f", "-e", "--environments", "--file"], 0),
    plain("cross-env", &[], 0),
    plain("cross-env-shell", &[], 0),
    plain("mise", &[], 0),
    plain("asdf", &[], 0),
    plain("rtx", &[], 0),
    plain("nvm", &[], 1),
    plain("volta", &[], 0),
    plain("fnm", &["--using"], 0),
    plain("rbenv", &[], 0),
    plain("pyenv", &[], 0),
    plain("rvm", &[], 1),
    plain("devbox", &[], 0),
    plain("spring", &[], 0),
    // What finds a program among a project's packages
    plain("npx", &["-p", "-w", "--package", "--workspace"], 0),
    plain("bunx", &[], 0),
    plain("pnpx", &[], 0),
    plain("uvx", &["--from", "--with", "-p", "--python"], 0),
    plain("pipx", &["--spec"], 0),
    plain("bundler", &[], 0),
    plain("binstub", &[], 0),
    // What measures another
    plain("nyc", &["-r", "--reporter", "--report-dir", "-x", "-n"], 0),
    plain("c8", &["-r", "--reporter", "--reports-dir", "-x", "-n"], 0),
    plain("kcov", &[], 1),
    plain("valgrind", &[], 0),
    plain("opentelemetry-instrument", &[], 0),
    plain("ddtrace-run", &[], 0),
    plain("newrelic-admin", &[], 1),
    plain("scalene", &[], 0),
    plain("pyinstrument", &["-o", "-r"], 0),
    plain("debugpy", &["--listen", "--configure-log-to"], 0),
    // What waits for others
    dashed("wait4x"),
    plain("dockerize", &["-wait", "--wait", "-timeout", "--timeout", "-template", "--template", "-wait-retry-interval", "-wait-http-header", "-stdout", "-stderr", "-env", "-delims"], 0),
];

/// Programs whose command stands behind one of these words: `bundle exec`, `poetry run`.
#[rustfmt::skip]
const BEHIND_WORD: &[(&str, &[&str])] = &[
    ("bundle", &["exec"]),
    ("bundler", &["exec"]),
    ("poetry", &["run"]),
    ("pipenv", &["run"]),
    ("uv", &["run"]),
    ("pdm", &["run"]),
    ("rye", &["run"]),
    ("hatch", &["run"]),
    ("pixi", &["run"]),
    ("conda", &["run"]),
    ("mamba", &["run"]),
    ("micromamba", &["run"]),
    ("coverage", &["run"]),
    ("npm", &["exec", "x"]),
    ("pnpm", &["exec", "dlx"]),
    ("yarn", &["exec", "dlx"]),
    ("bun", &["x"]),
    ("composer", &["exec"]),
    ("nix", &["develop", "shell"]),
    ("mise", &["exec", "x"]),
    ("asdf", &["exec"]),
    ("rbenv", &["exec"]),
    ("pyenv", &["exec"]),
    ("direnv", &["exec"]),
    ("fnm", &["exec"]),
    ("volta", &["run"]),
    ("devbox", &["run"]),
    ("dotenv", &["run"]),
    ("dotenvx", &["run"]),
    ("pipx", &["run"]),
    ("opam", &["exec"]),
    ("stack", &["exec"]),
    ("cabal", &["exec"]),
    ("dune", &["exec"]),
    ("earthly-run", &["run"]),
    ("percy", &["exec"]),
    ("go", &["run"]),
    ("cargo", &["run"]),
];

/// Options of those that take the next word as their value.
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "-p", "-n", "--name", "--with", "--python", "--extra", "--group", "--project", "--directory", "-e", "--env", "-f", "-w",
    "--workspace", "--package",
];

/// Interpreters of files, with their options that take a value.
#[rustfmt::skip]
const INTERPRETERS: &[(&str, &[&str])] = &[
    ("python", &["-W", "-X"]),
    ("pypy", &["-W", "-X"]),
    ("node", &["-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file"]),
    ("nodejs", &["-r", "--require"]),
    ("ts-node", &["-P", "--project", "-r", "-O"]),
    ("tsx", &["--tsconfig"]),
    ("babel-node", &["--presets", "-x"]),
    ("esno", &[]),
    ("ruby", &["-r", "-I", "-e"]),
    ("jruby", &["-r", "-I", "-e"]),
    ("php", &["-d", "-c"]),
    ("perl", &["-I", "-e"]),
    ("lua", &["-l", "-e"]),
    ("Rscript", &["-e"]),
    ("pwsh", &["-ExecutionPolicy"]),
    ("java", &["-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-opens", "--add-modules"]),
    ("mono", &[]),
];

/// What a command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inner<'a> {
    /// These words.
    Words(&'a [String]),
    /// A script of a shell, with the words that it finds as `$1` and so on.
    Script(&'a str, &'a [String]),
}

/// What the words run, where their program runs something else.
pub(super) fn inner(words: &[String]) -> Option<Inner<'_>> {
    let program = stem(words.first()?);
    let rest = &words[1..];
    if is_assignment(&words[0]) {
        return Some(Inner::Words(rest));
    }
    if let Some(script) = script_option(&program, rest) {
        return Some(script);
    }
    behind_word(&program, rest)
        .or_else(|| wrapped(&program, rest))
        .or_else(|| interpreted(&program, rest))
        .filter(|rest| !rest.is_empty())
        .map(Inner::Words)
}

/// The name of a program as the tables have it: without its path, its version and its ending.
pub(super) fn stem(program: &str) -> String {
    let name = program_name(program);
    let without_ending = [
        ".sh", ".bash", ".py", ".rb", ".pl", ".php", ".js", ".mjs", ".cjs", ".ts", ".mts", ".bat", ".cmd", ".exe",
        ".phar", ".jar", ".R",
    ]
    .iter()
    .find_map(|ending| name.strip_suffix(ending))
    .unwrap_or(name);
    for (known, _) in INTERPRETERS {
        let version = without_ending.strip_prefix(known);
        if version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.')) {
            return (*known).to_owned();
        }
    }
    without_ending.to_owned()
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// `su app -c "npm test"`, `script -qec "npm test"`, `sops exec-env file "npm test"`, `eval "npm test"`.
fn script_option<'a>(program: &str, rest: &'a [String]) -> Option<Inner<'a>> {
    let of_option = |short: char, long: &str| {
        let is_option =
            |word: &String| word == long || (word.starts_with('-') && !word.starts_with("--") && word.ends_with(short));
        let joined = rest.iter().find_map(|word| word.strip_prefix(long)?.strip_prefix('='));
        let behind = || rest.get(rest.iter().position(is_option)? + 1).map(String::as_str);
        joined.or_else(behind).map(|text| Inner::Script(text, &[]))
    };
    match program {
        "su" | "runuser" => of_option('c', "--command"),
        "script" | "flock" => of_option('c', "--command"),
        "nix" => None,
        "doppler" | "infisical" => of_option('\0', "--command"),
        "sops" => rest.last().map(|text| Inner::Script(text, &[])),
        "eval" if rest.len() == 1 => Some(Inner::Script(&rest[0], &[])),
        "eval" if !rest.is_empty() => Some(Inner::Words(rest)),
        _ => None,
    }
}

/// `bundle exec rspec`, `coverage run -m pytest`, `nix develop -c make test`.
fn behind_word<'a>(program: &str, rest: &'a [String]) -> Option<&'a [String]> {
    let (_, words) = BEHIND_WORD.iter().find(|(known, _)| *known == program)?;
    let at = rest.iter().position(|word| words.contains(&word.as_str()))?;
    let command = &rest[at + 1..];
    match program {
        "coverage" => Some(module_of(command).unwrap_or_else(|| behind_options(command, VALUES))),
        "nix" => {
            let at = command.iter().position(|word| word == "-c" || word == "--command")?;
            Some(&command[at + 1..])
        }
        // Its folder comes first.
        "direnv" => command.get(1..),
        _ => Some(behind_options(command, VALUES)),
    }
}

fn wrapped<'a>(program: &str, rest: &'a [String]) -> Option<&'a [String]> {
    if names::waits(program) {
        return Some(behind_waiting(rest));
    }
    let wrapper = WRAPPERS.iter().find(|wrapper| wrapper.program == program)?;
    if wrapper.needs_dashes {
        let dashes = rest.iter().position(|word| word == "--")?;
        return Some(&rest[dashes + 1..]);
    }
    let mut left = behind_options(rest, wrapper.values);
    left = left.get(wrapper.own..).unwrap_or_default();
    let mut left = behind_options(left, wrapper.values);
    while left.first().is_some_and(|word| is_assignment(word)) {
        left = &left[1..];
    }
    Some(left)
}

/// Passes options, the values of those that have one, and a `--`.
fn behind_options<'a>(mut words: &'a [String], values: &[&str]) -> &'a [String] {
    while let Some(word) = words.first().filter(|word| word.starts_with('-') && word.len() > 1) {
        let takes_value = values.contains(&word.as_str());
        words = words.get(1 + usize::from(takes_value)..).unwrap_or_default();
        if word == "--" {
            break;
        }
    }
    words
}

/// What stands behind `wait-for-it db:5432 -t 60 --`, or behind the hosts where there is no `--`.
fn behind_waiting(rest: &[String]) -> &[String] {
    if let Some(dashes) = rest.iter().position(|word| word == "--") {
        return &rest[dashes + 1..];
    }
    let is_own = |word: &&String| {
        let is_number = word.trim_end_matches('s').bytes().all(|byte| byte.is_ascii_digit());
        word.starts_with('-') || is_number || (word.contains(':') && !word.contains(' '))
    };
    let own = rest.iter().take_while(is_own).count();
    &rest[own..]
}

/// `python -m pytest`, `python manage.py test`, `node scripts/migrate.js`, `java -jar app.jar migrate`.
fn interpreted<'a>(program: &str, rest: &'a [String]) -> Option<&'a [String]> {
    let (_, values) = INTERPRETERS.iter().find(|(known, _)| *known == program)?;
    // An option can make it a program of its own: `node --test`, `php -S`. The tables have these.
    if let Some(module) = module_of(rest) {
        return Some(module);
    }
    if is_shell(program) {
        return None;
    }
    Some(behind_options(rest, values))
}

/// The words behind `-m`, where it comes before any file.
fn module_of(rest: &[String]) -> Option<&[String]> {
    let options = rest.iter().take_while(|word| word.starts_with('-')).count();
    let at = rest[..options]
        .iter()
        .position(|word| word == "-m" || word.ends_with("m") && !word.starts_with("--"))?;
    Some(&rest[at + 1..])
}
