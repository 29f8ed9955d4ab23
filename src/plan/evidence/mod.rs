//! What a service's command, image and name say of its kind: tables of words and programs, nothing else.

mod names;
mod script;
mod tasks;
mod tools;
mod wrappers;

use crate::shell::{is_shell, program_name, script_of};
use tools::{SERVER_IMAGES, TOOLS, Tool};
use wrappers::Inner;

pub(super) use names::{NameSign, Strength, of_service as name};
pub(super) use tools::Does;

/// What a command does, and by which of its words that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) does: Does,
    /// The program with what stands behind it, as a reader finds it in the command.
    pub(super) what: String,
}

impl Sign {
    fn new(does: Does, what: impl Into<String>) -> Self {
        Self {
            does,
            what: what.into(),
        }
    }

    /// Whether it does nothing but wait, as people write it to keep a container there: `sleep infinity`, `tail -f /dev/null`,
    /// `while true; do …`.
    pub(super) fn only_waits(&self) -> bool {
        let program = self.what.split(' ').next().unwrap_or_default();
        self.does == Does::Serve && ["sleep", "tail", "while"].contains(&program)
    }
}

/// How many programs may stand around each other: more, nobody writes by hand.
const MOST_WRAPPERS: usize = 16;

/// What a command does, where its words say it.
pub(super) fn command(words: &[String]) -> Option<Sign> {
    read(words, MOST_WRAPPERS)
}

/// What a container does that is started with these words. An entrypoint that is not known runs its command, as a rule.
pub(super) fn container(entrypoint: &[String], words: &[String]) -> Option<Sign> {
    let whole: Vec<String> = entrypoint.iter().chain(words).cloned().collect();
    let hands_on = !entrypoint.first().is_some_and(|program| is_shell(program));
    command(&whole).or_else(|| command(words).filter(|_| hands_on))
}

fn read(words: &[String], depth: usize) -> Option<Sign> {
    let program = words.first()?;
    let depth = depth.checked_sub(1)?;
    if let Some(invocation) = script_of(words) {
        let arguments = words.get(invocation.index + 2..).unwrap_or_default();
        return script::read(invocation.text, arguments, depth);
    }
    if is_shell(program) {
        // A file of commands, behind the shell's options.
        let file = words[1..].iter().position(|word| !word.starts_with(['-', '+']))?;
        return read(&words[1 + file..], depth);
    }
    let said = by_table(words).or_else(|| tasks::read(words, depth));
    if let Some(sign) = said {
        return Some(as_called(sign, words));
    }
    let inner = match wrappers::inner(words) {
        Some(Inner::Words(words)) => read(words, depth),
        Some(Inner::Script(text, arguments)) => script::read(text, arguments, depth),
        None => None,
    };
    inner.or_else(|| by_name(words, depth).map(|sign| watching(sign, words)))
}

/// The first line of the table that fits.
fn by_table(words: &[String]) -> Option<Sign> {
    let program = program_of_table(&words[0]);
    let lines = TOOLS.iter().filter(|tool| tool.program == program);
    lines.filter_map(|tool| fits(tool, &words[1..])).next()
}

/// A program as the table names it. A script of the project's own can have the name of a tool: `http.php` is no HTTPie.
fn program_of_table(program: &str) -> &str {
    let name = program_name(program);
    // `npx playwright@1.50 test`.
    let name = name
        .split_once('@')
        .filter(|(name, _)| !name.is_empty())
        .map_or(name, |(name, _)| name);
    let archive = [".phar", ".exe", ".cmd", ".bat"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending));
    if program.contains("node_modules/") {
        return name.split_once('.').map_or(name, |(stem, _)| stem);
    }
    let script = || {
        let stem = [".sh", ".py"].iter().find_map(|ending| name.strip_suffix(ending))?;
        (stem.contains('-') || SHIPPED_SCRIPTS.contains(&stem)).then_some(stem)
    };
    archive.or_else(script).unwrap_or(name)
}

/// Programs of the table that are shipped as scripts.
const SHIPPED_SCRIPTS: &[&str] = &["manage", "catalina", "testssl", "zkServer", "standalone"];

fn fits(tool: &Tool, rest: &[String]) -> Option<Sign> {
    if tool.verbs.is_empty() {
        return Some(Sign::new(tool.does, tool.program));
    }
    let verb = tool.verbs.iter().find(|verb| has_verb(verb, rest))?;
    Some(Sign::new(tool.does, format!("{} {verb}", tool.program)))
}

