//! Facts about a run, in the past tense, and the report that sums them up: plain data that the runner makes and every output is made from.
//!
//! `events.jsonl` in a run's directory holds one [`Event`] a line. The schema is versioned by [`SCHEMA`], which the
//! first line (`run_started`) carries; a reader must skip events and keys that it does not know.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The version of the schema of `events.jsonl` and `report.json`. It is raised when a key changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// One fact with its time.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Event {
    /// Wall-clock time, RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// Milliseconds since the run started.
    pub elapsed_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What happened. Every variant is a fact in the past tense; none tells a reporter what to do.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Fact {
    /// The plan is made and the run begins. Always the first event.
    RunStarted(RunInfo),
    /// The images of these stages began to build, in one call.
    BuildStarted {
        /// The stages, in plan order.
        stages: Vec<String>,
    },
    /// A step of a build ended.
    BuildStepFinished {
        /// The stage whose image the step belongs to, where the builder's output names it.
        stage: Option<String>,
        /// The step as the builder names it: `[unit_tests 2/4] RUN pip install …`.
        step: String,
        /// Whether its result came from the build cache.
        cached: bool,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// All builds succeeded. (A failed build is the `stage_finished` of its stage.)
    BuildFinished {
        /// How long the call took, in milliseconds.
        took_ms: u64,
    },
    /// An image began to be pulled.
    PullStarted {
        /// The image as the compose file names it.
        image: String,
    },
    /// An image was pulled.
    PullFinished {
        /// The image as the compose file names it.
        image: String,
    },
    /// Containers, networks and volumes exist; stages can start.
    Created {
        /// How long it took, pulls included, in milliseconds.
        took_ms: u64,
    },
    /// The images are there, and say what kind a stage is that the file leaves open.
    KindFound {
        /// The stage.
        stage: String,
        /// Its kind.
        kind: Kind,
        /// Why it has this kind.
        reason: String,
    },
    /// A stage could not start yet. Sent again when what it waits for changes.
    StageWaited {
        /// The stage that waits.
        stage: String,
        /// The needs that are still closed.
        on: Vec<NeedInfo>,
    },
    /// The start of a stage was asked for.
    StageStarting {
        /// The stage.
        stage: String,
    },
    /// A container of a stage runs.
    InstanceStarted {
        /// The stage.
        stage: String,
        /// Number of the container within the stage, from 1.
        instance: u32,
        /// The container's id.
        container: String,
    },
    /// Every container of a stage is healthy.
    StageHealthy {
        /// The stage.
        stage: String,
    },
    /// A health probe failed while something waited for its stage.
    ProbeFailed {
        /// The stage.
        stage: String,
        /// What the engine recorded of the probe.
        probe: Probe,
    },
    /// A container ended and its restart policy starts it again.
    InstanceRestarted {
        /// The stage.
        stage: String,
        /// Number of the container within the stage, from 1.
        instance: u32,
        /// The code with which it ended.
        code: i32,
        /// How often it has been restarted so far.
        restarts: u32,
    },
    /// A container wrote these bytes. They stand in `log` from `offset` on; neighbouring events of one stream are joined.
    Output {
        /// The stage.
        stage: String,
        /// Number of the container within the stage, from 1.
        instance: u32,
        /// Which of the two streams they came on.
        stream: Stream,
        /// Where they begin in the stage's log file, in bytes.
        offset: u64,
        /// How many bytes.
        bytes: u64,
        /// How many line ends are among them.
        lines: u64,
        /// The bytes themselves, for views; in the record they are found by `offset`.
        #[serde(skip)]
        text: Vec<u8>,
    },
    /// A stage ended, in exactly one outcome. Its output is complete by now.
    StageFinished(StageReport),
    /// Something is worth knowing and does not fail the run.
    Warned {
        /// The stage it is about, if it is about one.
        stage: Option<String>,
        /// What, and what to do about it.
        message: String,
    },
    /// From here on nothing new starts.
    Cancelled {
        /// Why.
        reason: CancelReason,
        /// Whether what runs is stopped; `up --wait` and `ci --keep-up` leave it.
        stops: bool,
    },
    /// Everything that the run made is being removed, or stopped where the command leaves it.
    CleanUpStarted,
    /// The clean-up ended.
    CleanUpFinished {
        /// How long it took, in milliseconds.
        took_ms: u64,
        /// Whether everything was to be removed; otherwise it was stopped and left.
        removed: bool,
        /// What could not be removed, as `container NAME`, `network NAME`, `volume NAME`.
        left: Vec<String>,
    },
    /// The run ended. Always the last event.
    RunFinished {
        /// The verdict.
        verdict: Verdict,
        /// How long the run took in all, in milliseconds.
        took_ms: u64,
    },
}

/// What is known of a run when it starts.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct RunInfo {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The run's id.
    pub run: String,
    /// towline's command: `ci` or `up`.
    pub command: String,
    /// The compose project that the run's containers belong to.
    pub project: String,
    /// The compose files, as the user would name them; empty when compose found them itself.
    pub files: Vec<String>,
    /// The directory that holds the run's record.
    pub directory: String,
    /// towline's version.
    pub towline: String,
    /// The version of compose.
    pub compose: String,
    /// The version of the engine.
    pub engine: String,
    /// The stages, in plan order.
    pub stages: Vec<StageInfo>,
}

