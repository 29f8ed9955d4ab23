//! The service in whose text a place lies.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::source::{SourceId, Span};
use crate::yaml::Node;

/// Where services are written: their names, and what they say. A value can be written inside another one's, and be used by
/// way of an alias.
pub(super) struct ServicePlaces<'a> {
    places: Vec<Place<'a>>,
    /// The last of the places that begin at a byte.
    last_at: BTreeMap<(SourceId, u32), usize>,
}

struct Place<'a> {
    span: Span,
    service: &'a str,
    /// The place around it.
    around: Option<usize>,
}

impl<'a> ServicePlaces<'a> {
    /// The services of documents.
    pub(super) fn new(documents: impl Iterator<Item = &'a Node>) -> Self {
        let services = documents.flat_map(|document| document.get("services").into_iter().flat_map(Node::entries));
        let places = services.flat_map(|(name, node)| [(name.span, &**name), (node.span, &**name)]);
        let mut places: Vec<(Span, &str)> = places.collect();
        // The first of several services that share a text stands for all of them.
        places.sort_by_key(|(span, _)| (span.source, span.start, Reverse(span.end)));
        places.dedup_by_key(|(span, _)| *span);
        let mut known = Self {
            places: Vec::with_capacity(places.len()),
            last_at: BTreeMap::new(),
        };
        for (span, service) in places {
            let before = known.places.len().checked_sub(1);
            let around = known.from(before, span);
            known.last_at.insert((span.source, span.start), known.places.len());
            known.places.push(Place { span, service, around });
        }
        known
    }

    /// The service in whose text a place lies.
    pub(super) fn at(&self, span: Span) -> Option<&'a str> {
        let (_, last) = self.last_at.range(..=(span.source, span.start)).next_back()?;
        Some(self.places.get(self.from(Some(*last), span)?)?.service)
    }

    /// The innermost place that holds `span`, from one on outwards.
    fn from(&self, mut at: Option<usize>, span: Span) -> Option<usize> {
        while let Some(place) = self.places.get(at?).filter(|place| !place.span.holds(span)) {
            at = place.around;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn a_place_is_of_the_service_around_it_and_of_the_first_that_shares_a_text() {
        let text = "x-a: &a {image: j}\nservices:\n  web: {image: i, build: &b {context: .}, tty: true}\n  \
                    one: *a\n  two: *a\n  odd: *b\n";
        let (tree, _) = yaml::parse(text, SourceId::default());
        let (document, _) = yaml::expand(&tree, tree.documents[0]);
        let places = ServicePlaces::new(std::iter::once(&document));
        let at = |part: &str| {
            let start = text.find(part).unwrap();
            places.at(Span::new(SourceId::default(), start, start + part.len()))
        };
        for (part, service) in [
            ("web", Some("web")),
            ("image: i", Some("web")),
            ("context", Some("odd")),
            ("tty", Some("web")),
            ("image: j", Some("one")),
            ("two", Some("two")),
            ("services", None),
        ] {
            assert_eq!(at(part), service, "{part}");
        }
    }
}
