//! Every rule is held to its examples.

use std::collections::BTreeSet;
use std::fs;

use super::all;
use crate::compose::load::Request;
use crate::diagnostic::{Diagnostic, Findings};
use crate::lint::example::Example;
use crate::lint::fix::{apply, fix};
use crate::lint::rule::{Preset, Rule};
use crate::lint::{Settings, lint, on_all_processors};

/// What one rule, or any rule where `only` is none, finds in an example; with the files as they were.
fn examined(example: &str, only: &Rule) -> (Findings, Vec<Example>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let files = Example::files(example);
    for file in &files {
        let path = directory.path().join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.text).unwrap();
    }
    let request = Request {
        directory: directory.path().to_str().unwrap().to_owned(),
        ..Request::default()
    };
    let settings = Settings {
        only: Some(vec![only.id.to_owned()]),
        ..Settings::default()
    };
    (lint("compose.yaml".to_owned(), request, &settings), files, directory)
}

fn of<'a>(findings: &'a Findings, rule: &Rule) -> Vec<&'a Diagnostic> {
    findings
        .diagnostics
        .iter()
        .filter(|found| found.code == rule.id)
        .collect()
}

#[test]
fn every_bad_example_is_found_where_it_is_marked() {
    for rule in all() {
        let (findings, files, directory) = examined(rule.bad, rule);
        assert!(findings.loads, "{}: {:?}", rule.id, findings.diagnostics);
        let mut marked = BTreeSet::new();
        for file in &files {
            let path = directory.path().join(&file.path);
            marked.extend(file.marked.iter().map(|range| (path.clone(), range.start, range.end)));
        }
        assert!(!marked.is_empty(), "{}: nothing is marked", rule.id);
        let place = |found: &&Diagnostic| {
            let span = found.span.unwrap();
            (
                findings.sources.path(span).to_owned(),
                span.range().start,
                span.range().end,
            )
        };
        let found: BTreeSet<_> = of(&findings, rule).iter().map(place).collect();
        assert_eq!(found, marked, "{}: {:#?}", rule.id, of(&findings, rule));
    }
}

#[test]
fn every_good_example_is_clean() {
    for rule in all() {
        let (findings, ..) = examined(rule.good, rule);
        assert!(findings.loads, "{}: {:?}", rule.id, findings.diagnostics);
        assert!(
            of(&findings, rule).is_empty(),
            "{}: {:#?}",
            rule.id,
            of(&findings, rule)
        );
    }
}

#[test]
fn every_fix_makes_the_fixed_example_and_nothing_else() {
    for rule in all() {
        let (found, files, directory) = examined(rule.bad, rule);
        let fixes: Vec<_> = of(&found, rule).iter().filter_map(|found| found.fix.clone()).collect();
        let Some(fixed) = rule.fixed else {
            assert!(
                fixes.is_empty(),
                "{}: show what the fix makes of the bad example",
                rule.id
            );
            continue;
        };
        assert!(!fixes.is_empty(), "{}: the bad example is not fixed", rule.id);
        let fixed_files = Example::files(fixed);
        assert_eq!(files.len(), fixed_files.len(), "{}", rule.id);
        for (file, fixed) in files.iter().zip(fixed_files) {
            let path = directory.path().join(&file.path);
            let edits = fixes.iter().flat_map(|fix| &fix.edits);
            let edits = edits.filter(|edit| *found.sources.path(edit.span) == *path);
            assert_eq!(apply(&file.text, edits.collect()), fixed.text, "{}", rule.id);
        }
        let (after, ..) = examined(fixed, rule);
        assert!(of(&after, rule).is_empty(), "{}: {:#?}", rule.id, of(&after, rule));
    }
}

