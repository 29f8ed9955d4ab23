//! The part of a model that a document may have changed: a project of many documents is not looked through for each.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::decode::empty;
use crate::yaml::{Key, Node};

/// The sections whose entries have nothing to do with each other.
const SECTIONS: [&str; 7] = [
    "services", "jobs", "networks", "volumes", "secrets", "configs", "models",
];

/// The keys at the top of a document; of a section, with the names of its entries.
#[derive(Clone, Default)]
pub(super) struct Names(IndexMap<Arc<str>, Option<IndexSet<Arc<str>>>>);

impl Names {
    pub(super) fn of(document: &Node) -> Self {
        let names = |key: &Key, value: &Node| {
            let section = value.as_map().filter(|_| SECTIONS.contains(&&*key.text));
            section.map(|section| section.keys().map(|name| name.text.clone()).collect())
        };
        let keys = document.entries();
        Self(keys.map(|(key, value)| (key.text.clone(), names(key, value))).collect())
    }

    /// Adds one of a section.
    pub(super) fn add(&mut self, section: &str, name: &str) {
        let names = IndexSet::from([name.into()]);
        self.join(Self(IndexMap::from([(section.into(), Some(names))])));
    }

    /// Adds those of another document.
    pub(super) fn join(&mut self, other: Self) {
        for (key, names) in other.0 {
            match (self.0.get_mut(&key), names) {
                (Some(Some(own)), Some(names)) => own.extend(names),
                (Some(own), _) => *own = None,
                (None, names) => {
                    self.0.insert(key, names);
                }
            }
        }
    }

    /// Adds those of a document that a model has as well.
    pub(super) fn add_common(&mut self, document: &Node, model: &Node) {
        for (section, value) in document.entries() {
            let other = model.get(section);
            for (name, _) in value.entries().filter(|_| SECTIONS.contains(&&**section)) {
                if other.is_some_and(|other| other.get(name).is_some()) {
                    self.add(section, name);
                }
            }
        }
    }

    /// Takes what has these names out of a model, in the order of the model, and leaves nothing in its place. With the
    /// names of the document before this one: what became of that is looked at once more, in the form that it got.
    pub(super) fn take(&self, before: Self, model: &mut Node) -> Node {
        let mut all = before;
        all.join(self.clone());
        let mut part = empty(model.span);
        for key in in_order(model, all.0.keys()) {
            let Some(value) = model.get_mut(&key) else { continue };
            let taken = match all.0.get(&*key.text) {
                Some(Some(names)) if value.as_map().is_some() => {
                    let mut section = empty(value.span);
                    section.tag.clone_from(&value.tag);
                    move_entries(value, in_order(value, names.iter()), &mut section);
                    section
                }
                _ => std::mem::take(value),
            };
            insert(&mut part, key, taken);
        }
        part
    }
}

/// Puts a part back where it was taken from.
pub(super) fn put_back(mut part: Node, model: &mut Node) {
    let keys: Vec<Key> = part.entries().map(|(key, _)| key.clone()).collect();
    for key in keys {
        let (Some(taken), Some(place)) = (part.get_mut(&key), model.get_mut(&key)) else {
            continue;
        };
        if place.as_map().is_some() && SECTIONS.contains(&&*key.text) {
            let names = taken.entries().map(|(name, _)| name.clone()).collect();
            move_entries(taken, names, place);
        } else {
            *place = std::mem::take(taken);
        }
    }
}

/// The keys of a mapping that have these names, in its order.
fn in_order<'a>(node: &Node, names: impl Iterator<Item = &'a Arc<str>>) -> Vec<Key> {
    let Some(map) = node.as_map() else { return Vec::new() };
    let mut found: Vec<(usize, &Key)> = names
        .filter_map(|name| {
            let (at, key, _) = map.get_full(&**name)?;
            Some((at, key))
        })
        .collect();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, key)| key.clone()).collect()
}

fn move_entries(from: &mut Node, keys: Vec<Key>, to: &mut Node) {
    for key in keys {
        if let Some(value) = from.get_mut(&key) {
            let value = std::mem::take(value);
            insert(to, key, value);
        }
    }
}

fn insert(node: &mut Node, key: Key, value: Node) {
    if let Some(map) = node.as_map_mut() {
        map.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{shown, tree};
    use super::*;

    #[test]
    fn a_part_is_what_two_documents_name_and_goes_back_to_its_place() {
        let text = "{name: p, services: {a: {image: i}, b: {image: j}, c: {image: k}}, networks: {n: {}}, x-a: [1]}";
        let mut model = tree(text);
        let names = Names::of(&tree("{x-a: [2], services: {c: {}, new: {}}}"));
        let before = Names::of(&tree("{services: {a: {}}, networks: }"));
        let part = names.take(before, &mut model);
        assert_eq!(
            shown(&part),
            "{services:{a:{image:i},c:{image:k}},networks:{n:{}},x-a:[1]}"
        );
        put_back(part, &mut model);
        assert_eq!(shown(&model), shown(&tree(text)));
    }
}
