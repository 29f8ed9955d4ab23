//! towline's own commands: `ci`, `lint`, `explain`, `rules`, `plan`, `report`, `gc`, `completions`, `man`, `help`.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as _, CommandFactory as _, Parser as _, Subcommand as _};
use clap_complete::Shell;

use super::globals::Globals;
use super::kind::{KindOf, kind_of};
use super::up::UpLine;
use crate::compose::parse_duration;
use crate::report::lint::Format;

/// What `ci` was asked to do.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct CiArgs {
    /// Stages to run, with all that they need; all stages without
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// How many jobs run at once
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Go on after a failure with what does not depend on it
    #[arg(short, long)]
    pub keep_going: bool,
    /// Time limit of the run, such as 90s or 1m30s
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Leave containers, networks and volumes behind
    #[arg(long)]
    pub keep_up: bool,
    /// How long a service without a health check must stay up to count as up (2s without this flag)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub settle: Option<Duration>,
    /// Let a deploy stage start without waiting for the jobs that it does not name
    #[arg(long)]
    pub no_gate: bool,
    /// Set the kind of the services that match: build, job, service or deploy (can be repeated)
    #[arg(long = "kind", value_name = "NAME=KIND", value_parser = kind_of)]
    pub kinds: Vec<KindOf>,
    /// Fail before anything starts if the kind of a stage is unknown, or if no stage is a job
    #[arg(long)]
    pub strict: bool,
    /// Wait while another run uses the project of `-p`, for this long or as long as it takes
    #[arg(long, value_name = "TIME", value_parser = duration, num_args = 0..=1, require_equals = true)]
    pub wait_lock: Option<Option<Duration>>,
    /// Whether to show the plan and run nothing: compose's own flag, before or behind the command.
    #[arg(skip)]
    pub dry_run: bool,
    /// Show failures and the verdict alone
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show more; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What `lint` was asked to do.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct LintArgs {
    /// Files to check, each as a project of its own; those that are no compose files are skipped. Without, the project
    /// that compose would find
    #[arg(value_name = "FILE")]
    pub paths: Vec<String>,
    /// Notation
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
    /// Write the report to a file, and show people's view on standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Let findings of this level fail the check, as errors do (may be repeated)
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub deny: Vec<Deny>,
    /// Let more than so many warnings fail the check
    #[arg(long, value_name = "N")]
    pub max_warnings: Option<usize>,
    /// Read the settings from this file, and not from the nearest .towline.yaml
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Read no .towline.yaml
    #[arg(long)]
    pub no_config: bool,
    /// Leave out the findings that are in this file
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all that is found now into a file for --baseline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "fix", "unsafe_fixes", "diff"])]
    pub write_baseline: Option<PathBuf>,
    /// Which rules to begin with
    #[arg(long, value_name = "PRESET", value_enum)]
    pub preset: Option<Preset>,
    /// Look at these rules, or at what the preset has of these categories, alone (may be repeated, or separated by commas)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Leave these rules or categories out (may be repeated, or separated by commas)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Fix what can be fixed without changing what the project does otherwise
    #[arg(long)]
    pub fix: bool,
    /// Fix what can be fixed, even where the project may behave otherwise than before
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Look at the Dockerfiles too, with BuildKit's checks and hadolint, where they are installed
    #[arg(long)]
    pub dockerfile: bool,
    /// Show what would be fixed as a patch, and write nothing; with something to show, the code is 1
    #[arg(long)]
    pub diff: bool,
}

/// A choice of rules; each has those of the ones before it.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// What is worth a word in any compose file
    Default,
    /// Besides that, what goes wrong on machines that run many pipelines
    Ci,
    /// Everything, matters of taste and of hardening too
    Strict,
}

/// What `rules` was asked to do.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesArgs {
    /// Notation
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: RulesFormat,
}

/// How `rules` writes the catalogue.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RulesFormat {
    /// For people: one line a rule
    #[default]
    Text,
    /// For programs
    Json,
    /// For a page of documentation, with the reasons and the examples
    Markdown,
    /// A JSON schema of .towline.yaml, for editors
    Schema,
}

/// A level that fails the check where it is asked for.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deny {
    /// Likely not what was meant
    Warning,
    /// Worth knowing
    Hint,
}

