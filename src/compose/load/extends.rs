//! `extends`: a service laid over another one, of the same document or of another file.
//! (Compose specification, "extends".)

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use indexmap::IndexSet;

use super::files::{absolute, parent};
use super::merge::{merge, merge_service};
use super::model::{Loader, Scope};
use super::reset::{self, Path};
use super::{check, paths, unique};
use crate::diagnostic::{Diagnostic, Stop};
use crate::source::Span;
use crate::yaml::{Map, Node, Value};

/// Where services are looked up: the services of one file.
struct Shelf<'a> {
    services: &'a Node,
    /// Those that are worked out.
    worked: HashMap<String, Node>,
    /// The file that the first service of a row is in.
    path: &'a str,
    /// Where the files named in these services begin.
    base: &'a str,
    /// The same for paths of other kinds: see [`Scope::files`].
    paths: &'a str,
    resets: &'a [Path],
}

/// What a service says it extends.
struct Reference {
    service: String,
    file: Option<String>,
    span: Span,
}

/// What a file is named for that another one extends.
pub(super) const HOW: &str = "extended here";

/// How many services may extend one another in a row: each takes room on the stack.
const LONGEST_ROW: usize = 1000;

/// A file and a service in it.
type Step = (String, String);

/// Files that are extended, by their paths and by where relative paths in them begin, and what they take away. Each is
/// looked through once, however many services extend one of it.
pub(super) type Extended = RefCell<HashMap<(String, String), Rc<(Node, Vec<Path>)>>>;

impl Loader {
    /// Works out the `extends` of every service of a document.
    pub(super) fn extends(
        &mut self,
        document: &mut Node,
        path: &str,
        resets: &[Path],
        scope: &Scope,
    ) -> Result<(), Stop> {
        let Some(services) = document.get("services") else {
            return Ok(());
        };
        let extending = services
            .entries()
            .filter(|(_, service)| service.get("extends").is_some());
        let names: Vec<String> = extending.map(|(key, _)| key.to_string()).collect();
        let mut shelf = Shelf {
            services,
            worked: HashMap::new(),
            path,
            base: &scope.files,
            paths: &scope.base,
            resets,
        };
        for name in names {
            self.extend_one(&mut shelf, &name, scope, &mut IndexSet::new())?;
        }
        let worked = shelf.worked;
        if let Some(services) = document.get_mut("services") {
            worked
                .into_iter()
                .for_each(|(name, service)| services.set(&name, service));
        }
        Ok(())
    }

    /// Works out one service, and leaves it on the shelf in its final form.
    fn extend_one(
        &mut self,
        shelf: &mut Shelf<'_>,
        name: &str,
        scope: &Scope,
        trail: &mut IndexSet<Step>,
    ) -> Result<Option<Node>, Stop> {
        let known = shelf.worked.get(name).or_else(|| shelf.services.get(name));
        let Some(service) = known.cloned() else {
            return Ok(None);
        };
        if service.is_null() {
            return Ok(None);
        }
        let Some(reference) = self.reference(&service)? else {
            return Ok(Some(service));
        };
        if let Some(file) = &reference.file
            && self.is_elsewhere(file, Some(reference.span))
        {
            let mut own = service;
            own.remove("extends");
            shelf.worked.insert(name.to_owned(), own.clone());
            return Ok(Some(own));
        }
        let base = match &reference.file {
            Some(file) => self.base_in_file(shelf, (name, file), &reference, scope, trail)?,
            None => self.base_beside(shelf, name, &reference, scope, trail)?,
        };
        trail.pop();
        let merged = match base {
            Some(base) => {
                let mut wrapped = wrap(name, base);
                reset::apply(&mut wrapped, reset::of_service(shelf.resets, name));
                let base = unwrap(wrapped, name);
                let mut merged = merge_service(base, service, &mut self.problems)?;
                merged.remove("extends");
                merged
            }
            None => service,
        };
        shelf.worked.insert(name.to_owned(), merged.clone());
        Ok(Some(merged))
    }

    /// Remembers that a service is being worked out. A file that is named counts by its name; without one, the file that
    /// the first service of the row is in counts, even where the row has left it: Compose looks no closer.
    fn step(&mut self, trail: &mut IndexSet<Step>, file: &str, name: &str, span: Span) -> Result<(), Stop> {
        let step = (file.to_owned(), name.to_owned());
        if !trail.insert(step) {
            let message = format!("the service \"{name}\" extends itself, by way of others or at once");
            return self.problems.stop(Diagnostic::error("extends-cycle", span, message));
        }
        if trail.len() > LONGEST_ROW {
            let message = format!("more than {LONGEST_ROW} services extend one another");
            return self.problems.stop(Diagnostic::error("extends-depth", span, message));
        }
        Ok(())
    }

