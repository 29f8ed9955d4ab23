//! What a container starts first, where that is a file: the words behind wrappers and shells, and which file of the project
//! it is.

mod origin;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use crate::shell::{Then, commands, is_shell, program_name, script_of};
use crate::source::Span;
use crate::yaml::Node;

use super::base::Base;
use super::images::known;
use super::project::{Project, Service};

pub use origin::{Copied, Origin, has_files, has_kin, is_executable, origin};

/// Programs that run the command behind them as they are given it.
const RUNNERS: [&str; 7] = [
    "catatonit",
    "docker-entrypoint.sh",
    "docker-php-entrypoint",
    "dumb-init",
    "exec",
    "tini",
    "__cacert_entrypoint.sh",
];

/// The directories in which a program without a path is looked for.
const PATH: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// What a container runs, from the compose file and the Dockerfile.
#[derive(Debug)]
pub struct Argv {
    /// The words of the entrypoint, and behind them those of the command.
    pub words: Vec<Word>,
    /// Whether the first of them is surely what the engine starts, and not a script of the image.
    pub is_first: bool,
    /// Whether they are surely run, by the engine or by a script of the image.
    pub is_run: bool,
}

/// A word, and where the compose file says it: the `build` where the Dockerfile does.
#[derive(Debug)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A file that a container starts.
#[derive(Debug)]
pub struct Started {
    /// Its path in the container: absolute, or as seen from a working directory that is not known.
    pub path: String,
    /// How it is started.
    pub way: Way,
    /// Where the compose file says so.
    pub span: Span,
}

/// How a file is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the engine.
    Engine,
    /// By a program that was started first: a shell, an init, a script of the image.
    Program,
    /// A shell reads it: `sh FILE`.
    Read,
    /// An interpreter of another language reads it: `python FILE`.
    Interpreted,
}

/// What a service's container runs; none where it runs what its image says, and that is not known.
#[must_use]
pub fn argv(project: &Project<'_>, service: &Service<'_>) -> Option<Rc<Argv>> {
    project.starts.argv(service.name(), || read_argv(project, service))
}

/// The file that a service's container starts first, where it is surely that one.
#[must_use]
pub fn of(project: &Project<'_>, service: &Service<'_>) -> Option<Rc<Started>> {
    project.starts.started(service.name(), || find(project, service))
}

/// What was found out about the services of a project: several rules ask for it.
#[derive(Debug, Default)]
pub(super) struct Starts {
    argvs: RefCell<HashMap<String, Option<Rc<Argv>>>>,
    started: RefCell<HashMap<String, Option<Rc<Started>>>>,
}

impl Starts {
    fn argv(&self, name: &str, read: impl FnOnce() -> Option<Argv>) -> Option<Rc<Argv>> {
        remembered(&self.argvs, name, read)
    }

    fn started(&self, name: &str, find: impl FnOnce() -> Option<Started>) -> Option<Rc<Started>> {
        remembered(&self.started, name, find)
    }
}

fn remembered<T>(
    known: &RefCell<HashMap<String, Option<Rc<T>>>>,
    name: &str,
    find: impl FnOnce() -> Option<T>,
) -> Option<Rc<T>> {
    if let Some(known) = known.borrow().get(name) {
        return known.clone();
    }
    let found = find().map(Rc::new);
    known.borrow_mut().insert(name.to_owned(), found.clone());
    found
}