/// What `plan` was asked to do.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanArgs {
    /// Stages to plan, with all that they need; all stages without
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Notation
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: PlanFormat,
    /// Let a deploy stage start without waiting for the jobs that it does not name
    #[arg(long)]
    pub no_gate: bool,
    /// Set the kind of the services that match: build, job, service or deploy (can be repeated)
    #[arg(long = "kind", value_name = "NAME=KIND", value_parser = kind_of)]
    pub kinds: Vec<KindOf>,
    /// Fail if the kind of a stage is unknown, or if no stage is a job
    #[arg(long)]
    pub strict: bool,
    /// Read the files as `lint` does, without Docker
    #[arg(long)]
    pub native: bool,
}

/// How `plan` writes the plan.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlanFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For programs and people
    Yaml,
}

/// What `report` was asked to do.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportArgs {
    /// The run to show, as its last line names it; the last one without
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Notation
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// What `gc` was asked to do.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct GcArgs {
    /// Print what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also remove runs of other hosts and containers that began longer ago than this: whether they are alive cannot be
    /// seen from here
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub older: Option<Duration>,
    /// Also remove all runs of other hosts and containers, even if they may be alive
    #[arg(long, conflicts_with = "older")]
    pub all: bool,
}

/// How `report` writes a run.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Runs a Docker Compose file as a CI pipeline, with an exit code that can be trusted
#[derive(clap::Parser, Clone, Debug)]
#[command(
    name = "towline",
    version,
    disable_help_flag = true,
    disable_help_subcommand = true,
    override_usage = "towline [FLAGS OF COMPOSE] COMMAND …",
    after_help = AFTER_HELP
)]
pub(crate) struct Cli {
    /// Show this help
    #[arg(short, long, action = clap::ArgAction::HelpShort, global = true)]
    help: Option<bool>,
    #[command(flatten)]
    globals: Globals,
    /// The command.
    #[command(subcommand)]
    pub(crate) command: Own,
}

/// One of towline's own commands.
#[derive(clap::Subcommand, Clone, Debug)]
pub(crate) enum Own {
    /// Run the compose file as a pipeline: plan, build, run, report, clean up
    #[command(args_override_self = true)]
    Ci(WithGlobals<CiArgs>),
    /// Check compose files, without Docker
    Lint(WithGlobals<LintArgs>),
    /// Explain a rule of `lint`: why it is there, with an example
    Explain {
        /// Its id, as a finding shows it in brackets
        rule: String,
    },
    /// List the rules of `lint`
    Rules(RulesArgs),
    /// Show the stages, their kinds and the reason for each, and their needs
    #[command(args_override_self = true)]
    Plan(WithGlobals<PlanArgs>),
    /// Show the last run again
    Report(ReportArgs),
    /// Remove what killed runs left: containers, networks, volumes, locks, run directories
    Gc(GcArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page of towline, or of one of its commands
    Man {
        /// The command
        command: Option<String>,
    },
    /// Explain a command, `exit-codes` or `kinds`
    Help {
        /// Command of towline or compose, `exit-codes` or `kinds`
        #[arg(value_name = "TOPIC", allow_hyphen_values = true)]
        topic: Vec<String>,
    },
}

/// A command's arguments, among which compose's global flags may stand as well.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct WithGlobals<T: clap::Args> {
    #[command(flatten)]
    pub(crate) args: T,
    #[command(flatten)]
    pub(crate) globals: Globals,
}

/// The commands of compose 2.40 and 5.6, its hidden ones included.
pub const COMPOSE: [&str; 36] = [
    "alpha", "attach", "bridge", "build", "commit", "config", "cp", "create", "down", "events", "exec", "export",
    "images", "kill", "logs", "ls", "pause", "port", "ps", "publish", "pull", "push", "restart", "rm", "run", "scale",
    "start", "stats", "stop", "top", "unpause", "up", "version", "volumes", "wait", "watch",
];

/// What `towline --help` says below the flags.
const AFTER_HELP: &str = "\
Every command of docker compose works as it does there: towline run, towline logs, towline down, …

`towline up` gives towline's verdict where the line asks for one, by --exit-code-from, --abort-on-container-exit, \
--abort-on-container-failure or --wait.

`towline help exit-codes` says what each exit code means, `towline help kinds` how a kind is found.";

