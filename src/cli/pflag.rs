//! Reads flags by the grammar of compose and docker (Go's pflag), and fills clap structs with what it read.
//!
//! clap's own grammar differs in small ways: pflag takes the next word as a value whatever it looks like, knows
//! `--flag=false`, and Go's words for truth. So the words are read here, and clap gets them in one plain form.

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Args, Command, FromArgMatches};

use super::values::go_bool;
use crate::failure::{Failure, Result};

/// A flag as far as its grammar goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    /// The name behind two dashes.
    pub(crate) long: String,
    /// The letter behind one dash.
    pub(crate) short: Option<char>,
    /// Whether a value must follow. A flag without is a boolean, whose value can stand behind `=` alone.
    pub(crate) takes_value: bool,
}

/// One flag or word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// Which of the arguments it is made of. The flags of a cluster (`-dV`) share their argument.
    pub(crate) at: Range<usize>,
    /// Whether it stands behind `--`.
    pub(crate) behind_dashes: bool,
    /// What it is.
    pub(crate) is: Part<'a>,
}

/// What a token can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// A flag of the table, with its value; `true` for a boolean that stands alone.
    Set(&'a Flag, OsString),
    /// `-h` or `--help`, which every command has.
    Help,
    /// A word that is no flag.
    Word(&'a OsStr),
    /// A flag that is not in the table.
    Unknown(OsString),
    /// A flag whose value is missing, at the end of the line.
    Bare(&'a Flag),
}

/// The flags that a command has.
#[derive(Clone, Debug)]
pub(crate) struct Table(Vec<Flag>);

impl Table {
    /// The flags of a clap struct.
    pub(crate) fn of<T: Args>() -> Self {
        Self(
            T::augment_args(Command::new("flags"))
                .get_arguments()
                .filter_map(|arg| {
                    Some(Flag {
                        long: arg.get_long()?.to_owned(),
                        short: arg.get_short(),
                        takes_value: arg.get_action().takes_values(),
                    })
                })
                .collect(),
        )
    }

    /// Whether a flag of this long name is in the table.
    pub(crate) fn has(&self, flag: &Flag) -> bool {
        self.0.contains(flag)
    }

    /// The table with the flags of another one behind its own.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Every flag and word of a line.
    pub(crate) fn read<'a>(&'a self, args: &'a [OsString]) -> Reader<'a> {
        Reader {
            table: self,
            args,
            next: 0,
            cluster: None,
            words_only: false,
        }
    }

    fn long(&self, name: &[u8]) -> Option<&Flag> {
        self.0.iter().find(|flag| flag.long.as_bytes() == name)
    }

    fn short(&self, letter: u8) -> Option<&Flag> {
        self.0.iter().find(|flag| flag.short == Some(char::from(letter)))
    }
}

/// Iterator over the tokens of a line.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    table: &'a Table,
    args: &'a [OsString],
    /// The first argument that is not read yet.
    next: usize,
    /// What is left of a cluster of short flags, whose argument is the one before `next`.
    cluster: Option<&'a [u8]>,
    /// Whether `--` was met.
    words_only: bool,
}

impl<'a> Iterator for Reader<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(letters) = self.cluster.take() {
            return Some(self.letter(letters));
        }
        let arg = self.args.get(self.next)?;
        self.next += 1;
        match arg.as_bytes() {
            b"--" if !self.words_only => {
                self.words_only = true;
                self.next()
            }
            [b'-', b'-', name @ ..] if !self.words_only => Some(self.name(name)),
            [b'-', letters @ ..] if !self.words_only && !letters.is_empty() => Some(self.letter(letters)),
            _ => Some(self.token(Part::Word(arg))),
        }
    }
}

