//! The rules, one file each, in folders by what they look at.

pub mod gates;
#[cfg(test)]
mod tests;

use super::rule::Rule;

/// All rules, by folder and by name.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [gates::RULES].into_iter().flatten().copied()
}
