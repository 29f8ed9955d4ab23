//! What is compose's: this process becomes compose, with the same arguments.

use std::env;
use std::ffi::{OsStr, OsString};

use super::print;
use crate::cli::{self, Line, Name};
use crate::failure::Result;
use crate::run::binary;

/// Becomes `docker [its flags] compose ARGS`.
///
/// # Errors
/// There is no docker or no compose; otherwise this does not come back.
pub(super) fn run(line: &Line) -> Result<u8> {
    Err(binary::exec(&binary::compose(&line.docker, &line.args, &variable)?))
}

/// Answers what docker asks a plugin. Where towline is installed as the compose plugin, the real one answers.
pub(super) fn question(name: Name, words: &[OsString]) -> Option<Result<u8>> {
    let question = words.first()?.to_str()?;
    match (name, question) {
        (Name::Compose, "docker-cli-plugin-metadata" | "docker-cli-plugin-hooks") => {
            let plugin = binary::plugin(words, &variable);
            Some(plugin.and_then(|plugin| Err(binary::exec(&plugin))))
        }
        (_, "docker-cli-plugin-metadata") => Some(print(&metadata())),
        _ => None,
    }
}

fn metadata() -> String {
    let answer = serde_json::json!({
        "SchemaVersion": "0.1.0",
        "Vendor": "towline",
        "Version": env!("CARGO_PKG_VERSION"),
        "ShortDescription": env!("CARGO_PKG_DESCRIPTION"),
    });
    format!("{answer}\n")
}

/// What to say of a command that is compose's, or nobody's.
pub(super) fn remark(word: &OsStr, rest: &[OsString]) -> Option<String> {
    if word == "run" && rest.is_empty() {
        return Some("to run the whole file as a pipeline: towline ci".to_owned());
    }
    let word = word.to_str()?;
    let like = cli::own_name_like(word)?;
    Some(format!("'{word}' is no command of towline; did you mean '{like}'?"))
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}
