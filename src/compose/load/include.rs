//! `include`: whole models folded into the document that names them. (Compose specification, "include".)

use indexmap::map::MutableKeys as _;

use super::extends::Extended;
use super::files::{absolute, parent};
use super::merge::merge;
use super::model::{Loader, Scope};
use super::part::Names;
use super::paths::is_remote_file;
use super::reset::{self, Path};
use crate::diagnostic::{Diagnostic, Stop};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// What of an included model becomes part of the one that includes it.
const FOLDED: [&str; 7] = [
    "services", "volumes", "networks", "secrets", "configs", "models", "jobs",
];

/// One entry of the list.
struct Entry {
    paths: Vec<String>,
    project_directory: Option<String>,
    env_files: Vec<String>,
    span: Span,
}

impl Loader {
    /// Loads what a document includes and folds it in, below what the document says itself. `names` gets what is to be
    /// looked at for that.
    pub(super) fn include(
        &mut self,
        document: &mut Node,
        path: &str,
        resets: &[Path],
        scope: &Scope,
        names: &mut Names,
    ) -> Result<(), Stop> {
        let Some(include) = document.remove("include") else {
            return Ok(());
        };
        if include.is_null() {
            return Ok(());
        }
        let Some(items) = include.as_seq() else {
            return self
                .problems
                .stop(Diagnostic::error("include", include.span, "\"include\" must be a list"));
        };
        // A whole section or resource is folded in as it is: only what lies deeper can be taken from it.
        let inner: Vec<Path> = resets.iter().filter(|path| path.len() > 2).cloned().collect();
        for item in items {
            let entry = self.entry(item)?;
            if entry.paths.is_empty() || entry.paths.iter().any(|path| self.is_elsewhere(path, Some(entry.span))) {
                continue;
            }
            let (mut model, own) = self.included(&entry, path, scope)?;
            reset::apply(&mut model, &inner);
            names.join(own);
            names.add_common(&model, document);
            self.fold(document, model)?;
        }
        Ok(())
    }

    /// Whether a file has to be fetched, which is told, and left undone.
    pub(super) fn is_elsewhere(&mut self, path: &str, span: Option<Span>) -> bool {
        let elsewhere = is_remote_file(path);
        if elsewhere {
            self.is_partial = true;
            let message = format!("{path} is not checked: it lies elsewhere, and is not fetched");
            self.problems.push(Diagnostic::warning("not-checked", span, message));
        }
        elsewhere
    }

    fn entry(&mut self, item: &Node) -> Result<Entry, Stop> {
        let texts = |node: Option<&Node>| -> Vec<String> {
            let Some(node) = node else { return Vec::new() };
            let one = node.as_str().map(str::to_owned);
            one.into_iter()
                .chain(node.items().filter_map(Node::as_str).map(str::to_owned))
                .collect()
        };
        let paths = if item.as_str().is_some() {
            texts(Some(item))
        } else {
            texts(item.get("path"))
        };
        if item.as_str().is_none() && item.as_map().is_none() {
            let message = "an entry of \"include\" must be a path, or a mapping with a \"path\"";
            return self.problems.stop(Diagnostic::error("include", item.span, message));
        }
        Ok(Entry {
            paths,
            project_directory: item.get("project_directory").and_then(Node::as_str).map(str::to_owned),
            env_files: texts(item.get("env_file")),
            span: item.span,
        })
    }

