//! A file that is mounted and does not exist.

use crate::diagnostic::Severity;
use crate::lint::git;
use crate::lint::mounts::{self, Mount};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "bind-source-missing",
    summary: "a file that is mounted does not exist",
    why: "The engine makes an empty directory of that name in its place, which belongs to root, and mounts that: \
          the program finds a directory where it reads a file, and the directory stays on the machine.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: nginx:1.29
    volumes:
      - «./nginx.conf:/etc/nginx/nginx.conf:ro»
== Dockerfile ==
FROM nginx:1.29
",
    good: "\
services:
  web:
    image: nginx:1.29
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
== nginx.conf ==
events {}
",
    fixed: None,
    check,
};

/// Endings of files that people copy and fill in.
const TEMPLATES: [&str; 9] = [
    "default", "dist", "example", "j2", "sample", "template", "tmpl", "tpl", "in",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for mount in mounts::of(service) {
            let Some(path) = missing(project, &mount) else { continue };
            let level = level(project, &path);
            let (name, shown) = (service.name(), project.shown(&path));
            found.push_once(
                at(
                    mount.span(),
                    format!("\"{name}\" mounts {shown}, which does not exist: a directory takes its place"),
                )
                .help(format!(
                    "create {shown} first; with create_host_path: false in the long form, compose stops instead"
                ))
                .at_most(level),
            );
        }
    }
}

/// How sure it is that the file is not brought by something that runs before.
fn level(project: &Project<'_>, path: &Path) -> Severity {
    let is_alone = !has_files(Path::new(&project.model.directory));
    let has_siblings = path.parent().is_some_and(has_files);
    let is_made = is_output(project, path) || has_template(path) || git::is_ignored(path);
    match (is_alone, has_siblings && !is_made) {
        // Where there is nothing but compose files, the rest of the project lies elsewhere.
        (true, _) => Severity::Hint,
        (false, true) => Severity::Error,
        (false, false) => Severity::Warning,
    }
}

/// Whether a file lies there that people copy and fill in: `app.conf.example` for `app.conf`.
fn has_template(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let with = |ending: &&str| path.with_file_name(format!("{name}.{ending}")).exists();
    TEMPLATES.iter().any(with)
}

/// Whether there is something in a directory beside compose files and what is hidden.
fn has_files(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|name| !name.starts_with('.') && !name.ends_with(".yml") && !name.ends_with(".yaml"))
}

/// The path of a mount that is written as one of a file in the project, where nothing is there.
fn missing(project: &Project<'_>, mount: &Mount<'_>) -> Option<PathBuf> {
    let path = PathBuf::from(mount.host()?);
    let create = mount.node.at(&["bind", "create_host_path"]).and_then(Node::as_bool);
    let is_own = path.starts_with(&project.model.directory) && mount.written(project).starts_with('.');
    let is_file = has_ending(&path) && has_ending(Path::new(mount.target));
    let is_missing = is_own && is_file && create != Some(false) && !path.exists();
    (is_missing && project.is_literal(mount.span()) && project.below_parent(&path).is_none()).then_some(path)
}

/// Whether a name ends like that of a file: `.conf`, but not `.d` or `.ssh`.
fn has_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ending.len() > 1 && ending.chars().all(|c| c.is_ascii_alphanumeric()) && ending.chars().any(char::is_alphabetic)
}

/// Whether another service can write to where the file would lie.
fn is_output(project: &Project<'_>, path: &Path) -> bool {
    let mut mounts = project.services().iter().flat_map(mounts::of);
    mounts.any(|mount| {
        let host = mount.host().map(Path::new).filter(|_| !mount.is_read_only);
        host.is_some_and(|host| path.starts_with(host) && host != path && host != Path::new(&project.model.directory))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn directories_sockets_and_other_machines_are_fine() {
        let all = [
            "./data:/data",
            "./conf.d:/etc/conf.d",
            "~/x.conf:/x.conf",
            "/srv/x.conf:/x.conf",
            "${X:-./x.conf}:/x.conf",
            "./reports:/r.xml",
        ];
        let mounts = all.map(|mount| format!("'{mount}'")).join(", ");
        assert_eq!(
            found(&RULE, &format!("services: {{a: {{image: i, volumes: [{mounts}]}}}}\n")),
            [""; 0]
        );
    }

    #[test]
    fn compose_itself_stops_where_it_is_told_to() {
        let long = "{type: bind, source: ./x.conf, target: /x.conf, bind: {create_host_path: false}}";
        assert_eq!(
            found(&RULE, &format!("services: {{a: {{image: i, volumes: [{long}]}}}}\n")),
            [""; 0]
        );
    }
}
