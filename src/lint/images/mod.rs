//! Images: how their names are written, and what is known of those that everybody uses.

mod bases;
mod known;
mod reference;

pub use bases::{Plain, lacks, plain};
pub use known::{Known, has_healthcheck, known};
pub use reference::{Fault, Reference};
