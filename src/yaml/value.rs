//! The tree as it is meant: aliases and merge keys resolved, scalars typed, every value with its place.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::Time;
use crate::source::Span;

/// A value and where it was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub span: Span,
    /// A local tag, such as `!reset`.
    pub tag: Option<Arc<str>>,
}

/// The tag of values that could not be made out: none that a text can have, since tags have no blanks.
const BLURRED: &str = "not made out";

/// What a value is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number, from the least `i64` to the greatest `u64`.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A date, or a date and a time.
    Time(Box<Time>),
    /// A text.
    Str(String),
    /// A list.
    Seq(Vec<Node>),
    /// Keys and values.
    Map(Map),
}

/// Keys and values in the order of the file. Most keys are a few letters long and are looked up often, which a hasher that
/// is made for strangers' input makes the most of the work; this one is seeded as well.
pub type Map = IndexMap<Key, Node, RandomState>;

/// A key and where it was written. Two keys are equal where their texts are.
#[derive(Clone, Debug)]
pub struct Key {
    /// The text.
    pub text: Arc<str>,
    /// Where it was written.
    pub span: Span,
}

impl Key {
    /// A key.
    #[must_use]
    pub fn new(text: &str, span: Span) -> Self {
        Self {
            text: text.into(),
            span,
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::ops::Deref for Key {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Node {
    /// A value at a place, without a tag.
    #[must_use]
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span, tag: None }
    }

    /// A text at a place.
    #[must_use]
    pub fn str(text: impl Into<String>, span: Span) -> Self {
        Self::new(Value::Str(text.into()), span)
    }

    /// Marks a value that could not be made out: nothing more is to be said of it.
    pub fn blur(&mut self) {
        self.tag = Some(BLURRED.into());
    }

    /// Whether it was marked so.
    #[must_use]
    pub fn is_blurred(&self) -> bool {
        self.tag.as_deref() == Some(BLURRED)
    }

    /// The mapping this is.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping this is, to change.
    #[must_use]
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items of the list this is.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The list this is, to change.
    #[must_use]
    pub fn as_seq_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The text this is.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value this is.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number this is.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match &self.value {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a whole number beyond 2^53 is compared as a float would be"
            )]
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The value under a key; none for anything but a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }

    /// The value under a key, to change.
    #[must_use]
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.as_map_mut()?.get_mut(key)
    }

    /// The value at the end of a row of keys.
    #[must_use]
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> impl Iterator<Item = (&Key, &Self)> {
        self.as_map().into_iter().flatten()
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> std::slice::Iter<'_, Self> {
        self.as_seq().unwrap_or_default().iter()
    }

    /// Puts a value under a key; a new key gets the place of the value. Does nothing to anything but a mapping.
    pub fn set(&mut self, key: &str, value: Self) {
        if let Value::Map(map) = &mut self.value {
            match map.get_mut(key) {
                Some(old) => *old = value,
                None => {
                    map.insert(Key::new(key, value.span), value);
                }
            }
        }
    }

    /// Takes a key and its value away.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        self.as_map_mut()?.shift_remove(key)
    }
}
