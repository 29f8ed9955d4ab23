//! The short form of a mount: `[SOURCE:]TARGET[:OPTIONS]`. (Compose specification, "volumes", "Short syntax".)

use super::files::{Files, absolute, clean};
use crate::source::Span;
use crate::yaml::{Map, Node, Value};

/// A mount as its short form says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) source: Option<String>,
    pub(super) target: String,
    read_only: bool,
    nocopy: bool,
    selinux: Option<String>,
    propagation: Option<String>,
    /// A text of one or two characters is a target and nothing more.
    bare: bool,
}

/// Reads the short form.
pub(super) fn parse(spec: &str) -> Result<Mount, String> {
    let mut mount = Mount::default();
    if spec.is_empty() {
        return Err("the mount is empty".to_owned());
    }
    if spec.len() <= 2 {
        mount.target = spec.to_owned();
        mount.bare = true;
        return Ok(mount);
    }
    let sections = sections(spec);
    if sections.contains(&"") {
        return Err(format!("the mount {spec:?} has an empty part between colons"));
    }
    match sections[..] {
        [target] => target.clone_into(&mut mount.target),
        [source, target] => (mount.source, mount.target) = (Some(source.to_owned()), target.to_owned()),
        [source, target, options] => {
            (mount.source, mount.target) = (Some(source.to_owned()), target.to_owned());
            options.split(',').for_each(|option| mount.option(option));
        }
        _ => return Err(format!("the mount {spec:?} has too many colons")),
    }
    Ok(mount)
}

/// Splits at colons, but for the one of a drive letter.
fn sections(spec: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in spec.match_indices(':') {
        let section = &spec[start..at];
        let mut characters = section.chars();
        let is_drive = characters.next().is_some_and(char::is_alphabetic) && characters.next().is_none();
        if !is_drive {
            found.push(section);
            start = at + 1;
        }
    }
    found.push(&spec[start..]);
    found
}

impl Mount {
    fn option(&mut self, option: &str) {
        match option {
            "ro" => self.read_only = true,
            "rw" => self.read_only = false,
            "nocopy" => self.nocopy = true,
            "z" | "Z" => self.selinux = Some(option.to_owned()),
            "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave" => {
                self.propagation = Some(option.to_owned())
            }
            // Compose lets anything else pass.
            _ => {}
        }
    }

    /// The long form.
    pub(super) fn into_node(self, span: Span) -> Node {
        let is_bind = self.source.as_deref().is_some_and(is_path);
        let text = |text: &str| Node::str(text, span);
        let flag = || Node::new(Value::Bool(true), span);
        let mut node = Node::new(Value::Map(Map::default()), span);
        node.set("type", text(if is_bind { "bind" } else { "volume" }));
        if let Some(source) = &self.source {
            node.set("source", text(source));
        }
        node.set("target", Node::str(clean(&self.target), span));
        if self.read_only {
            node.set("read_only", flag());
        }
        let mut bind = Node::new(Value::Map(Map::default()), span);
        if let Some(selinux) = &self.selinux {
            bind.set("selinux", text(selinux));
        }
        if let Some(propagation) = &self.propagation {
            bind.set("propagation", text(propagation));
        }
        if is_bind || bind.entries().next().is_some() {
            node.set("bind", bind);
        }
        if !self.bare && (!is_bind || self.nocopy) {
            let mut volume = Node::new(Value::Map(Map::default()), span);
            if self.nocopy {
                volume.set("nocopy", flag());
            }
            node.set("volume", volume);
        }
        node
    }
}

/// Whether a source is a path rather than the name of a volume.
fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~']) || source.starts_with("\\\\") || is_windows(source)
}

/// Whether a path begins with a drive or with a share.
fn is_windows(path: &str) -> bool {
    after_drive(path).is_some() || path.starts_with("\\\\")
}

fn after_drive(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(char::is_alphabetic)?;
    rest.strip_prefix(':')
}

/// The source of a bind mount, made absolute. Absolute Windows paths are left as they are.
pub(super) fn bind_source(files: &Files, base: &str, source: &str) -> String {
    let is_rooted = after_drive(source).is_some_and(|rest| rest.starts_with(['\\', '/']));
    if is_rooted || source.starts_with("\\\\") {
        source.to_owned()
    } else {
        absolute(base, &files.expand_home(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(spec: &str) -> String {
        let mount = parse(spec).unwrap();
        format!("{} {}", mount.source.unwrap_or_default(), mount.target)
    }

    #[test]
    fn a_drive_letter_keeps_its_colon() {
        for (spec, mount) in [
            ("./a:/b", "./a /b"),
            ("/b", " /b"),
            ("v:/x", " v:/x"),
            ("C:\\a:/b:ro", "C:\\a /b"),
            ("/x", " /x"),
        ] {
            assert_eq!(shown(spec), mount, "{spec}");
        }
        for spec in ["", "vol:", "vol:/x:ro:rw"] {
            assert!(parse(spec).is_err(), "{spec}");
        }
    }
}
