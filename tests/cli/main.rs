//! towline's command line from outside: the built program, and a scripted docker in the place of the real one.

#![expect(clippy::unwrap_used, reason = "what fails in a test's helper fails the test")]

mod alias;
mod ci_lines;
mod common;
mod dockerfile;
mod help;
mod lint;
mod names;
mod pass;
mod plan;
mod usage;
