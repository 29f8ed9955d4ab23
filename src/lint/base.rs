//! The image that a service's container is, or is built on.

use std::rc::Rc;

use super::dockerfile::Dockerfile;
use super::images::{Plain, known, lacks, plain};
use super::project::{Project, Service};
use crate::yaml::Node;

/// An image, and what a build adds to it.
#[derive(Debug)]
pub struct Base {
    /// Its name.
    pub image: String,
    file: Option<Rc<Dockerfile>>,
}

impl Base {
    /// The image that a service runs, or that its own is built on; none where that is not known.
    #[must_use]
    pub fn of(project: &Project<'_>, service: &Service<'_>) -> Option<Self> {
        let Some(build) = service.get("build") else {
            let image = service.text("image")?.to_owned();
            return Some(Self { image, file: None });
        };
        let file = project.dockerfile(service)?;
        let target = build.get("target").and_then(Node::as_str);
        let image = file.lineage(target).first()?.base.clone()?;
        let others = build.get("additional_contexts");
        let is_other = others.is_some_and(|others| others.get(&image).is_some());
        (!is_other).then_some(Self {
            image,
            file: Some(file),
        })
    }

    /// Whether the image surely lacks a program, and the build does not add it.
    #[must_use]
    pub fn lacks(&self, program: &str) -> bool {
        lacks(&self.image, program) && !self.file.as_ref().is_some_and(|file| adds(file, program))
    }

    /// What is known of it where it is one of a language or a system.
    #[must_use]
    pub fn plain(&self) -> Option<&'static Plain> {
        plain(&self.image)
    }

    /// Whether it is an image that everybody uses: what its variables are called is known well enough.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.plain().is_some() || known(&self.image).is_some() || self.image == "scratch"
    }

    /// What the build of the service says, where it has one.
    #[must_use]
    pub fn dockerfile(&self) -> Option<&Dockerfile> {
        self.file.as_deref()
    }
}

/// Whether a build may add a program: whoever runs or copies something of its name has most likely installed it.
fn adds(file: &Dockerfile, program: &str) -> bool {
    let runs = file.stages.iter().flat_map(|stage| &stage.runs);
    let copies = file.stages.iter().flat_map(|stage| &stage.copies);
    let is_run = runs.into_iter().any(|run| run.script.contains(program));
    let mut copied = copies.flat_map(|copy| copy.sources.iter().chain([&copy.target]));
    program != "sh" && (is_run || copied.any(|path| path.contains(program)))
}
