//! `towline help`: towline itself, its commands, its exit codes, and compose's commands by compose.

use super::{pass, print};
use crate::cli::{self, Line};
use crate::exit;
use crate::failure::Result;
use crate::plan;

/// What `towline --help` shows.
pub(super) fn overview() -> Result<u8> {
    print(&cli::command().render_help().ansi().to_string())
}

/// Explains a topic.
pub(super) fn run(line: &Line, topic: &[String]) -> Result<u8> {
    let Some(name) = topic.first() else { return overview() };
    if name == "exit-codes" {
        return print(&exit::table());
    }
    if name == "kinds" {
        return print(&plan::explain());
    }
    let mut command = cli::command();
    command.build();
    if let Some(own) = command.find_subcommand_mut(name) {
        return print(&own.render_help().ansi().to_string());
    }
    let args = topic.iter().map(Into::into).chain(["--help".into()]);
    pass::run(&Line {
        args: args.collect(),
        ..line.clone()
    })
}
