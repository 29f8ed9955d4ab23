//! What Git knows of a file: read from its index, without starting it.

use std::fs;
use std::path::{Path, PathBuf};

/// The bytes of an entry before its path: times, numbers, the hash and the flags.
const ENTRY: usize = 62;

/// The bytes before the first entry.
const HEADER: usize = 12;

/// The flag of an entry that has two more bytes of flags.
const EXTENDED: u8 = 0x40;

/// How far above a file its repository may begin.
const MOST_PARENTS: usize = 8;

/// Whether a file is in the index of the repository that it lies in; none where there is no repository, or an index of a form
/// that is not read here.
#[must_use]
pub(super) fn is_tracked(path: &Path) -> Option<bool> {
    let root = path
        .ancestors()
        .skip(1)
        .find(|directory| directory.join(".git").exists())?;
    let name = path.strip_prefix(root).ok()?.to_str()?;
    let Ok(index) = fs::read(directory(root)?.join("index")) else {
        // Nothing has been added yet.
        return Some(false);
    };
    holds(&index, name.as_bytes())
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

/// Whether an index of the second or third version has an entry of this name. (gitformat-index)
fn holds(index: &[u8], name: &[u8]) -> Option<bool> {
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
            return Some(true);
        }
        // One to eight bytes of nothing follow, up to a multiple of eight.
        at += (start - at + length) / 8 * 8 + 8;
    }
    Some(false)
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
            assert_eq!(holds(&index, name.as_bytes()), Some(true), "{name}");
        }
        assert_eq!(holds(&index, b"app.env"), Some(false));
        assert_eq!(holds(&index[..80], b"z"), None, "cut off");
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
    fn another_form_tells_nothing() {
        assert_eq!(holds(&index(4, &["a"]), b"a"), None);
        assert_eq!(holds(b"", b"a"), None);
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
    }
}