    fn base_beside(
        &mut self,
        shelf: &mut Shelf<'_>,
        name: &str,
        reference: &Reference,
        scope: &Scope,
        trail: &mut IndexSet<Step>,
    ) -> Result<Option<Node>, Stop> {
        if shelf.services.get(&reference.service).is_none() {
            let message = format!(
                "the service \"{name}\" extends \"{}\", which does not exist",
                reference.service
            );
            return self
                .problems
                .stop(Diagnostic::error("extends-unknown", reference.span, message));
        }
        self.step(trail, shelf.path, name, reference.span)?;
        self.extend_one(shelf, &reference.service, scope, trail)
    }

    fn base_in_file(
        &mut self,
        shelf: &Shelf<'_>,
        (name, file): (&str, &str),
        reference: &Reference,
        scope: &Scope,
        trail: &mut IndexSet<Step>,
    ) -> Result<Option<Node>, Stop> {
        let path = absolute(shelf.base, file);
        let base = parent(&absolute(shelf.paths, file)).to_owned();
        let extended = self.extended_once(path, &base, reference, scope)?;
        let (model, resets) = &*extended;
        let Some(services) = model.get("services") else {
            let message = format!("{file} has no services to extend");
            return self
                .problems
                .stop(Diagnostic::error("extends-unknown", reference.span, message));
        };
        if services.get(&reference.service).is_none() {
            let message = format!("{file} has no service \"{}\"", reference.service);
            return self
                .problems
                .stop(Diagnostic::error("extends-unknown", reference.span, message));
        }
        self.step(trail, file, name, reference.span)?;
        let mut shelf = Shelf {
            services,
            worked: HashMap::new(),
            path: shelf.path,
            base: &base,
            paths: &base,
            resets,
        };
        self.extend_one(&mut shelf, &reference.service, scope, trail)
    }

    fn extended_once(
        &mut self,
        path: String,
        base: &str,
        reference: &Reference,
        scope: &Scope,
    ) -> Result<Rc<(Node, Vec<Path>)>, Stop> {
        let key = (path, base.to_owned());
        if let Some(known) = scope.extended.borrow().get(&key) {
            return Ok(known.clone());
        }
        let extended = Rc::new(self.extended_file(&key.0, base, reference, scope)?);
        scope.extended.borrow_mut().insert(key, extended.clone());
        Ok(extended)
    }

    /// A file that is used for its services alone: not held to the schema, and what it includes is left out.
    fn extended_file(
        &mut self,
        path: &str,
        base: &str,
        reference: &Reference,
        scope: &Scope,
    ) -> Result<(Node, Vec<Path>), Stop> {
        let mut model = Node::new(Value::Map(Map::default()), reference.span);
        let mut resets = Vec::new();
        for document in &*self.documents(path, Some((reference.span, HOW)))? {
            let mut document = document.clone();
            let taken = reset::take(&mut document);
            self.interpolate(&mut document, scope)?;
            reset::apply(&mut model, &taken);
            resets.extend(taken);
            model = merge(model, document, &mut self.problems)?;
            unique::enforce(&mut model, &mut self.problems);
            self.long_forms(&mut model)?;
        }
        resets.sort_unstable();
        check::bind_sources(&mut model, &mut self.problems);
        self.problems.check()?;
        paths::resolve(&mut model, base, &self.files);
        Ok((model, resets))
    }

    fn reference(&mut self, service: &Node) -> Result<Option<Reference>, Stop> {
        let Some(extends) = service.get("extends") else {
            return Ok(None);
        };
        let text = |key: &str| extends.get(key).and_then(Node::as_str).map(str::to_owned);
        let service = extends.as_str().map(str::to_owned).or_else(|| text("service"));
        match service {
            Some(service) => Ok(Some(Reference {
                service,
                file: text("file"),
                span: extends.span,
            })),
            None => {
                let message = "\"extends\" must name a service";
                self.problems
                    .stop(Diagnostic::error("extends-unknown", extends.span, message))
            }
        }
    }
}

fn wrap(name: &str, service: Node) -> Node {
    let span = service.span;
    let mut services = super::decode::empty(span);
    services.set(name, service);
    let mut root = super::decode::empty(span);
    root.set("services", services);
    root
}

fn unwrap(mut root: Node, name: &str) -> Node {
    let span = root.span;
    let service = root.get_mut("services").and_then(|services| services.remove(name));
    service.unwrap_or_else(|| super::decode::empty(span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::load::{Request, load};

    /// What is found in a project of so many services, each of which extends the next.
    fn found(count: usize) -> Vec<String> {
        let mut text = "services:\n".to_owned();
        for at in 1..count {
            text += &format!("  s{at:05}: {{extends: s{:05}}}\n", at + 1);
        }
        text += &format!("  s{count:05}: {{image: i}}\n");
        let request = Request {
            directory: "/nowhere/p".to_owned(),
            files: vec!["-".to_owned()],
            stdin: Some(text.into_bytes()),
            ..Request::default()
        };
        let loaded = crate::compose::load::testing::on_large_stack(|| load(request));
        loaded.diagnostics.iter().map(|found| found.code.to_string()).collect()
    }

    #[test]
    fn a_row_that_is_too_long_is_an_error_and_no_crash() {
        assert_eq!(found(LONGEST_ROW), [""; 0]);
        assert_eq!(found(20_000), ["extends-depth"]);
    }
}
