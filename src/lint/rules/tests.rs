//! Every rule is held to its examples.

use std::collections::BTreeSet;
use std::fs;

use super::all;
use crate::compose::load::Request;
use crate::diagnostic::{Diagnostic, Findings};
use crate::lint::example::Example;
use crate::lint::fix::apply;
use crate::lint::rule::Rule;
use crate::lint::{Settings, lint};

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

#[test]
fn ids_and_texts_are_whole() {
    let mut ids = BTreeSet::new();
    for rule in all() {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert!(rule.why.ends_with('.') && !rule.summary.ends_with('.'), "{}", rule.id);
        assert!(!crate::lint::IDS.iter().any(|id| id.id == rule.id), "{}", rule.id);
    }
}