/// What a reporter needs to know of a planned stage.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct StageInfo {
    /// The stage.
    pub stage: String,
    /// Its kind.
    pub kind: Kind,
    /// Why it has this kind.
    pub reason: String,
    /// What must be there before it starts.
    pub needs: Vec<NeedInfo>,
    /// How many containers it has.
    pub replicas: u32,
    /// Whether it is built here.
    pub builds: bool,
    /// The image, where the file names one.
    pub image: Option<String>,
    /// Its command line as the container gets it, where the file names one.
    pub command: Option<String>,
}

/// What a stage runs to be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Only its image is wanted.
    Build,
    /// Runs to completion; the run waits for it.
    Job,
    /// Stays up while others need it.
    Service,
    /// A job that comes last: it waits for every job that is not behind it.
    Deploy,
    /// Nothing says whether it ends. It runs as a service does, and the run says that it was taken for one.
    Unknown,
}

impl Kind {
    /// Whether the run waits for the end of such a stage.
    #[must_use]
    pub const fn runs_to_completion(self) -> bool {
        matches!(self, Self::Job | Self::Deploy)
    }

    /// Whether such a stage stays up while others need it: a service, and what is taken for one.
    #[must_use]
    pub const fn runs_as_service(self) -> bool {
        matches!(self, Self::Service | Self::Unknown)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Build => "build",
            Self::Job => "job",
            Self::Service => "service",
            Self::Deploy => "deploy",
            Self::Unknown => "unknown",
        })
    }
}

/// What opens a need.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its image is built.
    Built,
    /// Its containers run (`service_started`).
    Started,
    /// Its containers have stayed up for the settling time, or are healthy: what a deploy waits for besides.
    Settled,
    /// Its containers are healthy (`service_healthy`).
    Healthy,
    /// It ended with 0 (`service_completed_successfully`).
    Succeeded,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Built => "built",
            Self::Started => "started",
            Self::Settled => "settled",
            Self::Healthy => "healthy",
            Self::Succeeded => "succeeded",
        })
    }
}

/// One edge of the plan, seen from the stage that has the need.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct NeedInfo {
    /// The stage that is needed.
    pub stage: String,
    /// What of it is needed.
    pub condition: Condition,
}

/// Standard output or standard error of a container.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What the engine recorded of a health probe.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Probe {
    /// The probe's exit code; -1 when it ran out of time.
    pub code: i32,
    /// What it printed, as the engine kept it (at most 4 KiB).
    pub output: String,
    /// How many probes in a row have failed.
    pub streak: u32,
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Ended with 0, or was up as long as it was needed.
    Passed,
    /// Ended with another code than 0, or by a signal.
    Failed,
    /// The kernel ended it because it ran out of memory.
    OutOfMemory,
    /// A service whose health was needed turned unhealthy, or ended before it was healthy.
    Unhealthy,
    /// A service that was needed ended by itself with another code than 0.
    Ended,
    /// It, or the run, took longer than it may.
    TimedOut,
    /// It was stopped, or kept from starting, because of something else: a failure elsewhere, a signal.
    Cancelled,
    /// It did not start because a stage that it needs did not succeed.
    Skipped,
    /// Its result was known already.
    Cached,
    /// Its image could not be pulled.
    PullFailed,
    /// Its image could not be built.
    BuildFailed,
    /// The image has no such command, or it cannot be executed.
    CommandNotFound,
    /// A port that it publishes is taken.
    PortTaken,
    /// A mount was refused.
    MountRefused,
    /// Its container could not be created or started for another reason.
    StartFailed,
    /// The engine went away; how it ended is not known.
    EngineLost,
    /// The run did not start: nobody knows which of its stages run to completion.
    Refused,
}

impl Outcome {
    /// Whether this outcome fails the run by itself.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Passed | Self::Cached | Self::Cancelled | Self::Skipped)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::OutOfMemory => "out_of_memory",
            Self::Unhealthy => "unhealthy",
            Self::Ended => "ended",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::Cached => "cached",
            Self::PullFailed => "pull_failed",
            Self::BuildFailed => "build_failed",
            Self::CommandNotFound => "command_not_found",
            Self::PortTaken => "port_taken",
            Self::MountRefused => "mount_refused",
            Self::StartFailed => "start_failed",
            Self::EngineLost => "engine_lost",
            Self::Refused => "refused",
        })
    }
}

/// Why a run was cut short.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum CancelReason {
    /// A stage failed.
    StageFailed {
        /// The stage.
        stage: String,
    },
    /// A container ended, and the user asked to stop then (`--abort-on-container-exit`).
    ContainerEnded {
        /// The stage.
        stage: String,
    },
    /// A signal came.
    Signal {
        /// `SIGINT`, `SIGTERM` or `SIGHUP`.
        name: String,
    },
    /// The run's time limit passed.
    TimedOut,
    /// The engine went away.
    EngineLost,
    /// Nobody knows which stages run to completion.
    Refused(Refusal),
}

