//! towline runs a Docker Compose file as a CI pipeline and gives back an exit code that can be trusted.
//!
//! This page is the map, in reading order.
//!
//! | module | what it is for |
//! |---|---|
//! | [`event`] | facts about a run and the report that sums them up: plain data that others share |
//! | [`exit`] | the exit codes, written once |
//! | [`failure`] | errors that end the program: exit code, cause, hints |
//! | [`term`] | what the terminal can show, decided once |
//! | [`compose`] | the resolved compose model, as far as towline reads it |
//! | [`plan`] | model → stages: kinds with reasons, needs with conditions, order. Pure |
//! | [`run`] | plan → verdict: a pure scheduler, and the files that touch the engine around it |
//! | [`report`] | events → what a person or a program reads; one file a view or format |
//! | [`cli`] | clap structs, no behaviour |
//! | [`commands`] | one file a command: wiring, no logic |
//!
//! Direction: `event ← compose ← plan ← run`; `report` uses `event` and `term` alone; `commands` uses everything, and
//! nothing uses `commands` or `cli`. A test in this file reads the `use crate::` lines and holds them to it.

pub mod cli;
pub mod commands;
pub mod compose;
pub mod event;
pub mod exit;
pub mod failure;
pub mod plan;
pub mod report;
pub mod run;
pub mod term;

pub use commands::main;
