//! Which files are compose files: by their name, or else by what stands in them.

use std::path::{Path, PathBuf};

use crate::source::SourceId;
use crate::yaml::{self, Node};

/// The keys that stand at the top of a compose file.
const TOP: [&str; 10] = [
    "configs", "include", "jobs", "models", "name", "networks", "secrets", "services", "version", "volumes",
];

/// The keys of which every service of a compose file has one. Other files have a `services` as well: those of Symfony, of
/// Travis and of GitLab among them.
const OF_A_SERVICE: [&str; 4] = ["build", "extends", "image", "provider"];

/// Whether a file is a compose file. `read` gives its content, where the name does not tell.
///
/// # Errors
/// What `read` says.
pub fn is_compose_file<E>(path: &Path, read: impl FnOnce() -> Result<Vec<u8>, E>) -> Result<bool, E> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    if name == "-" || is_yaml && (name.starts_with("compose.") || name.starts_with("docker-compose")) {
        return Ok(true);
    }
    if !is_yaml {
        return Ok(false);
    }
    Ok(looks_like_one(&read()?))
}

/// Compose's own name for the file that `path` lies over by its name: `compose.override.yaml` is no project by itself.
#[must_use]
pub fn base_of_override(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let (stem, _) = name.split_once(".override.y")?;
    if !["compose", "docker-compose"].contains(&stem) {
        return None;
    }
    let names = [
        "compose.yaml",
        "compose.yml",
        "docker-compose.yml",
        "docker-compose.yaml",
    ];
    names
        .iter()
        .map(|name| path.with_file_name(name))
        .find(|base| base.is_file())
}

fn looks_like_one(bytes: &[u8]) -> bool {
    let (text, _) = yaml::decode(bytes, SourceId::default());
    let (tree, _) = yaml::parse(&text, SourceId::default());
    let Some(root) = tree.documents.first() else {
        return false;
    };
    let (root, _) = yaml::expand(&tree, *root);
    let mut services = root.get("services").into_iter().flat_map(Node::entries);
    if services.any(|(_, service)| OF_A_SERVICE.iter().any(|key| service.get(key).is_some())) {
        return true;
    }
    let includes = root.get("include").is_some_and(|include| include.items().len() > 0);
    includes
        && root
            .entries()
            .all(|(key, _)| TOP.contains(&&*key.text) || key.starts_with("x-"))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn a_compose_file_is_known_by_its_name_or_by_its_content() {
        for (name, text, expected) in [
            ("compose.yaml", "", true),
            ("ci/docker-compose.test.YML", "", true),
            ("compose.yaml.bak", "services: {a: {image: x}}", false),
            ("compose-notes.yml", "a: 1", false),
            ("stack.yml", "services: {a: {image: x}}", true),
            ("stack.yml", "services:\n  a:\n    image: x\n   b: ]", true),
            ("stack.yml", "include: [other.yaml]\nx-a: 1", true),
            (".gitlab-ci.yml", "include: [a.yml]\nstages: [b]", false),
            (".gitlab-ci.yml", "services: [postgres]\ntest: {script: x}", false),
            (".travis.yml", "services: [docker]", false),
            (
                "services.yaml",
                "services: {_defaults: {autowire: true}, App: {resource: src}}",
                false,
            ),
            ("deploy.yaml", "kind: Service\nspec: {}", false),
            ("list.yml", "- a", false),
            ("empty.yml", "", false),
        ] {
            let read = || Ok::<_, Infallible>(text.as_bytes().to_vec());
            assert_eq!(is_compose_file(Path::new(name), read), Ok(expected), "{name}: {text}");
        }
    }

    #[test]
    fn an_override_lies_over_the_file_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(base_of_override(&at("compose.override.yaml")), None);
        std::fs::write(at("compose.yml"), "").unwrap();
        assert_eq!(base_of_override(&at("compose.override.yaml")), Some(at("compose.yml")));
        assert_eq!(base_of_override(&at("other.override.yaml")), None);
        assert_eq!(base_of_override(&at("compose.yml")), None);
    }
}
