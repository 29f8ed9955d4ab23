//! Fixes applied: findings → texts that no longer have them, each proved by looking again.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use super::{Settings, lint};
use crate::compose::load::Request;
use crate::diagnostic::{Diagnostic, Edit, Findings, Fix, Severity};
use crate::source::SourceId;

/// How often a project is looked at again: one fix can make room for another, and no rule may go on forever.
const MOST_ROUNDS: usize = 10;

/// What came of fixing one project.
#[derive(Debug)]
pub struct Fixed {
    /// What is found in the project as it is now.
    pub findings: Findings,
    /// The files that are to be written.
    pub files: Vec<Changed>,
}

/// A file that fixes have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its path, as the loader reads it.
    pub path: PathBuf,
    /// Its text on disk.
    pub before: String,
    /// Its text now.
    pub after: String,
    /// How many findings in it were fixed.
    pub count: usize,
}

/// A fix, by what stays the same about it from one round to the next.
type Name = (String, String);

/// Fixes what can be fixed in a project, without writing anything. Of fixes that change what the project does, only those
/// are made that `allow_unsafe` allows.
#[must_use]
pub fn fix(project: &str, request: &Request, settings: &Settings, allow_unsafe: bool) -> Fixed {
    let look = |request: &Request| lint(project.to_owned(), request.clone(), settings);
    let mut request = request.clone();
    let mut fixed = Fixed {
        findings: look(&request),
        files: Vec::new(),
    };
    let mut refused = HashSet::new();
    for _ in 0..MOST_ROUNDS {
        let chosen = choose(&fixed.findings, allow_unsafe, &refused);
        if chosen.is_empty() {
            break;
        }
        let candidate = with(&request, &fixed.findings, &chosen);
        let after = look(&candidate);
        if is_better(&fixed.findings, &after, &chosen) {
            keep(&mut fixed.files, &fixed.findings, &chosen);
            (request, fixed.findings) = (candidate, after);
        } else if let [one] = chosen.as_slice() {
            refused.insert(name(one));
        } else {
            // One of them does harm: each has to show by itself that it does not.
            for one in &chosen {
                let one = [*one];
                let alone = look(&with(&request, &fixed.findings, &one));
                if !is_better(&fixed.findings, &alone, &one) {
                    refused.insert(name(one[0]));
                }
            }
        }
    }
    fixed.files.retain(|file| file.before != file.after);
    fixed
}

/// The findings that are fixed in one round: none whose change overlaps that of another.
fn choose<'a>(findings: &'a Findings, allow_unsafe: bool, refused: &HashSet<Name>) -> Vec<&'a Diagnostic> {
    let mut chosen: Vec<&Diagnostic> = Vec::new();
    let mut taken: Vec<&Edit> = Vec::new();
    for finding in &findings.diagnostics {
        let Some(fix) = finding.fix.as_ref().filter(|fix| fix.is_safe || allow_unsafe) else {
            continue;
        };
        let is_free = fix
            .edits
            .iter()
            .all(|edit| taken.iter().all(|other| !overlap(edit, other)));
        let is_written = fix.edits.iter().all(|edit| is_file(findings, edit));
        if is_free && is_written && !refused.contains(&name(finding)) {
            taken.extend(&fix.edits);
            chosen.push(finding);
        }
    }
    chosen
}

/// Whether a text can be written back: standard input cannot.
fn is_file(findings: &Findings, edit: &Edit) -> bool {
    findings
        .sources
        .get(edit.span.source)
        .is_some_and(|source| source.path.to_str() != Some("-"))
}

fn overlap(a: &Edit, b: &Edit) -> bool {
    let is_same_place = a.span.start == b.span.start;
    a.span.source == b.span.source && (is_same_place || a.span.start < b.span.end && b.span.start < a.span.end)
}

fn name(finding: &Diagnostic) -> Name {
    (finding.code.to_string(), finding.message.clone())
}

/// The request with the texts as the fixes leave them.
fn with(request: &Request, findings: &Findings, chosen: &[&Diagnostic]) -> Request {
    let mut request = request.clone();
    for (id, text) in texts(findings, chosen) {
        if let Some(source) = findings.sources.get(id) {
            let path = source.path.to_string_lossy().into_owned();
            request.texts.insert(path, text.into_bytes());
        }
    }
    request
}

fn keep(files: &mut Vec<Changed>, findings: &Findings, chosen: &[&Diagnostic]) {
    for (id, after) in texts(findings, chosen) {
        let here = chosen
            .iter()
            .filter(|finding| finding.span.is_some_and(|span| span.source == id));
        let count = here.count();
        let Some(source) = findings.sources.get(id) else {
            continue;
        };
        match files.iter_mut().find(|file| file.path == source.path) {
            Some(file) => {
                file.after = after;
                file.count += count;
            }
            None => files.push(Changed {
                path: source.path.clone(),
                before: source.text.clone(),
                after,
                count,
            }),
        }
    }
}

