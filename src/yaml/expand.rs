//! Tree → values: aliases and merge keys resolved, scalars typed, keys held to be unique texts.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::scalar;
use super::tree::{Kind, NodeId, Style, Syntax, Tree};
use super::value::{Key, Map, Node, Value};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// How many values one document may have once its aliases are resolved. A few lines of aliases to aliases would otherwise
/// become gigabytes.
pub const MAX_NODES: usize = 400_000;

/// How many values one document may have as it is written, by which Compose (5.6.1) goes as well: keys do not count, nor does
/// what is in a value that is reset or overrides another.
const MAX_WRITTEN: usize = 100_000;

/// From so many values on it is certain that Compose does not come to an end in any useful time: for a twentieth of them it
/// took 40 s, and the time grows faster than their number.
const RUNAWAY: usize = 10_000_000;

/// How deep the values go. What lies deeper is left out with a warning: nothing that Compose knows lies that deep, and a
/// tree without a limit would take a stack without one.
pub const MAX_LEVELS: usize = 250;

/// The values of the document that begins at `root`. What is wrong is left out of them.
#[must_use]
pub fn expand(tree: &Tree, root: NodeId) -> (Node, Vec<Diagnostic>) {
    let mut expander = Expander {
        tree,
        problems: Vec::new(),
        parents: Vec::new(),
        nodes: 0,
        written: 0,
        uncounted: 0,
        is_full: false,
    };
    let node = expander.node(root);
    (node, expander.problems)
}

struct Expander<'a> {
    tree: &'a Tree,
    problems: Vec<Diagnostic>,
    /// The nodes that are being expanded, from the root to here.
    parents: Vec<NodeId>,
    nodes: usize,
    /// The values that count as written, and how many values around this one keep it from that: aliases and tags.
    written: usize,
    uncounted: usize,
    is_full: bool,
}

