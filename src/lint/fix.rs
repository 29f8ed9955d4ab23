//! Fixes applied: findings → texts that no longer have them, each proved by looking again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::proof::Proof;
use super::{Examined, Settings, examine};
use crate::compose::load::Request;
use crate::diagnostic::{Diagnostic, Edit, Findings, Fix};
use crate::source::{SourceId, Span};
use crate::yaml::Node;

/// How often a project is looked at again: one fix can make room for another, and no rule may go on forever.
const MOST_ROUNDS: usize = 1000;

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
    let examined = examine(project.to_owned(), request.clone(), settings, |_| true);
    let mut fixer = Fixer::new(project, request.clone(), settings, examined);
    fixer.run(Proof::Strict);
    if allow_unsafe {
        fixer.run(Proof::Loose);
    }
    fixer.files.retain(|file| file.before != file.after);
    let mut findings = fixer.now.findings;
    demote(&mut findings, &fixer.unproven);
    Fixed {
        findings,
        files: fixer.files,
    }
}

/// Lints a project, and tries what its rules call safe: what turns out not to be is not called so.
pub(super) fn tried(project: &str, request: Request, settings: &Settings) -> Findings {
    let has_safe = |found: &[Diagnostic]| found.iter().any(Diagnostic::has_safe_fix);
    let examined = examine(project.to_owned(), request.clone(), settings, has_safe);
    if !has_safe(&examined.findings.diagnostics) {
        return examined.findings;
    }
    let mut found = examined.findings.clone();
    let mut fixer = Fixer::new(project, request, settings, examined);
    fixer.run(Proof::Strict);
    demote(&mut found, &fixer.unproven);
    found
}

fn demote(findings: &mut Findings, unproven: &HashSet<Name>) {
    for finding in &mut findings.diagnostics {
        let is_unproven = unproven.contains(&name(finding));
        if let Some(fix) = finding.fix.as_mut().filter(|_| is_unproven) {
            fix.is_safe = false;
        }
    }
}

/// A project on the way to fewer findings.
struct Fixer<'a> {
    project: &'a str,
    settings: &'a Settings,
    request: Request,
    now: Examined,
    files: Vec<Changed>,
    /// Fixes that are called safe and were not shown to be.
    unproven: HashSet<Name>,
    /// Fixes that do harm.
    refused: HashSet<Name>,
}

impl<'a> Fixer<'a> {
    fn new(project: &'a str, request: Request, settings: &'a Settings, now: Examined) -> Self {
        Self {
            project,
            settings,
            request,
            now,
            files: Vec::new(),
            unproven: HashSet::new(),
            refused: HashSet::new(),
        }
    }

    /// Makes the fixes that can be shown to do no harm, many at once where none is in the way of another. Where some of them
    /// do harm, or two together, half as many are tried, until one has to show by itself that it does none.
    fn run(&mut self, proof: Proof) {
        let mut most = usize::MAX;
        for _ in 0..MOST_ROUNDS {
            let chosen = choose(&self.now, most, |finding, fix| match proof {
                Proof::Strict => fix.is_safe && !self.unproven.contains(&name(finding)),
                Proof::Loose => !self.refused.contains(&name(finding)),
            });
            let [first, rest @ ..] = chosen.as_slice() else { break };
            let request = with(&self.request, &self.now.findings, &chosen);
            let after = examine(self.project.to_owned(), request.clone(), self.settings, |_| true);
            if proof.holds(&self.now, &after, &chosen) {
                keep(&mut self.files, &self.now.findings, &chosen);
                (self.request, self.now) = (request, after);
                most = most.saturating_mul(2);
            } else if !rest.is_empty() {
                most = chosen.len() / 2;
            } else {
                let bad = match proof {
                    Proof::Strict => &mut self.unproven,
                    Proof::Loose => &mut self.refused,
                };
                bad.insert(name(first));
            }
        }
    }
}

/// The findings that are fixed in one round: none whose change meets that of another, or lies in one value with that of
/// another rule.
fn choose(now: &Examined, most: usize, is_wanted: impl Fn(&Diagnostic, &Fix) -> bool) -> Vec<&Diagnostic> {
    let findings = &now.findings;
    let mut chosen: Vec<&Diagnostic> = Vec::new();
    let mut taken = Taken::default();
    let values = Values::new(&now.documents);
    let mut changed: HashMap<Span, &str> = HashMap::new();
    for finding in &findings.diagnostics {
        let Some(fix) = finding.fix.as_ref().filter(|fix| is_wanted(finding, fix)) else {
            continue;
        };
        let own: HashSet<Span> = fix.edits.iter().filter_map(|edit| values.at(edit.span)).collect();
        let is_of_rule = |value: &Span| changed.get(value).is_none_or(|code| *code == finding.code);
        let is_free = own.iter().all(is_of_rule) && fix.edits.iter().all(|edit| taken.leaves_free(edit));
        let is_written = fix.edits.iter().all(|edit| is_file(findings, edit));
        if is_free && is_written && chosen.len() < most {
            fix.edits.iter().for_each(|edit| taken.add(edit));
            changed.extend(own.into_iter().map(|value| (value, &*finding.code)));
            chosen.push(finding);
        }
    }
    chosen
}