fn texts(findings: &Findings, chosen: &[&Diagnostic]) -> Vec<(SourceId, String)> {
    let mut edits: BTreeMap<SourceId, Vec<&Edit>> = BTreeMap::new();
    let fixes = chosen.iter().filter_map(|finding| finding.fix.as_ref());
    for edit in fixes.flat_map(|fix: &Fix| &fix.edits) {
        edits.entry(edit.span.source).or_default().push(edit);
    }
    edits
        .into_iter()
        .filter_map(|(id, edits)| Some((id, apply(&findings.sources.get(id)?.text, edits))))
        .collect()
}

/// A text with changes made to it, none of which overlaps another.
#[must_use]
pub fn apply(text: &str, mut edits: Vec<&Edit>) -> String {
    edits.sort_by_key(|edit| edit.span);
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        changed += text.get(at..range.start).unwrap_or_default();
        changed += &edit.text;
        at = range.end;
    }
    changed + text.get(at..).unwrap_or_default()
}

/// Whether a project that was changed is none the worse for it: it loads as it did, and what was fixed is gone, and nothing
/// that is an error has come.
fn is_better(before: &Findings, after: &Findings, fixed: &[&Diagnostic]) -> bool {
    let count = |findings: &Findings, code: &str| {
        let found = findings.diagnostics.iter();
        found.filter(|finding| finding.code == code).count()
    };
    let mut errors = after
        .diagnostics
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let of_code = |code: &str| fixed.iter().filter(|finding| finding.code == code).count();
    (after.loads || !before.loads)
        && errors.all(|error| count(after, &error.code) <= count(before, &error.code))
        && fixed.iter().all(|finding| {
            let code = &*finding.code;
            count(after, code) + of_code(code) <= count(before, code)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit::replace(Span::new(SourceId::default(), start, end), text)
    }

    #[test]
    fn changes_are_made_in_their_order() {
        let edits = [edit(4, 5, "Y"), edit(0, 1, "XX"), edit(5, 5, "!")];
        assert_eq!(apply("a b c d", edits.iter().collect()), "XX b Y! d");
    }

    #[test]
    fn changes_that_touch_the_same_text_overlap() {
        assert!(overlap(&edit(0, 3, ""), &edit(2, 4, "")));
        assert!(overlap(&edit(3, 3, "a"), &edit(3, 3, "b")), "which goes first?");
        assert!(!overlap(&edit(0, 3, ""), &edit(3, 4, "")));
    }

    fn project(text: &str) -> (tempfile::TempDir, Request) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("compose.yaml"), text).unwrap();
        let request = Request {
            directory: directory.path().to_str().unwrap().to_owned(),
            ..Request::default()
        };
        (directory, request)
    }

    const LOOPING: &str = "# first\nservices:\r\n  a: {image: i}\n  migrate:\n    image: 'x' # kept\n    restart: always\n  \
                           b:\n    image: i\n    depends_on: {migrate: {condition: service_completed_successfully}}\n";

    #[test]
    fn the_rest_of_a_file_stays_as_it_is_and_a_second_run_changes_nothing() {
        let (directory, request) = project(LOOPING);
        let fixed = fix("compose.yaml", &request, &Settings::default(), false);
        let [file] = fixed.files.as_slice() else {
            panic!("{:?}", fixed.files)
        };
        assert_eq!(file.count, 1);
        assert_eq!(file.after, LOOPING.replace("restart: always", "restart: \"no\""));
        std::fs::write(directory.path().join("compose.yaml"), &file.after).unwrap();
        let again = fix("compose.yaml", &request, &Settings::default(), false);
        assert_eq!(again.files, []);
    }

    #[test]
    fn a_change_that_does_harm_is_not_made() {
        let (_directory, request) = project(LOOPING);
        let mut findings = lint("compose.yaml".to_owned(), request.clone(), &Settings::default());
        let wrong = findings
            .diagnostics
            .iter_mut()
            .find_map(|finding| finding.fix.as_mut())
            .unwrap();
        wrong.edits[0].text = "sometimes: x".to_owned();
        let chosen = choose(&findings, false, &HashSet::new());
        let after = lint(
            "compose.yaml".to_owned(),
            with(&request, &findings, &chosen),
            &Settings::default(),
        );
        assert!(!is_better(&findings, &after, &chosen));
    }
}
