//! Compose's global flags, which stand before the command.

use std::ffi::OsString;

use super::values::go_int32;
use crate::failure::{Failure, Result};

/// Compose's global flags: `towline [these] COMMAND …`.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Flags of compose")]
pub struct Globals {
    /// Compose file (may be repeated)
    #[arg(short = 'f', long = "file", value_name = "FILE", allow_hyphen_values = true)]
    pub files: Vec<String>,
    /// Name of the project
    #[arg(short, long, value_name = "NAME", allow_hyphen_values = true)]
    pub project_name: Option<String>,
    /// Profile to enable (may be repeated)
    #[arg(long = "profile", value_name = "NAME", allow_hyphen_values = true)]
    pub profiles: Vec<String>,
    /// File of variables, in place of `.env` (may be repeated)
    #[arg(long = "env-file", value_name = "FILE", allow_hyphen_values = true)]
    pub env_files: Vec<String>,
    /// Directory that relative paths start from
    #[arg(long, value_name = "DIR", allow_hyphen_values = true)]
    pub project_directory: Option<String>,
    /// How compose shows its progress: auto, tty, plain, json, quiet
    #[arg(long, value_name = "HOW", allow_hyphen_values = true)]
    pub progress: Option<String>,
    /// When to use ANSI control characters: never, always, auto
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub ansi: Option<String>,
    /// How many operations compose does at once; -1 for no limit
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = go_int32)]
    pub parallel: Option<i32>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Include resources that no service uses
    #[arg(long)]
    pub all_resources: bool,
    /// Name containers as compose 1 did
    #[arg(long)]
    pub compatibility: bool,
    /// Registries to use without TLS for compose files that come from one: a flag that compose hides.
    #[arg(skip)]
    pub insecure_registries: Vec<String>,
}

/// All global flags of compose, as they are read from the part of a line that is before the command.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct AllGlobals {
    #[command(flatten)]
    shown: Globals,
    #[command(flatten)]
    hidden: Hidden,
}

/// Global flags that compose does not show: old ones, and one for tests.
#[derive(clap::Args, Clone, Debug, Default)]
struct Hidden {
    /// Registry to use without TLS for compose files that come from one (may be repeated)
    #[arg(long = "insecure-registry", value_name = "HOST", allow_hyphen_values = true)]
    insecure_registries: Vec<String>,
    /// Old name of `--project-directory`
    #[arg(long, value_name = "DIR", allow_hyphen_values = true)]
    workdir: Option<String>,
    /// Old form of `--ansi never`
    #[arg(long)]
    no_ansi: bool,
    /// Let compose tell more
    #[arg(long)]
    verbose: bool,
    /// Show compose's version, where compose has it as a flag
    #[arg(short = 'v', long)]
    version: bool,
}

/// Old flags become the ones that took their place. Those that only change what compose tells are dropped.
impl From<AllGlobals> for Globals {
    fn from(AllGlobals { shown, hidden }: AllGlobals) -> Self {
        let old_ansi = hidden.no_ansi.then(|| "never".to_owned());
        Self {
            project_directory: shown.project_directory.or(hidden.workdir),
            ansi: shown.ansi.or(old_ansi),
            insecure_registries: hidden.insecure_registries,
            ..shown
        }
    }
}

/// What `--progress` can be; compose has two words that its help does not have.
const PROGRESS: [&str; 7] = ["auto", "tty", "plain", "json", "quiet", "none", ""];

