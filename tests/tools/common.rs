//! Scratch folders, and programs that are run in them.

#![expect(clippy::disallowed_methods, reason = "a test starts the programs that it is about")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A file with an error that has a fix, and a label in another place.
pub(crate) const WRONG: &str = "services:\n  migrate:\n    image: app:1\n    command: ./migrate\n    restart: always\n  \
                                tests:\n    image: app:1\n    command: pytest\n    depends_on:\n      migrate:\n        \
                                condition: service_completed_successfully\n";

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What a program says, and its code.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; `scripts/test tools` installs it"));
    let Output { status, stdout, stderr } = output;
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (status.code().unwrap_or(-1), text.concat())
}

/// Runs towline as it was built for the tests.
pub(crate) fn towline(folder: &Path, line: &str) -> (i32, String) {
    let words: Vec<&str> = line.split(' ').collect();
    run(folder, env!("CARGO_BIN_EXE_towline"), &words)
}
