//! What is asked of compose and of the engine, as data: argv, environment and standard input. Pure.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::binary::Tools;
use super::documents::RUN_LABEL;
use super::lock::{Holder, LOCK_LABEL};
use super::owner::OWNER_LABEL;
use super::process::Invocation;
use super::socket::Socket;
use super::things::{self, PROJECT_LABEL, Sort};

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
    /// The calls of docker alone, for a project that is known by its name; what is about files cannot be called.
    #[must_use]
    pub fn of_docker(tools: Tools, project: String) -> Self {
        Self {
            tools,
            project,
            directory: PathBuf::new(),
            socket: None,
            env_files: Vec::new(),
            parallel: None,
        }
    }

    /// Builds the images of these services, in one call.
    #[must_use]
    pub fn build(&self, document: Vec<u8>, options: &[String], services: &[&str]) -> Invocation {
        let arguments = options.iter().map(String::as_str).chain(services.iter().copied());
        Invocation {
            has_helpers: true,
            ..self.compose("build", document, arguments)
        }
    }

    /// Pulls what is missing and creates networks, volumes and the containers of these services, without starting one.
    /// Compose looks for orphaned containers where the document holds all services of the file.
    #[must_use]
    pub fn create(
        &self,
        document: Vec<u8>,
        options: &[String],
        services: &[&str],
        looks_for_orphans: bool,
    ) -> Invocation {
        let options = ["--no-start"].into_iter().chain(options.iter().map(String::as_str));
        let mut create = self.compose("up", document, options.chain(services.iter().copied()));
        if looks_for_orphans {
            create.env.retain(|(key, _)| key != "COMPOSE_IGNORE_ORPHANS");
            create.env.push(("COMPOSE_IGNORE_ORPHANS".into(), "0".into()));
        }
        Invocation {
            // Under `up` it also builds.
            has_helpers: true,
            ..create
        }
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

    /// Takes down what providers brought about for these services.
    #[must_use]
    pub fn down(&self, document: Vec<u8>, services: &[&str]) -> Invocation {
        self.compose("down", document, services.iter().copied())
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
            has_helpers: false,
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

    /// Lists all things of a sort; with a label, those that carry it.
    #[must_use]
    pub fn list(&self, sort: Sort, label: Option<&str>) -> Invocation {
        let mut arguments = vec![
            sort.word().to_owned(),
            "ls".into(),
            "--format".into(),
            things::template(sort),
        ];
        if sort != Sort::Volume {
            arguments.push("--no-trunc".into());
        }
        if sort == Sort::Container {
            arguments.push("--all".into());
        }
        arguments.extend(
            label
                .iter()
                .flat_map(|label| ["--filter".to_owned(), format!("label={label}")]),
        );
        self.docker(arguments)
    }

    /// Removes what is named, by force.
    #[must_use]
    pub fn remove(&self, sort: Sort, ids: &[String]) -> Invocation {
        let force: &[&str] = if sort == Sort::Container { &["-f", "-v"] } else { &[] };
        let arguments = [sort.word(), "rm"].into_iter().chain(force.iter().copied());
        self.docker(arguments.chain(ids.iter().map(String::as_str)))
    }

    /// Creates a lock, unless it exists.
    #[must_use]
    pub fn create_lock(&self, name: &str, holder: &Holder) -> Invocation {
        let labels = [
            (LOCK_LABEL, name),
            (RUN_LABEL, &holder.run),
            (OWNER_LABEL, &holder.owner),
        ];
        let labels = labels
            .iter()
            .flat_map(|(key, value)| ["--label".to_owned(), format!("{key}={value}")]);
        let arguments = ["volume", "create"].into_iter().map(str::to_owned);
        self.docker(arguments.chain(labels).chain([name.to_owned()]))
    }

    /// Asks for the run and the owner of a lock, with a tab in between.
    #[must_use]
    pub fn inspect_lock(&self, name: &str) -> Invocation {
        let label = |label: &str| format!("{{{{index .Labels \"{label}\"}}}}");
        let format = format!("{}\t{}", label(RUN_LABEL), label(OWNER_LABEL));
        self.docker(["volume", "inspect", "--format", &format, name])
    }

    /// Lists the containers of a run that are running.
    #[must_use]
    pub fn running(&self, run: &str) -> Invocation {
        self.docker(["ps", "--quiet", "--filter", &format!("label={RUN_LABEL}={run}")])
    }

    /// Removes a lock.
    #[must_use]
    pub fn remove_lock(&self, name: &str) -> Invocation {
        self.docker(["volume", "rm", name])
    }

    /// How much space each container and each volume takes, as JSON.
    #[must_use]
    pub fn disk_usage(&self) -> Invocation {
        self.docker(["system", "df", "-v", "--format", "{{json .}}"])
    }

    /// The label that everything in the project carries, with its value.
    #[must_use]
    pub fn project_label(&self) -> String {
        format!("{PROJECT_LABEL}={}", self.project)
    }

    fn project_filter(&self) -> String {
        format!("label={}", self.project_label())
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
