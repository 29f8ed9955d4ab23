//! Images: how their names are written, and what is known of those that everybody uses.

mod known;
mod reference;

pub use known::{Known, has_healthcheck, known};
pub use reference::{Fault, Reference};
