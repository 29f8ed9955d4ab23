//! The hooks, as pre-commit installs and starts them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{WRONG, folder, run};

/// The hooks' repository: this crate as it is now, committed.
fn hooks(into: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (_, listed) = run(root, "git", &["ls-files", "--cached", "--others", "--exclude-standard"]);
    let is_built = |path: &&str| path.starts_with("src/") || !path.contains('/');
    for path in listed.lines().filter(is_built) {
        let from: PathBuf = root.join(path);
        if from.is_file() {
            fs::create_dir_all(into.join(path).parent().unwrap()).unwrap();
            fs::copy(&from, into.join(path)).unwrap();
        }
    }
    commit(into);
}

fn commit(folder: &Path) {
    for line in ["init -q", "add -A", "-c user.name=n -c user.email=e commit -qm m"] {
        let (code, told) = run(folder, "git", &line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, 0, "{line}: {told}");
    }
}

/// The lines that a user of the hooks writes.
fn config(hooks: &Path) -> String {
    let (_, revision) = run(hooks, "git", &["rev-parse", "HEAD"]);
    let repository = format!("repo: {}, rev: {}", hooks.display(), revision.trim());
    format!("repos: [{{{repository}, hooks: [{{id: towline-lint}}, {{id: towline-fix}}]}}]\n")
}

/// What pre-commit says of all files, with one hook.
fn hook(project: &Path, id: &str) -> (i32, String) {
    run(project, "pre-commit", &["run", id, "--all-files", "--verbose"])
}

#[test]
fn the_hooks_check_and_fix_the_compose_files_of_a_repository() {
    let repository = folder(&[]);
    hooks(repository.path());
    let project = folder(&[
        ("app/compose.yaml", WRONG),
        ("docker-compose.test.yml", "services: {a: {image: \"i:1\"}}\n"),
        ("other.yaml", "services: {a: {imgae: i}}\n"),
        (".pre-commit-config.yaml", &config(repository.path())),
    ]);
    commit(project.path());

    let (code, told) = hook(project.path(), "towline-lint");
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("--> app/compose.yaml:5:14"), "{told}");
    assert!(told.contains("checked 2 projects") && !told.contains("imgae"), "{told}");

    let (code, told) = hook(project.path(), "towline-fix");
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("files were modified by this hook"), "{told}");
    let fixed = fs::read_to_string(project.path().join("app/compose.yaml")).unwrap();
    assert_eq!(fixed, WRONG.replace("restart: always", "restart: \"no\""));

    for id in ["towline-fix", "towline-lint"] {
        let (code, told) = hook(project.path(), id);
        assert_eq!(code, 0, "{id}: {told}");
    }
}
