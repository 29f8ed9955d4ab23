//! The command line: clap structs, and how words become them. Pure.
//!
//! A line is `[compose's global flags] COMMAND REST`. [`split`] finds the command. towline's own commands are clap's work
//! (`own`); [`decide`] says of a line of `up` who runs it; everything else is compose's and is not looked into.

mod config;
mod globals;
mod kind;
mod line;
mod own;
mod pflag;
mod up;
mod values;

pub use config::{NativeArgs, NativeFormat, read as read_native};
pub use globals::Globals;
pub use kind::KindOf;
pub use line::{Line, Name, Split, globals, split};
pub use own::{
    COMPOSE, CiArgs, Deny, GcArgs, LintArgs, PlanArgs, PlanFormat, Preset, ReportArgs, ReportFormat, RulesArgs,
    RulesFormat, is_own, own_name_like, own_names,
};
pub(crate) use own::{Own, command, command_with_compose, parse};
pub use up::{Up, UpArgs, check_unread, decide, read as read_up};

pub use crate::run::binary::DockerGlobals;
