//! Tests on a real engine: towline's promises, held against Docker Compose and an engine that runs here.
//!
//! | module | what it holds towline to |
//! |---|---|
//! | [`common`] | no test: projects, programs, and what came of them |
//! | [`faults`] | what goes wrong outside of the stages, an engine that dies among it |
//! | [`features`] | what compose files and command lines may hold |
//! | [`isolation`] | what is left, what is taken away, and what is not touched |
//! | [`logs`] | every byte that a container wrote, in its place, beside what compose shows |
//! | [`passthrough`] | every command of compose, through towline and by itself |
//! | [`processes`] | no test: what runs on this machine |
//! | [`proxy`] | no test: another way to the engine, which can be cut |
//! | [`truth`] | the verdict: kinds × ends × orders, beside what compose's own flags say |
//!
//! They need an engine (`scripts/engine up`, then `eval "$(scripts/engine env)"`), and fail without one; where there can
//! be none, `TOWLINE_TEST_NO_ENGINE=1` skips them, loudly.

#[cfg(test)]
mod common;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod features;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod passthrough;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod truth;
