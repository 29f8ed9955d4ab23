//! What findings about a `build:` share: where they point, and how sure it is that something is missing.

use std::path::Path;

use crate::diagnostic::Severity;
use crate::lint::git;
use crate::lint::project::{Project, Service};
use crate::source::Span;

/// Directories that a build outside of Docker fills, often before the images are built.
const BUILT: [&str; 12] = [
    ".next",
    "artifacts",
    "bin",
    "build",
    "coverage",
    "dist",
    "node_modules",
    "out",
    "output",
    "publish",
    "target",
    "vendor",
];

/// Endings of files that a build makes.
const BUILT_FILES: [&str; 8] = ["deb", "exe", "jar", "rpm", "tgz", "war", "whl", "zip"];

/// Where a build says the first of some things that it says; the key `build` itself where it says none of them.
pub(super) fn of(service: &Service<'_>, keys: &[&str]) -> Option<Span> {
    let build = service.get("build")?;
    let said = |key: &&str| Some(build.get(key)?.span).filter(|span| *span != build.span);
    let own = keys.iter().find_map(said);
    let short = is_short(service).then_some(build.span);
    own.or(short).or_else(|| Some(service.key_of("build")?.span))
}

/// Whether it is written in its short form, `build: ./app`.
fn is_short(service: &Service<'_>) -> bool {
    let Some(build) = service.get("build") else {
        return false;
    };
    let said = |(_, node): (_, &crate::yaml::Node)| node.span == build.span;
    build.entries().all(said)
}

/// How much it matters that nothing is at a path: what something else brings need not be there yet.
pub(in crate::lint::rules) fn missing(project: &Project<'_>, path: &Path) -> Severity {
    let directory = Path::new(&project.model.directory);
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    // Where there is nothing but compose files, the rest of the project lies elsewhere.
    let has_files = names.any(|name| !name.starts_with('.') && !name.ends_with(".yml") && !name.ends_with(".yaml"));
    if has_files && !git::is_ignored(path) && !is_in_submodule(project, path) {
        Severity::Error
    } else {
        Severity::Hint
    }
}

/// Whether a path lies in a repository that git fetches into this one.
fn is_in_submodule(project: &Project<'_>, path: &Path) -> bool {
    let mut roots = path.ancestors().skip(1).take(8);
    let Some(root) = roots.find(|root| root.join(".gitmodules").exists()) else {
        return false;
    };
    let text = project.file(&root.join(".gitmodules")).unwrap_or_default();
    let value = |line: &str| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "path").then(|| root.join(value.trim()))
    };
    text.lines().filter_map(value).any(|module| path.starts_with(module))
}

/// Whether something other than the repository may bring a file, by its name or by a directory below `root` that it is in.
pub(in crate::lint::rules) fn is_built(path: &Path, root: &Path) -> bool {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let is_in_built = inside.iter().any(|part| BUILT.iter().any(|name| part == *name));
    let ending = path.extension().and_then(|ending| ending.to_str());
    is_in_built || ending.is_some_and(|ending| BUILT_FILES.contains(&ending))
}
