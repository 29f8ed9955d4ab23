//! What Git knows of a file: read from its index, without starting it.

use std::fs;
use std::path::{Path, PathBuf};

/// The bytes of an entry before its path: times, numbers, the hash and the flags.
const ENTRY: usize = 62;

/// The bytes before the first entry.
const HEADER: usize = 12;

/// The flag of an entry that has two more bytes of flags.
const EXTENDED: u8 = 0x40;

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
