//! What is asked of compose and of the engine, as data: argv, environment and standard input. Pure.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::binary::Tools;
use super::documents::RUN_LABEL;
use super::process::Invocation;
use super::socket::Socket;

/// The programs, and the project that the calls are for.
#[derive(Clone, Debug)]
pub struct Commands {
    /// The programs.
    pub tools: Tools,
    /// The compose project of the run.
    pub project: String,
    /// The project directory, which `.env` and the containers' labels depend on.
    pub directory: PathBuf,
    /// The engine's socket, where it has one on this machine.
    pub socket: Option<Socket>,
    /// `--env-file` options of the user.
    pub env_files: Vec<String>,
    /// `--parallel` of the user.
    pub parallel: Option<i32>,
}

/// The events of containers that a run decides by.
const EVENTS: [&str; 10] = [
    "create",
    "start",
    "die",
    "oom",
    "health_status",
    "exec_die",
    "kill",
    "pause",
    "unpause",
    "destroy",
];

impl Commands {
    /// Builds the images of these services, in one call.
    #[must_use]
    pub fn build(&self, document: Vec<u8>, options: &[String], services: &[&str]) -> Invocation {
        self.compose(
            "build",
            document,
            options.iter().map(String::as_str).chain(services.iter().copied()),
        )
    }

    /// Pulls what is missing and creates networks, volumes and the containers of these services, without starting one.
    #[must_use]
    pub fn create(&self, document: Vec<u8>, options: &[String], services: &[&str]) -> Invocation {
        let options = ["--no-start"].into_iter().chain(options.iter().map(String::as_str));
        self.compose("up", document, options.chain(services.iter().copied()))
    }

    /// Starts the containers of these services. `up` is the one call that also brings inline configs and secrets in and
    /// runs the hooks.
    #[must_use]
    pub fn start(&self, document: Vec<u8>, services: &[&str]) -> Invocation {
        let options = ["-d", "--no-deps", "--no-recreate", "--no-build", "--pull", "never"];
        self.compose("up", document, options.into_iter().chain(services.iter().copied()))
    }

    /// Stops the containers of these services, hooks included. They get `grace` to end; without it, as long as each says.
    #[must_use]
    pub fn stop(&self, document: Vec<u8>, grace: Option<Duration>, services: &[&str]) -> Invocation {
        let grace = grace.map(|grace| grace.as_secs().to_string());
        let grace = grace.iter().flat_map(|seconds| ["-t", seconds.as_str()]);
        self.compose("stop", document, grace.chain(services.iter().copied()))
    }

    /// Removes everything of the project, volumes included; its parts are found by their labels.
    #[must_use]
    pub fn down(&self) -> Invocation {
        let mut argv = self.tools.compose.clone();
        let arguments = [
            "--progress",
            "json",
            "-p",
            &self.project,
            "down",
            "-t",
            "0",
            "-v",
            "--remove-orphans",
        ];
        argv.extend(arguments.map(OsString::from));
        // Not in the user's directory: the file there is not what this call is about.
        Invocation {
            directory: Some(PathBuf::from("/")),
            ..self.invocation(argv, None)
        }
    }

