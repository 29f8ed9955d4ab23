//! Where docker and compose are found, what calls of them begin with, and how this process becomes one of them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::{Invocation, Limits, Spawner};
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Reads a variable of the environment.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Docker's global flags, which stand before `compose` in `docker [these] compose …`.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerGlobals {
    /// Address of the engine
    #[arg(short = 'H', long = "host", value_name = "URL", allow_hyphen_values = true)]
    pub hosts: Vec<String>,
    /// Context that names an engine
    #[arg(short, long, value_name = "NAME", allow_hyphen_values = true)]
    pub context: Option<String>,
    /// Directory of docker's configuration
    #[arg(long, value_name = "DIR", allow_hyphen_values = true)]
    pub config: Option<String>,
    /// How much docker tells: debug, info, warn, error, fatal
    #[arg(short, long, value_name = "LEVEL", allow_hyphen_values = true)]
    pub log_level: Option<String>,
    /// Certificate authority to trust
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub tlscacert: Option<String>,
    /// TLS certificate
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub tlscert: Option<String>,
    /// TLS key
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub tlskey: Option<String>,
    /// Let docker tell everything
    #[arg(short = 'D', long)]
    pub debug: bool,
    /// Use TLS
    #[arg(long)]
    pub tls: bool,
    /// Use TLS and verify the engine
    #[arg(long)]
    pub tlsverify: bool,
}

impl DockerGlobals {
    /// The same flags as arguments for `docker`.
    #[must_use]
    pub fn argv(&self) -> Vec<OsString> {
        let config = self.config.iter().flat_map(|dir| ["--config", dir]);
        config.map(OsString::from).chain(self.plugin_argv()).collect()
    }

    /// The same flags for the compose plugin, which knows no `--config` and no `--flag=value` when it is called by its path.
    fn plugin_argv(&self) -> Vec<OsString> {
        let values = [
            ("--context", &self.context),
            ("--log-level", &self.log_level),
            ("--tlscacert", &self.tlscacert),
            ("--tlscert", &self.tlscert),
            ("--tlskey", &self.tlskey),
        ];
        let switches = [
            ("--debug", self.debug),
            ("--tls", self.tls),
            ("--tlsverify", self.tlsverify),
        ];
        let hosts = self.hosts.iter().flat_map(|host| ["--host", host]);
        let values = values
            .into_iter()
            .filter_map(|(flag, value)| Some([flag, value.as_deref()?]))
            .flatten();
        let switches = switches.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag);
        hosts.chain(values).chain(switches).map(OsString::from).collect()
    }

    /// The same flags as variables, for programs that are called without them. An empty variable is as good as none.
    ///
    /// # Errors
    /// Wrong usage: what docker refuses, and certificates that no variable can name.
    pub fn env(&self) -> Result<Vec<(OsString, OsString)>> {
        let mut env: Vec<(&str, &str)> = Vec::new();
        match (self.hosts.as_slice(), &self.context) {
            ([], None) => {}
            ([], Some(context)) => env.extend([("DOCKER_CONTEXT", context.as_str()), ("DOCKER_HOST", "")]),
            ([host], None) => env.push(("DOCKER_HOST", host)),
            ([_], Some(_)) => {
                return Err(
                    Failure::usage("--host and --context name the engine twice").hint("leave one of the two out")
                );
            }
            _ => {
                return Err(Failure::usage("--host is given more than once").hint("name one engine"));
            }
        }
        let certificates = self.certificates()?;
        env.extend(certificates.as_deref().map(|dir| ("DOCKER_CERT_PATH", dir)));
        env.extend(self.tls.then_some(("DOCKER_TLS", "1")));
        env.extend(self.tlsverify.then_some(("DOCKER_TLS_VERIFY", "1")));
        let env = env.into_iter().map(|(key, value)| (key.into(), value.into()));
        Ok(env.chain(self.config_env()).collect())
    }

    /// `--config` as a variable.
    fn config_env(&self) -> Vec<(OsString, OsString)> {
        let config = self.config.iter();
        config.map(|dir| ("DOCKER_CONFIG".into(), dir.into())).collect()
    }

    /// The one folder that the files for TLS lie in, under the names that docker looks for in `DOCKER_CERT_PATH`.
    fn certificates(&self) -> Result<Option<String>> {
        let files = [
            (&self.tlscacert, "ca.pem"),
            (&self.tlscert, "cert.pem"),
            (&self.tlskey, "key.pem"),
        ];
        let mut folder: Option<&Path> = None;
        for (file, name) in files {
            let Some(file) = file.as_deref().map(Path::new) else {
                continue;
            };
            let parent = file.parent().unwrap_or(Path::new(""));
            if file.file_name() != Some(OsStr::new(name)) || folder.is_some_and(|folder| folder != parent) {
                return Err(Failure::usage(format!("{} cannot be handed on", file.display()))
                    .hint("put ca.pem, cert.pem and key.pem into one folder and name it in DOCKER_CERT_PATH"));
            }
            folder = Some(parent);
        }
        Ok(folder.map(|folder| match folder.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => folder.to_string_lossy().into_owned(),
        }))
    }
}