/// Why a run may not start.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Refusal {
    /// The stages whose kind has to be said, in plan order.
    pub stages: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it, one way each.
    pub hints: Vec<String>,
}

/// All that is known of a stage when it has ended.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct StageReport {
    /// The stage.
    pub stage: String,
    /// Its kind.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// The code that its first failed container ended with; 0 where all ended well; absent where none ended.
    pub code: Option<i32>,
    /// What failed, in the words of the engine, compose or towline. One or more lines.
    pub cause: Option<String>,
    /// For `skipped` and `cancelled`: the stage it is because of.
    pub because_of: Option<String>,
    /// Its command line as the container gets it, where the file names one.
    pub command: Option<String>,
    /// Stages it needs.
    pub needs: Vec<NeedInfo>,
    /// Milliseconds from the run's start until its first container started.
    pub started_ms: Option<u64>,
    /// Milliseconds from the run's start until it ended.
    pub finished_ms: u64,
    /// How often its containers were restarted by their policy.
    pub restarts: u32,
    /// The last failed health probe, if one failed.
    pub probe: Option<Probe>,
    /// The stage's log, relative to the run's directory, where it wrote one.
    pub log: Option<String>,
}

impl StageReport {
    /// How long its containers ran: from the first start to the end. Zero where it never started.
    #[must_use]
    pub fn ran_for(&self) -> Duration {
        self.started_ms.map_or(Duration::ZERO, |started| {
            Duration::from_millis(self.finished_ms.saturating_sub(started))
        })
    }
}

/// The result of a run.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Verdict {
    /// Whether every job that was planned passed and no needed service failed.
    pub passed: bool,
    /// The exit code.
    pub code: u8,
    /// The stage that the code comes from, where it comes from one.
    pub stage: Option<String>,
    /// What happened, as [`Outcome`] names it; for a run that a signal or the clock ended: `cancelled`, `timed_out`.
    pub outcome: Outcome,
}

impl Verdict {
    /// The last line of every run: one line that grep finds.
    #[must_use]
    pub fn line(&self, run: &str) -> String {
        if self.passed {
            return format!("towline: PASSED run={run}");
        }
        let stage = self
            .stage
            .as_ref()
            .map(|stage| format!(" stage={stage}"))
            .unwrap_or_default();
        format!(
            "towline: FAILED{stage} outcome={} code={} run={run}",
            self.outcome, self.code
        )
    }
}

/// A finished run: what `report.json` holds.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Report {
    /// What was known when it started.
    #[serde(flatten)]
    pub info: RunInfo,
    /// When it started, RFC 3339 in UTC.
    pub started_at: String,
    /// How long it took, clean-up included, in milliseconds.
    pub took_ms: u64,
    /// The stages, in plan order, as they ended. `stages` holds how they were planned.
    pub results: Vec<StageReport>,
    /// Warnings, in the order in which they came.
    pub warnings: Vec<String>,
    /// The stages that ran as services because nothing says what they are.
    #[serde(default)]
    pub assumed: Vec<String>,
    /// Why the run did not start, where it was refused.
    #[serde(default)]
    pub refusal: Option<Refusal>,
    /// The result.
    pub verdict: Verdict,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_names_stage_outcome_code_and_run() {
        let verdict = Verdict {
            passed: false,
            code: 1,
            stage: Some("unit_tests".into()),
            outcome: Outcome::Failed,
        };
        assert_eq!(
            verdict.line("r1"),
            "towline: FAILED stage=unit_tests outcome=failed code=1 run=r1"
        );
    }

    /// The names of the variants of `Fact`, as they stand in this file.
    fn variants() -> Vec<String> {
        let source = include_str!("event.rs");
        let body = source
            .split("pub enum Fact {")
            .nth(1)
            .unwrap()
            .split("\n}\n")
            .next()
            .unwrap();
        let lines = body
            .lines()
            .filter(|line| line.starts_with("    ") && !line.starts_with("     "));
        let names = lines.map(str::trim).filter(|line| line.starts_with(char::is_uppercase));
        names
            .map(|line| line.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned())
            .collect()
    }

    fn snake_case(name: &str) -> String {
        let mut text = String::new();
        for c in name.chars() {
            if c.is_uppercase() && !text.is_empty() {
                text.push('_');
            }
            text.extend(c.to_lowercase());
        }
        text
    }

    #[test]
    fn the_readme_names_every_event() {
        let readme = include_str!("../README.md");
        let variants = variants();
        assert_eq!(variants.len(), 21, "{variants:?}");
        for variant in variants {
            let name = format!("`{}`", snake_case(&variant));
            assert!(readme.contains(&name), "README.md does not name the event {name}");
        }
    }

    #[test]
    fn an_outcome_is_written_as_it_is_shown() {
        for outcome in [Outcome::Passed, Outcome::OutOfMemory, Outcome::PortTaken] {
            assert_eq!(
                serde_json::to_value(outcome).unwrap(),
                serde_json::Value::String(outcome.to_string())
            );
        }
    }
}
