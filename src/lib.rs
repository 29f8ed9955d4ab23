//! towline runs a Docker Compose file as a CI pipeline and gives back an exit code that can be trusted.
//!
//! This page is the map, in reading order.
//!
//! | module | what it is for |
//! |---|---|
//! | [`event`] | facts about a run and the report that sums them up: plain data that others share |
//! | [`exit`] | the exit codes, written once |
//! | [`failure`] | errors that end the program: exit code, cause, hints |
//! | [`term`] | what the terminal can show, decided once |
//! | [`base64`] | base 64 → bytes; how strictly is for the caller to say |
//! | [`source`] | texts and places in them: files, spans of bytes, lines and columns |
//! | [`diagnostic`] | what is wrong, where, and what to do about it: plain data |
//! | [`yaml`] | text → spanned tree; knows nothing of Compose |
//! | [`shell`] | a script → its simple commands and what stands between them; knows nothing of Compose |
//! | [`compose`] | the resolved compose model, as far as towline reads it, and the native loader that makes it from files |
//! | [`lint`] | files → findings: each project loaded and looked through by the rules, their fixes applied; nothing shown |
//! | [`plan`] | model → stages: kinds with reasons, needs with conditions, order. Pure |
//! | [`run`] | plan → verdict: a pure scheduler, and the files that touch the engine around it |
//! | [`report`] | events and findings → what a person or a program reads; one file a view or format |
//! | [`cli`] | the command line: clap structs, and how words become them. Pure |
//! | [`commands`] | one file a command: wiring, no logic |
//!
//! Direction: `source ← diagnostic ← yaml ← compose ← plan ← lint`; `event ← compose ← plan ← run`; `shell ← plan`; `report` uses `event`,
//! `diagnostic`, `source`, `failure` and `term` alone; `commands` uses everything, and nothing uses `commands`. A test in
//! this file reads the `use crate::` lines and holds them to it.
//!
//! # Decisions that differ from what one would expect
//!
//! - The model is what `docker compose config --format json` prints. The YAML form is asked for beside it, for the `x-` keys
//!   of services, which JSON leaves out; it cannot be the model itself, since compose writes some texts in it wrongly.
//! - The run's documents go to compose as JSON, which is YAML without its ambiguous scalars.
//! - An entry of the top-level `jobs:` becomes a service of the run's documents: there it is created, started and watched
//!   like any other job, where `docker compose run` would give it another name and lose its place in the plan.
//! - The engine's events come from `docker events`, not from `docker compose events`: it starts faster.
//! - What a run made is removed thing by thing, by labels, and not by `compose down`: that lists the project once, while the
//!   engine may still create what a call that was broken off had asked for.
//! - The lock of a project is a volume on the engine, since two hosts can share an engine and no file.
//! - Containers are created with `up --no-start`, the one call that knows every flag of `up`.
//! - What `lint` begins with is called a preset: a profile is something else in a compose file.
//! - A rule is a constant with its examples, and a test holds every rule to them; numbers that rules go by are limits of their
//!   own, since few rules have any.
//! - In a plan, a program in the command outweighs all that makes a service look like a server, and being depended on as
//!   `started` is the weakest sign of one: people write `depends_on: [unit_tests]`.
//! - A plan is made twice, before and after the images are there: its stages keep their places, so that what is told of a run
//!   from its start stays true.

pub mod base64;
pub mod cli;
pub mod commands;
pub mod compose;
pub mod diagnostic;
pub mod event;
pub mod exit;
pub mod failure;
pub mod lint;
pub mod plan;
pub mod report;
pub mod run;
pub mod shell;
pub mod source;
pub mod term;
pub mod yaml;

pub use commands::main;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Each module and those it may use.
    const MAY_USE: [(&str, &[&str]); 16] = [
        ("event", &[]),
        ("exit", &[]),
        ("failure", &["exit"]),
        ("term", &[]),
        ("base64", &[]),
        ("source", &[]),
        ("diagnostic", &["source"]),
        ("yaml", &["base64", "diagnostic", "source"]),
        ("shell", &[]),
        ("compose", &["diagnostic", "event", "exit", "failure", "source", "yaml"]),
        (
            "lint",
            &["compose", "diagnostic", "event", "plan", "shell", "source", "yaml"],
        ),
        ("plan", &["compose", "event", "exit", "failure", "shell"]),
        (
            "run",
            &[
                "base64",
                "compose",
                "diagnostic",
                "event",
                "exit",
                "failure",
                "plan",
                "report",
            ],
        ),
        ("report", &["diagnostic", "event", "exit", "failure", "source", "term"]),
        ("cli", &["compose", "event", "exit", "failure", "plan", "report", "run"]),
        (
            "commands",
            &[
                "cli",
                "compose",
                "diagnostic",
                "event",
                "exit",
                "failure",
                "lint",
                "plan",
                "report",
                "run",
                "source",
                "term",
            ],
        ),
    ];

    fn sources(path: &Path) -> Vec<String> {
        if path.is_file() {
            return vec![fs::read_to_string(path).unwrap()];
        }
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries.iter().flat_map(|entry| sources(entry)).collect()
    }

    #[test]
    fn modules_use_each_other_in_one_direction() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for (module, allowed) in MAY_USE {
            let folder = src.join(module);
            let path = if folder.is_dir() {
                folder
            } else {
                src.join(format!("{module}.rs"))
            };
            let text = sources(&path).concat();
            for used in text.split("crate::").skip(1) {
                let used = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                let known = MAY_USE.iter().any(|(name, _)| *name == used);
                assert!(
                    !known || used == module || allowed.contains(&used),
                    "{module} uses {used}, and may use {allowed:?} alone"
                );
            }
        }
    }

    #[test]
    fn every_module_has_its_place_in_the_table() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for entry in fs::read_dir(src).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let module = name.trim_end_matches(".rs");
            let listed = MAY_USE.iter().any(|(known, _)| *known == module);
            assert!(
                listed || ["lib", "main"].contains(&module),
                "{module} is not in the table"
            );
        }
    }
}