/// The programs that a run calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// The docker command.
    pub docker: PathBuf,
    /// What a call of compose begins with: the plugin's path, or `docker … compose`.
    pub compose: Vec<OsString>,
    /// Variables that both need, as docker's global flags ask for.
    pub env: Vec<(OsString, OsString)>,
}

impl Tools {
    /// Docker without compose, at a place that is known.
    #[must_use]
    pub const fn docker_alone(docker: PathBuf) -> Self {
        Self {
            docker,
            compose: Vec::new(),
            env: Vec::new(),
        }
    }

    /// Finds docker on PATH, and the compose plugin by its path. A plugin that is not where docker looks for it may still
    /// be known to `docker compose`: that is tried then.
    ///
    /// # Errors
    /// There is no docker or no compose, or docker's flags are wrong.
    pub fn find(globals: &DockerGlobals, env: Lookup<'_>) -> Result<Self> {
        let mut tools = Self::at(&Places::new(globals, env, &SYSTEM), globals, answers)?;
        // Where docker called us as its plugin, these make compose think that docker calls it, too.
        let inherited = [CALLED_BY, SOCKET].into_iter().filter(|name| env(name).is_some());
        tools.env.extend(inherited.map(|name| (name.into(), OsString::new())));
        Ok(tools)
    }

    fn at(places: &Places, globals: &DockerGlobals, answers: fn(Vec<OsString>) -> bool) -> Result<Self> {
        let docker = places.docker().ok_or_else(|| places.no_docker())?;
        let compose = match places.plugin() {
            Some(plugin) => [plugin.into()].into_iter().chain(globals.plugin_argv()).collect(),
            None if places.docker_calls_us() => return Err(places.no_compose()),
            None if answers(compose_line(&docker, globals.argv(), &["version".into()])) => {
                compose_line(&docker, globals.argv(), &[])
            }
            None => return Err(places.no_compose()),
        };
        Ok(Self {
            docker,
            compose,
            env: globals.env()?,
        })
    }
}

/// Whether this ends well. A docker without the plugin takes compose's flags for its own, and says strange things about
/// them: so it is asked for no more than the version.
fn answers(argv: Vec<OsString>) -> bool {
    let invocation = Invocation {
        argv,
        ..Invocation::default()
    };
    Spawner::default()
        .capture(&invocation, Some(LIMITS))
        .is_ok_and(|answer| answer.succeeded())
}

/// `docker [globals] compose ARGS`, for this process to become.
///
/// # Errors
/// There is neither docker nor a compose plugin.
pub fn compose(globals: &DockerGlobals, args: &[OsString], env: Lookup<'_>) -> Result<Invocation> {
    // As a plugin towline has a line to the docker command that called it, on which it is told to stop. Compose takes
    // that line over when it gets this process without another docker in between.
    let straight = env(SOCKET).is_some();
    compose_at(&Places::new(globals, env, &SYSTEM), globals, args, straight)
}

fn compose_at(places: &Places, globals: &DockerGlobals, args: &[OsString], straight: bool) -> Result<Invocation> {
    let docker = places.docker();
    let through_docker = docker.clone().filter(|_| !places.docker_calls_us());
    match (through_docker, places.plugin()) {
        (Some(docker), plugin) if plugin.is_none() || !straight => Ok(Invocation {
            argv: compose_line(&docker, globals.argv(), args),
            ..Invocation::default()
        }),
        (_, Some(plugin)) => Ok(Invocation {
            argv: compose_line(&plugin, globals.plugin_argv(), args),
            // What docker says to a plugin that it calls.
            env: [(CALLED_BY.into(), "docker".into())]
                .into_iter()
                .chain(globals.config_env())
                .collect(),
            ..Invocation::default()
        }),
        _ if docker.is_some() => Err(places.no_compose()),
        _ => Err(places.no_docker()),
    }
}

