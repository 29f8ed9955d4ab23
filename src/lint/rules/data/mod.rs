//! Volumes, mounts and secrets: data that is missing, hidden, stale or raced for.

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[];
