//! Programs that run a project's tasks: `npm run test:unit`, `make lint`, `gradle clean test`. The task's name says what it does.

use super::wrappers::stem;
use super::{Does, Sign, names, read as read_words};

/// A program that runs tasks.
struct Runner {
    program: &'static str,
    /// Words before a task that are the runner's own.
    run: &'static [&'static str],
    /// Which words are tasks without one of these before them.
    bare: Bare,
    /// Options that take the next word as their value.
    values: &'static [&'static str],
    /// What it does without a task.
    default: Option<Does>,
}

/// Which words are tasks by themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bare {
    /// None.
    No,
    /// The names that a package manager knows: `npm test`, `npm start`.
    Known,
    /// The first; it can also be the name of a program.
    First,
    /// All of them.
    All,
}

const fn runner(
    program: &'static str,
    run: &'static [&'static str],
    bare: Bare,
    values: &'static [&'static str],
) -> Runner {
    Runner {
        program,
        run,
        bare,
        values,
        default: None,
    }
}

/// The table of runners, one line each.
#[rustfmt::skip]
const RUNNERS: &[Runner] = &[
    runner("npm", &["run", "run-script"], Bare::Known, &["--prefix", "-w", "--workspace", "-C", "--loglevel", "--userconfig"]),
    Runner { default: Some(Does::Job), ..runner("yarn", &["run"], Bare::First, &["--cwd", "--mode"]) },
    runner("pnpm", &["run", "run-script"], Bare::First, &["--filter", "-F", "-C", "--dir", "--prefix", "--workspace-concurrency"]),
    runner("bun", &["run"], Bare::First, &["--cwd", "--filter", "-F", "--env-file"]),
    runner("deno", &["task"], Bare::No, &["--cwd", "--config", "-c"]),
    runner("node", &["--run"], Bare::No, &[]),
    runner("npm-run-all", &[], Bare::All, &[]),
    runner("run-s", &[], Bare::All, &[]),
    runner("run-p", &[], Bare::All, &[]),
    runner("lerna", &["run"], Bare::No, &["--scope", "--ignore", "--since"]),
    runner("turbo", &["run"], Bare::All, &["--filter", "--concurrency", "--cwd"]),
    runner("nx", &["run", "-t", "--target", "--targets"], Bare::First, &["-p", "--projects", "--configuration", "-c", "--parallel"]),
    runner("rush", &[], Bare::First, &["--to", "--from"]),
    runner("wireit", &[], Bare::First, &[]),
    runner("nps", &[], Bare::All, &[]),
    runner("gulp", &[], Bare::All, &["-f", "--gulpfile", "--cwd"]),
    runner("grunt", &[], Bare::All, &["--gruntfile", "--base"]),
    runner("jake", &[], Bare::All, &["-f", "-C"]),
    runner("make", &[], Bare::All, &["-C", "-f", "-I", "-o", "-W", "-j", "--directory", "--file", "--makefile"]),
    runner("gmake", &[], Bare::All, &["-C", "-f", "-I", "-o", "-W", "-j"]),
    runner("just", &[], Bare::All, &["-f", "-d", "--justfile", "--working-directory", "--set"]),
    runner("task", &[], Bare::All, &["-d", "-t", "--dir", "--taskfile"]),
    runner("mage", &[], Bare::All, &["-d", "-w", "-t"]),
    runner("gradle", &[], Bare::All, &["-p", "-b", "-c", "-g", "-I", "-x", "--tests", "--project-dir", "--build-file", "--exclude-task", "--init-script", "--max-workers"]),
    runner("gradlew", &[], Bare::All, &["-p", "-b", "-c", "-g", "-I", "-x", "--tests", "--project-dir", "--build-file", "--exclude-task", "--init-script", "--max-workers"]),
    runner("mvn", &[], Bare::All, &["-f", "-P", "-pl", "-s", "-gs", "-rf", "-T", "-D", "--file", "--projects", "--settings", "--activate-profiles"]),
    runner("mvnw", &[], Bare::All, &["-f", "-P", "-pl", "-s", "-gs", "-rf", "-T", "-D", "--file", "--projects", "--settings", "--activate-profiles"]),
    runner("mvnd", &[], Bare::All, &["-f", "-P", "-pl", "-s", "-T", "-D"]),
    runner("ant", &[], Bare::All, &["-f", "-buildfile", "-lib"]),
    runner("sbt", &[], Bare::All, &[]),
    Runner { default: Some(Does::Job), ..runner("rake", &[], Bare::All, &["-f", "-C", "--rakefile"]) },
    runner("rails", &[], Bare::First, &["-e"]),
    runner("thor", &[], Bare::First, &[]),
    runner("invoke", &[], Bare::All, &["-c", "-r"]),
    runner("inv", &[], Bare::All, &["-c", "-r"]),
    runner("fab", &[], Bare::All, &["-H", "-f", "-c"]),
    runner("doit", &[], Bare::All, &["-f", "-d"]),
    runner("poe", &[], Bare::First, &["-C"]),
    runner("poetry", &["run"], Bare::No, &[]),
    runner("hatch", &["run"], Bare::No, &["-e", "--env"]),
    runner("pdm", &["run"], Bare::First, &["-p"]),
    runner("rye", &["run"], Bare::First, &[]),
    runner("pixi", &["run"], Bare::No, &["-e", "--environment", "--manifest-path"]),
    runner("composer", &["run", "run-script"], Bare::First, &["-d", "--working-dir", "--timeout"]),
    runner("bundle", &[], Bare::No, &[]),
    runner("mix", &["do"], Bare::First, &[]),
    runner("devbox", &["run"], Bare::No, &[]),
    runner("mise", &["run", "r"], Bare::No, &[]),
    runner("pants", &[], Bare::All, &[]),
    runner("please", &[], Bare::First, &[]),
    runner("plz", &[], Bare::First, &[]),
];