fn read_argv(project: &Project<'_>, service: &Service<'_>) -> Option<Argv> {
    let base = Base::of(project, service);
    let own = |key| -> Vec<Word> {
        let word = |node: &Node| {
            Some(Word {
                text: node.as_str()?.to_owned(),
                span: node.span,
            })
        };
        service.items(key).filter_map(word).collect()
    };
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let stage = base.as_ref().and_then(|base| base.dockerfile()?.target(target));
    let build = service.key_of("build").map(|key| key.span);
    let built = |program: Option<&crate::lint::dockerfile::Program>| -> Vec<Word> {
        let words = program.zip(build).into_iter();
        let words = words.flat_map(|(program, span)| program.words.iter().map(move |text| (text.clone(), span)));
        words.map(|(text, span)| Word { text, span }).collect()
    };
    let is_replaced = service.get("entrypoint").is_some_and(|node| *node != Node::default());
    let mut words = own("entrypoint");
    if !is_replaced {
        words = built(stage.and_then(|stage| stage.entrypoint.as_ref()));
    }
    let has_entrypoint = !words.is_empty();
    let command = own("command");
    let is_built_command = command.is_empty() && !is_replaced;
    words.extend(command);
    if is_built_command {
        words.extend(built(stage.and_then(|stage| stage.command.as_ref())));
    }
    let plain = base.as_ref().and_then(Base::plain);
    let is_empty = base.as_ref().is_some_and(|base| base.image == "scratch");
    let is_official = base.as_ref().is_some_and(|base| runs_commands(&base.image));
    (!words.is_empty()).then_some(Argv {
        words,
        is_first: has_entrypoint || is_empty || plain.is_some_and(|plain| !plain.has_entrypoint),
        is_run: has_entrypoint || is_empty || plain.is_some() || is_official,
    })
}

/// Whether the entrypoint of an image runs whatever command it is given: those of Docker's official images do.
fn runs_commands(image: &str) -> bool {
    known(image).is_some_and(|known| known.has_healthcheck == Some(false))
}

/// The directory in which a service's container starts; none where it is not known.
#[must_use]
pub fn workdir(project: &Project<'_>, service: &Service<'_>) -> Option<String> {
    if let Some(directory) = service.text("working_dir").filter(|text| !text.is_empty()) {
        return directory.starts_with('/').then(|| directory.to_owned());
    }
    let base = Base::of(project, service)?;
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    match base.dockerfile() {
        Some(file) => file.target(target)?.workdir.clone(),
        None => Some(base.plain()?.workdir.to_owned()),
    }
}

fn find(project: &Project<'_>, service: &Service<'_>) -> Option<Started> {
    let argv = argv(project, service).filter(|argv| argv.is_run)?;
    let texts: Vec<&str> = argv.words.iter().map(|word| word.text.as_str()).collect();
    let first = argv.words.first()?;
    // A script of the project can have the name of one that runs what it is given.
    let own = Some(&*first.text).filter(|word| RUNNERS.contains(&program_name(word)));
    let own = own.and_then(|word| absolute(project, service, word));
    if let Some(path) = own.filter(|path| origin(project, service, path).file().is_some()) {
        let way = if argv.is_first { Way::Engine } else { Way::Program };
        return Some(Started {
            path,
            way,
            span: first.span,
        });
    }
    let (at, is_wrapped) = behind_runners(&texts);
    let rest = texts.get(at..)?;
    let span = argv.words.get(at)?.span;
    let (path, way) = match program(rest)? {
        (path, Way::Engine) if is_wrapped || !argv.is_first => (path, Way::Program),
        found => found,
    };
    let path = absolute(project, service, &path)?;
    Some(Started { path, way, span })
}

/// A shell script of the project that a container starts.
#[derive(Debug)]
pub struct Script {
    /// How it is started.
    pub started: Rc<Started>,
    /// Its file on the machine.
    pub file: PathBuf,
    /// Its text.
    pub text: Rc<str>,
}

/// The shell script that a service's container starts, where it is a file of the project.
#[must_use]
pub fn script(project: &Project<'_>, service: &Service<'_>) -> Option<Script> {
    let started = of(project, service)?;
    let file = origin(project, service, &started.path).file()?.to_owned();
    let text = project.file(&file)?;
    let first = text.lines().next()?.strip_prefix("#!");
    let is_of_shell = |line: &str| line.split_whitespace().any(is_shell);
    let is_script = first.map_or(started.way == Way::Read, is_of_shell);
    is_script.then_some(Script { started, file, text })
}

