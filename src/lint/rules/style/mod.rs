//! How a file reads.

mod file_complexity;
mod ports_quoted;

use crate::lint::rule::{Limit, Rule};

/// The rules of this folder.
pub const RULES: &[&Rule] = &[&file_complexity::RULE, &ports_quoted::RULE];

/// The numbers that they go by.
pub const LIMITS: &[&Limit] = &[
    &file_complexity::LINES,
    &file_complexity::REPEATED,
    &file_complexity::SERVICES,
];
