//! Health checks: those that cannot fail, cannot succeed, or answer late.

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[];