/// Whether a program is called with a verb: among its first words, behind options and their values; an option as a verb
/// can stand anywhere.
fn has_verb(verb: &str, rest: &[String]) -> bool {
    let mut parts = verb.split(' ');
    let Some(first) = parts.next() else { return false };
    let Some(at) = position_of_verb(first, rest) else {
        return false;
    };
    let mut behind = rest[at + 1..].iter();
    parts.all(|part| behind.any(|word| word == part))
}

fn position_of_verb(verb: &str, rest: &[String]) -> Option<usize> {
    let is_verb = |word: &str| {
        let value = word.strip_prefix(verb).and_then(|rest| rest.strip_prefix('='));
        word == verb || (verb.starts_with('-') && value.is_some_and(|value| !["false", "no", "0"].contains(&value)))
    };
    if verb.starts_with('-') {
        return rest.iter().position(|word| is_verb(word));
    }
    let mut is_behind_option = false;
    let mut takes_value = false;
    for (at, word) in rest.iter().enumerate() {
        match () {
            () if takes_value => (is_behind_option, takes_value) = (false, false),
            () if word.starts_with('-') || word.starts_with('+') => {
                takes_value = VALUE_OPTIONS.contains(&word.as_str());
                is_behind_option = !word.contains('=');
            }
            () if is_verb(word) => return Some(at),
            // It can be the value of the option before it.
            () if is_behind_option => is_behind_option = false,
            () => return None,
        }
    }
    None
}

/// Options that take the next word as their value, whatever the program.
#[rustfmt::skip]
const VALUE_OPTIONS: &[&str] = &[
    "--prefix", "--cwd", "--dir", "--directory", "--filter", "--workspace", "--project", "--project-directory", "--file",
    "--config", "--config-file", "--namespace", "--context", "--profile", "--region", "--env-file", "--working-dir",
    "--settings", "--mode", "--env", "--environment", "--app", "-C", "-A",
];

/// A tool that watches files keeps running.
fn watching(sign: Sign, words: &[String]) -> Sign {
    let watches = |word: &String| {
        let word = word.trim_start_matches('-');
        let flag = word.split_once('=').unwrap_or((word, "true"));
        matches!(flag, ("watch" | "watchAll" | "watch-all", value) if value != "false")
    };
    let is_option = |word: &&String| word.starts_with('-');
    match words.iter().skip(1).filter(is_option).find(|word| watches(word)) {
        Some(flag) if sign.does == Does::Job => Sign::new(Does::Serve, format!("{} {flag}", sign.what)),
        _ => sign,
    }
}

/// Options with which a server's program does one thing and ends.
const ENDING_OPTIONS: &[&str] = &[
    "--version",
    "--help",
    "--once",
    "--run-once",
    "--one-shot",
    "--oneshot",
    "--burst",
    "--stop-when-empty",
];

/// First words with which a server's program answers and ends.
const ENDING_WORDS: &[&str] = &[
    "version",
    "help",
    "healthcheck",
    "health",
    "status",
    "validate",
    "check",
    "configtest",
    "migrate",
];

/// A server's program that is only asked something ends.
fn ending(sign: Sign, words: &[String]) -> Sign {
    let first = words.get(1).filter(|word| ENDING_WORDS.contains(&word.as_str()));
    let option = || {
        words
            .iter()
            .skip(1)
            .find(|word| ENDING_OPTIONS.contains(&word.as_str()))
    };
    match first.or_else(option) {
        Some(word) if sign.does == Does::Serve => Sign::new(Does::Job, format!("{} {word}", sign.what)),
        _ => sign,
    }
}

/// What a line of the table makes of a program with the words that it is called with.
fn as_called(sign: Sign, words: &[String]) -> Sign {
    ending(watching(sign, words), words)
}

