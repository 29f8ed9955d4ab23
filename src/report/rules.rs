//! The catalogue of rules → what a person or a program reads.

use anstyle::Style;
use serde_json::{Value, json};

use crate::diagnostic::Severity;
use crate::term::{Terminal, wrap};

/// What stands out.
const BOLD: Style = Style::new().bold();

/// What is told of a rule.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its id.
    pub id: &'static str,
    /// What is wrong where it finds something.
    pub summary: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// How much it matters.
    pub level: Severity,
    /// What it is about.
    pub category: &'static str,
    /// The preset that it is a part of, where that is not the one that everybody has.
    pub preset: Option<&'static str>,
    /// Files in which it finds something.
    pub bad: String,
    /// Files in which it does not.
    pub good: String,
    /// Whether it can be fixed.
    pub fixed: bool,
}

/// One line a rule, by category.
#[must_use]
pub fn text(pages: &[Page], terminal: &Terminal) -> String {
    let width = pages.iter().map(|page| page.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (at, page) in pages.iter().enumerate() {
        if at == 0 || pages[at - 1].category != page.category {
            let gap = if at == 0 { "" } else { "\n" };
            text += &format!("{gap}{}\n", terminal.paint(BOLD, page.category));
        }
        let notes: Vec<&str> = page.preset.into_iter().chain(page.fixed.then_some("fix")).collect();
        let notes = if notes.is_empty() {
            String::new()
        } else {
            format!(" ({})", notes.join(", "))
        };
        let level = page.level.word();
        text += &format!("  {:width$}  {level:7}  {}{notes}\n", page.id, page.summary);
    }
    text + "\n\"ci\" and \"strict\" name the preset that a rule belongs to; `towline explain RULE` says why it is there.\n"
}

/// All there is to say of one rule.
#[must_use]
pub fn explain(page: &Page, terminal: &Terminal) -> String {
    let width = terminal.width.min(100);
    let mut text = format!("{}: {}\n\n", terminal.paint(BOLD, page.id), page.summary);
    text += &wrap(page.why, width).join("\n");
    text += &format!("\n\nlevel {}, category {}", page.level.word(), page.category);
    if let Some(preset) = page.preset {
        text += &format!(", only with the preset {preset} or where it is selected");
    }
    text += if page.fixed { ", can be fixed\n" } else { "\n" };
    for (title, example) in [("found in", &page.bad), ("not found in", &page.good)] {
        text += &format!("\n{}\n\n{}", terminal.paint(BOLD, title), indent(example));
    }
    text + &format!(
        "\nTo ignore one finding, write # towline: ignore[{}] and a reason behind its line.\n",
        page.id
    )
}

/// The catalogue for programs.
#[must_use]
pub fn json(pages: &[Page]) -> String {
    let page = |page: &Page| {
        json!({
            "id": page.id,
            "summary": page.summary,
            "why": page.why,
            "level": page.level.word(),
            "category": page.category,
            "preset": page.preset.unwrap_or("default"),
            "bad": page.bad,
            "good": page.good,
            "fixed": page.fixed,
        })
    };
    format!("{:#}\n", Value::Array(pages.iter().map(page).collect()))
}

/// The catalogue as a page of documentation.
#[must_use]
pub fn markdown(pages: &[Page]) -> String {
    let mut text = "# Rules\n".to_owned();
    for (at, page) in pages.iter().enumerate() {
        if at == 0 || pages[at - 1].category != page.category {
            text += &format!("\n## {}\n", page.category);
        }
        text += &format!("\n### {}\n\n{}", page.id, self::page(page));
    }
    text
}

/// What there is to say of one rule, in Markdown.
#[must_use]
pub fn page(page: &Page) -> String {
    let Page { why, bad, good, .. } = page;
    let summary = capitalised(page.summary);
    let level = page.level.word();
    let preset = page
        .preset
        .map_or(String::new(), |preset| format!(", preset `{preset}`"));
    let fix = if page.fixed { ", can be fixed" } else { "" };
    format!(
        "{summary}.\n\nLevel {level}{preset}{fix}. {why}\n\n\
         Found in:\n\n```yaml\n{bad}```\n\nNot found in:\n\n```yaml\n{good}```\n"
    )
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_laid_out_in_lines() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a-very-long-word b", 5), ["a-very-long-word", "b"]);
    }

    #[test]
    fn a_rule_has_its_line_and_its_page() {
        let page = Page {
            id: "gate",
            summary: "a gate is open",
            why: "It lets all through.",
            level: Severity::Warning,
            category: "pipeline",
            preset: Some("ci"),
            bad: "a: 1\n".to_owned(),
            good: "a: 2\n".to_owned(),
            fixed: true,
        };
        let pages = [page];
        insta::assert_snapshot!(text(&pages, &Terminal::plain()), @r#"
        pipeline
          gate  warning  a gate is open (ci, fix)

        "ci" and "strict" name the preset that a rule belongs to; `towline explain RULE` says why it is there.
        "#);
        insta::assert_snapshot!(explain(&pages[0], &Terminal::plain()), @"
        gate: a gate is open

        It lets all through.

        level warning, category pipeline, only with the preset ci or where it is selected, can be fixed

        found in

            a: 1

        not found in

            a: 2

        To ignore one finding, write # towline: ignore[gate] and a reason behind its line.
        ");
        insta::assert_snapshot!(markdown(&pages), @"
        # Rules

        ## pipeline

        ### gate

        A gate is open.

        Level warning, preset `ci`, can be fixed. It lets all through.

        Found in:

        ```yaml
        a: 1
        ```

        Not found in:

        ```yaml
        a: 2
        ```
        ");
    }
}
