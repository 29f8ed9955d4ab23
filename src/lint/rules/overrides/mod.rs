//! Keys that are ignored, or that only the engine rejects.

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[];
