//! What `npm run dev` and the like come to: the command that `package.json` has under that name.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::lint::inside::{host_path, working_directory};
use crate::lint::project::{Project, Service};
use crate::shell::{commands, program_name};

/// How often a script may lead to another one.
const MOST_STEPS: usize = 4;

/// The package that a container starts in.
pub(super) struct Package {
    /// Its directory on the machine.
    pub(super) directory: PathBuf,
    /// Its `package.json`, where it has one.
    json: Value,
}

impl Package {
    /// None where the directory is not part of the project.
    pub(super) fn of(project: &Project<'_>, service: &Service<'_>) -> Option<Self> {
        let inside = working_directory(project, service)?;
        let path = host_path(project, service, &Path::new(&inside).join("package.json"))?;
        let text = project.file(&path);
        Some(Self {
            json: text
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default(),
            directory: path.parent()?.to_owned(),
        })
    }

    /// The major version of a package that it needs.
    pub(super) fn major(&self, name: &str) -> Option<u32> {
        let sections = ["dependencies", "devDependencies"];
        let version = sections.iter().find_map(|section| self.json[*section][name].as_str())?;
        let number = version.trim_start_matches(['^', '~', '=', 'v', ' ']);
        number.split('.').next()?.parse().ok()
    }

    /// The command that words come to, by way of its scripts.
    pub(super) fn expand(&self, words: Vec<String>) -> Vec<String> {
        let mut words = words;
        for _ in 0..MOST_STEPS {
            let Some(next) = self.step(&words) else { break };
            words = next;
        }
        words
    }

    fn step(&self, words: &[String]) -> Option<Vec<String>> {
        let (name, arguments) = script(words)?;
        let text = self.json["scripts"][name].as_str()?;
        let commands = commands(text);
        let command = commands.last()?;
        let words = command.words.iter().skip(command.assignments());
        Some(words.map(|word| word.text.clone()).chain(arguments).collect())
    }
}

/// The script that a package manager is to run, and what it is given besides.
fn script(words: &[String]) -> Option<(&str, Vec<String>)> {
    let manager = program_name(words.first()?);
    let rest = words.get(1..)?;
    let is_manager = ["bun", "npm", "pnpm", "yarn"].contains(&manager);
    let (name, rest) = match (rest.first()?.as_str(), rest.get(1..)?) {
        ("run" | "run-script", [name, rest @ ..]) => (name.as_str(), rest),
        (name @ "start", rest) => (name, rest),
        (name, rest) if manager != "npm" => (name, rest),
        _ => return None,
    };
    let is_own = rest.first().is_some_and(|word| word == "--");
    let arguments = match (manager, is_own) {
        (_, true) => rest.get(1..)?,
        ("npm", false) => &[],
        _ => rest,
    };
    is_manager.then(|| (name, arguments.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_lead_to_commands() {
        let json = r#"{"scripts": {"dev": "NODE_ENV=dev vite --port 3000", "start": "npm run dev -- --open", "all": "tsc && yarn dev"},
            "devDependencies": {"vite": "^5.1.0"}}"#;
        let package = Package {
            directory: PathBuf::new(),
            json: serde_json::from_str(json).unwrap(),
        };
        let expanded = |line: &str| package.expand(line.split(' ').map(str::to_owned).collect()).join(" ");
        for (line, expected) in [
            ("npm run dev", "vite --port 3000"),
            ("npm run dev -- --host", "vite --port 3000 --host"),
            ("npm start", "vite --port 3000 --open"),
            ("yarn dev --host", "vite --port 3000 --host"),
            ("pnpm run dev", "vite --port 3000"),
            ("bun run all", "vite --port 3000"),
            ("npm ci", "npm ci"),
            ("yarn other", "yarn other"),
            ("node x.js", "node x.js"),
        ] {
            assert_eq!(expanded(line), expected, "{line}");
        }
        assert_eq!(package.major("vite"), Some(5));
    }
}
