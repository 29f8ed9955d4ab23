//! What else is wrong with a project that is rejected already: told in one go, as far as it does not follow from what was
//! told before.

use std::collections::HashSet;

use super::consistency::Around;
use super::environment::Environment;
use super::rest::Rest;
use super::{canonical, check, consistency, decode, normalise, reset, schema, select};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::{Span, SpanSet};
use crate::yaml::{Node, Value};

/// Holds the documents of a file to the schema that have a fault of another kind. What stands behind a syntax error, or in
/// its line, may only look wrong.
pub(super) fn survey(documents: &[Node], problems: &mut Diagnostics) {
    let syntax = ["yaml-syntax", "yaml-character", "yaml-encoding", "yaml-depth"];
    let faults = problems.iter().filter(|problem| syntax.contains(&&*problem.code));
    let end = faults.filter_map(|problem| Some(problem.span?.start)).min();
    // What cannot be read is left out of its value, which then looks wrong itself.
    let faults: SpanSet = problems.iter().filter_map(|problem| problem.span).collect();
    let holds_fault = |span: Span| faults.any_within(span);
    let mut found = Diagnostics::default();
    for document in documents.iter().filter(|document| document.as_map().is_some()) {
        let mut document = document.clone();
        reset::take(&mut document);
        document.remove("include");
        blur_unknown(&mut document, &holds_fault);
        schema::check(&document, &mut found);
    }
    let last = documents.last().map_or(0, |document| document.span.end);
    let is_certain = |problem: &&Diagnostic| match (end, problem.span) {
        (_, Some(span)) if holds_fault(span) => false,
        (Some(end), Some(span)) => span.end < end && span.end < last,
        _ => true,
    };
    problems.extend(found.iter().filter(is_certain).cloned());
}

/// A text with variables can become anything, and so could a value that could not be read.
fn blur_unknown(node: &mut Node, holds_fault: &dyn Fn(Span) -> bool) {
    match &mut node.value {
        Value::Str(text) if text.contains('$') => node.blur(),
        Value::Seq(items) => items.iter_mut().for_each(|item| blur_unknown(item, holds_fault)),
        Value::Map(map) => map.values_mut().for_each(|value| blur_unknown(value, holds_fault)),
        _ if holds_fault(node.span) => node.blur(),
        _ => {}
    }
}

/// Looks at the values of a model of which some do not fit the schema or have no long form: at the others.
pub(super) fn values(model: &Node, problems: &mut Diagnostics) {
    let mut found = Diagnostics::default();
    let mut rest = long_form(model, problems, &mut found);
    decode::decode(&mut rest.root.clone(), &mut found);
    rest.doubt();
    let mut beside = Diagnostics::default();
    check::check(&mut rest.root, &mut beside);
    problems.extend(errors(&found));
    tell_certain(&beside, problems);
}

/// Looks at what services refer to, and at how values fit together, in a model that has values which cannot be used. Gives
/// what is left of the model.
pub(super) fn references(
    model: &Node,
    name: &str,
    environment: &Environment,
    profiles: &[String],
    around: &Around<'_>,
    problems: &mut Diagnostics,
) -> Node {
    let mut found = Diagnostics::default();
    let mut rest = long_form(model, problems, &mut found);
    let doubt = rest.doubt();
    let mut root = rest.root;
    normalise::normalise(&mut root, name, environment);
    let inactive = select::deactivate(&mut root, profiles);
    let names: Vec<String> = inactive.keys().map(ToString::to_string).collect();
    consistency::check(&root, &names, &doubt, around, &mut found);
    tell_certain(&found, problems);
    root
}

/// Adds the errors that hold whatever becomes of the faults: not those of a value that lost a part.
fn tell_certain(found: &Diagnostics, problems: &mut Diagnostics) {
    let faults: SpanSet = errors(problems).filter_map(|problem| problem.span).collect();
    let holds_fault = |span: Span| faults.any_within(span);
    problems.extend(errors(found).filter(|problem| !problem.span.is_some_and(holds_fault)));
}

/// What is left of a model, in long form. What has none is told in `found`, and left out as well.
fn long_form(model: &Node, problems: &Diagnostics, found: &mut Diagnostics) -> Rest {
    let mut known = problems.clone();
    let mut rest = Rest::of(model, &known);
    if canonical::canonicalise(&mut rest.root, found).is_err() {
        known.extend(found.iter().cloned());
        rest = Rest::of(model, &known);
        // What is wrong has been told, and is no longer there.
        let _ = canonical::canonicalise(&mut rest.root, &mut Diagnostics::default());
    }
    rest
}

/// Adds what is wrong in another place than what was told before.
pub(super) fn tell_elsewhere(found: &Diagnostics, problems: &mut Diagnostics) {
    if found.iter().next().is_none() {
        return;
    }
    let known: HashSet<Span> = errors(problems).filter_map(|problem| problem.span).collect();
    let is_new = |problem: &&Diagnostic| problem.span.is_none_or(|span| !known.contains(&span));
    problems.extend(found.iter().filter(is_new).cloned());
}

fn errors(found: &Diagnostics) -> impl Iterator<Item = Diagnostic> {
    let errors = found.iter().filter(|problem| problem.severity == Severity::Error);
    errors.cloned()
}
