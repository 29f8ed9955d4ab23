//! Which file of the project a path of a container is.

use std::path::{Path, PathBuf};

use super::super::context::Context;
use super::super::dockerfile::{Copy, Stage};
use super::super::mounts;
use super::super::project::{Project, Service};
use crate::source::Span;
use crate::yaml::Node;

/// Where a path of a container comes from.
#[derive(Debug)]
pub enum Origin {
    /// It is a file of the machine, or would be one if it were there.
    Mounted {
        /// The file.
        file: PathBuf,
        /// The mount.
        span: Span,
    },
    /// The build copies it from the context.
    Copied(Copied),
    /// Nothing copies or mounts it: it is in the base image, or a `RUN` makes it.
    Elsewhere,
    /// Something may put it there that is not in sight.
    Unknown,
}

/// A file that a build copies.
#[derive(Debug)]
pub struct Copied {
    /// The file.
    pub file: PathBuf,
    /// The permissions that it is copied with, where the Dockerfile says so.
    pub mode: Option<String>,
    /// What the build runs in the image.
    pub runs: Vec<String>,
}

/// Which file of the project a path of a service's container is.
#[must_use]
pub fn origin(project: &Project<'_>, service: &Service<'_>, path: &str) -> Origin {
    let path = Path::new(path);
    let targets = ["configs", "secrets", "tmpfs"]
        .iter()
        .flat_map(|key| service.items(key));
    let target = |node: &Node| {
        let target = node.get("target").unwrap_or(node).as_str().unwrap_or_default();
        let target = target.split(':').next().unwrap_or_default();
        if target.starts_with('/') {
            target.to_owned()
        } else {
            format!("/{target}")
        }
    };
    let mut hidden = targets.map(target).filter(|target| path.starts_with(target));
    if hidden.next().is_some() || service.items("volumes_from").len() > 0 {
        return Origin::Unknown;
    }
    let over = mounts::of(service).filter(|mount| path.starts_with(mount.target));
    if let Some(mount) = over.max_by_key(|mount| mount.target.trim_end_matches('/').len()) {
        let inside = path.strip_prefix(mount.target).ok();
        return match mount.host().zip(inside) {
            Some((host, inside)) if inside == Path::new("") => Origin::Mounted {
                file: PathBuf::from(host),
                span: mount.span(),
            },
            Some((host, inside)) => Origin::Mounted {
                file: Path::new(host).join(inside),
                span: mount.span(),
            },
            None => Origin::Unknown,
        };
    }
    if service.get("build").is_none() {
        return Origin::Elsewhere;
    }
    built(project, service, path).unwrap_or(Origin::Unknown)
}

/// Where a path comes from in what a service builds.
fn built(project: &Project<'_>, service: &Service<'_>, path: &Path) -> Option<Origin> {
    let file = project.dockerfile(service).filter(|file| file.syntax.is_none())?;
    let context = Context::of(project, service)?;
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let stages = file.lineage(target);
    let copies = stages.iter().rev().flat_map(|stage| stage.copies.iter().rev());
    for copy in copies {
        match look(&context, copy, path) {
            Look::File(file) => {
                let runs = |stage: &&Stage| stage.runs.iter().map(|run| run.script.clone()).collect::<Vec<_>>();
                return Some(Origin::Copied(Copied {
                    file,
                    mode: copy.mode.clone(),
                    runs: stages.iter().flat_map(runs).collect(),
                }));
            }
            Look::Maybe => return Some(Origin::Unknown),
            Look::No => {}
        }
    }
    (!stages.is_empty()).then_some(Origin::Elsewhere)
}

impl Origin {
    /// The file of the machine, where it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Mounted { file, .. } => Some(file),
            Self::Copied(copied) => Some(&copied.file),
            Self::Elsewhere | Self::Unknown => None,
        }
        .map(PathBuf::as_path)
    }

    /// Whether the build runs a command with one of these words, and names the file or means it among others.
    #[must_use]
    pub fn is_changed_by(&self, programs: &[&str]) -> bool {
        const MANY: [&str; 6] = ["*", "-R", "--recursive", "$", "xargs", "-exec"];
        let Self::Copied(copied) = self else { return false };
        let name = copied
            .file
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let commands = copied.runs.iter().flat_map(|run| run.split(['&', ';', '\n']));
        commands.into_iter().any(|command| {
            let mut words = command.split(|c: char| c.is_whitespace() || "/|(".contains(c));
            let means_it = command.contains(name) || MANY.iter().any(|word| command.contains(word));
            words.any(|word| programs.contains(&word)) && means_it
        })
    }
}

/// Whether a file of the machine can be run: as Git writes it, or else as it is.
#[must_use]
pub fn is_executable(file: &Path) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    let own = || Some(file.metadata().ok()?.permissions().mode() & 0o111 != 0);
    super::super::git::is_executable(file).or_else(own)
}

/// What a copy has to do with a path.
enum Look {
    File(PathBuf),
    Maybe,
    No,
}

fn look(context: &Context, copy: &Copy, path: &Path) -> Look {
    let target = copy
        .target
        .trim_end_matches('/')
        .trim_start_matches("./")
        .trim_end_matches('.');
    let target = Path::new(if target.is_empty() && copy.target.starts_with('/') {
        "/"
    } else {
        target
    });
    let Ok(inside) = path.strip_prefix(target) else {
        return Look::No;
    };
    let is_known = copy.from.is_none() && !copy.has_texts && !copy.is_partial;
    if !is_known || copy.target.contains('$') {
        return Look::Maybe;
    }
    for source in &copy.sources {
        match of_source(context, copy, source, inside) {
            Look::No => {}
            found => return found,
        }
    }
    Look::No
}

/// Whether a source brings what lies at a path below the target.
fn of_source(context: &Context, copy: &Copy, source: &str, inside: &Path) -> Look {
    let is_packed = copy.is_add && (source.contains(".t") || source.contains("://") || source.contains('@'));
    if is_packed || source.contains(['$', '*', '?', '[', '\\']) {
        return Look::Maybe;
    }
    let host = context.join(source);
    if host.is_dir() {
        let file = host.join(inside);
        let is_left_out = file.strip_prefix(&context.directory).ok().and_then(Path::to_str);
        let is_left_out = is_left_out.is_some_and(|path| context.left_out(path).is_some());
        return match file.is_file() {
            true if is_left_out => Look::No,
            true => Look::File(file),
            // Where nothing like it is beside it, the files of the project are elsewhere.
            false if has_kin(&file) => Look::No,
            false => Look::Maybe,
        };
    }
    // A file can become the target itself, or go into it.
    let is_it = inside == Path::new("") && !copy.is_into_directory || host.file_name() == Some(inside.as_os_str());
    match (is_it, host.is_file()) {
        (true, true) => Look::File(host),
        (false, true) => Look::No,
        // What is not there may be a directory that something makes before.
        (_, false) => Look::Maybe,
    }
}

/// Whether there is something in a directory besides what is hidden and what says how it is built and run.
#[must_use]
pub fn has_files(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|name| {
        let is_build = name.contains("Dockerfile") || name.ends_with(".yml") || name.ends_with(".yaml");
        !name.starts_with('.') && !is_build
    })
}

/// Whether another file with the same ending is beside where a file would be.
#[must_use]
pub fn has_kin(file: &Path) -> bool {
    let Some((directory, ending)) = file.parent().zip(file.extension()) else {
        return false;
    };
    let mut entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.any(|entry| entry.path().extension() == Some(ending))
}
