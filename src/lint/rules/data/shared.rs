//! Places that services hand data over in: named volumes, and directories of the project that are there for what jobs make.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use crate::lint::mounts::{self, Mount};
use crate::lint::project::{Project, Service};

/// A service and its mount of a place.
pub(super) type Use<'p, 'a> = (&'p Service<'a>, Mount<'a>);

/// Names of directories that hold what has been made, and not what it is made from.
const OUTPUTS: [&str; 16] = [
    "artifact",
    "artifacts",
    "coverage",
    "dist",
    "htmlcov",
    "out",
    "output",
    "outputs",
    "report",
    "reports",
    "result",
    "results",
    "screenshots",
    "target",
    "test-reports",
    "test-results",
];

/// The places, each with all who mount it.
pub(super) fn places<'p, 'a>(project: &'p Project<'a>) -> BTreeMap<&'a str, Vec<Use<'p, 'a>>> {
    let mut places: BTreeMap<&str, Vec<Use<'p, 'a>>> = BTreeMap::new();
    for service in project.services() {
        for mount in mounts::of(service) {
            let directory = mount.host().filter(|_| is_output(project, &mount));
            if let Some(place) = mount.volume().or(directory) {
                places.entry(place).or_default().push((service, mount));
            }
        }
    }
    places
}

/// Whether a directory of the project is mounted whose name says that it is there for what is made.
pub(super) fn is_output(project: &Project<'_>, mount: &Mount<'_>) -> bool {
    let inside = mount
        .host()
        .and_then(|path| Path::new(path).strip_prefix(&project.model.directory).ok());
    let mut names = inside
        .into_iter()
        .flat_map(Path::components)
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        });
    names.any(|name| OUTPUTS.contains(&name))
}
