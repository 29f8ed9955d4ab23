//! How a file reads.

mod file_complexity;
mod ports_quoted;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[&file_complexity::RULE, &ports_quoted::RULE];
