//! Asks compose for the resolved model, and compose and the engine for their versions, all at once.

use std::ffi::OsString;
use std::time::Duration;

use super::binary::Tools;
use super::classify;
use super::process::{Finished, Invocation, Limits, Spawner};
use crate::compose::Project;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Compose can run away on a hostile file: a `!reset` cycle, aliases that multiply. An ordinary file takes well below a
/// second and 200 MB; five hundred services that depend on each other took 20 s.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(120),
    memory: 4 << 30,
};

/// The oldest compose that prints and takes what towline needs.
const OLDEST_COMPOSE: (u32, u32) = (2, 20);

/// What is asked about.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The programs.
    pub tools: &'a Tools,
    /// Compose's global flags that choose the files and what is active in them.
    pub globals: &'a [OsString],
    /// What stands on standard input, where a file is `-`.
    pub stdin: Option<&'a [u8]>,
    /// The services that the user named. One that is behind a profile is activated by being named.
    pub targets: &'a [String],
}

/// The answers.
#[derive(Debug)]
pub struct Resolved {
    /// The model.
    pub project: Project,
    /// The engine's version.
    pub engine: String,
    /// Compose's version.
    pub compose: String,
    /// What compose warned of, such as variables that are not set.
    pub warnings: Vec<String>,
}

/// Asks for the model, and for both versions.
///
/// # Errors
/// A file that is not valid (65), an unknown target (2), no engine or too old a compose (69).
pub fn resolve(spawner: &Spawner, question: &Question<'_>) -> Result<Resolved> {
    std::thread::scope(|scope| {
        let engine = scope.spawn(|| engine_version(spawner, question.tools));
        let compose = scope.spawn(|| compose_version(spawner, question.tools));
        let (project, warnings) = model(spawner, question)?;
        let bug = |_| Failure::from(anyhow::anyhow!("asking for a version panicked"));
        let compose = compose.join().map_err(bug)??;
        let engine = engine.join().map_err(bug)??;
        Ok(Resolved {
            project,
            engine,
            compose,
            warnings,
        })
    })
}

/// Asks for the model alone: no engine is needed.
///
/// # Errors
/// A file that is not valid (65), an unknown target (2), a compose that cannot be run (69).
pub fn model(spawner: &Spawner, question: &Question<'_>) -> Result<(Project, Vec<String>)> {
    let answer = config(spawner, question, &[]);
    // A docker without the plugin complains of the arguments, which is no word about the file.
    let (project, warnings) = answer.or_else(|failure| compose_version(spawner, question.tools).and(Err(failure)))?;
    let unknown = question.targets.iter().any(|target| project.service(target).is_none());
    if !unknown {
        return Ok((project, warnings));
    }
    // Only services can be named to compose; an entry of `jobs:` is in the first model if it is active at all.
    let is_job = |name: &String| project.service(name).is_some_and(|service| service.is_job_entry);
    let services: Vec<&String> = question.targets.iter().filter(|name| !is_job(name)).collect();
    // The plan tells an unknown target better than compose does, with what there is instead.
    Ok(config(spawner, question, &services).unwrap_or((project, warnings)))
}

/// The names of the services that these flags make active; none where compose fails.
#[must_use]
pub fn service_names(spawner: &Spawner, question: &Question<'_>) -> Vec<String> {
    let mut argv = question.tools.compose.clone();
    argv.extend(question.globals.iter().cloned());
    argv.extend(["config", "--services"].map(OsString::from));
    let invocation = Invocation {
        argv,
        env: question.tools.env.clone(),
        stdin: question.stdin.map(<[u8]>::to_vec),
        ..Invocation::default()
    };
    let finished = spawner.capture(&invocation, Some(LIMITS)).unwrap_or_default();
    let names = String::from_utf8_lossy(&finished.stdout).into_owned();
    names.lines().map(str::to_owned).collect()
}

/// Both forms of the model at once: JSON is exact, YAML has the `x-` keys of services.
fn config(spawner: &Spawner, question: &Question<'_>, services: &[&String]) -> Result<(Project, Vec<String>)> {
    let call = |format: &str| {
        let mut argv = question.tools.compose.clone();
        argv.extend(question.globals.iter().cloned());
        argv.extend(["config", "--format", format].map(OsString::from));
        argv.extend(services.iter().map(|name| OsString::from(*name)));
        let stdin = question.stdin.map(<[u8]>::to_vec);
        let env = question.tools.env.clone();
        spawner.capture(
            &Invocation {
                argv,
                env,
                stdin,
                ..Invocation::default()
            },
            Some(LIMITS),
        )
    };
    let (json, yaml) = std::thread::scope(|scope| {
        let yaml = scope.spawn(|| call("yaml"));
        let json = call("json");
        let yaml = yaml
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("asking compose panicked")));
        (json, yaml)
    });
    let unstarted = |error: anyhow::Error| Failure::new(Exit::NoEngine, error);
    let json = json.map_err(unstarted)?;
    let yaml = yaml.map_err(unstarted)?;
    let warnings = warnings(&json.stderr);
    if !yaml.succeeded() {
        return Err(invalid(&yaml));
    }
    let yaml = String::from_utf8_lossy(&yaml.stdout);
    if json.succeeded() {
        return Ok((Project::read(&String::from_utf8_lossy(&json.stdout), &yaml)?, warnings));
    }
    // Compose accepts some files and fails to write them as JSON; any other failure the YAML form would share.
    Ok((Project::read_yaml(&yaml)?, warnings))
}

