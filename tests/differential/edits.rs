//! Any edit of a file that is accepted: whatever becomes of it, every place that is told lies inside its text, between
//! characters.

use proptest::prelude::*;
use towline::compose::load::{Request, load};

/// Texts whose insertion is likely to change what a file means.
const PIECES: [&str; 20] = [
    "\t", " ", "\n", ":", "- ", "#", "\"", "'", "{", "]", ", ", "&a ", "*a", "!reset ", "|\n", "${", "é", "\u{85}",
    "---\n", "<<: ",
];

/// Where to edit, as a share of the text; how many characters go; what comes.
fn edit() -> impl Strategy<Value = (f64, usize, prop::sample::Index)> {
    (0.0..1.0, 0..4_usize, any::<prop::sample::Index>())
}

fn apply(text: &str, (share, length, piece): &(f64, usize, prop::sample::Index)) -> String {
    let characters: Vec<char> = text.chars().collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of a small length"
    )]
    let start = (share * characters.len() as f64) as usize;
    let end = (start + length).min(characters.len());
    let before: String = characters[..start].iter().collect();
    let after: String = characters[end..].iter().collect();
    format!("{before}{}{after}", piece.get(&PIECES))
}

fn files() -> Vec<String> {
    let cases = std::fs::read_dir(super::root().join("fixtures/loader")).unwrap();
    let paths = cases.map(|case| case.unwrap().path().join("compose.yaml"));
    let mut files: Vec<String> = paths.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    files.sort();
    files
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn places_stay_inside_the_text(file in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 1..4)) {
        let text = edits.iter().fold(file.get(&files()).clone(), |text, edit| apply(&text, edit));
        let loaded = load(Request {
            directory: "/nowhere/project".to_owned(),
            files: vec!["-".to_owned()],
            stdin: Some(text.into_bytes()),
            ..Request::default()
        });
        for found in loaded.diagnostics.iter() {
            let labels = found.labels.iter().map(|label| label.span);
            for span in found.span.into_iter().chain(labels) {
                let source = loaded.sources.get(span.source).unwrap();
                prop_assert!(source.text.get(span.range()).is_some(), "{:?} in {:?}", found, source.text);
            }
        }
        prop_assert!(loaded.model.is_some() || loaded.diagnostics.has_errors());
    }
}
