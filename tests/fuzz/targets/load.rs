//! Any bytes as a project: what is told has its place inside a text, and what is accepted can be printed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use towline::compose::load::{Request, load};

fuzz_target!(|bytes: &[u8]| {
    let request = Request {
        // No such directory: what the bytes name is looked for, and not found.
        directory: "/nowhere/project".to_owned(),
        files: vec!["-".to_owned()],
        profiles: vec!["*".to_owned()],
        environment: vec![
            ("SET".to_owned(), "value".to_owned()),
            ("BLANK".to_owned(), String::new()),
        ],
        home: Some("/nowhere".to_owned()),
        stdin: Some(bytes.to_vec()),
        ..Request::default()
    };
    let loaded = load(request);
    for problem in loaded.diagnostics.iter() {
        let places = problem
            .span
            .into_iter()
            .chain(problem.labels.iter().map(|label| label.span));
        for span in places {
            let source = loaded.sources.get(span.source).expect("a place names its source");
            assert!(
                source.text.get(span.range()).is_some(),
                "{span:?} is no place of its text"
            );
        }
    }
    match &loaded.model {
        Some(model) => {
            let _ = model.to_json();
            let _ = model.to_yaml_values();
        }
        None => assert!(loaded.diagnostics.has_errors(), "a rejected project has an error"),
    }
});
