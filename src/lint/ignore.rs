//! `# towline: ignore[RULE] reason` in a compose file: the finding on that line, or on the next one, is meant.

use std::collections::{HashMap, HashSet};

use super::ids;
use super::rule::Category;
use super::rules;
use crate::diagnostic::{Diagnostic, Edit, Fix, nearest};
use crate::source::{Source, SourceId, Span};

/// What begins the comment.
const BEGINNING: &str = "# towline: ignore";

/// One such comment.
struct Ignore {
    /// The line it is about, counted from 1.
    line: usize,
    /// The comment.
    span: Span,
    /// What it names, each with its place.
    ids: Vec<(String, Span)>,
    is_used: bool,
}

/// Leaves out the findings that a comment says are meant, and adds one for each comment that is of no use. `is_checked`
/// tells whether a rule was looked at: a comment about another one may be of use when it is.
pub(super) fn apply(sources: &[(SourceId, &Source)], found: &mut Vec<Diagnostic>, is_checked: impl Fn(&str) -> bool) {
    for (id, source) in sources.iter().filter(|(_, source)| source.text.contains(BEGINNING)) {
        let mut ignores: Vec<Ignore> = comments(*id, source).collect();
        let mut by_name: HashMap<(usize, String), usize> = HashMap::new();
        for (at, ignore) in ignores.iter().enumerate() {
            for (name, _) in &ignore.ids {
                by_name.entry((ignore.line, name.clone())).or_insert(at);
            }
        }
        found.retain(|finding| {
            let meant = key(finding, *id, source).and_then(|key| by_name.get(&key));
            let meant = meant.and_then(|at| ignores.get_mut(*at));
            meant.is_none_or(|ignore| {
                ignore.is_used = true;
                false
            })
        });
        for ignore in &ignores {
            found.extend(problems(ignore, &is_checked));
        }
    }
}

/// The line and the name that a comment about a finding has; none where it cannot be ignored.
fn key(finding: &Diagnostic, id: SourceId, source: &Source) -> Option<(usize, String)> {
    let span = finding
        .span
        .filter(|span| span.source == id && !ids::is_verdict(finding))?;
    Some((source.line_of(span.start as usize), finding.code.to_string()))
}

fn problems(ignore: &Ignore, is_checked: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
    let unknown = ignore.ids.iter().filter(|(id, _)| !is_rule(id));
    let mut problems: Vec<Diagnostic> = unknown.map(|(id, span)| unknown_rule(id, *span)).collect();
    let is_known = problems.is_empty();
    if ignore.ids.is_empty() {
        let problem = Diagnostic::warning("unknown-rule", ignore.span, "this comment names no rule to ignore");
        problems.push(problem.help("write it as # towline: ignore[RULE] reason"));
    } else if is_known && !ignore.is_used && ignore.ids.iter().all(|(id, _)| is_checked(id)) {
        let fix = Fix::safe("remove the comment", vec![Edit::replace(ignore.span, "")]);
        let names: Vec<&str> = ignore.ids.iter().map(|(id, _)| id.as_str()).collect();
        let message = format!("nothing is found here that {} would find", names.join(" or "));
        problems.push(
            Diagnostic::warning("unused-ignore", ignore.span, message)
                .help("remove the comment")
                .fix(fix),
        );
    }
    problems
}

/// A word that should name a rule and does not.
pub(super) fn unknown_rule(id: &str, span: Span) -> Diagnostic {
    let problem = Diagnostic::warning("unknown-rule", span, format!("there is no rule {id:?}"));
    match near(id) {
        Some(near) => problem.help(format!("did you mean {near:?}?")),
        None => problem.help("`towline rules` lists them"),
    }
}

/// The rule or the category whose name is most like a word.
#[must_use]
pub fn near(word: &str) -> Option<&'static str> {
    let categories = Category::ALL.into_iter().map(Category::word);
    nearest(word, all_ids().chain(categories))
}

fn is_rule(id: &str) -> bool {
    all_ids().any(|known| known == id)
}