/// The whole command line as clap sees it: for parsing, help, completions and the manual page.
#[must_use]
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// [`command`] with the commands of compose, for completions.
#[must_use]
pub(crate) fn command_with_compose() -> clap::Command {
    let compose = COMPOSE.iter().map(|name| match *name {
        "up" => UpLine::augment_args(clap::Command::new("up")),
        name => clap::Command::new(name),
    });
    command().subcommands(compose)
}

/// Whether a word is a command of towline's own.
#[must_use]
pub fn is_own(word: &OsStr) -> bool {
    word.to_str().is_some_and(Own::has_subcommand)
}

/// The names of towline's own commands.
#[must_use]
pub fn own_names() -> Vec<String> {
    let command = command();
    let names = command.get_subcommands().map(clap::Command::get_name);
    names.map(str::to_owned).collect()
}

/// The command of towline that was meant by a word which is nobody's.
#[must_use]
pub fn own_name_like(word: &str) -> Option<String> {
    if COMPOSE.contains(&word) {
        return None;
    }
    let limit = if word.len() <= 3 { 1 } else { 2 };
    let names = own_names().into_iter();
    names
        .map(|name| (strsim::damerau_levenshtein(word, &name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Reads one of towline's own commands and what stands behind it.
///
/// # Errors
/// What clap has to say: a usage error, or the help that was asked for.
pub(crate) fn parse(word: &OsStr, rest: &[OsString]) -> Result<Own, clap::Error> {
    let line = [OsStr::new("towline"), word];
    let rest = rest.iter().map(OsString::as_os_str);
    Ok(Cli::try_parse_from(line.into_iter().chain(rest))?.command)
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "it must be a duration such as 90s, 1m30s or 2h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;

    fn read(line: &str) -> Own {
        let mut words = line.split_whitespace().map(OsString::from);
        let word = words.next().unwrap();
        parse(&word, &words.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_command_is_well_formed() {
        command().debug_assert();
        command_with_compose().debug_assert();
    }

    #[test]
    fn ci_takes_targets_its_own_flags_and_composes() {
        let line = "ci a -j2 --timeout 1m30s --settle 250ms -kqf x.yaml --no-gate b --kind t=job --kind *=service --strict --keep-up -p one -p two --dry-run";
        let Own::Ci(ci) = read(line) else { panic!("{line}") };
        assert_eq!(
            ci.args,
            CiArgs {
                targets: vec!["a".into(), "b".into()],
                jobs: NonZeroUsize::new(2),
                keep_going: true,
                timeout: Some(Duration::from_secs(90)),
                keep_up: true,
                settle: Some(Duration::from_millis(250)),
                no_gate: true,
                kinds: [("t", Kind::Job), ("*", Kind::Service)]
                    .map(|(pattern, kind)| KindOf {
                        pattern: pattern.to_owned(),
                        kind,
                    })
                    .to_vec(),
                strict: true,
                quiet: true,
                ..CiArgs::default()
            }
        );
        assert_eq!(
            ci.globals,
            Globals {
                files: vec!["x.yaml".into()],
                project_name: Some("two".into()),
                dry_run: true,
                ..Globals::default()
            }
        );
        let Own::Ci(ci) = read("ci -vv --timeout 90 -- -a") else {
            panic!()
        };
        assert_eq!((ci.args.verbose, ci.args.timeout), (2, Some(Duration::from_secs(90))));
        assert_eq!(ci.args.targets, ["-a"]);
    }

    #[test]
    fn plan_and_report_take_a_format() {
        let Own::Plan(plan) = read("plan web --format yaml --profile x --no-gate") else {
            panic!()
        };
        assert_eq!((plan.args.format, plan.args.no_gate), (PlanFormat::Yaml, true));
        assert_eq!(
            (plan.args.targets, plan.globals.profiles),
            (vec!["web".to_owned()], vec!["x".to_owned()])
        );
        let Own::Report(report) = read("report 260102 --format=json") else {
            panic!()
        };
        assert_eq!(
            (report.run.as_deref(), report.format),
            (Some("260102"), ReportFormat::Json)
        );
    }

    #[test]
    fn a_slip_of_the_finger_has_a_likely_meaning() {
        for (word, meant) in [("cii", "ci"), ("ic", "ci"), ("plna", "plan"), ("reprot", "report")] {
            assert_eq!(own_name_like(word).as_deref(), Some(meant), "{word}");
        }
        for word in COMPOSE.iter().chain(&["deploy", "x", "frobnicate"]) {
            assert_eq!(own_name_like(word), None, "{word}");
        }
    }
}
