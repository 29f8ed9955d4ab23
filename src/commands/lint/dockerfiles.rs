//! `towline lint --dockerfile`: the Dockerfiles of the projects, as other programs see them.

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;

use indexmap::IndexMap;

use super::super::complain;
use crate::compose::load::Request;
use crate::diagnostic::Findings;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::lint::{self, Settings};
use crate::run::binary::{DockerGlobals, Tools, on_path};
use crate::run::dockerfile::{Build, Checkers};

/// Adds to each project what is found in its Dockerfiles. What one program cannot look at is told, and the others do.
///
/// # Errors
/// There is a Dockerfile that nothing could look at.
pub(super) fn check(
    requests: &[Request],
    projects: &mut [Findings],
    settings: &Settings,
    docker: &DockerGlobals,
) -> Result<()> {
    let checkers = checkers(docker)?;
    let mut told = BTreeSet::new();
    for (request, findings) in requests.iter().zip(projects) {
        let mut by_file: IndexMap<PathBuf, Vec<lint::Build>> = IndexMap::new();
        for build in lint::builds(request.clone()) {
            by_file.entry(build.dockerfile.clone()).or_default().push(build);
        }
        for (dockerfile, builds) in &by_file {
            let ways: Vec<Build<'_>> = builds.iter().map(way).collect();
            let looked = checkers.check(dockerfile, &ways);
            let (remarks, failed) = looked.map_err(|why| Failure::message(Exit::NoEngine, why))?;
            if let Some(why) = failed.filter(|why| told.insert(why.clone())) {
                complain(&format!("towline: {why}\n"));
            }
            let services: Vec<&str> = builds.iter().map(|build| build.service.as_str()).collect();
            lint::add_remarks(findings, &services, remarks, settings);
        }
    }
    Ok(())
}

fn way(build: &lint::Build) -> Build<'_> {
    Build {
        context: &build.context,
        target: build.target.as_deref(),
        args: &build.args,
    }
}

/// The programs that are there.
fn checkers(docker: &DockerGlobals) -> Result<Checkers> {
    let lookup = |name: &str| env::var_os(name);
    let checkers = Checkers {
        hadolint: on_path("hadolint", &lookup),
        docker: Tools::find(docker, &lookup).ok(),
    };
    if checkers.count() == 0 {
        let failure = Failure::usage("there is neither hadolint nor docker here to look at Dockerfiles with");
        return Err(failure.hint("install one of them, or leave out --dockerfile"));
    }
    Ok(checkers)
}
