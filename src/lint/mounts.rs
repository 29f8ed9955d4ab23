//! The mounts of a service, in whichever form they are written.

use super::edits;
use super::project::{Project, Service};
use crate::diagnostic::{Edit, Fix};
use crate::source::Span;
use crate::yaml::Node;

/// Where the home directories of people lie.
const HOMES: [&str; 2] = ["/home/", "/Users/"];

/// A mount of a service.
#[derive(Clone, Copy, Debug)]
pub struct Mount<'a> {
    /// All of it.
    pub node: &'a Node,
    /// Such as `bind` or `volume`.
    pub kind: &'a str,
    /// What is mounted, at the place where it is written: in the short form, that of the whole mount.
    pub source: Option<&'a Node>,
    /// Where it is mounted.
    pub target: &'a str,
    /// Whether the container cannot write to it.
    pub is_read_only: bool,
}

/// The mounts of a service.
pub fn of<'a>(service: &Service<'a>) -> impl Iterator<Item = Mount<'a>> + use<'a> {
    service.items("volumes").map(Mount::new)
}

/// Where the container has what is mounted into it, its configs included.
pub fn targets<'a>(service: &Service<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let configs = service.items("configs");
    let configs = configs.filter_map(|config| config.get("target").and_then(Node::as_str));
    of(service).map(|mount| mount.target).chain(configs)
}

/// The mounts of a service, and those of the hooks that run before its start.
pub fn all_of<'a>(service: &Service<'a>) -> impl Iterator<Item = Mount<'a>> + use<'a> {
    let hooks = service.items("pre_start").filter_map(|hook| hook.get("volumes"));
    of(service).chain(hooks.flat_map(Node::items).map(Mount::new))
}

impl<'a> Mount<'a> {
    fn new(node: &'a Node) -> Self {
        let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
        let is_named = |source: &&Node| source.as_str().is_some_and(|text| !text.is_empty());
        Self {
            node,
            kind: text("type"),
            source: node.get("source").filter(is_named),
            target: text("target"),
            is_read_only: node.get("read_only").and_then(Node::as_bool) == Some(true),
        }
    }

    /// The path on the machine that is mounted, without a slash at its end; none for anything but a bind mount.
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        let path = self.source?.as_str().filter(|_| self.kind == "bind")?;
        let bare = path.trim_end_matches('/');
        Some(if bare.is_empty() { "/" } else { bare })
    }

    /// The named volume that is mounted.
    #[must_use]
    pub fn volume(&self) -> Option<&'a str> {
        self.source?.as_str().filter(|_| self.kind == "volume")
    }

    /// The place to blame for what is mounted.
    #[must_use]
    pub fn span(&self) -> Span {
        self.source.map_or(self.node.span, |source| source.span)
    }

    /// What is mounted, as it is written: with its variables, and without quotes.
    #[must_use]
    pub fn written<'p>(&self, project: &Project<'p>) -> &'p str {
        let text = project.written(self.span()).and_then(Node::as_str).unwrap_or_default();
        if self.is_short(project) { first_part(text) } else { text }
    }

    /// Whether it is written as one text.
    #[must_use]
    pub fn is_short(&self, project: &Project<'_>) -> bool {
        project.is_text(self.node.span)
    }

    /// The rest of its path where it lies in somebody's home directory; empty for the directory itself.
    #[must_use]
    pub fn in_home(&self, project: &Project<'a>) -> Option<&'a str> {
        let path = self.host()?;
        let written = self.written(project);
        let after = ["${HOME}", "$HOME", "~"]
            .iter()
            .find_map(|home| written.strip_prefix(home));
        if let Some(rest) = after.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Some(rest.trim_matches('/'));
        }
        if let Some(rest) = path
            .strip_prefix("/root")
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        {
            return is_absolute(written).then(|| rest.trim_matches('/'));
        }
        let inside = HOMES.iter().find_map(|homes| path.strip_prefix(homes))?;
        is_absolute(written).then(|| inside.split_once('/').map_or("", |(_, rest)| rest))
    }

    /// A fix that has the container read it alone; none where it has options already.
    #[must_use]
    pub fn read_only_fix(&self, project: &Project<'_>) -> Option<Fix> {
        let text = project.text(self.node.span);
        let bare = text.trim_end_matches(['"', '\'']);
        let is_own = self.is_short(project) && edits::is_of_one(project, self.node.span);
        let is_plain = is_own && bare.ends_with(self.target) && !bare.contains('\n');
        is_plain.then(|| {
            let end = self.node.span.part(bare.len(), bare.len());
            Fix::unsafe_("mount it read-only", vec![Edit::replace(end, ":ro")]).changing(&["services.*.volumes"])
        })
    }
}

/// Whether a path that is written in a file begins at the root of the machine, and not at the project.
fn is_absolute(written: &str) -> bool {
    written.starts_with(['/', '$'])
}

/// What stands before the first colon that is not one of a variable or of a drive.
fn first_part(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && at != 1 => return text.get(..at).unwrap_or(text),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_ends_at_the_first_colon_that_is_no_part_of_it() {
        for (text, source) in [
            ("./a:/b:ro", "./a"),
            ("${A:-./x}:/b", "${A:-./x}"),
            ("C:\\a:/b", "C:\\a"),
            ("/only", "/only"),
        ] {
            assert_eq!(first_part(text), source);
        }
    }
}
