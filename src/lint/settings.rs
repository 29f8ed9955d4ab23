//! Which rules are looked at, and how much what they find matters.

use std::collections::HashMap;

use super::rule::{Category, Preset, Rule};
use crate::diagnostic::Severity;

/// What was chosen, on the command line and in a settings file.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The rules to begin with.
    pub preset: Option<Preset>,
    /// Where it is there, these rules alone: ids and words of categories.
    pub only: Option<Vec<String>>,
    /// Rules that are left out: ids and words of categories.
    pub ignored: Vec<String>,
    /// Levels of single rules; none for one that is off.
    pub levels: HashMap<String, Option<Severity>>,
}

impl Settings {
    /// How much what a rule finds matters; none where it is not looked at. The second is whether the level was chosen, and
    /// so holds for all that it finds.
    #[must_use]
    pub fn level(&self, rule: &Rule) -> Option<(Severity, bool)> {
        let names = |list: &[String]| list.iter().any(|name| name == rule.id || *name == rule.category.word());
        if names(&self.ignored) || self.only.as_deref().is_some_and(|only| !names(only)) {
            return None;
        }
        let is_asked_for = self.only.is_some();
        match self.levels.get(rule.id) {
            Some(level) => level.map(|level| (level, true)),
            None => (is_asked_for || rule.preset <= self.preset.unwrap_or_default()).then_some((rule.level, false)),
        }
    }

    /// Whether a word names a rule or a category.
    #[must_use]
    pub fn is_known(word: &str) -> bool {
        super::rules::all().any(|rule| rule.id == word) || Category::ALL.iter().any(|category| category.word() == word)
    }
}
