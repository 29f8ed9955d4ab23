//! Examples of rules: files in one text, with the places that are found marked in them.

use std::ops::Range;

/// What stands around a place that a rule finds.
const MARKS: [char; 2] = ['«', '»'];

/// A file of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its path, as seen from the directory of the project.
    pub path: String,
    /// Its text, without marks.
    pub text: String,
    /// The places that are found, in bytes of the text.
    pub marked: Vec<Range<usize>>,
}

impl Example {
    /// The files of an example. The first is `compose.yaml`, and a line `== NAME ==` begins each further one.
    #[must_use]
    pub fn files(example: &str) -> Vec<Self> {
        let mut files = vec![("compose.yaml", String::new())];
        for line in example.split_inclusive('\n') {
            let name = line
                .trim_end()
                .strip_prefix("== ")
                .and_then(|line| line.strip_suffix(" =="));
            match (name, files.last_mut()) {
                (Some(name), _) => files.push((name, String::new())),
                (None, Some((_, text))) => text.push_str(line),
                (None, None) => {}
            }
        }
        files
            .into_iter()
            .map(|(path, marked)| Self::unmark(path, &marked))
            .collect()
    }

    fn unmark(path: &str, marked: &str) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            text: String::new(),
            marked: Vec::new(),
        };
        let mut open = Vec::new();
        for c in marked.chars() {
            match c {
                '«' => open.push(file.text.len()),
                '»' => file.marked.extend(open.pop().map(|start| start..file.text.len())),
                c => file.text.push(c),
            }
        }
        file
    }
}

/// An example as people read it: without its marks.
#[must_use]
pub fn shown(example: &str) -> String {
    example.replace(MARKS, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_places_and_lines_become_files() {
        let files = Example::files("a: «b»\n== x/Dockerfile ==\nFROM «i»\n");
        assert_eq!(files.len(), 2);
        assert_eq!(
            (files[0].path.as_str(), files[0].text.as_str()),
            ("compose.yaml", "a: b\n")
        );
        assert_eq!(files[1].path, "x/Dockerfile");
        assert_eq!(files[1].marked, vec![Range { start: 5, end: 6 }]);
        assert_eq!(shown("a: «b»"), "a: b");
    }
}
