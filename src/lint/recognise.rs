//! Which files are compose files: by their name, or else by what stands in them.

use std::path::{Path, PathBuf};

use crate::source::SourceId;
use crate::yaml::{self, Key, Node};

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
    if name == "-" {
        return Ok(true);
    }
    if !is_yaml {
        return Ok(false);
    }
    let bytes = read()?;
    let is_named = name.starts_with("compose.") || name.starts_with("docker-compose");
    if is_named && has_services(&bytes) {
        return Ok(true);
    }
    let root = root(&bytes);
    if is_named {
        return Ok(!root.is_some_and(|root| is_of_others(&root)));
    }
    Ok(root.is_some_and(|root| looks_like_one(&root)))
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

/// Whether a line begins with the key of a compose file that those of other programs do not have, which is seen without
/// reading the file as YAML.
fn has_services(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    lines.any(|line| line.starts_with(b"services:") || line.starts_with(b"include:"))
}

/// The first document of a file, as far as it can be read.
fn root(bytes: &[u8]) -> Option<Node> {
    let (text, _) = yaml::decode(bytes, SourceId::default());
    let (tree, _) = yaml::parse(&text, SourceId::default());
    let root = tree.documents.first()?;
    Some(yaml::expand(&tree, *root).0)
}

/// Whether a file that is named like a compose file is one of another program, beyond doubt: a workflow or an action of
/// GitHub, a pipeline of GitLab, CircleCI or Azure, a manifest of Kubernetes, a playbook of Ansible.
fn is_of_others(root: &Node) -> bool {
    if ["services", "include"].iter().any(|key| root.get(key).is_some()) {
        return false;
    }
    let jobs = root.get("jobs").into_iter();
    let mut jobs = jobs.flat_map(|jobs| jobs.entries().map(|(_, job)| job).chain(jobs.items()));
    let has_steps = |job: &Node| {
        ["runs-on", "steps", "uses", "stage"]
            .iter()
            .any(|key| job.get(key).is_some())
    };
    let is_job_of_gitlab = |(_, job): (&Key, &Node)| job.get("script").is_some() || job.get("trigger").is_some();
    let mut plays = root.items();
    jobs.any(has_steps)
        || root.get("runs").is_some_and(|runs| runs.get("using").is_some())
        || root.get("apiVersion").is_some() && root.get("kind").is_some()
        || root.entries().any(is_job_of_gitlab)
        || plays.any(|play| play.get("hosts").is_some() || play.get("tasks").is_some())
}

fn looks_like_one(root: &Node) -> bool {
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
            (
                "docker-compose.yml",
                "name: t\non: push\njobs: {test: {runs-on: x, steps: []}}",
                false,
            ),
            (
                "docker-compose.yml",
                "on: push\njobs: {test: {uses: ./.github/workflows/a.yml}}",
                false,
            ),
            (
                "docker-compose.yml",
                "jobs: {backup: {image: x, triggers: [{cron: daily}]}}",
                true,
            ),
            (
                "docker-compose-action.yml",
                "name: a\nruns: {using: composite, steps: []}",
                false,
            ),
            ("docker-compose.ci.yml", "test: {script: [docker compose up]}", false),
            ("compose.yaml", "apiVersion: v1\nkind: List", false),
            ("docker-compose.yml", "- hosts: all\n  tasks: []", false),
            (
                "docker-compose.yml",
                "services: {a: {image: x}}\non: push\njobs: {a: {steps: []}}",
                true,
            ),
            ("docker-compose.yml", "web: {image: x}", true),
            ("docker-compose.yml", "services: [", true),
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