impl Expander<'_> {
    fn node(&mut self, id: NodeId) -> Node {
        let syntax = self.tree.node(id);
        self.nodes += 1;
        self.written += usize::from(self.uncounted == 0);
        if self.nodes > MAX_NODES || self.written > MAX_WRITTEN {
            if !std::mem::replace(&mut self.is_full, true) {
                self.too_many(syntax.span);
            }
            return Node::new(Value::Null, syntax.span);
        }
        let hides = usize::from(takes_away(syntax));
        self.uncounted += hides;
        let value = match &syntax.kind {
            Kind::Alias { name, target } => {
                self.uncounted += 1;
                let node = self.alias(syntax, name, *target);
                self.uncounted -= 1 + hides;
                return node;
            }
            Kind::Scalar { text, style } => self.scalar(syntax, text, *style),
            _ if self.parents.len() >= MAX_LEVELS => self.too_deep(syntax.span),
            Kind::Sequence(items) => {
                self.parents.push(id);
                let items = items.iter().filter(|item| !is_merge_mark(self.tree, **item));
                let items = items.map(|item| self.node(*item)).collect();
                self.parents.pop();
                Value::Seq(items)
            }
            Kind::Mapping(entries) => {
                self.parents.push(id);
                let map = self.mapping(entries);
                self.parents.pop();
                Value::Map(map)
            }
        };
        self.uncounted -= hides;
        let local = syntax.tag.as_ref().filter(|tag| tag.name.starts_with('!'));
        Node {
            value,
            span: syntax.span,
            tag: local.map(|tag| Arc::from(&*tag.name)),
        }
    }

    /// Told at the outermost value in which the budget ran out: there the values are, or the aliases multiply.
    fn too_many(&mut self, span: Span) {
        let root = self.parents.first().copied();
        let outermost = self.parents.get(1).or(root.as_ref());
        let span = outermost.map_or(span, |id| self.tree.node(*id).span);
        if self.written > MAX_WRITTEN {
            let message = format!("the document has more than {MAX_WRITTEN} values, and Compose reads no more");
            let problem = Diagnostic::error("yaml-size", span, message);
            self.problems
                .push(problem.help("split it into files, and include them"));
            return;
        }
        let values = root.map_or(0, |root| size(self.tree, root, 0, &mut HashMap::new()));
        let problem = if values >= RUNAWAY {
            let message = "the aliases multiply each other to millions of values, which no program can load";
            Diagnostic::error("yaml-alias-bomb", span, message)
        } else {
            let message = format!("with its aliases resolved, the document has more than {MAX_NODES} values");
            Diagnostic::error("yaml-expansion", span, message)
        };
        self.problems
            .push(problem.help("do not let aliases stand for lists of aliases"));
    }

    fn too_deep(&mut self, span: Span) -> Value {
        let message = format!("what lies more than {MAX_LEVELS} deep is not read");
        self.problems.push(Diagnostic::warning("yaml-depth", span, message));
        Value::Null
    }

    fn alias(&mut self, syntax: &Syntax, name: &str, target: Option<NodeId>) -> Node {
        let Some(target) = target else {
            self.error(
                "yaml-alias",
                syntax.span,
                format!("no anchor \"&{name}\" stands before this alias"),
            );
            return Node::new(Value::Null, syntax.span);
        };
        if self.parents.contains(&target) {
            // What is reset is dropped before Compose follows the aliases in it.
            if self.is_in_reset() {
                return Node::new(Value::Null, syntax.span);
            }
            let place = self
                .tree
                .node(target)
                .anchor
                .as_ref()
                .map_or(syntax.span, |anchor| anchor.span);
            let problem = Diagnostic::error(
                "yaml-alias-cycle",
                syntax.span,
                format!("the alias \"{name}\" stands inside its own anchor"),
            );
            self.problems.push(
                problem
                    .label(place, "the anchor")
                    .help("an alias cannot stand for what it is a part of"),
            );
            return Node::new(Value::Null, syntax.span);
        }
        self.node(target)
    }

    fn is_in_reset(&self) -> bool {
        let mut tags = self.parents.iter().filter_map(|id| self.tree.node(*id).tag.as_ref());
        tags.any(|tag| *tag.name == *"!reset")
    }

    fn scalar(&mut self, syntax: &Syntax, text: &str, style: Style) -> Value {
        match &syntax.tag {
            Some(tag) => scalar::tagged(text, &tag.name).unwrap_or_else(|message| {
                self.error("yaml-tag", syntax.span, message);
                Value::Null
            }),
            None if style == Style::Plain => scalar::plain(text),
            None => Value::Str(text.to_owned()),
        }
    }

    fn mapping(&mut self, entries: &[(NodeId, NodeId)]) -> Map {
        let mut map = Map::with_capacity_and_hasher(entries.len(), RandomState::default());
        let mut merge: Option<(Span, NodeId)> = None;
        let mut written: HashMap<&str, Span, RandomState> = HashMap::default();
        for (key, value) in entries {
            let key_syntax = self.tree.node(*key);
            let name = written_name(key_syntax);
            if let Some(first) = written.insert(name, key_syntax.span) {
                let first_source = merge.map(|(_, source)| source);
                let sources = first_source
                    .filter(|_| is_merge(key_syntax))
                    .map(|first| (first, *value));
                self.duplicate(name, key_syntax.span, first, sources);
                continue;
            }
            if is_merge(key_syntax) {
                merge = Some((key_syntax.span, *value));
                continue;
            }
            let Some(key) = self.key(*key) else { continue };
            if !is_merge_mark(self.tree, *value) {
                let value = self.node(*value);
                map.insert(key, value);
            }
        }
        if let Some((span, source)) = merge {
            self.merge(&mut map, span, source);
        }
        map
    }

    fn key(&mut self, id: NodeId) -> Option<Key> {
        let syntax = self.tree.node(id);
        let span = syntax.span;
        let value = match &syntax.kind {
            Kind::Scalar { text, style } => self.scalar(syntax, text, *style),
            _ => self.node(id).value,
        };
        match &value {
            Value::Str(text) => return Some(Key::new(text, span)),
            Value::Map(_) | Value::Seq(_) => {
                let problem = Diagnostic::error("yaml-key", span, "a key is a list or a mapping here");
                self.problems
                    .push(problem.help("write a value that begins with a brace in quotes"));
            }
            _ => {
                let problem = Diagnostic::error("yaml-key", span, "a key must be a text");
                self.problems.push(problem.help("write it in quotes"));
            }
        }
        None
    }

    /// Takes over, from the mappings that `<<` names, the keys that are not there yet: earlier mappings go first.
    fn merge(&mut self, map: &mut Map, span: Span, source: NodeId) {
        let sources = match self.node(source).value {
            Value::Map(map) => vec![map],
            Value::Seq(items) => {
                let maps: Option<Vec<Map>> = items.into_iter().map(into_map).collect();
                maps.unwrap_or_else(|| self.bad_merge(span))
            }
            _ => self.bad_merge(span),
        };
        for (key, value) in sources.into_iter().flatten() {
            map.entry(key).or_insert(value);
        }
    }

    fn bad_merge(&mut self, span: Span) -> Vec<Map> {
        if self.is_in_reset() {
            return Vec::new();
        }
        self.error("yaml-merge", span, "\"<<\" takes a mapping or a list of mappings");
        Vec::new()
    }

    /// Tells of a key that is given twice. `merged` has the values of two merge keys.
    fn duplicate(&mut self, key: &str, span: Span, first: Span, merged: Option<(NodeId, NodeId)>) {
        let problem = Diagnostic::error("yaml-duplicate-key", span, format!("the key \"{key}\" is given twice"));
        let problem = problem.label(first, "first given here");
        let Some((first, second)) = merged else {
            self.problems.push(problem);
            return;
        };
        let name = |id, other| match &self.tree.node(id).kind {
            Kind::Alias { name, .. } => name.to_string(),
            _ => String::from(other),
        };
        let list = format!("<<: [*{}, *{}]", name(first, "a"), name(second, "b"));
        self.problems
            .push(problem.help(format!("merge both with one key, where the first wins: `{list}`")));
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, span, message));
    }
}

