//! `towline man`: the manual page of towline, or of one of its commands.

use anyhow::Context as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::print;
use crate::cli;
use crate::exit;
use crate::failure::{Failure, Result};

/// Prints a page, for `man -l -` or a package.
pub(super) fn run(name: Option<&str>) -> Result<u8> {
    let mut command = cli::command();
    command.build();
    let page = match name {
        None => command,
        Some(name) => command.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::usage(format!("towline has no command {name:?}"))
                .hint("`towline --help` lists its commands; `towline help COMMAND` explains compose's too")
        })?,
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text).context("writing the manual page")?;
    let mut codes = Roff::new();
    codes.control("SH", ["EXIT STATUS"]).control("nf", []);
    codes.text([roman(exit::table())]).control("fi", []);
    codes.to_writer(&mut text).context("writing the manual page")?;
    print(&text)
}