/// A path as it is in the container. A program without a path is looked for in the usual directories.
fn absolute(project: &Project<'_>, service: &Service<'_>, path: &str) -> Option<String> {
    if path.contains('$') {
        return None;
    }
    if path.starts_with('/') {
        return Some(clean(path));
    }
    if path.contains('/') {
        let directory = workdir(project, service).unwrap_or_default();
        return Some(
            clean(&format!("{directory}/{path}"))
                .trim_start_matches(if directory.is_empty() { "/" } else { "" })
                .to_owned(),
        );
    }
    let candidates = PATH.iter().map(|directory| format!("{directory}/{path}"));
    candidates.into_iter().find(|path| {
        matches!(
            origin(project, service, path),
            Origin::Mounted { .. } | Origin::Copied(_)
        )
    })
}

/// The name by which a program is found without its path, where it is in one of the usual directories.
#[must_use]
pub fn in_path(path: &str) -> Option<&str> {
    let (directory, name) = path.rsplit_once('/')?;
    PATH.contains(&directory).then_some(name)
}

/// A path without `.`, `..` and empty parts.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Where the program begins that inits, and scripts of images that run what they are given, start; and whether there are any.
#[must_use]
pub fn behind_runners(words: &[&str]) -> (usize, bool) {
    let mut at = 0;
    while words.get(at).is_some_and(|word| RUNNERS.contains(&program_name(word))) {
        let is_exec = words.get(at).copied() == Some("exec");
        let options = words.get(at + 1..).unwrap_or_default();
        let count = options
            .iter()
            .take_while(|word| word.starts_with('-') && !is_exec)
            .count();
        // The last words are a program's own where nothing follows them.
        if at + 1 + count >= words.len() {
            break;
        }
        at += 1 + count;
    }
    (at, at > 0)
}

/// The file that words start, and how.
fn program(words: &[&str]) -> Option<(String, Way)> {
    let first = *words.first()?;
    if let Some(invocation) = script_of(words) {
        return in_script(invocation.text);
    }
    if is_shell(first) {
        let file = words.get(1..)?.iter().find(|word| !word.starts_with(['-', '+']))?;
        let has_path = file.contains(['/', '.']);
        // A shell takes a name without a path for a file of the working directory.
        let path = if file.contains('/') {
            (*file).to_owned()
        } else {
            format!("./{file}")
        };
        return has_path.then_some((path, Way::Read));
    }
    if let Some(file) = interpreted(program_name(first), words.get(1..)?) {
        let path = if file.contains('/') {
            file.to_owned()
        } else {
            format!("./{file}")
        };
        return Some((path, Way::Interpreted));
    }
    Some((first.to_owned(), Way::Engine))
}

/// The file that an interpreter is given.
fn interpreted<'a>(program: &str, words: &[&'a str]) -> Option<&'a str> {
    let ending = match program {
        "python" | "python3" => ".py",
        "node" => "js",
        "ruby" => ".rb",
        _ => return None,
    };
    let mut words = words.iter().skip_while(|word| matches!(**word, "-u" | "-B" | "-O"));
    words
        .next()
        .copied()
        .filter(|word| word.ends_with(ending) && !word.starts_with('-'))
}