/// How many values a node has at least once its aliases are resolved. Each node is looked at once, whatever leads to it,
/// and what lies too deep to be read is not counted.
fn size(tree: &Tree, id: NodeId, level: usize, known: &mut HashMap<NodeId, usize>) -> usize {
    if let Some(size) = known.get(&id) {
        return *size;
    }
    if level > MAX_LEVELS {
        return 0;
    }
    // Whoever comes back here while it is counted is in a cycle, which has no size.
    known.insert(id, 0);
    let mut count = |ids: &mut dyn Iterator<Item = NodeId>| {
        ids.fold(1_usize, |sum, id| sum.saturating_add(size(tree, id, level + 1, known)))
    };
    let size = match &tree.node(id).kind {
        Kind::Alias { target, .. } => count(&mut target.iter().copied()),
        Kind::Scalar { .. } => 1,
        Kind::Sequence(items) => count(&mut items.iter().copied()),
        Kind::Mapping(entries) => count(&mut entries.iter().flat_map(|(key, value)| [*key, *value])),
    };
    known.insert(id, size);
    size
}

/// A key as it is written: what Compose goes by as it looks for keys that are given twice.
fn written_name(key: &Syntax) -> &str {
    match &key.kind {
        Kind::Scalar { text, .. } => text,
        Kind::Alias { name, .. } => name,
        Kind::Sequence(_) | Kind::Mapping(_) => "",
    }
}

/// Whether this is the `<<` that takes over what other mappings have.
fn is_merge(syntax: &Syntax) -> bool {
    let Kind::Scalar { text, style } = &syntax.kind else {
        return false;
    };
    match &syntax.tag {
        Some(tag) => *tag.name == *scalar::MERGE,
        None => **text == *"<<" && *style == Style::Plain,
    }
}

/// Whether a value is a `<<`, which means something as a key alone: as a value, Compose drops it with its key.
fn is_merge_mark(tree: &Tree, id: NodeId) -> bool {
    let syntax = tree.node(id);
    match syntax.kind {
        Kind::Alias {
            target: Some(target), ..
        } => is_merge(tree.node(target)),
        _ => is_merge(syntax),
    }
}

