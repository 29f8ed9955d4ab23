//! What a build leaves in its image, as far as its Dockerfile tells.

use std::path::{Path, PathBuf};

use crate::lint::dockerfile::Stage;
use crate::lint::project::{Project, Service};
use crate::yaml::Node;

/// Commands that make a directory where they are run.
const INSTALLERS: [(&str, &str); 5] = [
    ("npm ci", "node_modules"),
    ("npm install", "node_modules"),
    ("yarn install", "node_modules"),
    ("pnpm install", "node_modules"),
    ("composer install", "vendor"),
];

/// What a build leaves in its image.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// What is copied from the context: it lies on the machine as well.
    pub(super) copied: Vec<PathBuf>,
    /// What is made by the build itself.
    pub(super) built: Vec<PathBuf>,
}

/// Looks through the Dockerfile of a service.
pub(super) fn of(project: &Project<'_>, service: &Service<'_>) -> Option<Made> {
    let file = project.dockerfile(service)?;
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let text = project.dockerfile_text(service)?;
    let blocks = blocks(&text);
    let mut made = Made::default();
    for stage in file.lineage(target) {
        collect(stage, blocks.get(stage.index).map(String::as_str), &mut made);
    }
    Some(made)
}

fn collect(stage: &Stage, text: Option<&str>, made: &mut Made) {
    for copy in &stage.copies {
        let target = PathBuf::from(copy.target.trim_end_matches('/'));
        if target.is_absolute() && target.parent().is_some() {
            let list = if copy.from.is_some() {
                &mut made.built
            } else {
                &mut made.copied
            };
            list.push(target);
        }
    }
    let Some(directory) = stage.workdir.as_deref().map(Path::new) else {
        return;
    };
    let runs = |command: &str| text.is_some_and(|text| text.contains(command));
    let installed = INSTALLERS.iter().filter(|(command, _)| runs(command));
    made.built.extend(installed.map(|(_, name)| directory.join(name)));
}

/// The lines of each stage that run something. What is installed for all programs of the image leaves nothing beside them.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let mut words = line.split_whitespace();
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("from")) {
            blocks.push(String::new());
        }
        let is_global = line.contains(" -g") || line.contains("--global") || line.contains("--prefix");
        if let Some(block) = blocks.last_mut().filter(|_| !is_global) {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks
}
