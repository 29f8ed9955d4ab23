//! What a container can do, and secrets that lie open.

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[];
