//! Files → one merged model in long form: what happens to every document, in the order in which Compose does it.

use std::collections::HashMap;
use std::sync::Arc;

use super::environment::Environment;
use super::extends::Extended;
use super::files::Files;
use super::part::{self, Names};
use super::{canonical, check, interpolate, merge, normalise, paths, reset, schema, survey, unique};
use crate::diagnostic::{Diagnostic, Diagnostics, Stop};
use crate::source::Span;
use crate::yaml::{Map, Node, Value};

/// Loads models; an included one as well as the one that includes it.
pub(super) struct Loader {
    pub(super) files: Files,
    pub(super) problems: Diagnostics,
    /// The files that are being included, the outermost first.
    pub(super) including: Vec<String>,
    /// For each file, which file names it and how; nothing for those of the request.
    pub(super) brought: HashMap<String, Option<(Span, &'static str)>>,
    /// The values of secrets that included projects take from their own variables, by the secrets' names.
    pub(super) included_secrets: HashMap<String, String>,
    /// Whether a part of the project lies elsewhere and was not looked at.
    pub(super) is_partial: bool,
    /// The model of all files of a request, or of an entry of `include`, where it has values that cannot be used.
    pub(super) rejected: Option<Node>,
}

/// What a model is loaded with.
pub(super) struct Scope {
    /// Where relative paths begin.
    pub(super) base: String,
    /// Where the names of files to extend or include begin: the same, but for a directory that does not exist.
    pub(super) files: String,
    pub(super) environment: Environment,
    pub(super) extended: Extended,
}

impl Loader {
    /// Loads files, later ones over earlier ones. Nothing where no file has a document.
    pub(super) fn model(&mut self, paths: &[String], scope: &Scope) -> Result<Option<Node>, Stop> {
        let mut model = None;
        let mut recent = Names::default();
        let (mut all, mut includes) = (Names::default(), false);
        for (index, path) in paths.iter().enumerate() {
            let documents = self.documents(path, None)?;
            for (place, document) in documents.iter().enumerate() {
                let below = model
                    .take()
                    .unwrap_or_else(|| Node::new(Value::Map(Map::default()), document.span));
                let added = self.add(below, document.clone(), path, scope, &mut recent);
                let is_last = index + 1 == paths.len() && place + 1 == documents.len();
                if added.is_err() && !is_last {
                    // What lies above may have what is missing here.
                    self.rejected = None;
                }
                model = Some(added?);
                all.join(recent.clone());
                includes |= document.get("include").is_some();
            }
        }
        let Some(mut model) = model else { return Ok(None) };
        if includes {
            // What included files include has been made whole where they were loaded: not every file that includes them,
            // by way of others, looks at it again.
            let mut part = all.take(Names::default(), &mut model);
            self.make_whole(&mut part, scope);
            part::put_back(part, &mut model);
        } else {
            self.make_whole(&mut model, scope);
        }
        if self.problems.has_errors() {
            self.rejected = Some(model);
            return Err(Stop);
        }
        Ok(Some(model))
    }

    fn make_whole(&mut self, part: &mut Node, scope: &Scope) {
        normalise::set_defaults(part);
        check::check(part, &mut self.problems);
        if !self.problems.has_errors() {
            paths::resolve(part, &scope.base, &self.files);
        }
    }

