//! The variables that interpolation sees: the process's own, then those of env files.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::dotenv;
use super::files::{Files, absolute};
use crate::diagnostic::{Diagnostic, Diagnostics, Stop};
use crate::source::{SourceId, Span};

/// Names and values. A name that is set stays as it is: whoever comes first wins. Each included project has one, which is
/// that of the one that includes it until a variable is added.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    variables: Rc<IndexMap<String, String>>,
    /// The default env files of which it has every name: there is no more to be had from them.
    known: Vec<String>,
}

impl Environment {
    /// The variables of the process.
    pub(super) fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            variables: Rc::new(variables.into_iter().collect()),
            known: Vec::new(),
        }
    }

    /// The value of a variable.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// All of them.
    pub(super) fn into_map(self) -> HashMap<String, String> {
        Rc::unwrap_or_clone(self.variables).into_iter().collect()
    }

    /// Sets a variable, whatever it was before.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        Rc::make_mut(&mut self.variables).insert(name.to_owned(), value.to_owned());
    }

    /// Adds the names that are not set yet.
    pub(super) fn complete(&mut self, others: IndexMap<String, String>) {
        if others.keys().all(|name| self.variables.contains_key(name)) {
            return;
        }
        let variables = Rc::make_mut(&mut self.variables);
        for (name, value) in others {
            variables.entry(name).or_insert(value);
        }
    }

    /// Reads env files in their order; a later one wins over an earlier one, and what is set here wins over all.
    pub(super) fn read_files(
        &self,
        paths: &[String],
        files: &mut Files,
        problems: &mut Diagnostics,
    ) -> Result<IndexMap<String, String>, Stop> {
        let mut found = IndexMap::new();
        for path in paths {
            let text = files.text(path).or_else(|error| {
                let message = format!("the env file {path} cannot be read: {error}");
                problems.stop(Diagnostic::error("env-file", None, message))
            })?;
            read_text(&text, &mut found, &|name| self.get(name).map(str::to_owned), problems)?;
        }
        Ok(found)
    }

    /// Adds the variables of `directory/.env`, where there is such a file, as far as `keep` lets them.
    pub(super) fn complete_by_default(
        &mut self,
        directory: &str,
        files: &mut Files,
        problems: &mut Diagnostics,
        keep: impl FnOnce(&mut IndexMap<String, String>, &mut Diagnostics) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let path = absolute(directory, ".env");
        if self.known.contains(&path) || !files.is_file(&path) {
            return Ok(());
        }
        let mut found = self.read_files(std::slice::from_ref(&path), files, problems)?;
        let all = found.len();
        keep(&mut found, problems)?;
        if found.len() == all {
            self.known.push(path);
        }
        self.complete(found);
        Ok(())
    }
}

/// Reads one env file's text into `found`, which holds what earlier files say.
pub(super) fn read_text(
    (source, text): &(SourceId, Arc<str>),
    found: &mut IndexMap<String, String>,
    lookup: &dyn Fn(&str) -> Option<String>,
    problems: &mut Diagnostics,
) -> Result<(), Stop> {
    let mut unset = Vec::new();
    let read = dotenv::parse(text, lookup, found, &mut unset);
    for (name, at) in unset {
        let message = format!("the variable \"{name}\" is not set, and an empty text stands for it");
        let span = Span::new(*source, at.start, at.end);
        let help = keep_dollar(text.get(at).unwrap_or_default());
        problems.push(Diagnostic::warning("variable-unset", span, message).help(help));
    }
    read.or_else(|error| {
        let span = Span::new(*source, error.at.start, error.at.end);
        problems.stop(Diagnostic::error("env-file", span, error.message))
    })
}

/// The longest line of which its form in single quotes is shown. One with many variables is told of each.
const SHOWN: usize = 200;

/// How to keep the dollar sign in a line of an env file. Its value stays out of the help: it may be a password.
fn keep_dollar(line: &str) -> String {
    let quoted = line
        .split_once('=')
        .filter(|_| line.len() <= SHOWN)
        .and_then(|(name, value)| {
            let value = value.trim();
            let inside = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            let is_plain = !inside.unwrap_or(value).contains(['\'', '"', '\\', '#']);
            is_plain.then(|| format!(": {name}='…'"))
        });
    let quoted = quoted.unwrap_or_default();
    format!("set it, or put the value in single quotes to keep the dollar sign{quoted}")
}

#[cfg(test)]
mod tests {
    use super::keep_dollar;

    #[test]
    fn single_quotes_are_shown_where_they_mean_the_same() {
        let advice = "set it, or put the value in single quotes to keep the dollar sign";
        for (line, shown) in [
            ("A=\"b$c\"", ": A='…'"),
            ("A= b$c", ": A='…'"),
            ("A=it's $5", ""),
            ("A=\"b\\n$c\"", ""),
            ("A=$b # c", ""),
        ] {
            assert_eq!(keep_dollar(line), format!("{advice}{shown}"), "{line}");
        }
    }
}
