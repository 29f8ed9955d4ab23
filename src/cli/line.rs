//! Splits a command line: `[compose's global flags] COMMAND REST`, and what stands before it under another name.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::globals::{AllGlobals, Globals};
use super::pflag::{self, Part, Table};
use crate::failure::Result;
use crate::run::binary::DockerGlobals;

/// The name that towline was called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// `towline`, or any name that says nothing.
    Towline,
    /// `docker-compose`: compose's own words alone.
    Compose,
    /// `docker-towline`: a plugin of the docker command.
    Plugin,
}

impl Name {
    /// The name that the first argument of the process stands for.
    #[must_use]
    pub fn of(program: &OsStr) -> Self {
        match Path::new(program).file_stem().and_then(OsStr::to_str) {
            Some("docker-compose") => Self::Compose,
            Some("docker-towline") => Self::Plugin,
            _ => Self::Towline,
        }
    }
}

/// A command line without what belongs to docker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Docker's own flags.
    pub docker: DockerGlobals,
    /// What is left: `[compose's global flags] COMMAND REST`.
    pub args: Vec<OsString>,
    /// What the user should know of flags that were dropped.
    pub notes: Vec<String>,
}

impl Line {
    /// Takes docker's flags out of a line.
    ///
    /// # Errors
    /// Wrong usage: a flag of docker without its value, or with a value of the wrong type.
    pub fn read(name: Name, args: &[OsString]) -> Result<Self> {
        match name {
            Name::Towline => Ok(Self {
                args: args.to_vec(),
                ..Self::default()
            }),
            Name::Compose => Self::standalone(args),
            Name::Plugin => Self::plugin(args),
        }
    }

    /// What stands behind `docker-compose`: docker's flags may stand among compose's, up to the command.
    ///
    /// The standalone binary of compose 1 had flags of its own, and that of compose 2 took them over; the ones that
    /// are gone are accepted with a note.
    fn standalone(args: &[OsString]) -> Result<Self> {
        let docker = Table::of::<DockerGlobals>();
        let gone = Table::of::<Gone>();
        let table = docker.clone().and(Table::of::<AllGlobals>()).and(gone.clone());
        let mut line = Self::default();
        let mut docker_tokens = Vec::new();
        let mut read = 0;
        for token in table.read(args) {
            if token.at.start < read {
                // A cluster of letters: leave it to compose, which has none before its command either.
                return Ok(Self {
                    args: args.to_vec(),
                    ..Self::default()
                });
            }
            match &token.is {
                Part::Set(flag, _) if docker.has(flag) => docker_tokens.push(token.clone()),
                Part::Set(flag, _) if gone.has(flag) => line
                    .notes
                    .push(format!("--{} is gone from compose and is ignored", flag.long)),
                Part::Set(flag, _) if flag.long == "version" => line.args.push("version".into()),
                Part::Set(..) => line.args.extend_from_slice(&args[token.at.clone()]),
                Part::Help => line.args.push("--help".into()),
                Part::Bare(flag) if docker.has(flag) => docker_tokens.push(token.clone()),
                // The plugin's own name: this is called in compose's place.
                Part::Word(word) if *word == "compose" => {
                    read = token.at.end;
                    break;
                }
                Part::Word(_) | Part::Unknown(_) | Part::Bare(_) => break,
            }
            read = token.at.end;
        }
        line.args.extend_from_slice(&args[read..]);
        line.docker = pflag::fill(docker_tokens)?;
        Ok(line)
    }

    /// What docker calls a plugin with: its own flags, the plugin's name, the arguments.
    fn plugin(args: &[OsString]) -> Result<Self> {
        let table = Table::of::<DockerGlobals>();
        let mut docker = Vec::new();
        let mut read = 0;
        for token in table.read(args) {
            match token.is {
                Part::Set(..) | Part::Bare(_) => {
                    read = token.at.end;
                    docker.push(token);
                }
                Part::Word(word) if word == "towline" => {
                    read = token.at.end;
                    break;
                }
                _ => break,
            }
        }
        Ok(Self {
            docker: pflag::fill(docker)?,
            args: args[read..].to_vec(),
            notes: Vec::new(),
        })
    }
}

/// Flags of compose 1 that mean nothing any more.
#[derive(clap::Args, Clone, Debug, Default)]
struct Gone {
    /// Do not compare the engine's name with its certificate
    #[arg(long)]
    skip_hostname_check: bool,
}

/// A line split at its command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split<'a> {
    /// `[flags] COMMAND REST`.
    Command {
        /// Compose's global flags, as they stand there.
        flags: &'a [OsString],
        /// The command.
        word: &'a OsStr,
        /// What stands behind it.
        rest: &'a [OsString],
    },
    /// Flags without a command, or nothing at all.
    Flags,
    /// `--help` comes first.
    Help,
    /// A flag that is not known, so that nobody can say which word is the command.
    Unknown(OsString),
}

/// Splits `[compose's global flags] COMMAND REST`.
#[must_use]
pub fn split(args: &[OsString]) -> Split<'_> {
    let table = Table::of::<AllGlobals>();
    for token in table.read(args) {
        match token.is {
            Part::Set(..) => {}
            // Compose takes no command behind `--`.
            Part::Word(_) if token.behind_dashes => return Split::Flags,
            Part::Word(_) => {
                return Split::Command {
                    flags: &args[..token.at.start],
                    word: &args[token.at.start],
                    rest: &args[token.at.end..],
                };
            }
            Part::Help => return Split::Help,
            Part::Unknown(flag) => return Split::Unknown(flag),
            Part::Bare(_) => return Split::Flags,
        }
    }
    Split::Flags
}

/// Reads what [`split`] found before a command.
///
/// # Errors
/// Wrong usage: a value of the wrong type.
pub fn globals(flags: &[OsString]) -> Result<Globals> {
    let table = Table::of::<AllGlobals>();
    let all: AllGlobals = pflag::fill(table.read(flags))?;
    Ok(all.into())
}
