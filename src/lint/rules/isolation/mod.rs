//! What two runs on one machine share.

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[];
