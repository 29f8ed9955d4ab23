//! What else is wrong with a project that is rejected already: told in one go, as far as it does not follow from what was
//! told before.

use std::collections::HashSet;

use super::environment::Environment;
use super::{canonical, consistency, decode, normalise, reset, schema, select};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Holds the documents of a file to the schema that have a fault of another kind. What stands behind a syntax error, or in
/// its line, may only look wrong.
pub(super) fn survey(documents: &[Node], problems: &mut Diagnostics) {
    let syntax = ["yaml-syntax", "yaml-character", "yaml-encoding", "yaml-depth"];
    let faults = problems.iter().filter(|problem| syntax.contains(&problem.code));
    let end = faults.filter_map(|problem| Some(problem.span?.start)).min();
    // What cannot be read is left out of its value, which then looks wrong itself.
    let faults: Vec<Span> = problems.iter().filter_map(|problem| problem.span).collect();
    let holds_fault = |span: Span| {
        faults
            .iter()
            .any(|fault| span.start <= fault.start && fault.end <= span.end)
    };
    let mut found = Diagnostics::default();
    for document in documents.iter().filter(|document| document.as_map().is_some()) {
        let mut document = document.clone();
        reset::take(&mut document);
        document.remove("include");
        blur_unknown(&mut document, &holds_fault);
        schema::check(&document, &mut found);
    }
    let last = documents.last().map_or(0, |document| document.span.end);
    // What cannot be read is left out of its value, which then looks wrong itself.
    let faults: Vec<Span> = problems.iter().filter_map(|problem| problem.span).collect();
    let holds_fault = |span: Span| {
        faults
            .iter()
            .any(|fault| span.start <= fault.start && fault.end <= span.end)
    };
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
    let mut rest = without_faults(model, problems);
    let mut found = Diagnostics::default();
    if canonical::canonicalise(&mut rest, &mut found).is_err() {
        rest = without_faults(&rest, &found);
    }
    decode::decode(&mut rest, &mut found);
    problems.extend(errors(&found));
}

/// Looks at what services refer to in a model that has values which cannot be read.
pub(super) fn references(
    model: Node,
    name: &str,
    environment: &Environment,
    profiles: &[String],
    problems: &mut Diagnostics,
) {
    // Faults of another kind can follow from a value that is left out.
    let codes = [
        "undefined-service",
        "undefined-resource",
        "no-image",
        "dependency-cycle",
    ];
    let mut rest = without_faults(&model, problems);
    let mut found = Diagnostics::default();
    normalise::normalise(&mut rest, name, environment);
    let inactive = select::deactivate(&mut rest, profiles);
    let names: Vec<String> = inactive.keys().map(ToString::to_string).collect();
    consistency::check(&rest, &names, &mut found);
    problems.extend(errors(&found).filter(|problem| codes.contains(&problem.code)));
}

fn errors(found: &Diagnostics) -> impl Iterator<Item = Diagnostic> {
    let errors = found.iter().filter(|problem| problem.severity == Severity::Error);
    errors.cloned()
}

/// A model without the values and keys that something is wrong with.
fn without_faults(model: &Node, problems: &Diagnostics) -> Node {
    let faults: HashSet<Span> = errors(problems).filter_map(|problem| problem.span).collect();
    let mut rest = model.clone();
    drop_faults(&mut rest, &faults);
    rest
}

fn drop_faults(node: &mut Node, faults: &HashSet<Span>) {
    match &mut node.value {
        Value::Seq(items) => {
            items.retain(|item| !faults.contains(&item.span));
            items.iter_mut().for_each(|item| drop_faults(item, faults));
        }
        Value::Map(map) => {
            map.retain(|key, value| !faults.contains(&key.span) && !faults.contains(&value.span));
            map.values_mut().for_each(|value| drop_faults(value, faults));
        }
        _ => {}
    }
}
