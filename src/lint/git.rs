//! What Git knows of a file: read from its index, without starting it.

use std::fs;
use std::path::{Path, PathBuf};

/// The bytes of an entry before its path: times, numbers, the hash and the flags.
const ENTRY: usize = 62;

/// The bytes before the first entry.
const HEADER: usize = 12;

/// Where in an entry its mode is.
const MODE: usize = 24;

/// The bits of a mode by which a file can be run.
const EXECUTABLE: u32 = 0o111;

/// The flag of an entry that has two more bytes of flags.
const EXTENDED: u8 = 0x40;

/// How far above a file its repository may begin.
const MOST_PARENTS: usize = 8;

/// Whether a file is in the index of the repository that it lies in; none where there is no repository, or an index of a form
/// that is not read here.
#[must_use]
pub(super) fn is_tracked(path: &Path) -> Option<bool> {
    Some(entry(path)?.is_some())
}

/// Whether Git writes a file as a program when it checks it out; none where it does not have the file.
#[must_use]
pub(super) fn is_executable(path: &Path) -> Option<bool> {
    Some(entry(path)?? & EXECUTABLE != 0)
}

/// What Git makes of the line endings of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEndings {
    /// It leaves them alone.
    Kept,
    /// The repository has `\n`; what a checkout has depends on the machine.
    Converted,
    /// Every checkout has `\n`.
    Lf,
}

/// What the `.gitattributes` above a file and the configuration of its repository make of its line endings.
#[must_use]
pub(super) fn line_endings(path: &Path) -> LineEndings {
    let Some(root) = root(path) else {
        return LineEndings::Kept;
    };
    let config = directory(root).and_then(|git| fs::read_to_string(git.join("config")).ok());
    let config = config.unwrap_or_default().to_ascii_lowercase();
    let mut settings = config.lines().filter_map(|line| line.split_once('='));
    let mut is_text = settings.any(|(key, value)| key.trim() == "autocrlf" && matches!(value.trim(), "true" | "input"));
    let mut is_lf = false;
    let mut directories: Vec<&Path> = path
        .ancestors()
        .skip(1)
        .take_while(|directory| directory.starts_with(root))
        .collect();
    directories.reverse();
    for directory in directories {
        let text = fs::read_to_string(directory.join(".gitattributes")).unwrap_or_default();
        let Ok(below) = path.strip_prefix(directory) else {
            continue;
        };
        let lines = text
            .lines()
            .filter_map(|line| line.trim().split_once(char::is_whitespace));
        for word in lines
            .filter(|(pattern, _)| fits(pattern, below))
            .flat_map(|(_, words)| words.split_whitespace())
        {
            match word {
                "text" | "text=auto" | "crlf" => is_text = true,
                "-text" | "binary" => is_text = false,
                "eol=lf" => (is_text, is_lf) = (true, true),
                "eol=crlf" => is_lf = false,
                _ => {}
            }
        }
    }
    match (is_text, is_lf) {
        (true, true) => LineEndings::Lf,
        (true, false) => LineEndings::Converted,
        _ => LineEndings::Kept,
    }
}

/// The repository that a file lies in.
fn root(path: &Path) -> Option<&Path> {
    path.ancestors()
        .skip(1)
        .find(|directory| directory.join(".git").exists())
}

/// The mode of a file in the index of the repository that it lies in.
fn entry(path: &Path) -> Option<Option<u32>> {
    let root = root(path)?;
    let name = path.strip_prefix(root).ok()?.to_str()?;
    let Ok(index) = fs::read(directory(root)?.join("index")) else {
        // Nothing has been added yet.
        return Some(None);
    };
    mode(&index, name.as_bytes())
}

/// Whether a `.gitignore` above a file says that it is no part of the repository. Patterns with a `*` inside a name count
/// only where they stand for all names with an ending.
#[must_use]
pub(super) fn is_ignored(path: &Path) -> bool {
    let directories = path.ancestors().skip(1).take(MOST_PARENTS);
    let mut last = false;
    let in_repository = directories.take_while(|directory| {
        let goes_on = !last;
        last = directory.join(".git").exists();
        goes_on
    });
    in_repository.into_iter().any(|directory| {
        let text = fs::read_to_string(directory.join(".gitignore")).unwrap_or_default();
        let below = path.strip_prefix(directory).ok();
        below.is_some_and(|below| text.lines().any(|line| fits(line.trim(), below)))
    })
}

/// Whether a line of a `.gitignore` means a path, seen from where the file lies.
fn fits(line: &str, path: &Path) -> bool {
    let pattern = line.trim_end_matches("/*").trim_matches('/');
    if pattern.is_empty() || line.starts_with(['#', '!']) {
        return false;
    }
    if let Some(ending) = pattern.strip_prefix('*').filter(|ending| !ending.contains(['*', '/'])) {
        return path.to_string_lossy().ends_with(ending);
    }
    let is_anchored = line.trim_end_matches('/').contains('/');
    let is_part = || path.iter().any(|part| part == pattern);
    path.starts_with(pattern) || !is_anchored && is_part()
}

