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
const ROWS: [Row; 15] = [
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
        &["curl", "bash"],
    ),
    (&["php", "nginx", "redis", "memcached"], Tags::With("alpine"), &["bash"]),
    (&["docker"], Tags::Without("windows"), &["bash"]),
    (&["curlimages/curl"], Tags::All, &["bash"]),
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
    (
        &["traefik", "caddy", "registry"],
        Tags::Without("windows"),
        &["curl", "bash"],
    ),
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

/// An image of a language or a system: it runs whatever command it is given, and by itself a shell.
#[derive(Clone, Copy, Debug)]
pub struct Plain {
    /// Its repository.
    pub repository: &'static str,
    /// The directory in which its containers start.
    pub workdir: &'static str,
    /// Whether a script of its own runs the command, and not the engine.
    pub has_entrypoint: bool,
    /// The shell, or the prompt of the language, that it runs by itself.
    pub runs: &'static str,
}

const fn system(repository: &'static str, runs: &'static str) -> Plain {
    Plain {
        repository,
        workdir: "/",
        has_entrypoint: false,
        runs,
    }
}

/// Images of languages and systems.
const PLAIN: [Plain; 23] = [
    system("almalinux", "bash"),
    system("alpine", "sh"),
    system("amazoncorretto", "bash"),
    system("amazonlinux", "bash"),
    system("archlinux", "bash"),
    system("busybox", "sh"),
    system("debian", "bash"),
    system("elixir", "iex"),
    system("erlang", "erl"),
    system("fedora", "bash"),
    system("mcr.microsoft.com/dotnet/sdk", "bash"),
    system("openjdk", "jshell"),
    system("oraclelinux", "bash"),
    system("python", "python3"),
    system("rockylinux", "bash"),
    system("ruby", "irb"),
    system("rust", "bash"),
    system("ubuntu", "bash"),
    Plain {
        has_entrypoint: true,
        ..system("eclipse-temurin", "jshell")
    },
    Plain {
        workdir: "/go",
        ..system("golang", "bash")
    },
    Plain {
        has_entrypoint: true,
        ..system("node", "node")
    },
    Plain {
        has_entrypoint: true,
        ..system("php", "php -a")
    },
    system("gcc", "bash"),
];

/// What is known of an image of a language or a system. Variants that are servers are none.
#[must_use]
pub fn plain(image: &str) -> Option<&'static Plain> {
    let name = short(image);
    let tag = Reference::split(image).tag.unwrap_or_default();
    let is_server = name == "php" && ["apache", "fpm"].iter().any(|word| tag.contains(word));
    let mut known = PLAIN.iter();
    known
        .find(|plain| plain.repository == name && !is_server && !tag.contains("windows") && !tag.contains("nanoserver"))
}

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
    fn variants_that_serve_are_not_plain() {
        assert_eq!(plain("docker.io/library/golang:1.25").unwrap().workdir, "/go");
        assert!(plain("php:8.4-cli").is_some() && plain("php:8.4-fpm-alpine").is_none());
        assert!(plain("me/debian").is_none() && plain("nginx").is_none());
    }

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
            ("node:22-alpine", "bash", true),
            ("redis:7-alpine", "bash", true),
            ("postgres:17-alpine", "bash", false),
        ] {
            assert_eq!(lacks(image, program), expected, "{image}: {program}");
        }
    }
}
