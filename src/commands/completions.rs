//! `towline completions SHELL`: the script with which a shell completes towline's words and compose's.

use clap_complete::{Shell, generate};

use super::print;
use crate::cli;
use crate::failure::Result;

/// Prints the script.
pub(super) fn run(shell: Shell) -> Result<u8> {
    let mut script = Vec::new();
    generate(shell, &mut cli::command_with_compose(), "towline", &mut script);
    print(&script)
}