/// The compose plugin with these arguments and nothing else, for this process to become.
///
/// # Errors
/// There is no compose plugin.
pub fn plugin(args: &[OsString], env: Lookup<'_>) -> Result<Invocation> {
    let places = Places::new(&DockerGlobals::default(), env, &SYSTEM);
    let plugin = places.plugin().ok_or_else(|| places.no_compose())?;
    let mut argv = vec![plugin.into()];
    argv.extend_from_slice(args);
    Ok(Invocation {
        argv,
        ..Invocation::default()
    })
}

/// Replaces this process by the command: same streams, terminal, signals and exit code. Comes back when that failed.
#[must_use]
pub fn exec(invocation: &Invocation) -> Failure {
    let Some((program, arguments)) = invocation.argv.split_first() else {
        return Failure::message(Exit::Bug, "there is no program to become");
    };
    let env = invocation.env.iter().map(|(key, value)| (key, value));
    let error = Command::new(program).args(arguments).envs(env).exec();
    Failure::new(
        Exit::NoEngine,
        anyhow::Error::new(error).context(format!("starting {}", program.display())),
    )
}

/// `PROGRAM GLOBALS compose ARGS`.
fn compose_line(program: &Path, globals: Vec<OsString>, args: &[OsString]) -> Vec<OsString> {
    let mut line = vec![program.into()];
    line.extend(globals);
    line.push("compose".into());
    line.extend_from_slice(args);
    line
}

/// Bounds on the question whether there is a compose.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(30),
    memory: 4 << 30,
};

/// Folders that hold plugins for every user, in the order in which docker reads them.
const SYSTEM: [&str; 4] = [
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
];

/// The variable by which a plugin knows that docker calls it, and not a person.
const CALLED_BY: &str = "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND";

/// The variable that names the socket on which docker tells a plugin to stop.
const SOCKET: &str = "DOCKER_CLI_PLUGIN_SOCKET";

/// The file name of the compose plugin.
const PLUGIN: &str = "docker-compose";

/// Where the programs may be.
#[derive(Debug)]
struct Places {
    /// This program, as its file system knows it: a link to it is never taken for docker or compose.
    ourselves: Option<(u64, u64)>,
    /// The folders of PATH.
    path: Vec<PathBuf>,
    /// The folders in which docker looks for plugins, in its order.
    plugins: Vec<PathBuf>,
    /// A folder in which docker looks no more, since its configuration is elsewhere.
    home: Option<PathBuf>,
}

impl Places {
    fn new(globals: &DockerGlobals, env: Lookup<'_>, system: &[&str]) -> Self {
        let path = env("PATH").unwrap_or_default();
        let home = env("HOME").map(|home| Path::new(&home).join(".docker"));
        let named = globals.config.as_ref().map(OsString::from);
        let named = named.or_else(|| env("DOCKER_CONFIG").filter(|dir| !dir.is_empty()));
        let config = named.map(PathBuf::from).or_else(|| home.clone());
        let mut plugins = config.as_deref().map(extra_folders).unwrap_or_default();
        plugins.extend(config.map(|dir| dir.join("cli-plugins")));
        plugins.extend(system.iter().map(PathBuf::from));
        Self {
            ourselves: std::env::current_exe().ok().and_then(|exe| identity(&exe)),
            path: std::env::split_paths(&path)
                .filter(|dir| !dir.as_os_str().is_empty())
                .collect(),
            home: home
                .map(|dir| dir.join("cli-plugins"))
                .filter(|dir| !plugins.contains(dir)),
            plugins,
        }
    }

    /// The docker command.
    fn docker(&self) -> Option<PathBuf> {
        self.executables(&self.path, "docker").find(|file| !self.is_us(file))
    }

    /// The compose plugin.
    fn plugin(&self) -> Option<PathBuf> {
        let folders = self.plugins.iter().chain(&self.home);
        self.executables(folders, PLUGIN).find(|file| !self.is_us(file))
    }