/// With every rule looked at, and the model compared: what a fix does not say that it changes, it must not change.
#[test]
fn every_fix_does_what_it_says_and_no_harm() {
    let mut wrong = Vec::new();
    for rule in all().filter(|rule| rule.fixed.is_some()) {
        let (found, _, directory) = examined(rule.bad, rule);
        let has_unsafe = !of(&found, rule).iter().all(|finding| finding.has_safe_fix());
        let request = Request {
            directory: directory.path().to_str().unwrap().to_owned(),
            ..Request::default()
        };
        let settings = Settings {
            only: Some(vec![rule.id.to_owned()]),
            ..Settings::default()
        };
        let fixed = fix("compose.yaml", &request, &settings, has_unsafe);
        let left: Vec<_> = of(&fixed.findings, rule)
            .into_iter()
            .filter(|found| found.fix.is_some())
            .collect();
        if !left.is_empty() {
            wrong.push(rule.id);
        }
    }
    assert!(wrong.is_empty(), "not fixed: {wrong:?}");
}

/// The keys of the first service of an example that is one file, each with its lines.
fn keys(example: &str) -> Option<Vec<(String, String)>> {
    let files = Example::files(example);
    let [file] = files.as_slice() else { return None };
    let services = file.text.split_once("services:\n")?.1;
    let mut keys: Vec<(String, String)> = Vec::new();
    for line in services.split_inclusive('\n').skip(1) {
        let indent = line.len() - line.trim_start().len();
        match (indent, keys.last_mut()) {
            (4, _) if line.contains(':') => keys.push((line.trim().split(':').next()?.to_owned(), line.to_owned())),
            (5.., Some((_, lines))) => *lines += line,
            _ => break,
        }
    }
    Some(keys)
}

/// Fixes that meet in one service: together they must do no harm either.
#[test]
fn safe_fixes_of_any_two_rules_get_on_with_each_other() {
    let with_keys = all().filter(|rule| {
        examined(rule.bad, rule)
            .0
            .diagnostics
            .iter()
            .any(Diagnostic::has_safe_fix)
    });
    let parts: Vec<_> = with_keys.filter_map(|rule| Some((rule, keys(rule.bad)?))).collect();
    let pairs: Vec<_> = parts.iter().flat_map(|a| parts.iter().map(move |b| (a, b))).collect();
    assert!(pairs.len() > 100, "{}", pairs.len());
    let harm = on_all_processors(&pairs, |((first, a), (second, b))| {
        let others = b.iter().filter(|(key, _)| a.iter().all(|(known, _)| known != key));
        let lines: String = a.iter().chain(others).map(|(_, lines)| lines.as_str()).collect();
        let directory = tempfile::tempdir().unwrap();
        fs::write(
            directory.path().join("compose.yaml"),
            format!("services:\n  a:\n{lines}"),
        )
        .unwrap();
        let request = Request {
            directory: directory.path().to_str().unwrap().to_owned(),
            ..Request::default()
        };
        let strict = Settings {
            preset: Some(Preset::Strict),
            ..Settings::default()
        };
        let before = lint(String::new(), request.clone(), &strict);
        let fixed = fix("compose.yaml", &request, &strict, false);
        let count =
            |findings: &Findings, id: &str| findings.diagnostics.iter().filter(|found| found.code == id).count();
        let new = all().find(|rule| count(&fixed.findings, rule.id) > count(&before, rule.id));
        let left = fixed.findings.diagnostics.iter().find(|finding| finding.has_safe_fix());
        let is_worse = new.is_some() || left.is_some() || fixed.findings.loads != before.loads;
        is_worse.then(|| {
            format!(
                "{} and {}: {:?} {left:?}\n{lines}",
                first.id,
                second.id,
                new.map(|rule| rule.id)
            )
        })
    });
    let harm: Vec<String> = harm.into_iter().flatten().collect();
    assert!(harm.is_empty(), "{}", harm.join("\n"));
}

#[test]
fn ids_and_texts_are_whole() {
    let mut ids = BTreeSet::new();
    for rule in all() {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert!(rule.why.ends_with('.') && !rule.summary.ends_with('.'), "{}", rule.id);
        assert!(!crate::lint::IDS.iter().any(|id| id.id == rule.id), "{}", rule.id);
    }
}
