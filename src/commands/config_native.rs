//! `towline config --native`: the resolved model, without Docker.

use anyhow::Context as _;

use super::{complain, native, print_exactly};
use crate::cli::{Globals, NativeArgs, NativeFormat};
use crate::compose::load::Request;
use crate::exit::Exit;
use crate::failure::Result;
use crate::term::Terminal;

/// Prints the model, or says what is wrong with the files.
///
/// # Errors
/// The current directory is gone, or standard output cannot be written.
pub(super) fn run(globals: &Globals, args: &NativeArgs) -> Result<u8> {
    let (model, findings) = native::load_project(Request {
        services: args.services.clone(),
        ..native::request(globals)?
    });
    complain(&native::shown(&findings, |_| true, &Terminal::stderr()));
    let Some(model) = &model else {
        return Ok(Exit::Invalid.code());
    };
    if args.quiet {
        return Ok(Exit::Passed.code());
    }
    print_exactly(&match args.format {
        NativeFormat::Json => {
            serde_json::to_string_pretty(&model.to_json()).context("writing the model as JSON")? + "\n"
        }
        NativeFormat::Yaml => serde_yaml::to_string(&model.to_yaml_values()).context("writing the model as YAML")?,
    })
}