    /// The documents of a file, each held to be a mapping. `place` names the file where another file does, and says what
    /// for.
    pub(super) fn documents(&mut self, path: &str, place: Option<(Span, &'static str)>) -> Result<Arc<[Node]>, Stop> {
        self.brought.entry(path.to_owned()).or_insert(place);
        let before = self.problems.has_errors();
        let documents = match self.files.documents(path, &mut self.problems) {
            Ok(documents) => documents,
            Err(error) => {
                let message = match error.kind() {
                    std::io::ErrorKind::NotFound => format!("the compose file {path} does not exist"),
                    _ => format!("the compose file {path} cannot be read: {error}"),
                };
                let span = place.map(|(span, _)| span);
                return self.problems.stop(Diagnostic::error("compose-file", span, message));
            }
        };
        for document in &*documents {
            if document.as_map().is_none() {
                let message = "a compose file must be a mapping";
                let problem = Diagnostic::error("not-a-mapping", document.span, message);
                self.problems
                    .push(problem.help("begin it with \"services:\", and indent what stands below"));
            }
            finite(document, &mut self.problems);
        }
        if !before && self.problems.has_errors() {
            survey::survey(&documents, &mut self.problems);
        }
        self.problems.check()?;
        Ok(documents)
    }

    /// Lays one document over what lies below it. `recent` has the names of the document before it.
    fn add(
        &mut self,
        mut below: Node,
        mut document: Node,
        path: &str,
        scope: &Scope,
        recent: &mut Names,
    ) -> Result<Node, Stop> {
        let resets = reset::take(&mut document);
        let mut names = Names::of(&document);
        if self.interpolate(&mut document, scope).is_ok() {
            self.include(&mut document, path, &resets, scope, &mut names)?;
            reset::apply(&mut below, &resets);
            self.extends(&mut document, path, &resets, scope)?;
        } else if brings_in(&document) {
            // What it would bring in may have been named by a text that could not be made out.
            document.remove("include");
            schema::check(&document, &mut self.problems);
            return Err(Stop);
        } else {
            reset::apply(&mut below, &resets);
        }
        names.add_common(&document, &below);
        let mut model = merge::merge(below, document, &mut self.problems)?;
        let mut part = names.take(std::mem::take(recent), &mut model);
        *recent = names;
        let is_fine = self.long_part(&mut part);
        part::put_back(part, &mut model);
        model.remove("version");
        if is_fine.is_err() {
            survey::values(&model, &mut self.problems);
            self.rejected = Some(model);
            return Err(Stop);
        }
        Ok(model)
    }

    /// Holds a part of a model to the schema, and gives it its long form.
    fn long_part(&mut self, part: &mut Node) -> Result<(), Stop> {
        unique::enforce(part, &mut self.problems);
        let mut found = Diagnostics::default();
        schema::check(part, &mut found);
        survey::tell_elsewhere(&found, &mut self.problems);
        if let Some(version) = part.remove("version") {
            let message = "\"version\" is obsolete and ignored";
            self.problems
                .push(Diagnostic::warning("version-obsolete", version.span, message).help("remove it"));
        }
        self.problems.check()?;
        self.long_forms(part)
    }

    pub(super) fn interpolate(&mut self, document: &mut Node, scope: &Scope) -> Result<(), Stop> {
        let sources = &self.files.sources;
        interpolate::interpolate(document, &scope.environment, sources, &mut self.problems);
        interpolate::cast(document, &mut self.problems);
        self.problems.check()
    }

    pub(super) fn long_forms(&mut self, model: &mut Node) -> Result<(), Stop> {
        canonical::canonicalise(model, &mut self.problems)?;
        unique::enforce(model, &mut self.problems);
        self.problems.check()
    }
}

/// Whether services come from elsewhere, or what they are made of.
fn brings_in(document: &Node) -> bool {
    let mut services = document.get("services").into_iter().flat_map(Node::entries);
    document.get("include").is_some() || services.any(|(_, service)| service.get("extends").is_some())
}

/// JSON, and so the model, has no infinity.
fn finite(node: &Node, problems: &mut Diagnostics) {
    match &node.value {
        Value::Float(number) if !number.is_finite() => {
            problems.push(Diagnostic::error(
                "not-finite",
                node.span,
                "this number has no place in a compose file",
            ));
        }
        Value::Seq(items) => items.iter().for_each(|item| finite(item, problems)),
        Value::Map(map) => map.values().for_each(|value| finite(value, problems)),
        _ => {}
    }
}