pub(super) fn all_ids() -> impl Iterator<Item = &'static str> {
    rules::all().map(|rule| rule.id).chain(ids::IDS.iter().map(|id| id.id))
}

fn comments(id: SourceId, source: &Source) -> impl Iterator<Item = Ignore> {
    let text = &source.text;
    // A comment of its own is about the line after it, and after the comments that follow it.
    let mut next = 0;
    text.match_indices(BEGINNING).filter_map(move |(start, _)| {
        let end = text[start..]
            .find(['\n', '\r'])
            .map_or(text.len(), |length| start + length);
        let rest = start + BEGINNING.len();
        let at = source.line_of(start);
        let is_alone = is_comment(source.line(at));
        if is_alone && at >= next {
            let after = (at + 1..=source.lines()).find(|line| !is_comment(source.line(*line)));
            next = after.unwrap_or(source.lines() + 1);
        }
        Some(Ignore {
            line: if is_alone { next } else { at },
            span: Span::new(id, start, end),
            ids: named(id, text, rest, end)?,
            is_used: false,
        })
    })
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// What stands between the brackets; nothing where this is a comment about something else.
fn named(id: SourceId, text: &str, start: usize, end: usize) -> Option<Vec<(String, Span)>> {
    let rest = text.get(start..end)?;
    if rest.is_empty() || rest.starts_with(' ') {
        return Some(Vec::new());
    }
    let inner = rest.strip_prefix('[')?;
    let inner = &inner[..inner.find(']')?];
    let mut at = start + 1;
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for word in inner.split(',') {
        let name = word.trim();
        let begin = at + word.find(name).unwrap_or(0);
        at += word.len() + 1;
        if !name.is_empty() && seen.insert(name) {
            names.push((name.to_owned(), Span::new(id, begin, begin + name.len())));
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;

    fn left(text: &str, findings: &[(&'static str, &str)]) -> Vec<String> {
        let source = Source::new("f", text);
        let id = SourceId::default();
        let mut found: Vec<Diagnostic> = findings
            .iter()
            .map(|(code, at)| {
                let start = text.find(at).unwrap();
                Diagnostic::error(code, Span::new(id, start, start + at.len()), "m")
            })
            .collect();
        apply(&[(id, &source)], &mut found, |_| true);
        found
            .iter()
            .map(|found| format!("{}: {}", found.code, source.slice(found.span.unwrap())))
            .collect()
    }

    #[test]
    fn a_comment_is_about_its_line_or_the_next() {
        let text = "a: one # towline: ignore[gate-optional] meant\n\
                    # towline: ignore[gate-optional, deploy-not-after-tests]\n# more\nb: two\nc: three\n";
        let all = [
            ("gate-optional", "one"),
            ("deploy-not-after-tests", "two"),
            ("gate-optional", "three"),
        ];
        assert_eq!(left(text, &all), ["gate-optional: three"]);
    }

    #[test]
    fn what_compose_rejects_cannot_be_ignored() {
        let text = "a: one # towline: ignore[unknown-key]\n";
        let left = left(text, &[("unknown-key", "one")]);
        assert_eq!(
            left,
            ["unknown-key: one", "unused-ignore: # towline: ignore[unknown-key]"]
        );
    }

    #[test]
    fn a_comment_of_no_use_is_told() {
        assert_eq!(
            left("a: x # towline: ignore[gate-optional]\n", &[]),
            ["unused-ignore: # towline: ignore[gate-optional]"]
        );
        assert_eq!(
            left("a: x # towline: ignore[gate-optonal]\n", &[]),
            ["unknown-rule: gate-optonal"]
        );
        assert_eq!(
            left("a: x # towline: ignore all\n", &[]),
            ["unknown-rule: # towline: ignore all"]
        );
        assert_eq!(left("a: x # towline: ignored\n", &[]), [""; 0]);
    }

    #[test]
    fn what_is_told_of_comments_is_no_error() {
        let problem = unknown_rule("gate-optonal", Span::default());
        assert_eq!(problem.severity, Severity::Warning);
        assert_eq!(problem.help.as_deref(), Some("did you mean \"gate-optional\"?"));
    }
}
