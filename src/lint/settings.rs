//! Which rules are looked at, and how much what they find matters.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use globset::GlobSet;

use super::ids;
use super::rule::{Category, Limit, Preset, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::KindRule;

/// What was chosen, on the command line and in a settings file.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which settings file is read besides.
    pub file: SettingsFile,
    /// The rules to begin with.
    pub preset: Option<Preset>,
    /// Where it is there, these rules alone: ids and words of categories.
    pub only: Option<Vec<String>>,
    /// Rules that are left out: ids and words of categories.
    pub ignored: Vec<String>,
    /// Levels of rules and of categories, by id or word; none for what is off.
    pub levels: HashMap<String, Option<Severity>>,
    /// Numbers that rules go by, by the rule's id and the number's name.
    pub limits: HashMap<(String, String), u64>,
    /// Findings that are left out by where they are.
    pub excluded: Vec<Excluded>,
    /// Kinds of services, by hand.
    pub kinds: Vec<KindRule>,
}

/// Which settings file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SettingsFile {
    /// The one that lies nearest above the project.
    #[default]
    Search,
    /// This one.
    At(PathBuf),
    /// None.
    Without,
}

/// Findings that are left out. What is not named does not matter.
#[derive(Clone, Debug)]
pub struct Excluded {
    /// Ids and words of categories.
    pub rules: Option<Vec<String>>,
    /// Names of services.
    pub services: Option<GlobSet>,
    /// Files, as seen from the folder of the settings file.
    pub paths: Option<GlobSet>,
}

impl Settings {
    /// These choices, and beneath them those of a settings file.
    #[must_use]
    pub fn over(&self, file: Self) -> Self {
        Self {
            file: SettingsFile::Without,
            preset: self.preset.or(file.preset),
            only: self.only.clone(),
            ignored: self.ignored.clone(),
            ..file
        }
    }

    /// Every rule with the numbers and kinds of these choices, whatever else was chosen.
    pub(super) fn all_rules(&self) -> Self {
        Self {
            file: SettingsFile::Without,
            preset: Some(Preset::Strict),
            limits: self.limits.clone(),
            kinds: self.kinds.clone(),
            ..Self::default()
        }
    }

    /// How much what a rule finds matters; none where it is not looked at. A rule that is asked for by its id is, whatever
    /// the preset; of a category those rules are that the preset has. The second is whether the level was chosen, and
    /// so holds for all that it finds.
    #[must_use]
    pub fn level(&self, rule: &Rule) -> Option<(Severity, bool)> {
        let names = |list: &[String]| list.iter().any(|name| is_named(name, rule));
        if names(&self.ignored) || self.only.as_deref().is_some_and(|only| !names(only)) {
            return None;
        }
        let is_asked_for = self.only.iter().flatten().any(|name| name == rule.id);
        let is_in_preset = is_asked_for || rule.preset <= self.preset.unwrap_or_default();
        match (self.levels.get(rule.id), self.levels.get(rule.category.word())) {
            (Some(Some(level)), _) => Some((*level, true)),
            (Some(None), _) | (None, Some(None)) => is_asked_for.then_some((rule.level, false)),
            (None, Some(Some(level))) => is_in_preset.then_some((*level, true)),
            (None, None) => is_in_preset.then_some((rule.level, false)),
        }
    }

    /// The number that a rule goes by.
    #[must_use]
    pub fn limit(&self, limit: &Limit) -> u64 {
        let key = (limit.rule.to_owned(), limit.name.to_owned());
        self.limits.get(&key).copied().unwrap_or(limit.default)
    }

    /// Sets the level of what the loader or another program has found, and says whether it is told at all. What compose
    /// rejects always is.
    pub(super) fn keeps(&self, finding: &mut Diagnostic) -> bool {
        let is_of_rule = !ids::is_of_loader(&finding.code) && !is_remark(&finding.code);
        if ids::is_verdict(finding) || is_of_rule {
            return true;
        }
        let names = |list: &Vec<String>| list.iter().any(|name| *name == finding.code);
        if names(&self.ignored) || self.only.as_ref().is_some_and(|only| !names(only)) {
            return false;
        }
        match self.levels.get(&*finding.code) {
            Some(Some(level)) => finding.severity = *level,
            Some(None) => return false,
            None => {}
        }
        true
    }

