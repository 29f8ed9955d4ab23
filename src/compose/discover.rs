//! Where the project is: the directory that relative paths and `.env` are looked up in.

use std::path::{Path, PathBuf};

/// The names of compose files, in the order in which compose looks for them.
const NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// What decides where the project is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// `--project-directory`.
    pub project_directory: Option<&'a str>,
    /// `--file`, in order.
    pub files: &'a [String],
    /// The variable `COMPOSE_FILE`.
    pub compose_file: Option<&'a str>,
    /// The variable `COMPOSE_PATH_SEPARATOR`.
    pub separator: Option<&'a str>,
}

/// The project directory: what the user says, else the folder of the first file that is not standard input, else the folder
/// where compose finds a file, looking from `current` upwards, else `current`.
#[must_use]
pub fn project_directory(place: &Place<'_>, current: &Path) -> PathBuf {
    if let Some(directory) = place.project_directory {
        return current.join(directory);
    }
    let separator = place.separator.filter(|separator| !separator.is_empty()).unwrap_or(":");
    let named: Vec<&str> = match place.compose_file {
        _ if !place.files.is_empty() => place.files.iter().map(String::as_str).collect(),
        Some(list) => list.split(separator).collect(),
        None => Vec::new(),
    };
    if !named.is_empty() {
        let first = named.iter().find(|file| **file != "-");
        let folder = first.and_then(|file| Path::new(file).parent());
        return folder.map_or_else(|| current.to_owned(), |folder| current.join(folder));
    }
    let found = current
        .ancestors()
        .find(|folder| NAMES.iter().any(|name| folder.join(name).is_file()));
    found.unwrap_or(current).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_goes_before_the_first_file_and_that_before_the_search() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(root.path().join("compose.yml"), "").unwrap();
        let files = ["-".to_owned(), "../x/y.yaml".to_owned()];
        let searched = Place::default();
        assert_eq!(project_directory(&searched, &deep), root.path());
        let by_variable = Place {
            compose_file: Some("ci/one.yaml:two.yaml"),
            ..searched
        };
        assert_eq!(project_directory(&by_variable, &deep), deep.join("ci"));
        let by_file = Place {
            files: &files,
            ..by_variable
        };
        assert_eq!(project_directory(&by_file, &deep), deep.join("../x"));
        let by_flag = Place {
            project_directory: Some("/p"),
            ..by_file
        };
        assert_eq!(project_directory(&by_flag, &deep), Path::new("/p"));
    }

    #[test]
    fn without_any_file_it_is_the_current_directory() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(project_directory(&Place::default(), root.path()), root.path());
    }
}
