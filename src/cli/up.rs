//! `up`: every flag of `docker compose up`, and the decision whether towline gives the verdict.

use std::ffi::{OsStr, OsString};

use super::globals::Globals;
use super::kind::{KindOf, kind_of};
use super::line;
use super::pflag::{self, Flag, Part, Table};
use super::values::{go_bool, go_int};
use crate::failure::{Failure, Result};

/// The flags and services of `docker compose up`, of compose 2.40 and 5.6.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct UpArgs {
    /// Services to start, with what they depend on; all services without
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// End when the first container ends
    #[arg(long)]
    pub abort_on_container_exit: bool,
    /// End when the first container fails
    #[arg(long)]
    pub abort_on_container_failure: bool,
    /// Make the containers of dependencies anew
    #[arg(long)]
    pub always_recreate_deps: bool,
    /// Service to show the output of, and no other (may be repeated)
    #[arg(long, value_name = "SERVICE")]
    pub attach: Vec<String>,
    /// Show the output of dependencies too
    #[arg(long)]
    pub attach_dependencies: bool,
    /// Build images first
    #[arg(long)]
    pub build: bool,
    /// Run in the background
    #[arg(short, long)]
    pub detach: bool,
    /// Service whose exit code is the command's
    #[arg(long, value_name = "SERVICE")]
    pub exit_code_from: Option<String>,
    /// Make containers anew though nothing changed
    #[arg(long)]
    pub force_recreate: bool,
    /// Offer shortcuts on the keyboard while attached
    #[arg(long)]
    pub menu: bool,
    /// Service not to show the output of (may be repeated)
    #[arg(long, value_name = "SERVICE")]
    pub no_attach: Vec<String>,
    /// Build no image, whatever the file says
    #[arg(long)]
    pub no_build: bool,
    /// Use no colour
    #[arg(long)]
    pub no_color: bool,
    /// Do not start what the services depend on
    #[arg(long)]
    pub no_deps: bool,
    /// Show output without the service's name before each line
    #[arg(long)]
    pub no_log_prefix: bool,
    /// Keep containers that exist
    #[arg(long)]
    pub no_recreate: bool,
    /// Create containers and start none
    #[arg(long)]
    pub no_start: bool,
    /// When to pull images: always, missing, never, build
    #[arg(long, value_name = "WHEN")]
    pub pull: Option<String>,
    /// Do not show the output of builds
    #[arg(long)]
    pub quiet_build: bool,
    /// Do not show the progress of pulls
    #[arg(long)]
    pub quiet_pull: bool,
    /// Remove containers of services that are not in the file
    #[arg(long)]
    pub remove_orphans: bool,
    /// Make anonymous volumes anew
    #[arg(short = 'V', long)]
    pub renew_anon_volumes: bool,
    /// Number of containers of a service, as SERVICE=NUM (may be repeated)
    #[arg(long, value_name = "SERVICE=NUM")]
    pub scale: Vec<String>,
    /// Seconds that a container has to stop
    #[arg(short, long, value_name = "SECONDS", value_parser = go_int)]
    pub timeout: Option<i64>,
    /// Show the time of each line of output
    #[arg(long)]
    pub timestamps: bool,
    /// Wait until services run, and are healthy where they have a health check
    #[arg(long)]
    pub wait: bool,
    /// Seconds that `--wait` may take
    #[arg(long, value_name = "SECONDS", value_parser = go_int)]
    pub wait_timeout: Option<i64>,
    /// Build and restart when files change
    #[arg(short, long)]
    pub watch: bool,
    /// Answer every question with yes
    #[arg(short, long)]
    pub yes: bool,
    /// Set the kind of the services that match (can be repeated; towline's own flag)
    #[arg(long = "kind", value_name = "NAME=KIND", value_parser = kind_of)]
    pub kinds: Vec<KindOf>,
}

/// What is to be done with a line of `up`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Up {
    /// Compose runs it as it is.
    Pass,
    /// towline runs it and gives the verdict.
    Verdict(Box<UpArgs>),
}

