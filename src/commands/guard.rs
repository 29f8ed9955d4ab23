//! The hidden command that `ci` starts itself with: the guard of a run.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::run::binary::Tools;
use crate::run::command::Commands;
use crate::run::guard;

/// Guards a run: `guard-run PROJECT DOCKER COMPOSE…`.
///
/// # Errors
/// When it is called by somebody else.
pub(super) fn run(words: &[OsString]) -> Result<u8> {
    let [project, docker, compose @ ..] = words else {
        return Err(Failure::usage("'guard-run' is for towline's own use"));
    };
    let tools = Tools {
        docker: docker.into(),
        compose: compose.to_vec(),
        env: Vec::new(),
    };
    let commands = Commands {
        tools,
        project: project.to_string_lossy().into_owned(),
        socket: None,
        directory: PathBuf::new(),
        env_files: Vec::new(),
        parallel: None,
    };
    guard::watch(std::io::stdin(), &commands);
    Ok(Exit::Passed.code())
}