    /// Whether `docker compose` would be towline itself.
    fn docker_calls_us(&self) -> bool {
        self.executables(&self.plugins, PLUGIN)
            .next()
            .is_some_and(|file| self.is_us(&file))
    }

    fn executables<'a>(
        &self,
        folders: impl IntoIterator<Item = &'a PathBuf>,
        name: &str,
    ) -> impl Iterator<Item = PathBuf> {
        folders
            .into_iter()
            .map(move |folder| folder.join(name))
            .filter(|file| is_executable(file))
    }

    fn is_us(&self, file: &Path) -> bool {
        self.ourselves.is_some() && identity(file) == self.ourselves
    }

    fn no_docker(&self) -> Failure {
        Failure::message(
            Exit::NoEngine,
            format!(
                "the command `docker` is in none of the folders of PATH: {}",
                list(&self.path)
            ),
        )
        .hint("install the docker command line, or add its folder to PATH")
    }

    fn no_compose(&self) -> Failure {
        let folders: Vec<_> = self.plugins.iter().chain(&self.home).cloned().collect();
        Failure::message(
            Exit::NoEngine,
            format!(
                "the compose plugin `{PLUGIN}` is in none of its folders: {}",
                list(&folders)
            ),
        )
        .hint("install the compose plugin (package docker-compose-plugin), so that `docker compose version` answers")
    }
}

/// `cliPluginsExtraDirs` of docker's configuration. What cannot be read names none: docker itself tells about it.
fn extra_folders(config: &Path) -> Vec<PathBuf> {
    #[derive(serde::Deserialize)]
    struct Config {
        #[serde(rename = "cliPluginsExtraDirs", default)]
        folders: Vec<PathBuf>,
    }
    fs::read(config.join("config.json"))
        .ok()
        .and_then(|text| serde_json::from_slice::<Config>(&text).ok())
        .map(|config| config.folders)
        .unwrap_or_default()
}

fn identity(file: &Path) -> Option<(u64, u64)> {
    let file = fs::metadata(file).ok()?;
    Some((file.dev(), file.ino()))
}