/// All that can stand behind `up`, towline's own flag among it.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct UpLine {
    #[command(flatten)]
    args: UpArgs,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Flags with which a line asks for a verdict.
const VERDICT: [&str; 4] = [
    "exit-code-from",
    "abort-on-container-exit",
    "abort-on-container-failure",
    "wait",
];

/// Decides who runs `up REST`.
///
/// # Errors
/// Wrong usage, on a line that asks for a verdict: such a line never goes to compose unread.
pub fn decide(globals: &Globals, rest: &[OsString]) -> Result<Up> {
    if !asks_for_verdict(rest) {
        return match has_kinds(rest) {
            true => Err(kind_without_verdict()),
            false => Ok(Up::Pass),
        };
    }
    let table = Table::of::<UpLine>();
    for token in table.read(rest) {
        match token.is {
            Part::Help => return Ok(Up::Pass),
            Part::Unknown(flag) => return Err(strange(&flag)),
            _ => {}
        }
    }
    let mut line: UpLine = pflag::fill(table.read(rest))?;
    line.args.exit_code_from = line.args.exit_code_from.filter(|service| !service.is_empty());
    if globals.dry_run || line.dry_run || line.args.no_start || line.args.watch {
        return match line.args.kinds.is_empty() {
            true => Ok(Up::Pass),
            false => Err(kind_without_verdict()),
        };
    }
    check(&line.args)?;
    Ok(Up::Verdict(Box::new(line.args)))
}

/// Reads `[flags] up REST`, and decides who runs it.
///
/// # Errors
/// As [`decide`]. Compose is left to refuse wrong flags on a line that asks for no verdict.
pub fn read(flags: &[OsString], rest: &[OsString]) -> Result<(Globals, Up)> {
    match line::globals(flags) {
        Ok(globals) => decide(&globals, rest).map(|up| (globals, up)),
        Err(failure) if asks_for_verdict(rest) => Err(failure),
        Err(_) => Ok((Globals::default(), Up::Pass)),
    }
}

/// Holds back a line whose flags before the command are not all known, when it asks for a verdict.
///
/// # Errors
/// Wrong usage, as [`decide`] has it.
pub fn check_unread(args: &[OsString], flag: &OsStr) -> Result<()> {
    let rest = args.iter().position(|word| word == "up").map(|at| &args[at + 1..]);
    match rest.is_some_and(asks_for_verdict) {
        true => Err(strange(flag)),
        false => Ok(()),
    }
}

/// Whether what stands behind `up` asks for a verdict. A flag counts as compose counts it: the last one of its name
/// wins, an empty service is none.
fn asks_for_verdict(rest: &[OsString]) -> bool {
    let table = Table::of::<UpLine>();
    VERDICT.iter().any(|name| {
        let on = table.read(rest).filter_map(|token| match token.is {
            Part::Set(flag, value) if flag.long == *name => Some(is_on(flag, &value)),
            Part::Bare(flag) if flag.long == *name => Some(true),
            _ => None,
        });
        on.last() == Some(true)
    })
}

/// Whether a line has towline's own flag, which compose does not know.
fn has_kinds(rest: &[OsString]) -> bool {
    let table = Table::of::<UpLine>();
    table.read(rest).any(|token| match token.is {
        Part::Set(flag, _) | Part::Bare(flag) => flag.long == "kind",
        _ => false,
    })
}

fn kind_without_verdict() -> Failure {
    Failure::usage("--kind is a flag of towline, and docker compose runs this line")
        .hint("add --exit-code-from SERVICE, --abort-on-container-exit, --abort-on-container-failure or --wait; without them, leave --kind out")
}

fn is_on(flag: &Flag, value: &OsStr) -> bool {
    match flag.takes_value {
        true => !value.is_empty(),
        // What is no boolean is on, so that it is not passed on and its mistake is told.
        false => value.to_str().and_then(|text| go_bool(text).ok()) != Some(false),
    }
}

fn strange(flag: &OsStr) -> Failure {
    pflag::unknown(flag)
        .hint("towline gives no verdict on a line that it does not understand; `towline help up` lists the flags of your compose")
}

