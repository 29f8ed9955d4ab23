//! `towline rules`: the catalogue.

use super::print;
use crate::cli::{RulesArgs, RulesFormat};
use crate::failure::Result;
use crate::lint::example::shown;
use crate::lint::rule::{Preset, Rule};
use crate::lint::{rules, schema};
use crate::report::rules::{Page, json, markdown, text};
use crate::term::Terminal;

/// Prints all rules.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn run(args: &RulesArgs) -> Result<u8> {
    let mut pages: Vec<Page> = rules::all().map(page).collect();
    pages.sort_by(|a, b| (a.category, a.id).cmp(&(b.category, b.id)));
    print(&match args.format {
        RulesFormat::Text => text(&pages, &Terminal::stdout()),
        RulesFormat::Json => json(&pages),
        RulesFormat::Markdown => markdown(&pages),
        RulesFormat::Schema => format!("{:#}\n", schema()),
    })
}

/// What a reader is told of a rule.
pub(super) fn page(rule: &Rule) -> Page {
    Page {
        id: rule.id,
        summary: rule.summary,
        why: rule.why,
        level: rule.level,
        category: rule.category.word(),
        preset: (rule.preset != Preset::Default).then(|| rule.preset.word()),
        bad: shown(rule.bad),
        good: shown(rule.good),
        fixed: rule.fixed.is_some(),
    }
}
