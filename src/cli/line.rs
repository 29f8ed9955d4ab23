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
        let (docker, old) = (Table::of::<DockerGlobals>(), Table::of::<Old>());
        let table = docker.clone().and(old.clone()).and(Table::of::<AllGlobals>());
        let mut line = Self::default();
        let mut tokens = Vec::new();
        let mut read = 0;
        for token in table.read(args) {
            // A cluster of letters, which compose does not know before its command: it may say so.
            if token.at.start < read {
                return Ok(Self {
                    args: args.to_vec(),
                    ..Self::default()
                });
            }
            let end = token.at.end;
            match &token.is {
                Part::Set(flag, _) | Part::Bare(flag) if docker.has(flag) => tokens.push(token),
                Part::Set(flag, _) if old.has(flag) => line.translate(&flag.long),
                Part::Set(..) => line.args.extend_from_slice(&args[token.at]),
                Part::Help => line.args.push("--help".into()),
                // The plugin's own name: this is called in compose's place.
                Part::Word(word) if *word == "compose" => {
                    read = end;
                    break;
                }
                Part::Word(_) | Part::Unknown(_) | Part::Bare(_) => break,
            }
            read = end;
        }
        line.args.extend_from_slice(&args[read..]);
        let debug = line.docker.debug;
        line.docker = pflag::fill(tokens)?;
        line.docker.debug |= debug;
        line.docker.log_level = line.docker.log_level.map(modern_level);
        Ok(line)
    }

    /// What takes the place of a flag that only the standalone binary had.
    fn translate(&mut self, flag: &str) {
        match flag {
            "version" => self.args.push("version".into()),
            "verbose" => self.docker.debug = true,
            gone => self.notes.push(format!("--{gone} is gone from compose and is ignored")),
        }
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

/// Flags with a meaning for the standalone binary alone.
#[derive(clap::Args, Clone, Debug, Default)]
struct Old {
    /// Do not compare the engine's name with its certificate
    #[arg(long)]
    skip_hostname_check: bool,
    /// Tell everything
    #[arg(long)]
    verbose: bool,
    /// Show compose's version
    #[arg(short = 'v', long)]
    version: bool,
}

/// Compose 1 had one level that docker has under another name.
fn modern_level(level: String) -> String {
    match level.eq_ignore_ascii_case("critical") {
        true => "fatal".to_owned(),
        false => level,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    /// The command that is found in a line, with the number of arguments before it.
    fn command(line: &str) -> Option<(usize, String)> {
        match split(&args(line)) {
            Split::Command { flags, word, .. } => Some((flags.len(), word.to_str().unwrap().to_owned())),
            _ => None,
        }
    }

    #[test]
    fn the_command_is_found_behind_every_global_flag() {
        for (line, flags) in [
            ("up", 0),
            ("-f a.yaml up", 2),
            ("-fa.yaml up", 1),
            ("-f=a.yaml up", 1),
            ("--file a.yaml --file=b.yaml up", 3),
            ("-f up -p up up up", 4),
            ("-p p --profile x --env-file e --project-directory d up", 8),
            ("--progress plain --ansi never --parallel -1 up", 6),
            ("--dry-run --all-resources --compatibility=false up", 3),
            ("--verbose --no-ansi --workdir . --insecure-registry r up", 6),
        ] {
            assert_eq!(command(line), Some((flags, "up".to_owned())), "{line}");
        }
    }

    #[test]
    fn a_line_without_a_command_has_none() {
        assert_eq!(split(&args("")), Split::Flags);
        assert_eq!(split(&args("-f a.yaml")), Split::Flags);
        assert_eq!(split(&args("-f")), Split::Flags);
        assert_eq!(split(&args("-- up")), Split::Flags);
        assert_eq!(split(&args("-f a.yaml --help up")), Split::Help);
        assert_eq!(split(&args("-H tcp://x up")), Split::Unknown("-H".into()));
    }

    #[test]
    fn the_name_it_was_called_by_is_the_last_part_of_a_path() {
        for (program, name) in [
            ("towline", Name::Towline),
            ("/usr/local/bin/docker-compose", Name::Compose),
            ("docker-towline", Name::Plugin),
            ("", Name::Towline),
        ] {
            assert_eq!(Name::of(OsStr::new(program)), name, "{program}");
        }
    }

    /// `docker`'s flags and the rest of a line, as one line.
    fn read(name: Name, line: &str) -> (String, Vec<String>) {
        let read = Line::read(name, &args(line)).unwrap();
        let docker = read.docker.argv().into_iter().chain(["|".into()]).chain(read.args);
        let words: Vec<_> = docker.map(|word| word.into_string().unwrap()).collect();
        (words.join(" "), read.notes)
    }

    #[test]
    fn the_standalone_name_takes_docker_flags_among_composes() {
        for (line, expected) in [
            ("up -d", "| up -d"),
            (
                "-f a.yaml -H tcp://x -p p up -H y",
                "--host tcp://x | -f a.yaml -p p up -H y",
            ),
            ("-Htcp://x up", "--host tcp://x | up"),
            ("--host=tcp://x up", "--host tcp://x | up"),
            ("-c remote ps", "--context remote | ps"),
            (
                "--tls --tlsverify --tlscacert ca.pem ps",
                "--tlscacert ca.pem --tls --tlsverify | ps",
            ),
            ("-D --log-level warn ps", "--log-level warn --debug | ps"),
            ("--log-level CRITICAL ps", "--log-level fatal | ps"),
            ("--verbose ps", "--debug | ps"),
            ("--no-ansi ps", "| --no-ansi ps"),
            ("--version", "| version"),
            ("-v", "| version"),
            ("-h", "| --help"),
            ("-f a.yaml --help", "| -f a.yaml --help"),
            ("compose up", "| up"),
            ("-H x compose up compose", "--host x | up compose"),
            ("exec web ls -- -H", "| exec web ls -- -H"),
            ("--bogus -H x up", "| --bogus -H x up"),
            ("-- -H x", "| -- -H x"),
            ("-f", "| -f"),
        ] {
            assert_eq!(read(Name::Compose, line), (expected.to_owned(), vec![]), "{line}");
        }
        let (line, notes) = read(Name::Compose, "--skip-hostname-check up");
        assert_eq!(line, "| up");
        assert_eq!(notes, ["--skip-hostname-check is gone from compose and is ignored"]);
        assert_eq!(
            Line::read(Name::Compose, &args("-H")).unwrap_err().to_string(),
            "flag --host needs a value"
        );
    }

    #[test]
    fn the_plugin_takes_docker_flags_before_its_name() {
        for (line, expected) in [
            ("towline ci", "| ci"),
            (
                "-H tcp://x --config c towline -f a.yaml ci",
                "--config c --host tcp://x | -f a.yaml ci",
            ),
            ("--context remote towline up -d", "--context remote | up -d"),
            ("towline towline", "| towline"),
            // Without docker in between.
            ("ci", "| ci"),
            ("--help", "| --help"),
            ("-f a.yaml ci", "| -f a.yaml ci"),
        ] {
            assert_eq!(read(Name::Plugin, line), (expected.to_owned(), vec![]), "{line}");
        }
    }

    #[test]
    fn under_its_own_name_nothing_is_taken_away() {
        assert_eq!(read(Name::Towline, "-H x compose up").0, "| -H x compose up");
    }
}
