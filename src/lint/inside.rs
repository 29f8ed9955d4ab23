//! Which files of the machine lie at which paths in a container: those that are mounted, and those that its build copies.

use std::path::{Component, Path, PathBuf};

use super::mounts;
use super::project::{Project, Service};
use crate::source::Span;
use crate::yaml::Node;

/// A file or a directory of the machine, and where it lies in a container.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The path on the machine.
    pub host: PathBuf,
    /// The path in the container.
    pub target: String,
    /// Where the compose file says so.
    pub span: Span,
    /// Whether it is mounted: what is copied lies below all that is mounted.
    pub is_mounted: bool,
}

/// What lies in the container of a service: mounts first, then what its build copies from the context, the last first.
#[must_use]
pub fn placed(project: &Project<'_>, service: &Service<'_>) -> Vec<Placed> {
    let mounted = mounts::of(service).filter_map(|mount| {
        Some(Placed {
            host: PathBuf::from(mount.host()?),
            target: mount.target.to_owned(),
            span: mount.span(),
            is_mounted: true,
        })
    });
    let mut all: Vec<Placed> = mounted.collect();
    all.extend(configs(project, service));
    all.extend(copied(project, service).unwrap_or_default());
    all
}

/// Files that are mounted as configs.
fn configs(project: &Project<'_>, service: &Service<'_>) -> Vec<Placed> {
    let placed = |config: &Node| {
        let text = |key: &str| config.get(key).and_then(Node::as_str);
        let (_, declared) = project.declared("configs", text("source")?)?;
        let source = text("source")?;
        Some(Placed {
            host: project.path(declared.get("file")?.as_str()?),
            target: text("target").map_or_else(|| format!("/{source}"), str::to_owned),
            span: config.span,
            is_mounted: true,
        })
    };
    service.items("configs").filter_map(placed).collect()
}

fn copied(project: &Project<'_>, service: &Service<'_>) -> Option<Vec<Placed>> {
    let build = service.get("build")?;
    let context = project.context(service)?;
    let file = project.dockerfile(service)?;
    let target = build.get("target").and_then(Node::as_str);
    let mut copied = Vec::new();
    for stage in file.lineage(target).into_iter().rev() {
        for copy in stage.copies.iter().rev().filter(|copy| copy.from.is_none()) {
            for source in copy.sources.iter().filter(|source| !source.contains(['*', '?'])) {
                let host = clean(&context.join(source.trim_start_matches('/')));
                let targets = targets(&host, copy.target.trim_end_matches('/'));
                copied.extend(targets.into_iter().map(|target| Placed {
                    host: host.clone(),
                    target,
                    span: build.span,
                    is_mounted: false,
                }));
            }
        }
    }
    Some(copied)
}

/// Where something can lie that is copied to a target: a file goes into a directory that is there, or takes its place.
fn targets(host: &Path, target: &str) -> Vec<String> {
    let name = host.file_name().filter(|_| !host.is_dir());
    let inside = name.map(|name| format!("{target}/{}", name.to_string_lossy()));
    let whole = if target.is_empty() { "/" } else { target };
    inside.into_iter().chain([whole.to_owned()]).collect()
}

/// The file of the machine at a path in a container. None where it is part of the image, or of a volume.
#[must_use]
pub fn host_path(project: &Project<'_>, service: &Service<'_>, path: &Path) -> Option<PathBuf> {
    let all = placed(project, service);
    let over = mounts::of(service)
        .map(|mount| Path::new(mount.target))
        .filter(|target| path.starts_with(target));
    let nearest = over.max_by_key(|target| target.components().count());
    let below = |one: &Placed| Some(join(&one.host, path.strip_prefix(&one.target).ok()?));
    if let Some(target) = nearest {
        return all
            .iter()
            .find(|one| one.is_mounted && Path::new(&one.target) == target)
            .and_then(below);
    }
    let candidates = all.iter().filter(|one| !one.is_mounted).filter_map(below);
    let mut existing = candidates.filter(|path| path.exists());
    existing.next()
}

/// The directory in which the container of a service starts, as far as the files say.
#[must_use]
pub fn working_directory(project: &Project<'_>, service: &Service<'_>) -> Option<String> {
    if let Some(directory) = service.text("working_dir") {
        return Some(directory.to_owned());
    }
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let file = project.dockerfile(service)?;
    file.target(target)?.workdir.clone()
}

/// A file without its name is the directory itself.
fn join(host: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() {
        host.to_owned()
    } else {
        host.join(rest)
    }
}

fn clean(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    /// Where a path in the container lies, as seen from the project.
    fn host(service: &str, path: &str) -> String {
        let text = format!(
            "services: {{a: {{{service}}}}}\nvolumes: {{data: }}\n== Dockerfile ==\nFROM node:22 AS base\nWORKDIR /app\nCOPY package.json \
             ./\nFROM base\nCOPY web /srv/web/\n== package.json ==\n== web/x ==\n"
        );
        with_project(&text, |project| {
            let found = host_path(project, &project.services()[0], Path::new(path));
            found.map_or_else(String::new, |path| project.shown(&path))
        })
    }

    #[test]
    fn mounts_lie_over_what_is_copied() {
        assert_eq!(host("build: .", "/app/package.json"), "./package.json");
        assert_eq!(host("build: .", "/srv/web/x"), "./web/x");
        assert_eq!(host("build: .", "/app/other"), "");
        assert_eq!(
            host("build: ., volumes: ['./web:/app']", "/app/package.json"),
            "./web/package.json"
        );
        assert_eq!(host("build: ., volumes: ['data:/app']", "/app/package.json"), "");
        assert_eq!(host("image: i, volumes: ['.:/app', 'data:/app/web']", "/app/web/x"), "");
        assert_eq!(
            host("image: i, volumes: ['./package.json:/p.json']", "/p.json"),
            "./package.json"
        );
    }
}
