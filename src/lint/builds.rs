//! Which Dockerfiles a project is built from, and with what: for those who look at them.

use std::path::PathBuf;

use super::Settings;
use super::project::{Kinds, Project, Service};
use crate::compose::load::{Request, load};
use crate::yaml::Node;

/// A build of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The service.
    pub service: String,
    /// The directory that it is built from.
    pub context: PathBuf,
    /// The Dockerfile.
    pub dockerfile: PathBuf,
    /// The stage that is built, where it is not the last.
    pub target: Option<String>,
    /// Its build arguments.
    pub args: Vec<(String, String)>,
}

/// The builds of a project from Dockerfiles that are there. None where the project cannot be loaded.
#[must_use]
pub fn builds(request: Request) -> Vec<Build> {
    let loaded = load(request);
    let settings = Settings::default();
    let Some(model) = &loaded.model else {
        return Vec::new();
    };
    let Some(kinds) = Kinds::of(model, &[]) else {
        return Vec::new();
    };
    let project = Project::new(model, &loaded.sources, &loaded.documents, &settings, &kinds);
    let services = project.services().iter();
    services.filter_map(|service| build(&project, service)).collect()
}

fn build(project: &Project<'_>, service: &Service<'_>) -> Option<Build> {
    let dockerfile = project.dockerfile_path(service).filter(|path| path.is_file())?;
    let build = service.node.get("build")?;
    let args = build.get("args").into_iter().flat_map(Node::entries);
    Some(Build {
        service: service.name().to_owned(),
        context: project.context(service)?,
        dockerfile,
        target: build.get("target").and_then(Node::as_str).map(str::to_owned),
        args: args
            .filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_owned())))
            .collect(),
    })
}