impl<'a> Reader<'a> {
    /// A token of the argument that was just taken.
    fn token(&self, is: Part<'a>) -> Token<'a> {
        Token {
            at: self.next - 1..self.next,
            behind_dashes: self.words_only,
            is,
        }
    }

    /// `--name` or `--name=value`.
    fn name(&mut self, text: &'a [u8]) -> Token<'a> {
        let (name, value) = match text.iter().position(|&byte| byte == b'=') {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        match (self.table.long(name), value) {
            (Some(flag), Some(value)) => self.token(Part::Set(flag, owned(value))),
            (Some(flag), None) => self.value_behind(flag),
            (None, None) if name == b"help" => self.token(Part::Help),
            (None, _) => self.token(Part::Unknown(owned(&[b"--", name].concat()))),
        }
    }

    /// The first of some letters behind one dash: `-d`, `-dV`, `-t5`, `-t=5`.
    fn letter(&mut self, letters: &'a [u8]) -> Token<'a> {
        let (first, rest) = (letters[0], &letters[1..]);
        let Some(flag) = self.table.short(first) else {
            return self.token(match first {
                b'h' => Part::Help,
                _ => Part::Unknown(owned(&[b'-', first])),
            });
        };
        match rest {
            [b'=', value @ ..] => self.token(Part::Set(flag, owned(value))),
            [] => self.value_behind(flag),
            value if flag.takes_value => self.token(Part::Set(flag, owned(value))),
            more => {
                self.cluster = Some(more);
                self.token(Part::Set(flag, "true".into()))
            }
        }
    }

    /// The value of a flag that has none in its own argument: `true`, or the next argument, whatever it looks like.
    fn value_behind(&mut self, flag: &'a Flag) -> Token<'a> {
        if !flag.takes_value {
            return self.token(Part::Set(flag, "true".into()));
        }
        let Some(value) = self.args.get(self.next) else {
            return self.token(Part::Bare(flag));
        };
        self.next += 1;
        let token = self.token(Part::Set(flag, value.clone()));
        Token {
            at: self.next - 2..self.next,
            ..token
        }
    }
}

fn owned(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

/// Fills a clap struct with tokens that were read with its table.
///
/// # Errors
/// Wrong usage: an unknown flag, a value that is missing or of the wrong type.
pub(crate) fn fill<'a, T: Args + FromArgMatches>(tokens: impl IntoIterator<Item = Token<'a>>) -> Result<T> {
    let mut flags = Vec::new();
    let mut words = vec![OsString::from("--")];
    for token in tokens {
        match token.is {
            Part::Set(flag, value) => {
                let mut arg = OsString::from(format!("--{}=", flag.long));
                arg.push(value);
                flags.push(arg);
            }
            Part::Word(word) => words.push(word.to_owned()),
            Part::Help => return Err(Failure::usage("--help does not stand here")),
            Part::Unknown(flag) => return Err(unknown(&flag)),
            Part::Bare(flag) => {
                return Err(Failure::usage(format!("flag --{} needs a value", flag.long)));
            }
        }
    }
    let command = lenient(T::augment_args(Command::new("flags")))
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args_override_self(true);
    command
        .try_get_matches_from(flags.into_iter().chain(words))
        .and_then(|mut matches| T::from_arg_matches_mut(&mut matches))
        .map_err(|error| Failure::usage(reason(&error)))
}

/// The failure for a flag that nobody knows.
pub(crate) fn unknown(flag: &OsStr) -> Failure {
    Failure::usage(format!("unknown flag: {}", flag.display()))
}

/// Lets every boolean flag of a command be written as pflag allows it: `--flag`, `--flag=false`, `--flag=T`.
pub(crate) fn lenient(command: Command) -> Command {
    command.mut_args(|arg: Arg| match arg.get_action() {
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_value("false")
            .default_missing_value("true")
            .hide_default_value(true)
            .hide_possible_values(true)
            .value_parser(go_bool),
        _ => arg,
    })
}

/// What clap found wrong, as the fragment of a sentence.
fn reason(error: &clap::Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let flag = context(ContextKind::InvalidArg)
        .and_then(|arg| arg.split([' ', '=', '[']).next())
        .unwrap_or("an argument");
    let value = context(ContextKind::InvalidValue).unwrap_or_default();
    match (error.kind(), std::error::Error::source(error)) {
        (ErrorKind::ValueValidation, Some(why)) => {
            format!("value {value:?} of {flag} is not valid: {why}")
        }
        (ErrorKind::InvalidValue, _) => format!("value {value:?} of {flag} is not valid"),
        (ErrorKind::InvalidUtf8, _) => "an argument is not valid UTF-8".to_owned(),
        (kind, _) => format!("{flag}: {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Args, Clone, Debug, Default, PartialEq)]
    struct Sample {
        #[arg(short, long)]
        detach: bool,
        #[arg(short = 'V', long)]
        renew: bool,
        #[arg(short, long, value_parser = super::super::values::go_int)]
        timeout: Option<i64>,
        #[arg(short, long = "file")]
        files: Vec<String>,
        #[arg()]
        words: Vec<String>,
    }

    fn args(line: &[&str]) -> Vec<OsString> {
        line.iter().map(OsString::from).collect()
    }

    fn sample(line: &[&str]) -> Result<Sample> {
        fill(Table::of::<Sample>().read(&args(line)))
    }

    fn error(line: &[&str]) -> String {
        sample(line).unwrap_err().to_string()
    }

    #[test]
    fn every_form_of_a_flag_is_read_as_pflag_reads_it() {
        let timeout = |seconds| Sample {
            timeout: Some(seconds),
            ..Sample::default()
        };
        let files = |files: &[&str]| Sample {
            files: files.iter().map(ToString::to_string).collect(),
            ..Sample::default()
        };
        let both = Sample {
            detach: true,
            renew: true,
            ..Sample::default()
        };
        for (line, expected) in [
            (&["--timeout", "5"] as &[&str], timeout(5)),
            (&["--timeout=5"], timeout(5)),
            (&["-t", "5"], timeout(5)),
            (&["-t5"], timeout(5)),
            (&["-t=5"], timeout(5)),
            (&["-t", "-5"], timeout(-5)),
            (&["-t", "1", "-t", "2"], timeout(2)),
            (&["-dV"], both.clone()),
            (&["-d", "--renew=T"], both.clone()),
            (
                &["-dVt5"],
                Sample {
                    timeout: Some(5),
                    ..both.clone()
                },
            ),
            (&["-d=true", "-V=1"], both),
            (&["-d", "--detach=false"], Sample::default()),
            (&["-d=0"], Sample::default()),
            (&["-f", "a", "--file=b", "-fc"], files(&["a", "b", "c"])),
            // A value is a value, whatever it looks like.
            (&["-f", "--detach"], files(&["--detach"])),
            (&["-f", "--"], files(&["--"])),
            (&["-f", "-"], files(&["-"])),
            (&["--file="], files(&[""])),
            (&["--file=a=b"], files(&["a=b"])),
        ] {
            assert_eq!(sample(line).unwrap(), expected, "{line:?}");
        }
    }

    #[test]
    fn words_may_stand_anywhere_and_behind_dashes_everything_is_one() {
        let read = sample(&["web", "-d", "-", "--", "-V", "--", "db"]).unwrap();
        assert!(read.detach && !read.renew);
        assert_eq!(read.words, ["web", "-", "-V", "--", "db"]);
    }

    #[test]
    fn what_is_wrong_is_told_in_one_line() {
        insta::assert_snapshot!(error(&["--bogus=1"]), @"unknown flag: --bogus");
        insta::assert_snapshot!(error(&["-dq"]), @"unknown flag: -q");
        insta::assert_snapshot!(error(&["-t"]), @"flag --timeout needs a value");
        insta::assert_snapshot!(error(&["-t", "5s"]), @r#"value "5s" of --timeout is not valid: it must be a whole number"#);
        insta::assert_snapshot!(error(&["--detach=maybe"]), @r#"value "maybe" of --detach is not valid: it must be true or false"#);
        insta::assert_snapshot!(error(&["--help"]), @"--help does not stand here");
        let bytes = OsString::from_vec(b"--file=\xff".to_vec());
        let error = fill::<Sample>(Table::of::<Sample>().read(&[bytes])).unwrap_err();
        insta::assert_snapshot!(error, @"an argument is not valid UTF-8");
    }

    #[test]
    fn a_token_knows_its_arguments() {
        let table = Table::of::<Sample>();
        let args = args(&["-f", "a", "-dV", "--help", "w"]);
        let at: Vec<_> = table.read(&args).map(|token| token.at).collect();
        assert_eq!(at, [0..2, 2..3, 2..3, 3..4, 4..5]);
    }
}
