//! Any bytes as a project that all rules look at: what they find has its place inside a text, and so have their fixes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use towline::compose::load::Request;
use towline::lint::rule::Preset;
use towline::lint::{Settings, SettingsFile, lint};

fuzz_target!(|bytes: &[u8]| {
    let request = Request {
        // No such directory: what the bytes name is looked for, and not found.
        directory: "/nowhere/project".to_owned(),
        files: vec!["-".to_owned()],
        environment: vec![("SET".to_owned(), "value".to_owned())],
        home: Some("/nowhere".to_owned()),
        stdin: Some(bytes.to_vec()),
        ..Request::default()
    };
    let settings = Settings {
        file: SettingsFile::Without,
        preset: Some(Preset::Strict),
        ..Settings::default()
    };
    let findings = lint("-".to_owned(), request, &settings);
    for finding in &findings.diagnostics {
        let labels = finding.labels.iter().map(|label| label.span);
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in finding.span.into_iter().chain(labels).chain(edits) {
            let source = findings.sources.get(span.source).expect("a place names its source");
            assert!(
                source.text.get(span.range()).is_some(),
                "{}: {span:?} is no place of its text",
                finding.code
            );
        }
    }
});