    /// Whether a word names a rule or a category.
    #[must_use]
    pub fn is_known(word: &str) -> bool {
        is_remark(word)
            || super::ignore::all_ids().any(|id| id == word)
            || Category::ALL.iter().any(|category| category.word() == word)
    }
}

impl Excluded {
    /// Whether a finding of this rule is left out.
    pub(super) fn names(&self, code: &str) -> bool {
        let rule = super::rules::all().find(|rule| rule.id == code);
        let is_meant = |name: &String| name == code || rule.is_some_and(|rule| is_named(name, rule));
        self.rules.as_ref().is_none_or(|rules| rules.iter().any(is_meant))
    }

    /// Whether a finding at this place is left out.
    pub(super) fn holds(&self, path: &Path, service: Option<&str>) -> bool {
        let is_service = |globs: &GlobSet| service.is_some_and(|name| globs.is_match(name));
        self.paths.as_ref().is_none_or(|globs| globs.is_match(path)) && self.services.as_ref().is_none_or(is_service)
    }
}

/// Whether an id is that of another program: which ids it has, it alone knows.
fn is_remark(id: &str) -> bool {
    id.contains('/')
}

fn is_named(name: &str, rule: &Rule) -> bool {
    name == rule.id || name == rule.category.word()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules;

    fn rule(preset: Preset) -> &'static Rule {
        rules::all().find(|rule| rule.preset == preset).unwrap()
    }

    fn with(levels: &[(&str, Option<Severity>)]) -> Settings {
        Settings {
            levels: levels
                .iter()
                .map(|(name, level)| ((*name).to_owned(), *level))
                .collect(),
            ..Settings::default()
        }
    }

    #[test]
    fn a_rule_outweighs_its_category() {
        let rule = rule(Preset::Default);
        let category = rule.category.word();
        let off = with(&[(category, None)]);
        assert_eq!(off.level(rule), None);
        let hint = with(&[(category, None), (rule.id, Some(Severity::Hint))]);
        assert_eq!(hint.level(rule), Some((Severity::Hint, true)));
    }

    #[test]
    fn what_is_asked_for_is_looked_at() {
        let rule = rule(Preset::Default);
        let asked = Settings {
            only: Some(vec![rule.id.to_owned()]),
            ..with(&[(rule.id, None)])
        };
        assert_eq!(asked.level(rule), Some((rule.level, false)));
        let other = Settings {
            only: Some(vec!["unknown-key".to_owned()]),
            ..Settings::default()
        };
        assert_eq!(other.level(rule), None);
    }

    #[test]
    fn what_compose_rejects_is_told_whatever_is_chosen() {
        let off = with(&[("variable-unset", None), ("unknown-key", None)]);
        assert!(off.keeps(&mut Diagnostic::error("unknown-key", None, "m")));
        assert!(!off.keeps(&mut Diagnostic::warning("variable-unset", None, "m")));
        let raised = with(&[("variable-unset", Some(Severity::Error))]);
        let mut finding = Diagnostic::warning("variable-unset", None, "m");
        assert!(raised.keeps(&mut finding) && finding.severity == Severity::Error);
    }

    #[test]
    fn the_command_line_lies_over_the_file() {
        let line = Settings {
            preset: Some(Preset::Ci),
            ..Settings::default()
        };
        let file = Settings {
            preset: Some(Preset::Strict),
            ..with(&[("security", None)])
        };
        let both = line.over(file.clone());
        assert_eq!((both.preset, both.levels.len()), (Some(Preset::Ci), 1));
        assert_eq!(Settings::default().over(file).preset, Some(Preset::Strict));
    }
}