/// What the name of a script says, or the first word behind a program that is not known; else what stands behind it.
fn by_name(words: &[String], depth: usize) -> Option<Sign> {
    let (program, rest) = words.split_first()?;
    if program.contains(|c: char| c.is_whitespace() || "'\"".contains(c)) {
        return None;
    }
    let name = program_name(program);
    let verb = rest.first().map(String::as_str);
    if verb.is_some_and(names::is_start_verb) || names::starts(&wrappers::stem(program)) {
        return None;
    }
    if let Some(does) = names::of_script(program) {
        return Some(Sign::new(does, name));
    }
    let is_program = !script::FILLERS.contains(&name);
    if let Some(verb) = verb.filter(|verb| is_program && names::is_job_verb(verb)) {
        return Some(Sign::new(Does::Job, format!("{name} {verb}")));
    }
    // A script that prepares something and then runs what stands behind it.
    if let Some(dashes) = rest.iter().position(|word| word == "--") {
        return read(&rest[dashes + 1..], depth);
    }
    let is_script = [".sh", ".bash"].iter().any(|ending| name.ends_with(ending));
    let waits = names::waits(&wrappers::stem(program));
    if !is_script && !waits {
        return None;
    }
    // `wait-for-postgres.sh db npm test` has a word of its own before the command.
    (0..rest.len().min(1 + usize::from(waits))).find_map(|at| read(&rest[at..], depth))
}

/// What an image does with these words as its command, where its name is that of a tool.
pub(super) fn image(image: &str, command: &[String]) -> Option<Sign> {
    if replaces_program(command) {
        return None;
    }
    let (path, tag) = split_image(image);
    let is_meant = |known: &str| {
        let (known, wanted) = known.split_once(':').unwrap_or((known, ""));
        let is_path = path == known || path.strip_suffix(known).is_some_and(|before| before.ends_with('/'));
        is_path && tag.starts_with(wanted)
    };
    let tool = TOOLS
        .iter()
        .find(|tool| tool.images.iter().any(|known| is_meant(known)))?;
    let words: Vec<String> = std::iter::once(tool.program.to_owned())
        .chain(command.iter().cloned())
        .collect();
    by_table(&words).map(|sign| as_called(sign, &words))
}

/// The server that an image is known to be: `postgres` for `registry.example/library/postgres:16@sha256:…`; or that it says it is:
/// `acme/orders-server`.
pub(super) fn server_image(image: &str) -> Option<&str> {
    let (path, tag) = split_image(image);
    let name = path.rsplit('/').next()?;
    let is_known = SERVER_IMAGES.contains(&name) || (name == "docker" && tag.ends_with("dind"));
    is_known.then_some(name)
}

/// The name of an image that calls itself a server: `orders-server` for `acme/orders-server`. It says nothing of what somebody
/// else's command does in it.
pub(super) fn image_called_server(image: &str) -> Option<&str> {
    let name = split_image(image).0.rsplit('/').next()?;
    name.ends_with("-server").then_some(name)
}

/// An image's repository and its tag.
fn split_image(image: &str) -> (&str, &str) {
    let image = image.split('@').next().unwrap_or(image);
    let name = image.rfind('/').map_or(0, |at| at + 1);
    match image[name..].split_once(':') {
        Some((before, tag)) => (&image[..name + before.len()], tag),
        None => (image, ""),
    }
}

/// Words that start a server, where they come first behind its name.
const STARTING_WORDS: &[&str] = &["run", "agent", "web", "webserver", "scheduler", "standalone", "gateway"];

/// The endings of a configuration file, which a server's image hands to its server.
const CONFIGURATIONS: &[&str] = &[".conf", ".cfg", ".ini", ".json", ".toml", ".yml", ".yaml"];

/// Whether these words leave a server's image what it is: options, its own name, a word that starts it, a configuration file. Any
/// other can end: `vault status`, `keycloak export`.
pub(super) fn keeps_server(image: &str, words: &[String]) -> bool {
    let is_own_name = |word: &&String| program_name(word) == image;
    let rest = &words[words.iter().take(1).filter(is_own_name).count()..];
    let starts = |word: &String| {
        word.starts_with('-')
            || names::is_start_verb(word)
            || names::starts(word)
            || STARTING_WORDS.contains(&word.as_str())
            || CONFIGURATIONS.iter().any(|ending| word.ends_with(ending))
    };
    rest.first().is_none_or(starts)
}

/// Whether these words run something in place of what an image would run by itself: a shell, or a script.
pub(super) fn replaces_program(words: &[String]) -> bool {
    words.first().is_some_and(|program| {
        let name = program_name(program);
        is_shell(program) || name.ends_with(".sh") || name.ends_with(".py")
    })
}

#[cfg(test)]
mod tests;