/// Changes none of which overlaps another, in the order of the text.
#[derive(Default)]
struct Taken<'a>(BTreeMap<(SourceId, u32), &'a Edit>);

impl<'a> Taken<'a> {
    fn add(&mut self, edit: &'a Edit) {
        self.0.insert((edit.span.source, edit.span.start), edit);
    }

    /// Whether a change overlaps none of them: those that begin nearest before and after it tell.
    fn leaves_free(&self, edit: &Edit) -> bool {
        let place = (edit.span.source, edit.span.start);
        let before = self.0.range(..place).next_back();
        let after = self.0.range(place..).next();
        before.into_iter().chain(after).all(|(_, other)| !overlap(edit, other))
    }
}

/// Lists and scalars as they are written, the largest that no mapping is around but as the value of a key: the words of one
/// command belong together.
struct Values(BTreeMap<(SourceId, u32), Span>);

impl Values {
    fn new(documents: &[Arc<[Node]>]) -> Self {
        let mut values = BTreeMap::new();
        let mut open: Vec<&Node> = documents.iter().flat_map(|documents| documents.iter()).collect();
        while let Some(node) = open.pop() {
            match node.as_map() {
                Some(map) => open.extend(map.values()),
                None => {
                    values.insert((node.span.source, node.span.start), node.span);
                }
            }
        }
        Self(values)
    }

    /// The one that a place lies in.
    fn at(&self, place: Span) -> Option<Span> {
        let mut before = self.0.range(..=(place.source, place.start));
        before
            .next_back()
            .map(|(_, value)| *value)
            .filter(|value| value.holds(place))
    }
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
    let mut counts: HashMap<SourceId, usize> = HashMap::new();
    for span in chosen.iter().filter_map(|finding| finding.span) {
        *counts.entry(span.source).or_default() += 1;
    }
    for (id, after) in texts(findings, chosen) {
        let count = counts.get(&id).copied().unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::lint;

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
        let known = [edit(2, 5, ""), edit(5, 5, "a"), edit(8, 12, "")];
        let mut taken = Taken::default();
        known.iter().for_each(|edit| taken.add(edit));
        for (start, end) in (0..14).flat_map(|start| (start..15).map(move |end| (start, end))) {
            let wanted = edit(start, end, "");
            let expected = !known.iter().any(|other| overlap(&wanted, other));
            assert_eq!(taken.leaves_free(&wanted), expected, "{start}..{end}");
        }
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
        let settings = Settings::default();
        let look = |request: Request| examine("compose.yaml".to_owned(), request, &settings, |_| true);
        let mut before = look(request.clone());
        let mut fixes = before.findings.diagnostics.iter_mut();
        let wrong = fixes.find_map(|finding| finding.fix.as_mut()).unwrap();
        wrong.edits[0].text = "sometimes: x".to_owned();
        let chosen = choose(&before, usize::MAX, |_, fix| fix.is_safe);
        let after = look(with(&request, &before.findings, &chosen));
        assert!(!Proof::Strict.holds(&before, &after, &chosen));
        assert!(!Proof::Loose.holds(&before, &after, &chosen));
    }

    fn fixed(text: &str, allow_unsafe: bool) -> (String, Findings) {
        let (_directory, request) = project(text);
        let fixed = fix("compose.yaml", &request, &Settings::default(), allow_unsafe);
        let after = fixed.files.into_iter().next().map(|file| file.after);
        (after.unwrap_or_else(|| text.to_owned()), fixed.findings)
    }

    #[test]
    fn two_changes_of_one_value_are_made_one_after_the_other() {
        let (after, _) = fixed(
            "services:\n  db:\n    image: postgres:16\n    environment: {POSTGRES_PASSWORD: p}\n    healthcheck:\n      \
             test: [\"CMD-SHELL\", \"pg_isready\", \"-U\", \"postgres\", \"-d\", \"x\"]\n",
            false,
        );
        assert!(
            after.contains(r#"["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "postgres", "-d", "x"]"#),
            "{after}"
        );
    }

    #[test]
    fn what_is_said_to_be_safe_is_fixed() {
        let text = "services: {t: {image: \"node:20\", command: sh -c npm test || true}}\n";
        let (_directory, request) = project(text);
        let is_safe = |finding: &&Diagnostic| finding.has_safe_fix();
        let said = lint("compose.yaml".to_owned(), request, &Settings::default());
        let said = said.diagnostics.iter().filter(is_safe).count();
        let (_, left) = fixed(text, false);
        assert_eq!(left.diagnostics.iter().filter(is_safe).count(), 0);
        assert_eq!(said, 0, "it would show that the exit status is masked");
    }
}
