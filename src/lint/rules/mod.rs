//! The rules, one file each, in folders by what they look at.

pub mod builds;
pub mod commands;
pub mod data;
pub mod gates;
pub mod healthchecks;
pub mod isolation;
pub mod overrides;
pub mod runtime;
pub mod security;
pub mod style;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod variables;

use super::rule::{Limit, Rule};

/// The folders.
const GROUPS: &[&[&Rule]] = &[
    builds::RULES,
    commands::RULES,
    data::RULES,
    gates::RULES,
    healthchecks::RULES,
    isolation::RULES,
    overrides::RULES,
    runtime::RULES,
    security::RULES,
    style::RULES,
    variables::RULES,
];

/// The numbers that rules go by.
const LIMITS: &[&[&Limit]] = &[&[healthchecks::MAX_MINUTES], runtime::LIMITS, style::LIMITS];

/// The numbers that one rule goes by.
pub fn limits(rule: &str) -> impl Iterator<Item = &'static Limit> {
    let all = LIMITS.iter().flat_map(|limits| limits.iter().copied());
    all.filter(move |limit| limit.rule == rule)
}

/// All rules, by folder and by name.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().flat_map(|group| group.iter().copied())
}