/// A flag with its name, and whether it is on.
type Switch = (&'static str, fn(&UpArgs) -> bool);

const WAIT: Switch = ("--wait", |up| up.wait);
const DETACH: Switch = ("--detach", |up| up.detach);
const EXIT_CODE_FROM: Switch = ("--exit-code-from", |up| up.exit_code_from.is_some());
const ABORT_ON_EXIT: Switch = ("--abort-on-container-exit", |up| up.abort_on_container_exit);
const ABORT_ON_FAILURE: Switch = ("--abort-on-container-failure", |up| up.abort_on_container_failure);
const ATTACH: Switch = ("--attach", |up| !up.attach.is_empty());
const ATTACH_DEPENDENCIES: Switch = ("--attach-dependencies", |up| up.attach_dependencies);
const NO_RECREATE: Switch = ("--no-recreate", |up| up.no_recreate);

const WAITS: &str = "--wait ends when the services are up; to run until a container ends, leave it out";
const DETACHES: &str = "--detach does not stay to see how containers end; leave it out";
const SHOWS_NOTHING: &str = "a line that waits or detaches shows no output; leave one of the two out";
const CHOOSE: &str = "leave one of the two out";

/// Pairs of flags that compose refuses, and what to do about each.
const CONFLICTS: [(Switch, Switch, &str); 16] = [
    (WAIT, EXIT_CODE_FROM, WAITS),
    (WAIT, ABORT_ON_EXIT, WAITS),
    (WAIT, ABORT_ON_FAILURE, WAITS),
    (WAIT, ATTACH, SHOWS_NOTHING),
    (WAIT, ATTACH_DEPENDENCIES, SHOWS_NOTHING),
    (DETACH, EXIT_CODE_FROM, DETACHES),
    (DETACH, ABORT_ON_EXIT, DETACHES),
    (DETACH, ABORT_ON_FAILURE, DETACHES),
    (DETACH, ATTACH, SHOWS_NOTHING),
    (DETACH, ATTACH_DEPENDENCIES, SHOWS_NOTHING),
    (ABORT_ON_FAILURE, ABORT_ON_EXIT, CHOOSE),
    (ATTACH, ATTACH_DEPENDENCIES, CHOOSE),
    (("--build", |up| up.build), ("--no-build", |up| up.no_build), CHOOSE),
    (
        NO_RECREATE,
        ("--renew-anon-volumes", |up| up.renew_anon_volumes),
        CHOOSE,
    ),
    (NO_RECREATE, ("--force-recreate", |up| up.force_recreate), CHOOSE),
    (
        NO_RECREATE,
        ("--always-recreate-deps", |up| up.always_recreate_deps),
        CHOOSE,
    ),
];

/// What `--pull` can be.
const PULL: [&str; 5] = ["always", "missing", "never", "build", "if_not_present"];

/// Refuses what compose refuses.
fn check(up: &UpArgs) -> Result<()> {
    for ((one, one_is_on), (other, other_is_on), hint) in CONFLICTS {
        if one_is_on(up) && other_is_on(up) {
            return Err(Failure::usage(format!("{one} cannot be combined with {other}")).hint(hint));
        }
    }
    if let Some(pull) = up.pull.as_deref().filter(|pull| !PULL.contains(pull)) {
        return Err(Failure::usage(format!("--pull has no option {pull:?}"))
            .hint(format!("it can be one of: {}", PULL.join(", "))));
    }
    if let Some(scale) = up.scale.iter().find(|scale| !is_scale(scale)) {
        return Err(Failure::usage(format!("--scale {scale:?} is not SERVICE=NUM"))
            .hint("write the service and a number, such as --scale worker=2"));
    }
    if let Some(seconds) = up.wait_timeout.filter(|seconds| *seconds < 0) {
        return Err(Failure::usage(format!("--wait-timeout {seconds} is negative"))
            .hint("write a number of seconds, such as --wait-timeout 120"));
    }
    Ok(())
}

fn is_scale(text: &str) -> bool {
    text.split_once('=')
        .is_some_and(|(service, count)| !service.is_empty() && count.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn args(line: &str) -> Vec<OsString> {
        line.split_whitespace()
            .map(|word| OsString::from(word.trim_matches('\'')))
            .collect()
    }

    fn verdict(line: &str) -> UpArgs {
        match decide(&Globals::default(), &args(line)) {
            Ok(Up::Verdict(args)) => *args,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// The failure with its hints.
    fn refused(line: &str) -> String {
        let failure = decide(&Globals::default(), &args(line)).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(!failure.hints.is_empty(), "{line}: {failure}");
        failure.to_string()
    }

    #[test]
    fn a_line_that_asks_for_no_verdict_is_passed_on() {
        for line in [
            "",
            "-d",
            "--build",
            "web db",
            "--bogus",
            "-t x",
            "--timeout",
            "--wait-timeout 5",
            "--wait=false",
            "--abort-on-container-exit --abort-on-container-exit=0",
            "--exit-code-from ''",
            "-- --wait",
            "--attach --wait",
            "--help",
            "-h",
            "--scale web",
        ] {
            assert_eq!(decide(&Globals::default(), &args(line)).unwrap(), Up::Pass, "{line}");
        }
    }

    #[test]
    fn a_line_under_which_nothing_ends_is_passed_on() {
        for line in [
            "--wait --dry-run",
            "--exit-code-from a --no-start",
            "--exit-code-from a --watch",
            "--wait --help",
        ] {
            assert_eq!(decide(&Globals::default(), &args(line)).unwrap(), Up::Pass, "{line}");
        }
        let dry = Globals {
            dry_run: true,
            ..Globals::default()
        };
        assert_eq!(decide(&dry, &args("--wait")).unwrap(), Up::Pass);
    }

    #[test]
    fn a_line_that_asks_for_a_verdict_is_read() {
        let up = UpArgs::default();
        for (line, expected) in [
            (
                "--wait",
                UpArgs {
                    wait: true,
                    ..up.clone()
                },
            ),
            (
                "--wait=T -d",
                UpArgs {
                    wait: true,
                    detach: true,
                    ..up.clone()
                },
            ),
            (
                "--abort-on-container-exit",
                UpArgs {
                    abort_on_container_exit: true,
                    ..up.clone()
                },
            ),
            (
                "--abort-on-container-failure",
                UpArgs {
                    abort_on_container_failure: true,
                    ..up.clone()
                },
            ),
            (
                "--exit-code-from=a a",
                UpArgs {
                    exit_code_from: Some("a".into()),
                    services: vec!["a".into()],
                    ..up.clone()
                },
            ),
            (
                "--exit-code-from a --exit-code-from b",
                UpArgs {
                    exit_code_from: Some("b".into()),
                    ..up.clone()
                },
            ),
            ("--exit-code-from '' --wait", UpArgs { wait: true, ..up }),
        ] {
            assert_eq!(verdict(line), expected, "{line}");
        }
    }

    #[test]
    fn every_flag_is_read() {
        let up = verdict(
            "--always-recreate-deps --attach a --attach b --build -d=false --exit-code-from s --abort-on-container-exit \
             --force-recreate --menu --no-attach c --no-color --no-deps --no-log-prefix --pull always --quiet-build \
             --quiet-pull --remove-orphans -V --scale a=2 --scale b=3 -t5 --timestamps --wait-timeout 9 -y one -- two",
        );
        assert_eq!(
            up,
            UpArgs {
                services: vec!["one".into(), "two".into()],
                abort_on_container_exit: true,
                always_recreate_deps: true,
                attach: vec!["a".into(), "b".into()],
                build: true,
                exit_code_from: Some("s".into()),
                force_recreate: true,
                menu: true,
                no_attach: vec!["c".into()],
                no_color: true,
                no_deps: true,
                no_log_prefix: true,
                pull: Some("always".into()),
                quiet_build: true,
                quiet_pull: true,
                remove_orphans: true,
                renew_anon_volumes: true,
                scale: vec!["a=2".into(), "b=3".into()],
                timeout: Some(5),
                timestamps: true,
                wait_timeout: Some(9),
                yes: true,
                ..UpArgs::default()
            }
        );
    }

    #[test]
    fn a_verdict_is_never_given_on_a_line_that_is_not_understood() {
        insta::assert_snapshot!(refused("--wait --bogus"), @"unknown flag: --bogus");
        insta::assert_snapshot!(refused("--bogus x --exit-code-from a"), @"unknown flag: --bogus");
        insta::assert_snapshot!(refused("-q --exit-code-from a"), @"unknown flag: -q");
        let bare = decide(&Globals::default(), &args("--exit-code-from")).unwrap_err();
        insta::assert_snapshot!(bare, @"flag --exit-code-from needs a value");
        insta::assert_snapshot!(refused("--pull sometimes --wait"), @r#"--pull has no option "sometimes""#);
        insta::assert_snapshot!(refused("--scale web --wait"), @r#"--scale "web" is not SERVICE=NUM"#);
        insta::assert_snapshot!(refused("--wait --wait-timeout -5"), @"--wait-timeout -5 is negative");
    }

    #[test]
    fn kinds_are_for_lines_that_ask_for_a_verdict() {
        let up = verdict("--exit-code-from a --kind a=job --kind=b-*=service");
        let kinds: Vec<String> = up
            .kinds
            .iter()
            .map(|of| format!("{}={}", of.pattern, of.kind))
            .collect();
        assert_eq!(kinds, ["a=job", "b-*=service"]);
        for line in [
            "--kind a=job",
            "-d --kind=a=job",
            "--kind",
            "--wait --kind a=job --no-start",
            "--wait --dry-run --kind a=job",
        ] {
            let message = refused(line);
            assert_eq!(
                message, "--kind is a flag of towline, and docker compose runs this line",
                "{line}"
            );
        }
        let wrong = decide(&Globals::default(), &args("--wait --kind a=jop")).unwrap_err();
        insta::assert_snapshot!(wrong, @r#"value "a=jop" of --kind is not valid: unknown kind `jop`; did you mean `job`?"#);
        assert_eq!(decide(&Globals::default(), &args("-d -- --kind")).unwrap(), Up::Pass);
    }

    #[test]
    fn what_compose_refuses_is_refused() {
        for line in [
            "--wait --exit-code-from a",
            "--wait --abort-on-container-exit",
            "--wait --abort-on-container-failure",
            "--wait --attach a",
            "--wait --attach-dependencies",
            "-d --exit-code-from a",
            "-d --abort-on-container-exit",
            "-d --abort-on-container-failure",
            "--abort-on-container-exit --abort-on-container-failure",
            "--exit-code-from a --attach a --attach-dependencies",
            "--wait --build --no-build",
            "--wait --no-recreate -V",
            "--wait --no-recreate --force-recreate",
            "--wait --no-recreate --always-recreate-deps",
        ] {
            let message = refused(line);
            assert!(message.contains(" cannot be combined with "), "{line}: {message}");
        }
        // It implies to stop at the first end, and gives way to stopping at the first failure.
        assert!(verdict("--exit-code-from a --abort-on-container-failure").abort_on_container_failure);
    }

    #[test]
    fn flags_before_the_command_count() {
        let read = |flags: &str, rest: &str| read(&args(flags), &args(rest));
        assert!(matches!(
            read("-p x", "--wait"),
            Ok((
                Globals {
                    project_name: Some(_),
                    ..
                },
                Up::Verdict(_)
            ))
        ));
        assert_eq!(read("--parallel x", "-d").unwrap().1, Up::Pass);
        insta::assert_snapshot!(
            read("--parallel x", "--wait").unwrap_err(),
            @r#"value "x" of --parallel is not valid: it must be a whole number"#
        );
        let unread = |line: &str| check_unread(&args(line), OsStr::new("--new"));
        assert!(unread("--new x up -d").is_ok());
        assert!(unread("--new x run up-test").is_ok());
        assert!(unread("--new x up --wait").is_err());
    }
}
