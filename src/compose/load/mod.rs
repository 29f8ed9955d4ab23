//! The native loader: a Compose project's files → the verdict and the resolved model of `docker compose config`, without
//! Docker, and with the place of every value.
//!
//! An untyped tree goes through the same stages in the same order as in Compose, since what a later stage sees, and which
//! problem a person is told, depends on it. The stages of one document are in `model`; what follows for the whole is in
//! [`load`].

mod canonical;
mod check;
mod consistency;
mod decode;
mod discover;
mod dotenv;
mod emit;
mod environment;
mod extends;
mod files;
mod include;
mod interpolate;
mod merge;
mod model;
mod mounts;
mod normalise;
mod number;
mod path;
mod paths;
mod ports;
mod reset;
mod schema;
mod select;
mod service_env;
mod template;
mod unique;
mod units;
mod words;

use files::Files;
use model::{Loader, Scope};

use crate::diagnostic::{Diagnostic, Diagnostics, Stop};
use crate::source::Sources;
use crate::yaml::Node;

/// What to load, in Compose's own terms.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The current directory, absolute.
    pub directory: String,
    /// `--project-directory`.
    pub project_directory: Option<String>,
    /// `--project-name`.
    pub project_name: Option<String>,
    /// `--file`, in order.
    pub files: Vec<String>,
    /// `--env-file`, in order.
    pub env_files: Vec<String>,
    /// `--profile`, in order.
    pub profiles: Vec<String>,
    /// The services that are asked for; none stands for all.
    pub services: Vec<String>,
    /// `--all-resources`: keep networks, volumes and the like that no service uses.
    pub all_resources: bool,
    /// The variables of the process.
    pub environment: Vec<(String, String)>,
    /// The home directory.
    pub home: Option<String>,
    /// What the file `-` holds; without it, the standard input is read.
    pub stdin: Option<Vec<u8>>,
}

/// A resolved project.
#[derive(Clone, Debug)]
pub struct Model {
    /// The project's name.
    pub name: String,
    /// The resolved tree. Each value has the place where it was written, and one that was added that of what implies it.
    pub root: Node,
}

impl Model {
    /// The model as `docker compose config --format json` prints it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        emit::emit(&self.root, &self.name)
    }
}

/// What came of a request.
#[derive(Debug)]
pub struct Loaded {
    /// The model; none where Compose rejects the project.
    pub model: Option<Model>,
    /// All that was found on the way, warnings too.
    pub diagnostics: Diagnostics,
    /// The texts that the places point into.
    pub sources: Sources,
}

/// Loads a project.
#[must_use]
pub fn load(request: Request) -> Loaded {
    let files = Files::new(request.home.clone(), request.stdin.clone());
    let mut loader = Loader {
        files,
        problems: Diagnostics::default(),
        including: Vec::new(),
    };
    let model = loader.load(&request).ok();
    Loaded {
        model,
        diagnostics: loader.problems,
        sources: loader.files.sources,
    }
}

impl Loader {
    fn load(&mut self, request: &Request) -> Result<Model, Stop> {
        let found = self.discover(request)?;
        let (name, scope) = (found.name, found.scope);
        let model = self.model(&found.files, &scope)?;
        let Some(mut root) = model.filter(|root| root.entries().next().is_some()) else {
            return self
                .problems
                .stop(Diagnostic::error("empty", None, "the compose file is empty"));
        };
        normalise::inherit(&mut root, &mut self.problems)?;
        // Variables are resolved as texts: decoding gives them one form, whichever they are written in.
        decode::decode(&mut root, &mut self.problems);
        self.problems.check()?;
        normalise::normalise(&mut root, &name, &scope.environment);
        let profiles = select::profiles(&request.profiles, &scope.environment);
        let inactive = select::deactivate(&mut root, &profiles);
        let names: Vec<String> = inactive.keys().map(ToString::to_string).collect();
        consistency::check(&root, &names, &mut self.problems);
        self.problems.check()?;
        service_env::resolve(&mut root, &scope.environment, &mut self.files, &mut self.problems)?;
        select::select(&mut root, inactive, &profiles, &request.services, &mut self.problems)?;
        if !request.all_resources {
            select::prune(&mut root);
        }
        select::check_container_names(&root, &mut self.problems);
        self.problems.check()?;
        Ok(Model { name, root })
    }
}
