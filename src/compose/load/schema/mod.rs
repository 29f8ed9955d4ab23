//! What a Compose file may contain: keys and the types of their values, and the check that holds a tree to them.

mod misplaced;
mod tables;

use super::same::Index;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::source::Span;
use crate::yaml::{Key, Map, Node, Value};

/// What a value may be.
pub(super) enum Type {
    /// Anything at all.
    Any,
    Null,
    /// A text, or a date: whether Compose can make a text of that is known once the model is decoded.
    Text,
    Bool,
    Number,
    Integer,
    /// A whole number in a range, written with a fraction of nothing or not.
    Range(f64, f64),
    /// One of these texts.
    Words(&'static [&'static str]),
    /// A text that fits a rule, and the rule in words.
    Fits(fn(&str) -> bool, &'static str),
    List(&'static Self),
    /// A list without two equal items.
    Unique(&'static Self),
    /// A mapping with free names that fit a rule.
    Names(fn(&str) -> bool, &'static Self),
    /// A mapping with free names, of which those that fit a rule have values of a type.
    Matching(fn(&str) -> bool, &'static Self),
    /// A mapping with known keys.
    Keys(&'static Keys),
    /// One of these; the first one whose kind fits speaks for all.
    OneOf(&'static [Self]),
}

/// The keys of a mapping.
pub(super) struct Keys {
    groups: &'static [&'static [(&'static str, Type)]],
    required: &'static [&'static str],
    /// Whether keys beyond these are ignored.
    open: bool,
    /// Whether it must not be empty of all its keys.
    not_empty: bool,
}

impl Keys {
    fn get(&self, key: &str) -> Option<&'static Type> {
        let mut entries = self.groups.iter().flat_map(|group| group.iter());
        entries.find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The key itself where it is one of these, and else the one that it is most likely to mean.
    fn meant(&self, key: &str) -> Option<&'static str> {
        let entries = self.groups.iter().flat_map(|group| group.iter());
        nearest(key, entries.map(|(name, _)| *name))
    }
}

/// The key at the top of a file that this one is, or is most likely to mean.
pub(super) fn meant_at_top(key: &str) -> Option<&'static str> {
    tables::ROOT_KEYS.meant(key)
}

/// The same for a key of a service.
pub(super) fn meant_in_service(key: &str) -> Option<&'static str> {
    tables::SERVICE.meant(key)
}

/// Whether a container of any kind can have this key, and not only a service.
pub(super) fn is_container_key(key: &str) -> bool {
    tables::CONTAINER.iter().any(|(name, _)| *name == key)
}

/// Holds a whole model to the schema. Every failure is told.
pub(super) fn check(root: &Node, problems: &mut Diagnostics) {
    let mut checker = Checker {
        problems,
        path: Vec::new(),
    };
    checker.value(root, root.span, &tables::ROOT);
}

struct Checker<'a> {
    problems: &'a mut Diagnostics,
    path: Vec<String>,
}

impl Checker<'_> {
    fn value(&mut self, node: &Node, span: Span, wanted: &'static Type) {
        match (wanted, &node.value) {
            (Type::Any, _) => {}
            _ if node.is_blurred() => {}
            (Type::OneOf(options), _) => self.options(node, span, options),
            (Type::Keys(keys), Value::Map(map)) => self.keys(map, span, keys),
            (Type::Names(fits, value), Value::Map(map)) => self.names(map, *fits, value),
            (Type::Matching(fits, wanted), Value::Map(map)) => {
                for (key, value) in map.iter().filter(|(key, _)| fits(key)) {
                    self.entry(key, value, wanted);
                }
            }
            (Type::List(item), Value::Seq(items)) => self.items(items, item),
            (Type::Unique(item), Value::Seq(items)) => {
                self.items(items, item);
                self.unique(items);
            }
            (Type::Words(words), Value::Str(text)) if !words.contains(&text.as_str()) => {
                self.fail(
                    "wrong-value",
                    span,
                    format!("must be one of {}, and not {text:?}", words.join(", ")),
                    nearest(text, words.iter().copied()),
                );
            }
            (Type::Fits(fits, rule), Value::Str(text)) if !fits(text) => {
                self.fail("wrong-value", span, format!("must be {rule}"), None);
            }
            (Type::Range(low, high), _) if node.as_f64().is_some_and(|number| number < *low || number > *high) => {
                self.fail("wrong-value", span, format!("must lie between {low} and {high}"), None);
            }
            _ if is_kind(&node.value, wanted) => {}
            _ => {
                let help = misplaced::of_value(&self.keys_above(), node);
                let message = format!("must be {}, and not {}", name(wanted), kind(&node.value));
                self.fail_with("wrong-type", span, message, help);
            }
        }
    }

    fn options(&mut self, node: &Node, span: Span, options: &'static [Type]) {
        match options.iter().find(|option| is_kind(&node.value, option)) {
            Some(option) => self.value(node, span, option),
            None => {
                let names: Vec<&str> = options.iter().map(name).collect();
                self.fail(
                    "wrong-type",
                    span,
                    format!("must be {}, and not {}", names.join(" or "), kind(&node.value)),
                    None,
                );
            }
        }
    }

    fn keys(&mut self, map: &Map, span: Span, keys: &'static Keys) {
        for (key, value) in map {
            match keys.get(key) {
                Some(wanted) => self.entry(key, value, wanted),
                None if keys.open || key.starts_with("x-") => {}
                None => {
                    let message = format!("unknown key \"{}\"", key.text);
                    let help = misplaced::of_key(&self.keys_above(), map, key, value);
                    let help = help.or_else(|| keys.meant(key).map(did_you_mean));
                    self.fail_with("unknown-key", key.span, message, help);
                }
            }
        }
        for key in keys.required.iter().filter(|key| !map.contains_key(**key)) {
            self.fail("missing-key", span, format!("the key \"{key}\" is missing"), None);
        }
        if keys.not_empty && !map.keys().any(|key| keys.get(key).is_some()) {
            self.fail("missing-key", span, "must not be empty".to_owned(), None);
        }
    }

    fn names(&mut self, map: &Map, fits: fn(&str) -> bool, wanted: &'static Type) {
        for (key, value) in map {
            if !fits(key) {
                self.fail(
                    "wrong-value",
                    key.span,
                    format!(
                        "the name \"{}\" may have letters, digits, \".\", \"_\" and \"-\" alone",
                        key.text
                    ),
                    None,
                );
                continue;
            }
            self.entry(key, value, wanted);
        }
    }

    fn entry(&mut self, key: &Key, value: &Node, wanted: &'static Type) {
        self.path.push(key.to_string());
        // An empty value has no place of its own worth pointing at: its key has.
        self.value(value, if value.is_null() { key.span } else { value.span }, wanted);
        self.path.pop();
    }

    fn items(&mut self, items: &[Node], wanted: &'static Type) {
        for (index, item) in items.iter().enumerate() {
            self.path.push(index.to_string());
            self.value(item, item.span, wanted);
            self.path.pop();
        }
    }

    fn unique(&mut self, items: &[Node]) {
        let mut index = Index::default();
        for (at, item) in items.iter().enumerate() {
            if let Some(first) = index.find_or_add(items, item, at) {
                self.twice(item.span, items[first].span);
            }
        }
    }

    fn twice(&mut self, span: Span, first: Span) {
        let message = format!("{}: the same item is given twice", self.path.join("."));
        self.problems
            .push(Diagnostic::error("repeated-item", span, message).label(first, "first given here"));
    }

    /// The keys that lead to the value that is looked at.
    fn keys_above(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    fn fail(&mut self, code: &'static str, span: Span, message: String, near: Option<&str>) {
        self.fail_with(code, span, message, near.map(did_you_mean));
    }

    fn fail_with(&mut self, code: &'static str, span: Span, message: String, help: Option<String>) {
        let path = self.path.join(".");
        let message = if path.is_empty() {
            message
        } else {
            format!("{path}: {message}")
        };
        let problem = Diagnostic::error(code, span, message);
        self.problems.push(Diagnostic { help, ..problem });
    }
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean \"{near}\"?")
}

fn is_kind(value: &Value, wanted: &Type) -> bool {
    match wanted {
        Type::Any => true,
        Type::Null => matches!(value, Value::Null),
        Type::Text => matches!(value, Value::Str(_) | Value::Time(_)),
        Type::Words(_) | Type::Fits(..) => matches!(value, Value::Str(_)),
        Type::Bool => matches!(value, Value::Bool(_)),
        Type::Number => matches!(value, Value::Int(_) | Value::Float(_)),
        Type::Integer | Type::Range(..) => match value {
            Value::Int(_) => true,
            Value::Float(number) => number.fract() == 0.0,
            _ => false,
        },
        Type::List(_) | Type::Unique(_) => matches!(value, Value::Seq(_)),
        Type::Names(..) | Type::Matching(..) | Type::Keys(_) => matches!(value, Value::Map(_)),
        Type::OneOf(options) => options.iter().any(|option| is_kind(value, option)),
    }
}

fn name(wanted: &Type) -> &'static str {
    match wanted {
        Type::Any | Type::OneOf(_) => "anything else",
        Type::Null => "empty",
        Type::Text | Type::Words(_) | Type::Fits(..) => "a text",
        Type::Bool => "true or false",
        Type::Number => "a number",
        Type::Integer | Type::Range(..) => "a whole number",
        Type::List(_) | Type::Unique(_) => "a list",
        Type::Names(..) | Type::Matching(..) | Type::Keys(_) => "a mapping",
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Time(_) => "a date",
        Value::Str(_) => "a text",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn problems(text: &str) -> Vec<String> {
        let (tree, _) = crate::yaml::parse(text, SourceId::default());
        let (node, _) = crate::yaml::expand(&tree, tree.documents[0]);
        let mut problems = Diagnostics::default();
        check(&node, &mut problems);
        let show = |problem: &Diagnostic| {
            let at = problem.span.map(|span| &text[span.range()]).unwrap_or_default();
            format!(
                "{at:?} {} ({})",
                problem.message,
                problem.help.as_deref().unwrap_or("-")
            )
        };
        problems.iter().map(show).collect()
    }

    #[test]
    fn every_failure_points_at_the_text_that_is_wrong() {
        let text = "services:\n  web:\n    port: ['80']\n    image: [1]\n    cgroup: hast\n    environment:\n    \
                    dns_opt: [a, a]\n    build: {foo: 1}\n  'a b': {}\n  b: {depends_on: {c: {}}}\n";
        insta::assert_snapshot!(problems(text).join("\n"), @r#"
        "port" services.web: unknown key "port" (did you mean "ports"?)
        "[1]" services.web.image: must be a text, and not a list (-)
        "hast" services.web.cgroup: must be one of host, private, and not "hast" (did you mean "host"?)
        "environment" services.web.environment: must be a mapping or a list, and not empty (-)
        "a" services.web.dns_opt: the same item is given twice (-)
        "foo" services.web.build: unknown key "foo" (-)
        "'a b'" services: the name "a b" may have letters, digits, ".", "_" and "-" alone (-)
        "{}" services.b.depends_on.c: the key "condition" is missing (-)
        "#);
    }

    #[test]
    fn what_the_specification_shows_is_accepted() {
        let accepted = "name: p\nservices:\n  a:\n    image: i\n    command:\n    ports: [80, '81:81', {target: 82}]\n    \
                        environment: {A: 1, B: , C: true}\n    deploy:\n    x-a: 1\nnetworks: {n: }\nx-b: [{}]\n";
        assert_eq!(problems(accepted), [""; 0]);
    }
}
