//! Values that are equal, wherever they are written, and the finding of them among many.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;

use crate::yaml::{Node, Value};

/// Whether two values are equal.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Seq(a), Value::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(&*key.text).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// Which items of a list there are: equal ones are found without a look at each. Lists can have tens of thousands.
#[derive(Default)]
pub(super) struct Index {
    by_hash: HashMap<u64, Vec<usize>>,
    state: RandomState,
}

impl Index {
    /// The first of the items taken in that is equal to this one; where there is none, takes this one in, as the item that
    /// `items` has or will have at the place `at`.
    pub(super) fn find_or_add(&mut self, items: &[Node], item: &Node, at: usize) -> Option<usize> {
        let alike = self.by_hash.entry(hash(item, &self.state)).or_default();
        let mut equal = alike.iter().copied();
        let found = equal.find(|at| items.get(*at).is_some_and(|other| same(other, item)));
        if found.is_none() {
            alike.push(at);
        }
        found
    }
}

/// The same for equal values: the order of keys does not count, and neither does the sign of a zero.
fn hash(node: &Node, state: &RandomState) -> u64 {
    let mut hasher = state.build_hasher();
    std::mem::discriminant(&node.value).hash(&mut hasher);
    match &node.value {
        Value::Null => {}
        Value::Bool(value) => value.hash(&mut hasher),
        Value::Int(number) => number.hash(&mut hasher),
        Value::Float(number) => (number + 0.0).to_bits().hash(&mut hasher),
        Value::Time(time) => time.rfc3339().hash(&mut hasher),
        Value::Str(text) => text.hash(&mut hasher),
        Value::Seq(items) => items.iter().for_each(|item| hash(item, state).hash(&mut hasher)),
        Value::Map(map) => {
            let entry = |(key, value)| state.hash_one((key, hash(value, state)));
            let all = map.iter().map(entry).fold(0, u64::wrapping_add);
            all.hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::testing::tree;
    use super::*;

    #[test]
    fn equal_items_are_found_whatever_the_order_of_their_keys() {
        let list = tree("[a, {x: 1, y: [0.0]}, 1, '1', {y: [-0.0], x: 1}, [a, b], [b, a], {x: 1}, a]");
        let items = list.as_seq().unwrap();
        let mut index = Index::default();
        let found = items
            .iter()
            .enumerate()
            .map(|(at, item)| index.find_or_add(items, item, at));
        let expected = [None, None, None, None, Some(1), None, None, None, Some(0)];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}
