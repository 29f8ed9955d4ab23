//! Plan → verdict. The scheduler decides and is pure; the driver is the loop around it; `process` alone starts processes.
//!
//! | file | what it is for |
//! |---|---|
//! | [`scheduler`] | the pure state machine: what starts, what stops, how each stage ended, the verdict |
//! | [`command`] | what is asked of compose and the engine, as data |
//! | [`dockerfile`] | what BuildKit and hadolint find in a Dockerfile, for `lint` |
//! | [`documents`] | the run's own compose documents |
//! | [`process`] | the only file that starts processes |
//! | [`binary`] | where docker and compose are found |
//! | `driver` | the loop: messages in, effects out |
//! | `prepare`, `look`, `start`, [`cleanup`] | build, pull and create; see what was created; start a set of stages; stop and remove |
//! //! | `build_log` | what builds write, into a file of each stage |
//! | [`guard`] | a second process that cleans up after a run that was killed |
//! | [`owner`], [`things`] | whose a container, network or volume is, and whether that process lives; what is on the engine |
//! | [`gc`] | what runs left whose owner is gone |
//! | [`lock`] | the lock of a project: two live runs never share one |
//! | [`resolve`] | the model, and the versions of compose and the engine |
//! | [`directory`] | where a run's record is |
//! | [`logs`] | a container's output into its file, byte for byte |
//! | `query`, [`socket`] | what the engine is asked again and again, from its socket where it has one here |
//! | `ledger` | what events and record say together of the run's containers. Pure |
//! | [`engine_events`], [`inspect`], [`compose_output`], [`classify`] | what the engine and compose say, as data |

pub mod binary;
mod build_log;
pub mod classify;
pub mod cleanup;
pub mod command;
pub mod compose_output;
pub mod directory;
pub mod dockerfile;
pub mod documents;
mod driver;
pub mod engine_events;
pub mod gc;
pub mod guard;
pub mod inspect;
mod ledger;
pub mod lock;
pub mod logs;
mod look;
pub mod owner;
mod prepare;
pub mod process;
mod query;
pub mod resolve;
pub mod scheduler;
mod signals;
pub mod socket;
mod start;
pub mod things;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use cleanup::Close;

use crate::compose::Project;
use crate::event::{Report, RunInfo};
use crate::failure::Result;
use crate::plan::Plan;
use crate::report::Reporter;

/// A run, ready to be executed.
#[derive(Debug)]
pub struct Spec {
    /// The resolved model.
    pub project: Project,
    /// The plan made from it.
    pub plan: Plan,
    /// What the user asked for.
    pub rules: scheduler::Rules,
    /// How the run's documents differ from the model.
    pub settings: documents::Settings,
    /// The programs, and the project that the run's containers belong to.
    pub commands: command::Commands,
    /// Options of the build, where images are built in a step of their own rather than while containers are created.
    pub build: Option<Vec<String>>,
    /// Options of the call that creates containers.
    pub create: Vec<String>,
    /// Whether compose's warning of orphaned containers is passed on.
    pub passes_orphans_on: bool,
    /// What becomes of the containers at the end.
    pub close: Close,
    /// How long containers get to end when they are stopped (`up -t`).
    pub stop_timeout: Option<Duration>,
    /// Whether what is not known is refused rather than assumed (`--strict`).
    pub strict: bool,
    /// What reporters are told at the start.
    pub info: RunInfo,
    /// The lock of the project, where others may name the same one.
    pub lock: Option<lock::Lock>,
    /// The run's directory; its `logs` folder exists.
    pub directory: PathBuf,
    /// The socket that docker closes to stop its plugin, where towline runs as one.
    pub docker_socket: Option<OsString>,
    /// When towline was started.
    pub begun: Instant,
}

/// Executes a run: the verdict is in the report.
///
/// # Errors
/// When towline itself cannot go on. Whatever goes wrong with a stage is an outcome, not an error.
pub fn execute(spec: Spec, reporter: &mut dyn Reporter) -> Result<Report> {
    // The heap of each thread would begin with a page of 2 MB, and many containers are read by many threads. A kernel that
    // does not know of this goes on as it is.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    driver::Driver::new(spec, reporter).run()
}
