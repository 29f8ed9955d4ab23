//! What compose files and command lines may hold, each run once: it has to work under towline as it does under compose.

mod builds;
mod containers;
mod files;
mod flags;
mod hooks;

use crate::common::{Engine, Finished, Project};

/// Runs `towline ci` on these services.
fn ci(engine: &Engine, services: &str) -> (Project, Finished) {
    let project = Project::with_services(engine, "features", services);
    let finished = project.towline("ci").run();
    (project, finished)
}

/// Runs `towline ci` on these services, which must pass and leave nothing behind.
#[track_caller]
fn passes(engine: &Engine, services: &str) -> Finished {
    let (project, finished) = ci(engine, services);
    finished.passed();
    project.nothing_left();
    // The record goes with the project: what a test looks at has to be in memory.
    finished
}
