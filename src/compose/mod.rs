//! The resolved compose model, as far as towline reads it.
//!
//! `docker compose config` merges, interpolates and validates; what it prints is the authoritative model, and [`load`] makes
//! the same one from the files themselves.

mod container_names;
mod discover;
mod duration;
pub mod load;
mod model;

pub use discover::{Place, project_directory};
pub use duration::{parse_duration, show_duration};
pub use model::{DependsOn, Health, Project, Restart, Service, Terminal, show_command};
