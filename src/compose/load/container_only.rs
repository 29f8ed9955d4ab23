//! Advice about variables that `environment` of a service sets, which Compose does not read as it loads a file.

use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::source::{Sources, Span};
use crate::yaml::{Node, Value};

/// A service as it is written, and the names of the variables that it sets.
struct Service<'a> {
    span: Span,
    names: HashSet<&'a str>,
}

/// Says of variables that are not set where the service that uses them sets them, and of what fails for it.
pub(super) fn advise(documents: &[Arc<[Node]>], sources: &Sources, problems: &mut Diagnostics) {
    if !problems.iter().any(|found| found.code == "variable-unset") {
        return;
    }
    let services = services(documents);
    let mut advised: Vec<(Span, String)> = Vec::new();
    for (found, help) in problems.helps_mut() {
        let Some(span) = found.span else { continue };
        if found.code == "variable-unset" {
            let Some(name) = sources.get(span.source).map(|source| name_of(source.slice(span))) else {
                continue;
            };
            if holding(&services, span).is_some_and(|service| service.names.contains(name)) {
                let text = format!(
                    "`environment` sets `{name}` in the container, which Compose does not read here: set it in `.env`, or write \
                     the value in its place"
                );
                *help = Some(text.clone());
                advised.push((span, text));
            }
        }
    }
    advised.sort_by_key(|(span, _)| (span.source, span.start));
    for (found, help) in problems.helps_mut().filter(|(found, _)| found.code == "list-item") {
        let Some(span) = found.span.filter(|_| help.is_none()) else {
            continue;
        };
        let at = advised.partition_point(|(one, _)| (one.source, one.start) < (span.source, span.start));
        *help = advised
            .get(at)
            .filter(|(one, _)| span.holds(*one))
            .map(|(_, text)| text.clone());
    }
}

/// The variable that `$NAME` or `${NAME}` uses.
fn name_of(usage: &str) -> &str {
    let name = usage.trim_start_matches(['$', '{']);
    let end = name.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
    name.get(..end.unwrap_or(name.len())).unwrap_or_default()
}

/// The services that set variables, in the order of their places.
fn services(documents: &[Arc<[Node]>]) -> Vec<Service<'_>> {
    let documents = documents.iter().flat_map(|documents| documents.iter());
    let services = documents.filter_map(|document| document.get("services"));
    let services = services.flat_map(Node::entries).filter_map(|(_, service)| {
        let names = names(service.get("environment")?);
        Some(Service {
            span: service.span,
            names,
        })
    });
    let mut services: Vec<Service<'_>> = services.collect();
    services.sort_by_key(|service| (service.span.source, service.span.start));
    services
}

/// The names of variables, whether they are written as a mapping or as a list.
fn names(environment: &Node) -> HashSet<&str> {
    match &environment.value {
        Value::Map(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, _)| &*key.text)
            .collect(),
        _ => {
            let items = environment.items().filter_map(Node::as_str);
            items.filter_map(|item| Some(item.split_once('=')?.0)).collect()
        }
    }
}

fn holding<'a, 'b>(services: &'b [Service<'a>], span: Span) -> Option<&'b Service<'a>> {
    let after =
        services.partition_point(|service| (service.span.source, service.span.start) <= (span.source, span.start));
    let service = services.get(after.checked_sub(1)?)?;
    service.span.holds(span).then_some(service)
}

#[cfg(test)]
mod tests {
    use crate::compose::load::{Request, load};

    /// The help for the first problem of a kind.
    fn help(text: &str, code: &str) -> String {
        let loaded = load(Request {
            directory: "/nowhere/project".to_owned(),
            files: vec!["-".to_owned()],
            stdin: Some(text.as_bytes().to_vec()),
            ..Request::default()
        });
        let found = loaded.diagnostics.iter().find(|found| found.code == code);
        found.and_then(|found| found.help.clone()).unwrap_or_default()
    }

    #[test]
    fn a_variable_of_the_container_is_told_from_one_that_nobody_sets() {
        for environment in ["{DATA: /ci}", "[DATA=/ci]"] {
            let text = format!(
                "services:\n  a:\n    image: i\n    environment: {environment}\n    volumes: ['${{DATA}}:/d']\n  b: {{image: '${{DATA}}'}}\n"
            );
            for code in ["variable-unset", "list-item"] {
                assert!(
                    help(&text, code).starts_with("`environment` sets `DATA`"),
                    "{environment}: {code}"
                );
            }
        }
        let other = "services:\n  a: {image: '${DATA}', environment: {OTHER: x, DATA: }}\n";
        assert!(help(other, "variable-unset").starts_with("set it"));
    }
}
