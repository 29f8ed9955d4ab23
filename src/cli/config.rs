//! `towline config --native`: the one form of compose's `config` that towline answers itself.

use std::ffi::OsString;

use super::globals::Globals;
use super::pflag::{self, Table};
use crate::failure::Result;

/// What `config --native` was asked to do.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct NativeArgs {
    /// Resolve the model without Docker
    #[arg(long)]
    native: bool,
    /// Notation
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: NativeFormat,
    /// Check alone, and print no model
    #[arg(short, long)]
    pub quiet: bool,
    /// Services to show, with all that they depend on; all services without
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
}

/// How `config --native` writes the model.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NativeFormat {
    /// As compose does without the flag
    #[default]
    Yaml,
    /// As compose does with `--format json`
    Json,
}

/// The line behind `config`, where compose's global flags may stand as well.
#[derive(clap::Args, Clone, Debug)]
struct NativeLine {
    #[command(flatten)]
    args: NativeArgs,
    #[command(flatten)]
    globals: Globals,
}

/// Reads `[flags] config REST`; nothing where the line does not ask for towline's answer.
///
/// # Errors
/// Wrong usage: `--native` beside a flag that only compose's own `config` has.
pub fn read(flags: &[OsString], rest: &[OsString]) -> Result<Option<(Globals, NativeArgs)>> {
    if !rest
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--native")
    {
        return Ok(None);
    }
    let line: NativeLine = pflag::fill(Table::of::<NativeLine>().read(rest))?;
    let globals = super::globals(flags)?.then(line.globals);
    Ok(Some((globals, line.args)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> Result<Option<(Globals, NativeArgs)>> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        read(&["--file=a".into()], &words)
    }

    #[test]
    fn only_a_line_that_says_so_is_answered() {
        assert!(line(&["-q", "--format", "json"]).unwrap().is_none());
        assert!(line(&["--", "--native"]).unwrap().is_none());
        let (globals, args) = line(&["--native", "-q", "--format=json", "-f", "b", "web"])
            .unwrap()
            .unwrap();
        assert_eq!(globals.files, ["a", "b"]);
        assert_eq!(args.services, ["web"]);
        assert!(args.quiet && args.format == NativeFormat::Json);
    }

    #[test]
    fn a_flag_of_compose_alone_is_refused() {
        assert!(line(&["--native", "--hash", "*"]).is_err());
    }
}
