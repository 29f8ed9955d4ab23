//! The hidden command that `ci` starts itself with: the guard of a run.

use std::ffi::OsString;

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::run::guard;

/// Guards a run.
///
/// # Errors
/// When it is called by somebody else.
pub(super) fn run(words: &[OsString]) -> Result<u8> {
    if guard::run(words)? {
        Ok(Exit::Passed.code())
    } else {
        Err(Failure::usage("`guard-run` is for towline's own use"))
    }
}
