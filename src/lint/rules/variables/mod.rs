//! Variables and addresses: values that are not what they seem, and hosts that do not answer.

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[];
