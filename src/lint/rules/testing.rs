//! What a rule finds in a text, for the tests of single rules.

use std::fs;

use crate::compose::load::Request;
use crate::lint::example::Example;
use crate::lint::rule::Rule;
use crate::lint::{Settings, lint};

/// The texts that a rule finds in files, written like an example; marks in them count for nothing.
pub(crate) fn found(rule: &Rule, files: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    for file in Example::files(files) {
        let path = directory.path().join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.text).unwrap();
    }
    let request = Request {
        directory: directory.path().to_str().unwrap().to_owned(),
        ..Request::default()
    };
    let settings = Settings {
        only: Some(vec![rule.id.to_owned()]),
        ..Settings::default()
    };
    let findings = lint("compose.yaml".to_owned(), request, &settings);
    assert!(findings.loads, "{:?}", findings.diagnostics);
    let told = findings.diagnostics.iter().filter(|found| found.code == rule.id);
    let place = |span| findings.sources.get(span).unwrap();
    told.map(|found| {
        let span = found.span.unwrap();
        place(span.source).slice(span).to_owned()
    })
    .collect()
}
