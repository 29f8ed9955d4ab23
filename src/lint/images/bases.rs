//! Which programs of a system images do not have, by their repository and the variant in their tag.

use super::Reference;
use super::known::{known, short};

/// Which tags are meant.
#[derive(Clone, Copy)]
enum Tags {
    /// All of them.
    All,
    /// Those with this word in them.
    With(&'static str),
    /// Those without it.
    Without(&'static str),
}

/// Repositories, as they begin, or a whole one; their tags; and what these images lack.
type Row = (&'static [&'static str], Tags, &'static [&'static str]);

/// Images of languages and systems in the variants that everybody takes for their size.
const ROWS: [Row; 12] = [
    (&["debian", "ubuntu"], Tags::All, &["curl", "wget", "nc"]),
    (
        &["python", "node", "ruby", "perl", "rust", "php"],
        Tags::With("slim"),
        &["curl", "wget", "nc"],
    ),
    (&["alpine"], Tags::All, &["curl", "bash"]),
    (&["busybox"], Tags::All, &["curl", "bash"]),
    (
        &["python", "node", "golang", "ruby", "rust"],
        Tags::With("alpine"),
        &["curl"],
    ),
    (
        &["mcr.microsoft.com/dotnet/aspnet", "mcr.microsoft.com/dotnet/runtime"],
        Tags::Without("alpine"),
        &["curl", "wget"],
    ),
    (
        &["gcr.io/distroless/"],
        Tags::Without("debug"),
        &["sh", "curl", "wget", "nc"],
    ),
    (&["cgr.dev/chainguard/static"], Tags::All, &["sh", "curl", "wget", "nc"]),
    (&["qdrant/qdrant"], Tags::All, &["curl", "wget"]),
    (&["ollama/ollama"], Tags::All, &["curl", "wget"]),
    (&["traefik", "caddy", "registry"], Tags::All, &["curl"]),
    (
        &[
            "otel/opentelemetry-collector",
            "otel/opentelemetry-collector-contrib",
            "jaegertracing/all-in-one",
        ],
        Tags::All,
        &["sh", "curl", "wget", "nc"],
    ),
];

/// Whether a program that one would look for is surely not in an image.
#[must_use]
pub fn lacks(image: &str, program: &str) -> bool {
    let name = short(image);
    let tag = Reference::split(image).tag.unwrap_or_default();
    let is_meant = |tags: &Tags| match tags {
        Tags::All => true,
        Tags::With(word) => tag.contains(word),
        Tags::Without(word) => !tag.contains(word),
    };
    let is_named = |names: &[&str]| {
        let mut names = names.iter();
        names.any(|known| name == *known || known.ends_with('/') && name.starts_with(known))
    };
    let mut rows = ROWS.iter();
    rows.any(|(names, tags, programs)| is_named(names) && is_meant(tags) && programs.contains(&program))
        || known(image).is_some_and(|known| known.lacks(program, image))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_and_variant_decide() {
        for (image, program, expected) in [
            ("python:3.12-slim", "curl", true),
            ("docker.io/library/node:22-slim", "wget", true),
            ("python:3.12", "curl", false),
            ("node:22-alpine", "curl", true),
            ("node:22-alpine", "wget", false),
            ("gcr.io/distroless/static-debian12:nonroot", "sh", true),
            ("gcr.io/distroless/base:debug", "sh", false),
            ("ubuntu:24.04", "curl", true),
            ("me/python:3.12-slim", "curl", false),
            ("redis:7", "wget", true),
        ] {
            assert_eq!(lacks(image, program), expected, "{image}: {program}");
        }
    }
}