/// A program in a folder of PATH.
pub fn on_path(name: &str, env: Lookup<'_>) -> Option<PathBuf> {
    let path = env("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn list(folders: &[PathBuf]) -> String {
    let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    match folders.is_empty() {
        true => "(none)".to_owned(),
        false => folders.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    use super::*;

    /// A machine with programs in some places.
    struct Machine {
        root: tempfile::TempDir,
    }

    impl Machine {
        fn new(programs: &[&str]) -> Self {
            let machine = Self {
                root: tempfile::tempdir().unwrap(),
            };
            for program in programs {
                machine.write(program, 0o755, "#!/bin/sh\n");
            }
            machine
        }

        /// The path of a file, whose folder exists.
        fn file(&self, name: &str) -> PathBuf {
            let file = self.root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            file
        }

        /// A new file. What is there already, a link to a program of the real machine among it, is never written to.
        fn write(&self, name: &str, mode: u32, text: &str) {
            let mut options = fs::OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(mode)
                .open(self.file(name))
                .unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn link_to_us(&self, name: &str) {
            std::os::unix::fs::symlink(std::env::current_exe().unwrap(), self.file(name)).unwrap();
        }

        /// PATH is `bin` and `bin2`, HOME is `home`, `system` is a folder for all users.
        fn places(&self, globals: &DockerGlobals, docker_config: Option<&str>) -> Places {
            let inside = |name: &str| self.root.path().join(name).into_os_string();
            let path = std::env::join_paths([inside("bin"), inside("bin2")]).unwrap();
            let env = |name: &str| match name {
                "PATH" => Some(path.clone()),
                "HOME" => Some(inside("home")),
                "DOCKER_CONFIG" => docker_config.map(inside),
                _ => None,
            };
            Places::new(globals, &env, &[inside("system").to_str().unwrap()])
        }

        fn tools(&self, docker_config: Option<&str>) -> Result<Tools> {
            let globals = DockerGlobals::default();
            Tools::at(&self.places(&globals, docker_config), &globals, |_| true)
        }

        /// The words of a call, with paths inside the machine.
        fn show(&self, argv: &[OsString]) -> String {
            let root = format!("{}/", self.root.path().display());
            let words: Vec<_> = argv
                .iter()
                .map(|word| word.to_str().unwrap().replace(&root, ""))
                .collect();
            words.join(" ")
        }

        fn compose(&self, globals: &DockerGlobals, straight: bool) -> String {
            let args = ["up", "-d"].map(OsString::from);
            let invocation = compose_at(&self.places(globals, None), globals, &args, straight).unwrap();
            self.show(&invocation.argv)
        }
    }

    const HOME: &str = "home/.docker/cli-plugins/docker-compose";

    fn remote() -> DockerGlobals {
        DockerGlobals {
            hosts: vec!["tcp://x".into()],
            config: Some("c".into()),
            debug: true,
            ..DockerGlobals::default()
        }
    }

    #[test]
    fn the_plugin_is_called_by_its_path() {
        let machine = Machine::new(&["bin/docker", HOME, "system/docker-compose"]);
        let tools = machine.tools(None).unwrap();
        assert_eq!(machine.show(&[tools.docker.into()]), "bin/docker");
        assert_eq!(machine.show(&tools.compose), HOME);
        fs::remove_file(machine.file(HOME)).unwrap();
        assert_eq!(
            machine.show(&machine.tools(None).unwrap().compose),
            "system/docker-compose"
        );
    }

    #[test]
    fn a_configuration_elsewhere_comes_first_and_home_last() {
        let machine = Machine::new(&[
            "bin/docker",
            HOME,
            "system/docker-compose",
            "d/cli-plugins/docker-compose",
        ]);
        assert_eq!(
            machine.show(&machine.tools(Some("d")).unwrap().compose),
            "d/cli-plugins/docker-compose"
        );
        fs::remove_file(machine.file("d/cli-plugins/docker-compose")).unwrap();
        assert_eq!(
            machine.show(&machine.tools(Some("d")).unwrap().compose),
            "system/docker-compose"
        );
        fs::remove_file(machine.file("system/docker-compose")).unwrap();
        assert_eq!(machine.show(&machine.tools(Some("d")).unwrap().compose), HOME);
    }

    #[test]
    fn folders_that_the_configuration_names_come_before_all() {
        let machine = Machine::new(&["bin/docker", HOME, "brew/docker-compose"]);
        let config = serde_json::json!({ "auths": {}, "cliPluginsExtraDirs": [machine.root.path().join("brew")] });
        machine.write("home/.docker/config.json", 0o644, &config.to_string());
        assert_eq!(
            machine.show(&machine.tools(None).unwrap().compose),
            "brew/docker-compose"
        );
        fs::remove_file(machine.file("home/.docker/config.json")).unwrap();
        machine.write("home/.docker/config.json", 0o644, "no JSON");
        assert_eq!(machine.show(&machine.tools(None).unwrap().compose), HOME);
    }

    #[test]
    fn what_cannot_be_executed_is_no_program() {
        let machine = Machine::new(&["bin2/docker"]);
        machine.write("bin/docker", 0o644, "");
        fs::create_dir_all(machine.file("home/.docker/cli-plugins/docker-compose/x")).unwrap();
        assert_eq!(
            machine.show(&machine.tools(None).unwrap().compose),
            "bin2/docker compose"
        );
    }

    #[test]
    fn a_docker_without_compose_is_not_enough() {
        let machine = Machine::new(&["bin/docker"]);
        let globals = DockerGlobals::default();
        let failure = Tools::at(&machine.places(&globals, None), &globals, |_| false).unwrap_err();
        assert_eq!(failure.exit, Exit::NoEngine);
        let folders = machine.show(&[failure.to_string().into()]);
        assert_eq!(
            folders,
            "the compose plugin `docker-compose` is in none of its folders: home/.docker/cli-plugins, system"
        );
    }

    #[test]
    fn towline_is_never_taken_for_another_program() {
        let machine = Machine::new(&["bin2/docker", "system/docker-compose"]);
        machine.link_to_us("bin/docker");
        machine.link_to_us(HOME);
        let tools = machine.tools(None).unwrap();
        assert_eq!(machine.show(&[tools.docker.into()]), "bin2/docker");
        assert_eq!(machine.show(&tools.compose), "system/docker-compose");
        // `docker compose` would be us again.
        assert_eq!(
            machine.compose(&DockerGlobals::default(), false),
            "system/docker-compose compose up -d"
        );
        fs::remove_file(machine.file("system/docker-compose")).unwrap();
        let failure = machine.tools(None).unwrap_err();
        assert_eq!(failure.exit, Exit::NoEngine);
        assert!(
            failure
                .to_string()
                .starts_with("the compose plugin `docker-compose` is in none of its folders: ")
        );
    }

    #[test]
    fn without_docker_there_is_a_word_about_it() {
        let machine = Machine::new(&[HOME]);
        let failure = machine.tools(None).unwrap_err();
        assert_eq!(failure.exit, Exit::NoEngine);
        let folders = machine.show(&[failure.to_string().into()]);
        assert_eq!(
            folders,
            "the command `docker` is in none of the folders of PATH: bin, bin2"
        );
        // What only has to be passed on can do without.
        assert_eq!(
            machine.compose(&remote(), false),
            format!("{HOME} --host tcp://x --debug compose up -d")
        );
    }

    #[test]
    fn what_is_passed_on_goes_through_docker_unless_docker_called_us() {
        let machine = Machine::new(&["bin/docker", "c/cli-plugins/docker-compose", HOME]);
        assert_eq!(
            machine.compose(&DockerGlobals::default(), false),
            "bin/docker compose up -d"
        );
        assert_eq!(
            machine.compose(&remote(), false),
            "bin/docker --config c --host tcp://x --debug compose up -d"
        );
        assert_eq!(
            machine.compose(&DockerGlobals::default(), true),
            format!("{HOME} compose up -d")
        );
    }

    #[test]
    fn children_are_not_told_that_docker_calls_them() {
        let machine = Machine::new(&["bin/docker", HOME]);
        let inside = |name: &str| Some(machine.root.path().join(name).into_os_string());
        let env = |name: &str| match name {
            "PATH" => inside("bin"),
            "HOME" => inside("home"),
            CALLED_BY | SOCKET => Some("docker".into()),
            _ => None,
        };
        let tools = Tools::find(&DockerGlobals::default(), &env).unwrap();
        assert_eq!(
            tools.env,
            [CALLED_BY, SOCKET].map(|name| (name.into(), OsString::new()))
        );
    }

    fn variables(globals: &DockerGlobals) -> Vec<String> {
        let show = |(key, value): (OsString, OsString)| format!("{}={}", key.display(), value.display());
        globals.env().unwrap().into_iter().map(show).collect()
    }

    #[test]
    fn dockers_flags_become_variables() {
        assert_eq!(variables(&DockerGlobals::default()), [""; 0]);
        assert_eq!(variables(&remote()), ["DOCKER_HOST=tcp://x", "DOCKER_CONFIG=c"]);
        let context = DockerGlobals {
            context: Some("far".into()),
            tlsverify: true,
            tls: true,
            tlscacert: Some("certs/ca.pem".into()),
            tlskey: Some("certs/key.pem".into()),
            ..DockerGlobals::default()
        };
        assert_eq!(
            variables(&context),
            [
                "DOCKER_CONTEXT=far",
                "DOCKER_HOST=",
                "DOCKER_CERT_PATH=certs",
                "DOCKER_TLS=1",
                "DOCKER_TLS_VERIFY=1"
            ]
        );
    }

    #[test]
    fn flags_that_no_variable_can_say_are_refused() {
        let refused = |globals: DockerGlobals| globals.env().unwrap_err().to_string();
        let hosts = |hosts: &[&str]| hosts.iter().map(ToString::to_string).collect();
        let twice = DockerGlobals {
            hosts: hosts(&["a", "b"]),
            ..DockerGlobals::default()
        };
        insta::assert_snapshot!(refused(twice), @"--host is given more than once");
        let both = DockerGlobals {
            hosts: hosts(&["a"]),
            context: Some("far".into()),
            ..DockerGlobals::default()
        };
        insta::assert_snapshot!(refused(both), @"--host and --context name the engine twice");
        let file = DockerGlobals {
            tlscacert: Some("certs/my-ca.pem".into()),
            ..DockerGlobals::default()
        };
        insta::assert_snapshot!(refused(file), @"certs/my-ca.pem cannot be handed on");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let invocation = Invocation {
            argv: vec!["/nowhere/docker".into()],
            ..Invocation::default()
        };
        let failure = exec(&invocation);
        assert_eq!(failure.exit, Exit::NoEngine);
        assert!(
            failure.to_string().starts_with("starting /nowhere/docker: "),
            "{failure}"
        );
    }
}