fn into_map(node: Node) -> Option<Map> {
    match node.value {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

/// Whether a value has a tag by which Compose leaves it as it is, or drops it, without a look at what is in it.
fn takes_away(syntax: &Syntax) -> bool {
    let tag = syntax.tag.as_ref();
    tag.is_some_and(|tag| ["!reset", "!override"].contains(&&*tag.name))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::source::SourceId;

    fn read(text: &str) -> (Node, Vec<Cow<'static, str>>) {
        let (tree, problems) = super::super::parse(text, SourceId::default());
        assert!(problems.is_empty(), "{problems:?}");
        let (node, problems) = expand(&tree, tree.documents[0]);
        (node, problems.into_iter().map(|problem| problem.code).collect())
    }

    #[test]
    fn two_merge_keys_are_shown_as_one() {
        let text = "a: &one {}\nb: &two {}\nc:\n  <<: *one\n  <<: *two\n";
        let (tree, _) = crate::yaml::parse(text, SourceId::default());
        let (_, problems) = expand(&tree, tree.documents[0]);
        let help = problems[0].help.as_deref();
        assert_eq!(
            help,
            Some("merge both with one key, where the first wins: `<<: [*one, *two]`")
        );
    }

    #[test]
    fn own_keys_win_and_then_the_earlier_mapping() {
        let (node, problems) = read("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 0}");
        assert!(problems.is_empty());
        let number = |key: &str| node.at(&["c", key]).and_then(Node::as_f64);
        assert_eq!(
            (number("x"), number("y"), number("z")),
            (Some(0.0), Some(1.0), Some(2.0))
        );
    }

    #[test]
    fn an_alias_keeps_the_place_of_its_anchor() {
        let text = "a: &a hello\nb: *a";
        let (node, _) = read(text);
        assert_eq!(&text[node.get("b").unwrap().span.range()], "hello");
    }

    #[test]
    fn each_fault_is_told() {
        for (text, code) in [
            ("a: 1\na: 2", "yaml-duplicate-key"),
            ("a: {<<: {}, <<: {}}", "yaml-duplicate-key"),
            ("1: a", "yaml-key"),
            ("? [a]\n: b", "yaml-key"),
            ("a: *x", "yaml-alias"),
            ("a: &a [*a]", "yaml-alias-cycle"),
            ("a: {<<: 1}", "yaml-merge"),
            ("a: !!bool yes", "yaml-tag"),
        ] {
            assert_eq!(read(text).1, [code], "{text}");
        }
    }

    #[test]
    fn a_quoted_merge_key_is_a_key() {
        assert!(read("'<<': 1").0.get("<<").is_some());
    }

    #[test]
    fn a_merge_key_as_a_value_is_dropped() {
        let (node, problems) = read("a: [<<, b, !!merge c]\nb: <<\nc: '<<'");
        assert!(problems.is_empty());
        assert_eq!(node.get("a").unwrap().items().len(), 1);
        assert!(node.get("b").is_none() && node.get("c").is_some());
    }

    #[test]
    fn keys_are_compared_as_they_are_written() {
        let (node, problems) = read("a: &x b\n*x : 1\nb: 2");
        assert!(problems.is_empty());
        assert_eq!(node.get("b").and_then(Node::as_f64), Some(2.0));
        assert_eq!(read("a: &x b\n*x : 1\nx: 2").1, ["yaml-duplicate-key"]);
        assert_eq!(read("a: {<<: {}, '<<': 1}").1, ["yaml-duplicate-key"]);
    }

    #[test]
    fn an_anchor_is_known_in_the_documents_behind_it() {
        let (tree, _) = super::super::parse("a: &x 1\n---\nb: *x", SourceId::default());
        assert_eq!(
            expand(&tree, tree.documents[1]).0.get("b").and_then(Node::as_f64),
            Some(1.0)
        );
    }

    #[test]
    fn aliases_of_aliases_have_a_budget() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert_eq!(read(&text).1, ["yaml-alias-bomb"]);
        let most = text.find("a6:").unwrap();
        assert_eq!(read(&text[..most]).1, ["yaml-expansion"]);
    }

    #[test]
    fn a_document_has_no_more_values_than_compose_reads() {
        let list = |count: usize| "- 1\n".repeat(count);
        // With the mapping, the two lists, the alias and the scalar.
        assert_eq!(
            read(&format!("a: &a [1]\nb: *a\nc:\n{}", list(MAX_WRITTEN - 5))).1,
            [""; 0]
        );
        assert_eq!(
            read(&format!("a: &a [1]\nb: *a\nc:\n{}", list(MAX_WRITTEN - 4))).1,
            ["yaml-size"]
        );
        assert_eq!(read(&format!("a: !override\n{}", list(MAX_WRITTEN))).1, [""; 0]);
        assert_eq!(
            read(&format!("a: &a [1, 2]\nb:\n{}", "- *a\n".repeat(MAX_WRITTEN - 5))).1,
            [""; 0]
        );
    }

    #[test]
    fn a_cycle_in_what_is_reset_is_none() {
        for text in [
            "a: &a !reset {b: *a}",
            "a: &a {b: !reset {c: *a}}",
            "a: &a {b: !reset {<<: *a}}",
        ] {
            assert_eq!(read(text).1, [""; 0], "{text}");
        }
    }
}
