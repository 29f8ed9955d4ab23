//! Which files make the project, where it is, and what it is called.

use super::environment::Environment;
use super::extends::Extended;
use super::files::{absolute, parent};
use super::model::Loader;
use super::paths::is_remote_file;
use super::template::{Lookup, substitute};
use super::{Request, Scope};
use crate::diagnostic::{Diagnostic, Diagnostics, Stop};

/// The names of compose files, and those of the files that lie over them, each in the order in which Compose looks.
const NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// What a request comes down to.
pub(super) struct Found {
    /// The files that lie here.
    pub(super) files: Vec<String>,
    pub(super) scope: Scope,
    pub(super) name: String,
}

impl Loader {
    /// Finds the files, the directory, the variables and the name of the project.
    pub(super) fn discover(&mut self, request: &Request) -> Result<Found, Stop> {
        let mut environment = Environment::new(request.environment.iter().cloned());
        let directory = request
            .project_directory
            .as_ref()
            .map(|path| absolute(&request.directory, path));
        let start = directory.clone().unwrap_or_else(|| request.directory.clone());
        let named_env = self.named_env_files(request, &environment)?;
        let disabled = environment.get("COMPOSE_DISABLE_ENV_FILE").unwrap_or_default();
        let reads_default = named_env.is_none() && !is_yes(disabled, &mut self.problems)?;
        if let Some(found) = named_env {
            environment.complete(found);
        } else if reads_default && request.files.is_empty() {
            self.read_default(&start, &mut environment)?;
        }
        let mut files = self.find_files(request, &environment, &start)?;
        files.retain(|file| !self.is_elsewhere(file, None));
        let first = files.iter().find(|file| *file != "-");
        let base = directory.unwrap_or_else(|| match first {
            Some(file) => parent(file).to_owned(),
            None => request.directory.clone(),
        });
        if reads_default {
            self.read_default(&base, &mut environment)?;
        }
        if environment.get("PWD").is_none() {
            environment.set("PWD", &request.directory);
        }
        let name = self.name(request, &environment, &files, &base)?;
        environment.set("COMPOSE_PROJECT_NAME", &name);
        Ok(Found {
            files,
            scope: Scope {
                files: base.clone(),
                base,
                environment,
                extended: Extended::default(),
            },
            name,
        })
    }

    fn named_env_files(
        &mut self,
        request: &Request,
        environment: &Environment,
    ) -> Result<Option<indexmap::IndexMap<String, String>>, Stop> {
        let by_variable = environment.get("COMPOSE_ENV_FILES").filter(|list| !list.is_empty());
        let named: Vec<&str> = match by_variable {
            _ if !request.env_files.is_empty() => request.env_files.iter().map(String::as_str).collect(),
            Some(list) => list.split(',').collect(),
            None => return Ok(None),
        };
        let paths: Vec<String> = named.iter().map(|path| absolute(&request.directory, path)).collect();
        environment
            .read_files(&paths, &mut self.files, &mut self.problems)
            .map(Some)
    }

    /// Reads the default env file of a directory. One that says that it is not to be read still sets Compose's own
    /// variables.
    fn read_default(&mut self, directory: &str, environment: &mut Environment) -> Result<(), Stop> {
        environment.complete_by_default(directory, &mut self.files, &mut self.problems, |found, problems| {
            let disabled = found.get("COMPOSE_DISABLE_ENV_FILE").map_or("", String::as_str);
            if is_yes(disabled, problems)? {
                found.retain(|name, _| name.starts_with("COMPOSE_"));
            }
            Ok(())
        })
    }

    fn find_files(&mut self, request: &Request, environment: &Environment, start: &str) -> Result<Vec<String>, Stop> {
        let located = |file: &str| {
            if file == "-" || is_remote_file(file) {
                file.to_owned()
            } else {
                absolute(&request.directory, file)
            }
        };
        if !request.files.is_empty() {
            return Ok(request.files.iter().map(|file| located(file)).collect());
        }
        if let Some(list) = environment.get("COMPOSE_FILE") {
            let separator = environment
                .get("COMPOSE_PATH_SEPARATOR")
                .filter(|separator| !separator.is_empty());
            return Ok(list.split(separator.unwrap_or(":")).map(located).collect());
        }
        let mut directory = start;
        loop {
            if let Some(main) = self.first_of(directory, &NAMES) {
                let over = self.first_of(directory, &OVERRIDES);
                return Ok(std::iter::once(main).chain(over).collect());
            }
            if directory == "/" || directory == "." {
                let problem = Diagnostic::error("no-compose-file", None, "no compose file here or in a folder above");
                return self
                    .problems
                    .stop(problem.help("name one with -f FILE, or go to where one is"));
            }
            directory = parent(directory);
        }
    }

    fn first_of(&mut self, directory: &str, names: &[&str]) -> Option<String> {
        let paths = names.iter().map(|name| absolute(directory, name));
        let found: Vec<String> = paths.filter(|path| self.files.exists(path)).collect();
        if found.len() > 1 {
            let message = format!(
                "more than one file could be meant: {}; the first is used",
                found.join(", ")
            );
            self.problems.push(Diagnostic::warning("compose-files", None, message));
        }
        found.into_iter().next()
    }

    fn name(
        &mut self,
        request: &Request,
        environment: &Environment,
        files: &[String],
        base: &str,
    ) -> Result<String, Stop> {
        let given = request.project_name.clone().filter(|name| !name.is_empty());
        let by_variable = || {
            environment
                .get("COMPOSE_PROJECT_NAME")
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
        };
        if let Some(name) = given.or_else(by_variable) {
            return if normal(&name) == name {
                Ok(name)
            } else {
                let message = format!(
                    "{name:?} is no project name: use lower-case letters, digits, \"-\" and \"_\", a letter or digit first"
                );
                self.problems.stop(Diagnostic::error("project-name", None, message))
            };
        }
        let mut name = None;
        for file in files {
            let documents = self.documents(file, None)?;
            let names = documents.iter().filter_map(|document| document.get("name")?.as_str());
            for own in names.filter(|own| !own.is_empty()) {
                // A template that is wrong is told when the whole document is interpolated.
                name = substitute(own, &mut Quiet(environment)).ok().or(name);
            }
        }
        let folder = || {
            base.trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let name = normal(&name.unwrap_or_else(folder));
        if name.is_empty() {
            let problem = Diagnostic::error("project-name", None, "the project name must not be empty");
            return self
                .problems
                .stop(problem.help("set \"name\" in the file, or use --project-name"));
        }
        Ok(name)
    }
}

fn is_yes(word: &str, problems: &mut Diagnostics) -> Result<bool, Stop> {
    match word {
        "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        other => {
            let message = format!("COMPOSE_DISABLE_ENV_FILE is {other:?}, which is neither true nor false");
            problems.stop(Diagnostic::error("environment", None, message))
        }
    }
}

/// A lookup that says nothing of unset variables: they are told when the whole document is interpolated.
struct Quiet<'a>(&'a Environment);

impl Lookup for Quiet<'_> {
    fn value(&self, name: &str) -> Option<String> {
        self.0.get(name).map(str::to_owned)
    }

    fn unset(&mut self, _: &str) {}
}

/// A project name without what it cannot have.
fn normal(name: &str) -> String {
    let lower = name.to_lowercase();
    let kept: String = lower
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(*c))
        .collect();
    kept.trim_start_matches(['-', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn names_are_normalised() {
        for (name, normalised) in [("Foo.Bar_1", "foobar_1"), ("Ünï", "n"), ("-_a", "a"), ("...", "")] {
            assert_eq!(normal(name), normalised);
        }
    }
}
