//! What containers run: words that are cut off, statuses that are lost, jobs that never end.

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[];