    /// The model of an entry, and the names that its files themselves have in it.
    fn included(&mut self, entry: &Entry, from: &str, scope: &Scope) -> Result<(Node, Names), Stop> {
        let paths: Vec<String> = entry
            .paths
            .iter()
            .map(|path| self.files.resolve(&scope.files, path))
            .collect();
        let files = match &entry.project_directory {
            Some(directory) => absolute(&scope.base, directory),
            None => parent(&self.files.resolve(&scope.base, &entry.paths[0])).to_owned(),
        };
        if let Some(path) = paths.iter().find(|path| *path == from || self.including.contains(path)) {
            let message = format!("{path} is included by a file that it includes");
            return self
                .problems
                .stop(Diagnostic::error("include-cycle", entry.span, message));
        }
        for path in &paths {
            // Told here, where the place that names the file is known.
            self.documents(path, Some((entry.span, "included here")))?;
        }
        let environment = self.included_environment(entry, &files, scope)?;
        // Where the directory does not exist, Compose takes its name for a file's, and relative paths begin beside it.
        let base = if self.files.is_directory(&files) {
            files.clone()
        } else {
            parent(&files).to_owned()
        };
        let depth = self.including.len();
        self.including.push(from.to_owned());
        let inner = Scope {
            base,
            files,
            environment,
            extended: Extended::default(),
        };
        let model = self.model(&paths, &inner);
        self.including.truncate(depth);
        // It is a part of the project alone.
        self.rejected = None;
        let Some(model) = model? else {
            return Ok((super::decode::empty(entry.span), Names::default()));
        };
        self.note_secrets(&model, &inner);
        let mut own = Names::default();
        for path in &paths {
            let documents = self.documents(path, None)?;
            documents.iter().for_each(|document| own.join(Names::of(document)));
        }
        Ok((model, own))
    }

    /// Notes what the secrets of an included model are that it takes from variables: outside of it they may not be set. What
    /// is included deepest is noted first.
    fn note_secrets(&mut self, model: &Node, scope: &Scope) {
        for (name, secret) in model.get("secrets").into_iter().flat_map(Node::entries) {
            let variable = secret.get("environment").and_then(Node::as_str);
            if let Some(value) = variable.and_then(|variable| scope.environment.get(variable)) {
                let name = name.to_string();
                self.included_secrets.entry(name).or_insert_with(|| value.to_owned());
            }
        }
    }

    fn included_environment(
        &mut self,
        entry: &Entry,
        base: &str,
        scope: &Scope,
    ) -> Result<super::environment::Environment, Stop> {
        let mut environment = scope.environment.clone();
        let paths: Vec<String> = entry
            .env_files
            .iter()
            .map(|path| self.files.resolve(&scope.base, path))
            .collect();
        if paths.is_empty() {
            environment.complete_by_default(base, &mut self.files, &mut self.problems, |_, _| Ok(()))?;
        } else {
            let found = environment.read_files(&paths, &mut self.files, &mut self.problems)?;
            environment.complete(found);
        }
        Ok(environment)
    }

    /// Folds a model in: of what the document says, no more is looked at than the model has as well.
    fn fold(&mut self, document: &mut Node, mut model: Node) -> Result<(), Stop> {
        for section in FOLDED {
            let Some(included) = model.remove(section) else {
                continue;
            };
            match document.get_mut(section) {
                None => document.set(section, included),
                Some(own) if own.as_map().is_some() && included.as_map().is_some() => {
                    self.fold_section(section, own, included)?;
                }
                Some(own) => {
                    let over = std::mem::take(own);
                    *own = self.laid_over(&[section], included, over)?;
                }
            }
        }
        Ok(())
    }

    fn fold_section(&mut self, section: &str, own: &mut Node, included: Node) -> Result<(), Stop> {
        let (Value::Map(own), Value::Map(included)) = (&mut own.value, included.value) else {
            return Ok(());
        };
        for (name, resource) in included {
            match own.get_full_mut2(&*name) {
                Some((_, key, value)) => {
                    let over = std::mem::take(value);
                    *value = self.laid_over(&[section, &name], resource, over)?;
                    *key = name;
                }
                None => {
                    own.insert(name, resource);
                }
            }
        }
        Ok(())
    }

    /// One value laid over another at the end of a row of keys.
    fn laid_over(&mut self, keys: &[&str], base: Node, over: Node) -> Result<Node, Stop> {
        let under = |node: Node| {
            keys.iter().rev().fold(node, |node, key| {
                let mut above = super::decode::empty(node.span);
                above.set(key, node);
                above
            })
        };
        let merged = merge(under(base), under(over), &mut self.problems)?;
        let value = keys.iter().try_fold(merged, |mut node, key| node.remove(key));
        Ok(value.unwrap_or_default())
    }
}