/// Where the repository lies: `.git` itself, or what the file of that name says.
fn directory(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(git).ok()?;
    Some(root.join(text.trim().strip_prefix("gitdir:")?.trim()))
}

/// The mode of the entry of this name in an index of the second or third version. (gitformat-index)
fn mode(index: &[u8], name: &[u8]) -> Option<Option<u32>> {
    let number = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
    if index.get(..4)? != b"DIRC" || !matches!(number(4)?, 2 | 3) {
        return None;
    }
    let mut at = HEADER;
    for _ in 0..number(8)? {
        let is_extended = index.get(at + ENTRY - 2)? & EXTENDED != 0;
        let start = at + ENTRY + if is_extended { 2 } else { 0 };
        let rest = index.get(start..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        if rest.get(..length)? == name {
            return Some(number(at + MODE));
        }
        // One to eight bytes of nothing follow, up to a multiple of eight.
        at += (start - at + length) / 8 * 8 + 8;
    }
    Some(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(version: u8, names: &[&str]) -> Vec<u8> {
        let mut index = b"DIRC\0\0\0".to_vec();
        index.extend([version, 0, 0, 0, u8::try_from(names.len()).unwrap()]);
        for name in names {
            let mut entry = vec![1; ENTRY - 2];
            entry.extend([0, u8::try_from(name.len()).unwrap()]);
            entry.extend(name.as_bytes());
            entry.resize(entry.len() / 8 * 8 + 8, 0);
            index.extend(entry);
        }
        index
    }

    #[test]
    fn files_of_the_index_are_tracked() {
        let names = ["a", "b/app.env", "c.env", "d/some/longer/name"];
        let index = index(2, &names);
        for name in names {
            assert!(mode(&index, name.as_bytes()).unwrap().is_some(), "{name}");
        }
        assert_eq!(mode(&index, b"app.env"), Some(None));
        assert_eq!(mode(&index[..80], b"z"), None, "cut off");
    }

    #[test]
    fn lines_of_a_gitignore() {
        for (line, path, expected) in [
            ("/app.env", "app.env", true),
            ("app.env", "conf/app.env", true),
            ("/app.env", "conf/app.env", false),
            ("conf/", "conf/x.yml", true),
            ("conf/*", "conf/x.yml", true),
            ("*.pem", "certs/a.pem", true),
            ("*", "a", true),
            ("# a", "a", false),
            ("!a", "a", false),
            ("", "a", false),
        ] {
            assert_eq!(fits(line, Path::new(path)), expected, "{line}: {path}");
        }
    }

    #[test]
    fn every_directory_of_the_repository_can_say_what_it_ignores() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("repository");
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::create_dir_all(root.join("conf")).unwrap();
        fs::write(directory.path().join(".gitignore"), "*").unwrap();
        fs::write(root.join(".gitignore"), "*.env").unwrap();
        fs::write(root.join("conf/.gitignore"), "/own.yml").unwrap();
        assert!(is_ignored(&root.join("conf/a.env")) && is_ignored(&root.join("conf/own.yml")));
        assert!(!is_ignored(&root.join("own.yml")), "what lies outside does not count");
    }

    #[test]
    fn attributes_and_configuration_decide_about_line_endings() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::create_dir_all(root.join("ci")).unwrap();
        let of = |path: &str| line_endings(&root.join(path));
        assert_eq!(of("a.sh"), LineEndings::Kept);
        fs::write(root.join(".git/config"), "[core]\n\tautocrlf = true\n").unwrap();
        assert_eq!(of("a.sh"), LineEndings::Converted);
        fs::write(root.join(".gitattributes"), "* text=auto\n*.sh text eol=lf\n").unwrap();
        assert_eq!((of("a.sh"), of("a.py")), (LineEndings::Lf, LineEndings::Converted));
        fs::write(root.join("ci/.gitattributes"), "a.sh -text\n").unwrap();
        assert_eq!(of("ci/a.sh"), LineEndings::Kept);
    }

    #[test]
    fn another_form_tells_nothing() {
        assert_eq!(mode(&index(4, &["a"]), b"a"), None);
        assert_eq!(mode(b"", b"a"), None);
    }

    #[test]
    fn a_file_outside_of_a_repository_is_not_known() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.env");
        assert_eq!(is_tracked(&file), None);
        fs::create_dir(directory.path().join(".git")).unwrap();
        assert_eq!(is_tracked(&file), Some(false));
        fs::write(directory.path().join(".git/index"), index(2, &["a.env"])).unwrap();
        assert_eq!(is_tracked(&file), Some(true));
        assert_eq!(is_executable(&file), Some(true));
        assert_eq!(is_executable(&directory.path().join("b")), None);
    }
}