/// The scripts that npm knows without `run`.
const KNOWN: &[&str] = &["test", "t", "tst", "start", "it", "cit", "install-test"];

/// Plugins of build tools for Java whose goals end: `flyway:migrate`, `sonarqube`.
#[rustfmt::skip]
const PLUGINS: &[&str] = &[
    "flyway", "liquibase", "sonar", "sonarqube", "failsafe", "surefire", "spotbugs", "pmd", "jacoco", "dependency", "checkstyle",
    "spotless", "versions", "jib", "pitest",
];

/// What the tasks do that the words name.
pub(super) fn read(words: &[String], depth: usize) -> Option<Sign> {
    let program = stem(&words[0]);
    let runner = RUNNERS.iter().find(|runner| runner.program == program)?;
    let rest = positional(&words[1..], runner);
    let Some((tasks, said)) = tasks(runner, &rest) else {
        let is_bare = rest.is_empty() && runner.bare != Bare::No;
        return runner.default.filter(|_| is_bare).map(|does| Sign::new(does, program));
    };
    let signs: Vec<(&str, Does)> = tasks
        .iter()
        .filter_map(|task| Some((*task, of_task(runner, task)?)))
        .collect();
    let found = |wanted: Does| signs.iter().find(|(_, does)| *does == wanted).copied();
    // Tasks run one after the other, and the last one decides when the whole ends; those that run side by side end together.
    let is_parallel = ["run-p", "turbo", "npm-run-all", "gulp"].contains(&runner.program);
    let serves = signs.last().is_some_and(|(_, does)| *does == Does::Serve) || is_parallel;
    let sign = found(Does::Serve)
        .filter(|_| serves)
        .or_else(|| found(Does::Deploy))
        .or_else(|| signs.last().copied());
    if let Some((task, does)) = sign {
        let run = said.map(|word| format!("{word} ")).unwrap_or_default();
        return Some(Sign::new(does, format!("{program} {run}{task}")));
    }
    // What is no task that says anything can be a program: `yarn jest`.
    let is_program = runner.bare == Bare::First || said.is_some();
    let at = words.iter().position(|word| Some(&word.as_str()) == tasks.first())?;
    is_program.then(|| read_words(&words[at..], depth)).flatten()
}

/// The words that are no options and no values of options.
fn positional<'a>(words: &'a [String], runner: &Runner) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--" => break,
            _ if runner.run.contains(&word) => found.push(word),
            _ if runner.values.contains(&word) => drop(words.next()),
            _ if word.starts_with("--target") && word.contains('=') => {
                let target = word.split_once('=').map(|(_, target)| target);
                found.extend(runner.run.last().copied().into_iter().chain(target));
            }
            _ if word.starts_with('-') || word.contains('=') => {}
            _ if word.bytes().all(|byte| byte.is_ascii_digit()) => {}
            _ => found.push(word),
        }
    }
    found
}

/// The tasks among the words, and the word that says that they are some.
fn tasks<'a>(runner: &Runner, rest: &[&'a str]) -> Option<(Vec<&'a str>, Option<&'a str>)> {
    // `yarn workspace web test`, `pnpm recursive run test`.
    let rest = match rest {
        ["workspace", _, rest @ ..]
        | ["workspaces", "foreach", rest @ ..]
        | ["recursive" | "multi" | "workspaces", rest @ ..] => rest,
        rest => rest,
    };
    if let Some(at) = rest.iter().position(|word| runner.run.contains(word)) {
        let behind = &rest[at + 1..];
        let count = if runner.bare == Bare::All {
            behind.len()
        } else {
            1.min(behind.len())
        };
        return (!behind.is_empty()).then(|| (behind[..count].to_vec(), Some(rest[at])));
    }
    let first = rest.first()?;
    match runner.bare {
        Bare::No => None,
        Bare::Known => KNOWN.contains(first).then(|| (vec![*first], None)),
        Bare::First => Some((vec![*first], None)),
        Bare::All => Some((rest.to_vec(), None)),
    }
}

fn of_task(runner: &Runner, task: &str) -> Option<Does> {
    let is_java = ["gradle", "gradlew", "mvn", "mvnw", "mvnd", "sbt", "ant"].contains(&runner.program);
    let words = names::split(task);
    let last = words.last().map(String::as_str);
    match task {
        "t" | "tst" | "it" | "cit" => return Some(Does::Job),
        // A file is a program.
        _ if task.contains('/')
            || [".js", ".ts", ".py", ".sh", ".mjs"]
                .iter()
                .any(|ending| task.ends_with(ending)) =>
        {
            return None;
        }
        // sbt starts a task again whenever a file changes.
        _ if task.starts_with('~') => return Some(Does::Serve),
        _ if is_java && matches!(last, Some("run" | "dev" | "bootrun" | "rundev")) => return Some(Does::Serve),
        _ if is_java && words.first().is_some_and(|plugin| PLUGINS.contains(&plugin.as_str())) => {
            return Some(Does::Job);
        }
        _ => {}
    }
    if words.iter().any(|word| word == "work") {
        return Some(Does::Serve);
    }
    // `nx run shop:test` names the project first.
    let task = if runner.program == "nx" {
        task.rsplit(':').next().unwrap_or(task)
    } else {
        task
    };
    names::of_task(task)
}