fn invalid(finished: &Finished) -> Failure {
    let stderr = String::from_utf8_lossy(&finished.stderr);
    if finished.timed_out || stderr.contains("out of memory") || stderr.contains("cannot allocate memory") {
        let bound = if finished.timed_out {
            format!("{} s", LIMITS.time.as_secs())
        } else {
            format!("{} GiB of memory", LIMITS.memory >> 30)
        };
        return Failure::invalid(format!(
            "'docker compose config' took more than {bound} to read the compose file"
        ))
        .hint("a '!reset' that leads to itself does that, and aliases that multiply each other");
    }
    let lines = stderr.lines().filter(|line| !line.contains("level=warning"));
    let message = lines.collect::<Vec<_>>().join("\n");
    let message = message.trim();
    if message.is_empty() {
        return Failure::invalid(format!(
            "'docker compose config' ended with code {} and without a word",
            finished.code
        ));
    }
    let failure = Failure::invalid(message);
    if message.contains("no configuration file provided") {
        return failure.hint("run towline where the compose file is, or name it with -f FILE");
    }
    failure
}

/// Compose logs `time="…" level=warning msg="…"`.
fn warnings(stderr: &[u8]) -> Vec<String> {
    let stderr = String::from_utf8_lossy(stderr);
    let lines = stderr.lines().filter(|line| line.contains("level=warning"));
    let messages = lines
        .filter_map(|line| line.split_once("msg="))
        .map(|(_, message)| unquote(message));
    let mut seen = Vec::new();
    for message in messages {
        if !seen.contains(&message) {
            seen.push(message);
        }
    }
    seen
}

fn unquote(text: &str) -> String {
    serde_json::from_str(text.trim()).unwrap_or_else(|_| text.trim().to_owned())
}

fn engine_version(spawner: &Spawner, tools: &Tools) -> Result<String> {
    let argv = [
        tools.docker.clone().into(),
        "version".into(),
        "--format".into(),
        "{{.Server.Version}}".into(),
    ];
    let invocation = Invocation {
        argv: argv.to_vec(),
        env: tools.env.clone(),
        ..Invocation::default()
    };
    let limits = Limits {
        time: Duration::from_secs(30),
        ..LIMITS
    };
    let finished = spawner
        .capture(&invocation, Some(limits))
        .map_err(|error| Failure::new(Exit::NoEngine, error))?;
    if finished.succeeded() {
        return Ok(String::from_utf8_lossy(&finished.stdout).trim().to_owned());
    }
    let stderr = String::from_utf8_lossy(&finished.stderr);
    let why = match stderr.trim() {
        "" if finished.timed_out => "it did not answer within 30 s".to_owned(),
        why => classify::clean(why),
    };
    Err(
        Failure::message(Exit::NoEngine, format!("no container engine answers: {why}"))
            .hint("start it, or say where it is with DOCKER_HOST or 'docker context use'"),
    )
}

fn compose_version(spawner: &Spawner, tools: &Tools) -> Result<String> {
    let mut argv = tools.compose.clone();
    argv.extend(["version", "--short"].map(OsString::from));
    let invocation = Invocation {
        argv,
        env: tools.env.clone(),
        ..Invocation::default()
    };
    let finished = spawner
        .capture(&invocation, None)
        .map_err(|error| Failure::new(Exit::NoEngine, error))?;
    let version = String::from_utf8_lossy(&finished.stdout)
        .trim()
        .trim_start_matches('v')
        .to_owned();
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    let (oldest_major, oldest_minor) = OLDEST_COMPOSE;
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST_COMPOSE => Ok(version),
        (Some(_), _) => Err(Failure::message(
            Exit::NoEngine,
            format!("compose {version} is too old: towline needs {oldest_major}.{oldest_minor} or newer"),
        )
        .hint("update docker's compose plugin")),
        _ => Err(no_compose(&String::from_utf8_lossy(&finished.stderr))),
    }
}

fn no_compose(stderr: &str) -> Failure {
    // A docker that does not know the command answers with its own usage.
    let message = if stderr.contains("docker [OPTIONS] COMMAND") || stderr.contains("is not a docker command") {
        "docker has no compose plugin".to_owned()
    } else {
        format!("'docker compose version' failed: {}", stderr.trim())
    };
    Failure::message(Exit::NoEngine, message).hint("install docker's compose plugin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_told_once_and_without_the_loggers_frame() {
        let stderr = br#"time="2026" level=warning msg="The \"X\" variable is not set. Defaulting to a blank string."
time="2026" level=warning msg="The \"X\" variable is not set. Defaulting to a blank string."
"#;
        assert_eq!(
            warnings(stderr),
            ["The \"X\" variable is not set. Defaulting to a blank string."]
        );
    }

    #[test]
    fn a_file_that_runs_away_is_not_valid() {
        let finished = Finished {
            code: 2,
            stderr: b"fatal error: runtime: out of memory".to_vec(),
            ..Finished::default()
        };
        let failure = invalid(&finished);
        assert_eq!(failure.exit, Exit::Invalid);
        assert!(failure.to_string().contains("more than 4 GiB of memory"), "{failure}");
    }
}