impl Globals {
    /// Refuses what compose refuses of the two flags that are about looks. It takes any word for `--ansi`, and a strange
    /// one for `never`.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn check_looks(&self) -> Result<()> {
        let progress = self.progress.as_deref().unwrap_or_default();
        if !PROGRESS.contains(&progress) {
            return Err(
                Failure::usage(format!("unsupported value `{progress}` for `--progress`"))
                    .hint("use one of: auto, tty, plain, json, quiet"),
            );
        }
        match (progress, self.ansi.as_deref()) {
            ("plain", Some("always")) => Err(Failure::usage(
                "`--progress plain` cannot be combined with `--ansi always`",
            )
            .hint("leave `--progress` out: off a terminal it is plain anyway")),
            ("tty", Some("never")) => Err(
                Failure::usage("`--progress tty` cannot be combined with `--ansi never`")
                    .hint("leave one of the two out"),
            ),
            _ => Ok(()),
        }
    }

    /// The same flags as arguments for compose.
    #[must_use]
    pub fn argv(&self) -> Vec<OsString> {
        let mut argv = Argv::default();
        argv.each("file", &self.files);
        argv.each("project-name", &self.project_name);
        argv.each("profile", &self.profiles);
        argv.each("env-file", &self.env_files);
        argv.each("project-directory", &self.project_directory);
        argv.each("progress", &self.progress);
        argv.each("ansi", &self.ansi);
        argv.each("parallel", &self.parallel.map(|count| count.to_string()));
        argv.each("insecure-registry", &self.insecure_registries);
        argv.when("dry-run", self.dry_run);
        argv.when("all-resources", self.all_resources);
        argv.when("compatibility", self.compatibility);
        argv.0
    }

    /// These flags with the `later` ones that stood behind the command: lists grow, single values give way.
    #[must_use]
    pub fn then(mut self, later: Self) -> Self {
        self.files.extend(later.files);
        self.profiles.extend(later.profiles);
        self.env_files.extend(later.env_files);
        Self {
            project_name: later.project_name.or(self.project_name),
            project_directory: later.project_directory.or(self.project_directory),
            progress: later.progress.or(self.progress),
            ansi: later.ansi.or(self.ansi),
            parallel: later.parallel.or(self.parallel),
            dry_run: later.dry_run || self.dry_run,
            all_resources: later.all_resources || self.all_resources,
            compatibility: later.compatibility || self.compatibility,
            ..self
        }
    }
}

/// Arguments in the making.
#[derive(Default)]
struct Argv(Vec<OsString>);

impl Argv {
    /// `--name=value` for each value.
    fn each<'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a String>) {
        let flags = values.into_iter().map(|value| format!("--{name}={value}").into());
        self.0.extend(flags);
    }

    /// `--name` where it is on.
    fn when(&mut self, name: &str, on: bool) {
        if on {
            self.0.push(format!("--{name}").into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::globals as read;

    #[test]
    fn what_was_read_is_given_back() {
        let line = [
            "--file=a.yaml",
            "--file=b.yaml",
            "--project-name=p",
            "--profile=x",
            "--env-file=.env",
            "--project-directory=d",
            "--progress=plain",
            "--ansi=never",
            "--parallel=-1",
            "--insecure-registry=r",
            "--dry-run",
            "--all-resources",
            "--compatibility",
        ];
        let globals = read(&line.map(OsString::from)).unwrap();
        assert_eq!(globals.argv(), line);
        assert_eq!(read(&globals.argv()).unwrap(), globals);
    }

    #[test]
    fn looks_that_compose_refuses_are_refused() {
        let check = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            read(&words).unwrap().check_looks()
        };
        for line in [
            "--progress plain",
            "--progress=none",
            "--progress=",
            "--progress json --ansi always",
            "--ansi bogus",
            "--ansi never --progress plain",
            "--no-ansi",
        ] {
            assert!(check(line).is_ok(), "{line}");
        }
        for line in [
            "--progress bogus",
            "--progress Plain",
            "--progress rawjson",
            "--progress plain --ansi always",
            "--progress tty --no-ansi",
        ] {
            let failure = check(line).unwrap_err();
            assert!(failure.to_string().contains("--progress"), "{line}: {failure}");
        }
    }

    #[test]
    fn old_flags_become_new_ones() {
        let globals = read(&["--workdir=w", "--no-ansi", "--verbose", "-v"].map(OsString::from)).unwrap();
        assert_eq!(globals.argv(), ["--project-directory=w", "--ansi=never"]);
    }

    #[test]
    fn flags_behind_the_command_come_after_those_before_it() {
        let read = |line: &[&str]| read(&line.iter().map(OsString::from).collect::<Vec<_>>()).unwrap();
        let before = read(&["-f", "a", "-p", "one", "--progress", "plain", "--dry-run"]);
        let behind = read(&["-f", "b", "-p", "two", "--compatibility"]);
        let both = read(&[
            "-f",
            "a",
            "-f",
            "b",
            "-p",
            "two",
            "--progress",
            "plain",
            "--dry-run",
            "--compatibility",
        ]);
        assert_eq!(before.then(behind), both);
    }
}
