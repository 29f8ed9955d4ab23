//! The texts of a project in which compose replaces variables.

use std::collections::HashSet;

use crate::lint::project::{Project, Service};
use crate::lint::uses::{Uses, bare};
use crate::source::Span;
use crate::yaml::{Key, Node};

/// What a container runs: its variables may be meant for its shell, which is another rule's business.
const RUN: [&str; 5] = ["command", "entrypoint", "healthcheck", "post_start", "pre_stop"];

/// A variable, where its value is put in without anything that stands in for it.
pub(super) struct Used<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
}

/// The variables that services use outside of what they run, in the order of the files.
pub(super) fn used<'a>(project: &Project<'a>) -> Vec<Used<'a>> {
    let mut used = Vec::new();
    let mut seen = HashSet::new();
    for document in project.documents() {
        for section in ["services", "jobs"].iter().filter_map(|section| document.get(section)) {
            for (_, service) in section.entries() {
                let read = service.entries().filter(|(key, _)| !RUN.contains(&&*key.text));
                read.for_each(|(_, value)| look(project, value, &mut seen, &mut used));
            }
        }
    }
    used
}

fn look<'a>(project: &Project<'a>, node: &'a Node, seen: &mut HashSet<Span>, used: &mut Vec<Used<'a>>) {
    node.items().for_each(|item| look(project, item, seen, used));
    node.entries().for_each(|(_, value)| look(project, value, seen, used));
    let Some(text) = node.as_str().filter(|text| text.contains('$')) else {
        return;
    };
    if seen.insert(node.span) {
        let uses = Uses::new(project, node.span, text);
        used.extend(bare(text).into_iter().map(|one| Used {
            name: one.name,
            span: uses.place(&one).unwrap_or(node.span),
        }));
    }
}

/// The variables of a service that come from its env files, each with the place that names the files.
pub(super) fn from_files<'a>(
    project: &Project<'a>,
    service: &Service<'a>,
) -> impl Iterator<Item = (&'a Key, &'a Node)> {
    let is_from_file = |(key, value): &(&Key, &Node)| {
        let written = project.written(value.span).and_then(Node::as_str);
        key.span == value.span && written.is_none_or(|text| !text.starts_with(&*key.text) || !text.contains('='))
    };
    service.entries("environment").filter(is_from_file)
}
