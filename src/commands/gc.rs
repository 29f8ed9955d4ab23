//! `towline gc`: removes what runs left whose owner is gone.

use std::fs;
use std::path::Path;

use super::print;
use crate::cli::GcArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::report::collected::{Collected, Run};
use crate::run::binary::{DockerGlobals, Tools};
use crate::run::command::Commands;
use crate::run::directory;
use crate::run::gc::{self, Leftover, Space, Unjudged};
use crate::run::owner::Owner;
use crate::run::process::Spawner;
use crate::run::socket::Socket;
use crate::run::things::Sort;

/// Removes what is left, and says what that was.
///
/// # Errors
/// There is no docker, or the engine does not answer.
pub(super) fn run(args: &GcArgs, docker: &DockerGlobals) -> Result<u8> {
    let variable = |name: &str| std::env::var_os(name);
    let tools = Tools::find(docker, &variable)?;
    let commands = Commands {
        socket: Socket::find(&tools, &variable),
        ..Commands::of_docker(tools, String::new())
    };
    let spawner = Spawner::default();
    let unjudged = match (args.older, args.all) {
        (_, true) => Unjudged::Removed,
        (Some(age), false) => Unjudged::Older(age),
        (None, false) => Unjudged::Kept,
    };
    let folders = [
        super::report::runs(),
        directory::runs(&std::env::temp_dir().join("towline")),
    ];
    let found = gc::find(&spawner, &commands, &folders, unjudged).ok_or_else(|| {
        Failure::message(Exit::NoEngine, "the engine does not say what is on it").hint("`docker version` shows why")
    })?;
    let space = if found.gone.is_empty() {
        None
    } else {
        Space::ask(&spawner, &commands)
    };
    let mut collected = Collected {
        dry_run: args.dry_run,
        runs: Vec::new(),
        unjudged: found.unjudged.into_iter().collect(),
    };
    for (id, leftover) in &found.gone {
        let records: u64 = leftover.directories.iter().map(|directory| size(directory)).sum();
        let bytes = space.as_ref().map(|space| space.of(&leftover.things) + records);
        let left = if args.dry_run {
            Vec::new()
        } else {
            gc::remove(&spawner, &commands, id, leftover)
        };
        collected.runs.push(Run {
            bytes,
            left,
            ..describe(id, leftover)
        });
    }
    print(&collected.text())?;
    let is_clean = collected.runs.iter().all(|run| run.left.is_empty());
    Ok(if is_clean { Exit::Passed } else { Exit::Findings }.code())
}

fn describe(id: &str, leftover: &Leftover) -> Run {
    let owner = leftover.owner.parse().map_or_else(
        |()| "an unknown process".to_owned(),
        |owner: Owner| format!("process {} on host {}", owner.process, owner.host),
    );
    let things = |sort: Sort| leftover.things.iter().filter(|thing| thing.sort == sort).count();
    let counts = Sort::ALL.iter().map(|sort| (sort.word(), things(*sort)));
    let further = [
        ("lock", leftover.locks.len()),
        ("guard", leftover.guards.len()),
        ("record", leftover.directories.len()),
    ];
    Run {
        id: id.to_owned(),
        owner,
        counts: counts.chain(further).collect(),
        ..Run::default()
    }
}

/// The size of all files below a directory.
fn size(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
