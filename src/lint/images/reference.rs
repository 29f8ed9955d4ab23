//! The name of an image: `registry/repository:tag@digest`.

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is none.
    Empty,
    /// Nothing stands behind the colon.
    EmptyTag,
    /// The tag has a character that no tag has, or is too long.
    Tag,
    /// Nothing stands behind the `@`, or no digest.
    Digest,
    /// The repository has a capital letter.
    Capital,
    /// The repository has a character that no repository has, or one at the wrong place.
    Repository,
    /// The registry is no name of a host.
    Registry,
}

impl Fault {
    /// What it is, in a phrase that follows the name.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "there is no name",
            Self::EmptyTag => "there is no tag behind the colon",
            Self::Tag => {
                "a tag has up to 128 letters, digits, \"_\", \".\" and \"-\", and begins with none of the last two"
            }
            Self::Digest => "a digest is \"sha256:\" and 64 hexadecimal digits in lower case",
            Self::Capital => "the repository must be in lower case",
            Self::Repository => {
                "the repository may have lower-case letters and digits, with \".\", \"_\", \"__\" or \"-\" between them"
            }
            Self::Registry => "what stands before the first slash is no host",
        }
    }
}

/// A name, in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The host of the registry, where one is given.
    pub registry: Option<&'a str>,
    /// The repository, without the registry.
    pub repository: &'a str,
    /// The tag, where one is given.
    pub tag: Option<&'a str>,
    /// The digest, where one is given.
    pub digest: Option<&'a str>,
}

/// The registry that is meant where none is given.
const HUB: &str = "docker.io";

impl<'a> Reference<'a> {
    /// Takes a name apart, whatever is wrong with it.
    #[must_use]
    pub fn split(text: &'a str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (registry, rest) = match rest.split_once('/') {
            Some((first, after)) if is_registry(first) => (Some(first), after),
            _ => (None, rest),
        };
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (rest, None),
        };
        Self {
            registry,
            repository,
            tag,
            digest,
        }
    }

    /// Takes a name apart.
    ///
    /// # Errors
    /// The engine does not take it.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        let parts = Self::split(text);
        if text.is_empty() || parts.repository.is_empty() {
            return Err(Fault::Empty);
        }
        if !parts.registry.is_none_or(is_host) {
            return Err(Fault::Registry);
        }
        if parts.repository.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(Fault::Capital);
        }
        if !parts.repository.split('/').all(is_component) {
            return Err(Fault::Repository);
        }
        match parts.tag {
            Some("") => Err(Fault::EmptyTag),
            Some(tag) if !is_tag(tag) => Err(Fault::Tag),
            _ if !parts.digest.is_none_or(is_digest) => Err(Fault::Digest),
            _ => Ok(parts),
        }
    }

    /// The repository as the engine knows it: `docker.io/library/postgres` for `postgres`.
    #[must_use]
    pub fn full_repository(&self) -> String {
        let registry = match self.registry {
            None | Some("index.docker.io") => HUB,
            Some(registry) => registry,
        };
        let library = if registry == HUB && !self.repository.contains('/') {
            "library/"
        } else {
            ""
        };
        format!("{registry}/{library}{}", self.repository)
    }

    /// The repository as its registry knows it: `library/postgres` for `postgres`.
    #[must_use]
    pub fn path(&self) -> String {
        let full = self.full_repository();
        full.split_once('/')
            .map_or_else(String::new, |(_, path)| path.to_owned())
    }

    /// The name as the engine knows it: `docker.io/library/postgres:latest` for `postgres`.
    #[must_use]
    pub fn full(&self) -> String {
        let repository = self.full_repository();
        match (self.tag, self.digest) {
            (_, Some(digest)) => format!("{repository}@{digest}"),
            (tag, None) => format!("{repository}:{}", tag.unwrap_or("latest")),
        }
    }

    /// The number that the tag begins with: 16 for `16.4-alpine`.
    #[must_use]
    pub fn major(&self) -> Option<u32> {
        let tag = self.tag?;
        let tag = tag.strip_prefix('v').unwrap_or(tag);
        let end = tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(tag.len());
        tag.get(..end)?.parse().ok()
    }
}

/// Whether what stands before the first slash is a registry, and not a part of the repository.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.contains(|c: char| c.is_ascii_uppercase())
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, port)) => ("v6", port.strip_prefix(':')),
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        },
    };
    let is_label = |label: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(is_part) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_port = |port: &str| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
    name.split('.').all(is_label) && port.is_none_or(is_port)
}

/// A part of a repository: letters and digits, with one separator between them: `.`, `_`, `__` or any number of `-`.
fn is_component(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_allowed = |c: char| is_plain(c) || "._-".contains(c);
    let mut between = part.split(is_plain).filter(|separator| !separator.is_empty());
    part.starts_with(is_plain)
        && part.ends_with(is_plain)
        && part.chars().all(is_allowed)
        && between.all(|separator| [".", "_", "__"].contains(&separator) || separator.chars().all(|c| c == '-'))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128 && tag.starts_with(is_word) && tag.chars().all(|c| is_word(c) || ".-".contains(c))
}

fn is_digest(digest: &str) -> bool {
    let is_hex = |text: &str| text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    match digest.split_once(':') {
        Some(("sha256", hex)) => hex.len() == 64 && is_hex(hex),
        Some(("sha384", hex)) => hex.len() == 96 && is_hex(hex),
        Some(("sha512", hex)) => hex.len() == 128 && is_hex(hex),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_parts() {
        let parts = |text| {
            let parts = Reference::parse(text).unwrap();
            (parts.registry, parts.repository, parts.tag, parts.digest)
        };
        assert_eq!(parts("postgres"), (None, "postgres", None, None));
        assert_eq!(parts("a/b-c__d:16"), (None, "a/b-c__d", Some("16"), None));
        assert_eq!(parts("localhost:5000/x"), (Some("localhost:5000"), "x", None, None));
        assert_eq!(parts("ghcr.io/a/b/c:x"), (Some("ghcr.io"), "a/b/c", Some("x"), None));
        let hex = "0123456789abcdef".repeat(4);
        let digest = format!("sha256:{hex}");
        let pinned = format!("x:1@{digest}");
        assert_eq!(parts(&pinned), (None, "x", Some("1"), Some(&*digest)));
    }

    #[test]
    fn names_have_faults() {
        for (text, fault) in [
            ("", Fault::Empty),
            (":1", Fault::Empty),
            ("app:", Fault::EmptyTag),
            ("app:-x", Fault::Tag),
            ("app:a b", Fault::Tag),
            ("App", Fault::Capital),
            ("ghcr.io/Me/app:1", Fault::Capital),
            ("a//b", Fault::Repository),
            ("a._b", Fault::Repository),
            ("-a", Fault::Repository),
            ("a b", Fault::Repository),
            ("a@sha256:12", Fault::Digest),
            ("a@1", Fault::Digest),
            ("https://x/y", Fault::Registry),
            ("x_y.io/z", Fault::Registry),
        ] {
            assert_eq!(Reference::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn two_names_can_mean_one_image() {
        let full = |text| Reference::split(text).full();
        assert_eq!(full("postgres"), "docker.io/library/postgres:latest");
        assert_eq!(full("index.docker.io/a/b:1"), "docker.io/a/b:1");
        assert_eq!(full("docker.io/library/postgres"), full("postgres:latest"));
        assert_eq!(full("quay.io/x@sha256:0"), "quay.io/x@sha256:0");
        assert_eq!(Reference::split("x:v16.4-alpine").major(), Some(16));
        assert_eq!(Reference::split("x:alpine").major(), None);
    }
}