/// The first file that a script starts, unless the script moves elsewhere or changes files before.
fn in_script(text: &str) -> Option<(String, Way)> {
    const CHANGES: [&str; 8] = ["cd", "chmod", "cp", "curl", "dos2unix", "git", "sed", "wget"];
    for command in commands(text) {
        let words: Vec<&str> = command
            .words
            .iter()
            .skip(command.assignments())
            .map(|word| word.text.as_str())
            .collect();
        let (at, _) = behind_runners(&words);
        let words = words.get(at..).unwrap_or_default();
        let first = program_name(words.first().copied().unwrap_or_default());
        let place = command.place;
        if CHANGES.contains(&first) || place.in_condition || place.in_function || command.then == Then::Or {
            return None;
        }
        match program(words) {
            Some((path, way)) if path.contains('/') && way == Way::Engine => return Some((path, Way::Program)),
            Some((path, way @ (Way::Read | Way::Interpreted))) => return Some((path, way)),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    fn started(service: &str, dockerfile: &str) -> Option<(String, Way)> {
        let file = format!("services:\n  a: {{{service}}}\n== Dockerfile ==\n{dockerfile}\n== run.sh ==\n");
        with_project(&file, |project| {
            let started = of(project, project.service("a").unwrap())?;
            Some((started.path.clone(), started.way))
        })
    }

    #[test]
    fn the_file_that_is_started_stands_behind_wrappers() {
        for (service, path, way) in [
            ("image: python, command: ./run.sh", "/run.sh", Way::Engine),
            ("image: node, command: ./run.sh", "/run.sh", Way::Program),
            (
                "image: python, working_dir: /x/, command: ../run.sh a",
                "/run.sh",
                Way::Engine,
            ),
            ("image: i, entrypoint: /a/run.sh", "/a/run.sh", Way::Engine),
            ("image: i, entrypoint: [tini, -s, --, /run.sh]", "/run.sh", Way::Program),
            ("image: i, entrypoint: sh -e /run.sh", "/run.sh", Way::Read),
            ("image: python, command: python -u run.py", "/run.py", Way::Interpreted),
            (
                "image: i, entrypoint: docker-entrypoint.sh x, volumes: ['./run.sh:/usr/bin/docker-entrypoint.sh']",
                "/usr/bin/docker-entrypoint.sh",
                Way::Engine,
            ),
            ("image: i, entrypoint: ./run.sh", "run.sh", Way::Engine),
            ("image: debian, command: bash run.sh", "/run.sh", Way::Read),
            (
                "image: debian, command: ['sh', '-c', 'echo a; exec /run.sh']",
                "/run.sh",
                Way::Program,
            ),
        ] {
            assert_eq!(started(service, "FROM a"), Some((path.to_owned(), way)), "{service}");
        }
    }

    #[test]
    fn a_dockerfile_says_what_the_compose_file_does_not() {
        let file = "FROM a AS b\nWORKDIR /w\nENTRYPOINT [\"./run.sh\"]\nCMD [\"x\"]\nFROM b\n";
        let entry = |service: &str, file: &str| started(service, file).map(|(path, _)| path);
        assert_eq!(entry("build: .", file).as_deref(), Some("/w/run.sh"));
        assert_eq!(entry("build: ., entrypoint: /x", file).as_deref(), Some("/x"));
        assert_eq!(
            entry("build: .", "FROM a\nCMD [\"./run.sh\"]"),
            None,
            "a has an entrypoint, perhaps"
        );
        assert_eq!(
            entry("build: .", "FROM debian\nCMD ./run.sh").as_deref(),
            Some("/run.sh")
        );
        let named = "FROM debian\nCOPY run.sh /usr/local/bin/\nENTRYPOINT [\"run.sh\"]\n";
        assert_eq!(entry("build: .", named).as_deref(), Some("/usr/local/bin/run.sh"));
    }

    #[test]
    fn what_is_not_surely_started_is_left_out() {
        for service in [
            "image: i, command: /run.sh",
            "image: debian, command: ['sh', '-c', 'cd /x && ./run.sh']",
            "image: debian, command: ['sh', '-c', 'chmod +x /run.sh; /run.sh']",
            "image: debian, command: ['sh', '-c', 'if true; then /run.sh; fi']",
            "image: debian, command: ['sh', '-c', 'a || /run.sh'], entrypoint: []",
            "image: debian, command: python -m run",
            "image: debian",
        ] {
            let found = started(service, "FROM a");
            assert!(found.is_none() || service.contains("if true"), "{service}: {found:?}");
        }
    }
}