    fn compose<'a>(&self, command: &str, document: Vec<u8>, arguments: impl Iterator<Item = &'a str>) -> Invocation {
        let mut argv = self.tools.compose.clone();
        let mut push = |argument: &str| argv.push(argument.into());
        for argument in ["--progress", "json", "-p", &self.project, "-f", "-"] {
            push(argument);
        }
        for file in &self.env_files {
            push("--env-file");
            push(file);
        }
        if let Some(parallel) = self.parallel {
            push("--parallel");
            push(&parallel.to_string());
        }
        push("--project-directory");
        argv.push(self.directory.clone().into());
        argv.push(command.into());
        argv.extend(arguments.map(OsString::from));
        self.invocation(argv, Some(document))
    }

    fn docker<T: Into<OsString>>(&self, arguments: impl IntoIterator<Item = T>) -> Invocation {
        let mut argv = vec![OsString::from(&self.tools.docker)];
        argv.extend(arguments.into_iter().map(Into::into));
        self.invocation(argv, None)
    }

    fn invocation(&self, argv: Vec<OsString>, stdin: Option<Vec<u8>>) -> Invocation {
        Invocation {
            argv,
            env: quiet_env(&self.tools),
            without: WITHOUT.to_vec(),
            stdin,
            directory: None,
        }
    }

    /// The stream of the project's container events, from now on or from a time on, in nanoseconds since 1970; of one run
    /// alone where every container carries its label.
    #[must_use]
    pub fn events(&self, since: Option<u64>, run: Option<&str>) -> Invocation {
        let project = self.project_filter();
        let run = run.map(|run| format!("label={RUN_LABEL}={run}"));
        let mut arguments = vec!["events".to_owned(), "--format".into(), "{{json .}}".into()];
        if let Some(since) = since {
            let (seconds, rest) = (since / 1_000_000_000, since % 1_000_000_000);
            arguments.extend(["--since".to_owned(), format!("{seconds}.{rest:09}")]);
        }
        let filters = EVENTS.iter().map(|event| format!("event={event}"));
        for filter in ["type=container".to_owned(), project]
            .into_iter()
            .chain(run)
            .chain(filters)
        {
            arguments.extend(["--filter".to_owned(), filter]);
        }
        self.docker(arguments)
    }

    /// The log of a container, from its beginning or from a time on, followed as long as it runs.
    #[must_use]
    pub fn logs(&self, container: &str, since: Option<&str>) -> Invocation {
        let since = since.iter().flat_map(|time| ["--since", time]);
        self.docker(["logs", "-f"].into_iter().chain(since).chain([container]))
    }

    /// The engine's record of containers, images or both.
    #[must_use]
    pub fn inspect(&self, containers: &[String]) -> Invocation {
        self.docker(
            ["inspect", "--type", "container"]
                .into_iter()
                .chain(containers.iter().map(String::as_str)),
        )
    }

    /// The ids of all containers of the project.
    #[must_use]
    pub fn containers(&self) -> Invocation {
        self.docker(["ps", "-a", "-q", "--no-trunc", "--filter", &self.project_filter()])
    }

    /// Asks the engine for its version: the cheapest way to learn whether it answers.
    #[must_use]
    pub fn engine_version(&self) -> Invocation {
        self.docker(["version", "--format", "{{.Server.Version}}"])
    }

    /// The ids of the images with these names, one a line; a name without an image gives none.
    #[must_use]
    pub fn image_ids(&self, images: &[String]) -> Invocation {
        let format = "{{.Id}}";
        self.docker(
            ["image", "inspect", "--format", format]
                .into_iter()
                .chain(images.iter().map(String::as_str)),
        )
    }

    /// Kills containers.
    #[must_use]
    pub fn kill(&self, containers: &[String]) -> Invocation {
        self.docker(["kill"].into_iter().chain(containers.iter().map(String::as_str)))
    }

    /// Removes images by id, unless a container uses them or a name is left on them.
    #[must_use]
    pub fn remove_images(&self, ids: &[String]) -> Invocation {
        self.docker(["image", "rm"].into_iter().chain(ids.iter().map(String::as_str)))
    }

    /// Lists what the project consists of: `kind` is `container`, `network` or `volume`; with a label, only what carries it.
    #[must_use]
    pub fn list(&self, kind: &str, label: Option<&str>) -> Invocation {
        let all: &[&str] = if kind == "container" { &["-a"] } else { &[] };
        let arguments = [kind, "ls", "-q"]
            .into_iter()
            .chain(all.iter().copied())
            .map(str::to_owned);
        let filters = [self.project_filter()]
            .into_iter()
            .chain(label.map(|label| format!("label={label}")));
        self.docker(arguments.chain(filters.flat_map(|filter| ["--filter".to_owned(), filter])))
    }

    /// Removes what is named, by force.
    #[must_use]
    pub fn remove(&self, kind: &str, names: &[String]) -> Invocation {
        let force: &[&str] = if kind == "container" { &["-f", "-v"] } else { &[] };
        let arguments = [kind, "rm"].into_iter().chain(force.iter().copied());
        self.docker(arguments.chain(names.iter().map(String::as_str)))
    }

    fn project_filter(&self) -> String {
        format!("label=com.docker.compose.project={}", self.project)
    }
}

/// Variables that would bring the user's files into calls that are made for the run's own documents, or for a project by
/// its name alone.
const WITHOUT: [&str; 3] = ["COMPOSE_FILE", "COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME"];

/// The environment of the run's own calls. What the user says in `COMPOSE_*` has gone into the model already; read again
/// here it would act on documents that hold only a part of the project: `COMPOSE_REMOVE_ORPHANS` would remove the rest.
fn quiet_env(tools: &Tools) -> Vec<(OsString, OsString)> {
    let fixed = [
        ("COMPOSE_REMOVE_ORPHANS", "0"),
        ("COMPOSE_IGNORE_ORPHANS", "1"),
        ("COMPOSE_MENU", "0"),
        ("COMPOSE_STATUS_STDOUT", "0"),
        ("DOCKER_CLI_HINTS", "false"),
    ];
    let fixed = fixed
        .iter()
        .map(|(key, value)| (OsString::from(key), OsString::from(value)));
    tools.env.iter().cloned().chain(fixed).collect()
}
