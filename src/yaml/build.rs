//! The reader's events → the arena.

use std::collections::HashMap;
use std::ops::Range;

use super::comment::comments;
use super::explain;
use super::read::{Event, Node, Parser, Problem, Property};
use super::tree::{Anchor, Kind, NodeId, Style, Syntax, Tag, Tree};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};

/// How deep collections may lie in each other: as deep as for Compose.
pub const MAX_DEPTH: usize = 10_000;

/// Reads a text. After a syntax error the tree has what stands before it.
#[must_use]
pub fn parse(text: &str, source: SourceId) -> (Tree, Vec<Diagnostic>) {
    let mut builder = Builder {
        text,
        source,
        tree: Tree::default(),
        open: Vec::new(),
        anchors: HashMap::new(),
        problems: Vec::new(),
    };
    builder.read();
    builder.finish()
}

/// A collection that has begun and not ended.
struct Open {
    node: NodeId,
    /// The key of a mapping that waits for its value.
    key: Option<NodeId>,
}

struct Builder<'a> {
    text: &'a str,
    source: SourceId,
    tree: Tree,
    open: Vec<Open>,
    anchors: HashMap<Box<str>, NodeId>,
    problems: Vec<Diagnostic>,
}

impl Builder<'_> {
    /// Takes all events in, up to the first that is wrong.
    fn read(&mut self) {
        let mut parser = Parser::new(self.text);
        loop {
            match parser.read() {
                Ok(Event::Stop) => return,
                Ok(Event::Document) => {}
                Ok(Event::Alias { name, span }) => self.alias(name, span),
                Ok(Event::Node {
                    node,
                    span,
                    tag,
                    anchor,
                }) => {
                    if !self.node(node, span, tag, anchor) {
                        return;
                    }
                }
                Ok(Event::End(span)) => self.end(span.start, span.end),
                Err(problem) => return self.syntax_error(&problem),
            }
        }
    }

    fn alias(&mut self, name: String, span: Range<usize>) {
        let target = self.anchors.get(name.as_str()).copied();
        let name = name.into_boxed_str();
        self.add(Kind::Alias { name, target }, span, None, None);
    }

    /// Takes a value in; whether to go on.
    fn node(&mut self, node: Node, span: Range<usize>, tag: Option<Property>, anchor: Option<Property>) -> bool {
        let tag = tag.map(|tag| Tag {
            name: tag.name.into(),
            span: self.span(tag.span),
        });
        let anchor = anchor.map(|anchor| Anchor {
            name: anchor.name.into(),
            span: self.span(anchor.span),
        });
        let kind = match node {
            Node::Scalar { text, style } => {
                let span = span.start..self.scalar_end(&span, style);
                let text = text.into();
                self.add(Kind::Scalar { text, style }, span, tag, anchor);
                return true;
            }
            Node::Sequence => Kind::Sequence(Vec::new()),
            Node::Mapping => Kind::Mapping(Vec::new()),
        };
        let at = span.start..span.start;
        let node = self.add(kind, at.clone(), tag, anchor);
        self.open.push(Open { node, key: None });
        let fits = self.open.len() <= MAX_DEPTH;
        if !fits {
            let message = format!("collections lie more than {MAX_DEPTH} deep in each other");
            self.problems
                .push(Diagnostic::error("yaml-depth", self.span(at), message));
        }
        fits
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range.start, range.end)
    }

    /// Ends a collection. A block collection ends where the next token begins, past comments and blank lines: there the end
    /// of its last child is the better answer.
    fn end(&mut self, start: usize, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let last = match &self.tree.node(open.node).kind {
            Kind::Sequence(items) => items.last().copied(),
            Kind::Mapping(entries) => entries.last().map(|(_, value)| *value),
            _ => None,
        };
        let end = if end > start {
            end
        } else {
            let child = last.map_or(0, |child| self.tree.node(child).span.range().end);
            child.max(self.tree.node(open.node).span.range().start)
        };
        let source = self.source;
        let node = &mut self.tree.nodes[open.node.0 as usize];
        node.span = Span::new(source, node.span.range().start, end);
    }

    fn add(&mut self, kind: Kind, at: Range<usize>, tag: Option<Tag>, anchor: Option<Anchor>) -> NodeId {
        let id = NodeId(u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX));
        if let Some(anchor) = &anchor {
            self.anchors.insert(anchor.name.clone(), id);
        }
        let span = Span::new(self.source, at.start, at.end);
        self.tree.nodes.push(Syntax {
            kind,
            span,
            tag,
            anchor,
        });
        let Some(open) = self.open.last_mut() else {
            self.tree.documents.push(id);
            return id;
        };
        match &mut self.tree.nodes[open.node.0 as usize].kind {
            Kind::Sequence(items) => items.push(id),
            Kind::Mapping(entries) => match open.key.take() {
                Some(key) => entries.push((key, id)),
                None => open.key = Some(id),
            },
            _ => {}
        }
        id
    }

    /// The end of a scalar, without the line breaks and the indentation that belong to a block scalar's end.
    fn scalar_end(&self, span: &Range<usize>, style: Style) -> usize {
        match style {
            Style::Quoted | Style::Plain => span.end,
            Style::Block => span.start + self.text[span.clone()].trim_end().len(),
        }
    }

    fn syntax_error(&mut self, error: &Problem) {
        let at = |byte: usize| {
            let char = self.text[byte..].chars().next();
            self.span(byte..byte + char.map_or(0, char::len_utf8))
        };
        let span = at(error.at);
        let char = self.text[error.at..].chars().next();
        let (message, help) = explain::problem(error.said, error.context.map(|(context, _)| context), char);
        let mut problem = Diagnostic::error("yaml-syntax", span, message);
        if let Some((context, start)) = error.context {
            // What begins where it goes wrong says nothing more.
            let place = Some(at(start)).filter(|place| *place != span);
            problem = place.map_or(problem.clone(), |place| problem.label(place, explain::context(context)));
        }
        problem.help = help.map(str::to_owned);
        self.problems.push(problem);
    }

    /// Closes what an error left open: a key that waits for its value gets an empty one.
    fn finish(mut self) -> (Tree, Vec<Diagnostic>) {
        while let Some(open) = self.open.last() {
            let end = self.tree.nodes.last().map_or(0, |node| node.span.range().end);
            if open.key.is_some() {
                let text = Box::default();
                let style = Style::Plain;
                self.add(Kind::Scalar { text, style }, end..end, None, None);
            }
            self.end(end, end);
        }
        self.tree.comments = comments(self.text, self.source, &self.tree);
        (self.tree, self.problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let (tree, _) = parse(text, SourceId::default());
        let show = |node: &Syntax| {
            let at = |span: Span| &text[span.range()];
            let tag = node.tag.as_ref().map(|tag| format!("{}@", at(tag.span)));
            let anchor = node.anchor.as_ref().map(|anchor| format!("{}@", at(anchor.span)));
            format!(
                "{}{}{}",
                tag.unwrap_or_default(),
                anchor.unwrap_or_default(),
                at(node.span)
            )
        };
        tree.nodes().map(show).collect()
    }

    #[test]
    fn every_node_has_the_bytes_it_is_written_in() {
        assert_eq!(
            shown("a: &x !t [1, 'b']\n\nc: # z\n  - |\n    t\n\n  - *x\n# end\n"),
            [
                "a: &x !t [1, 'b']\n\nc: # z\n  - |\n    t\n\n  - *x",
                "a",
                "!t@&x@[1, 'b']",
                "1",
                "'b'",
                "c",
                "- |\n    t\n\n  - *x",
                "|\n    t",
                "*x"
            ]
        );
    }

    #[test]
    fn an_empty_value_is_an_empty_place() {
        assert_eq!(
            shown("a:\nb: !t\nc: &x"),
            ["a:\nb: !t\nc: &x", "a", "", "b", "!t@", "c", "&x@"]
        );
    }

    #[test]
    fn a_syntax_error_keeps_what_stands_before_it() {
        let text = "a:\n  b: [1, 2]\n  c: [3, }";
        let (tree, problems) = parse(text, SourceId::default());
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].code, "yaml-syntax");
        assert!(tree.nodes().any(|node| &text[node.span.range()] == "2"));
        assert_eq!(tree.documents.len(), 1);
    }

    #[test]
    fn a_text_may_end_anywhere() {
        let value = |text: &str| match &parse(text, SourceId::default()).0.nodes.last().unwrap().kind {
            Kind::Scalar { text, .. } => text.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(value("a: |\n  b\n   c"), "b\n c");
        assert_eq!(value("a: |\n  b\n"), "b\n");
        assert_eq!(value("a: |+\n  b"), "b");
        assert_eq!(value("a: |+\n  b\n\n"), "b\n\n");
        assert_eq!(value("a: >-\n  b"), "b");
        let text = "a: |\n  b\nc: [x, !t \"y\", 'z', {d: *q}] # e\n\u{feff}";
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let (tree, _) = parse(&text[..end], SourceId::default());
            assert!(tree.nodes().all(|node| node.span.range().end <= end), "{end}");
        }
    }

    #[test]
    fn a_tag_and_a_comma_need_a_blank_between_them() {
        let fault = |text: &str| {
            let (tree, problems) = parse(text, SourceId::default());
            let problem = problems.first()?;
            let at = problem.span.map(|span| &text[span.range()]);
            Some((at.unwrap_or_default().to_owned(), tree.nodes().count()))
        };
        assert_eq!(fault("a: 1\nb: {x: !reset, y: 'é!,'}").unwrap().0, ",");
        assert_eq!(fault("['x!,', !a , !<b>,c]").unwrap().0, ",");
        assert_eq!(fault("['x!,', a !b,c] # !d,"), None);
        assert_eq!(fault("[a, !b,c]").unwrap(), (",".to_owned(), 2));
        assert_eq!(fault("[a]]\n[!b,c]").unwrap().0, "]");
        assert!(fault("a:\n{b: !c, d: e}\nf").is_some());
    }

    #[test]
    fn a_comma_behind_what_only_looks_like_a_tag_changes_nothing() {
        let text = "a: x!y, z\nb: |\n  p!q, r\nc: [\"s!,\", t!,u]\n";
        let (tree, problems) = parse(text, SourceId::default());
        assert!(problems.is_empty(), "{problems:?}");
        let texts: Vec<&str> = tree
            .nodes()
            .filter_map(|node| match &node.kind {
                Kind::Scalar { text, .. } => Some(&**text),
                _ => None,
            })
            .collect();
        assert_eq!(texts, ["a", "x!y, z", "b", "p!q, r\n", "c", "s!,", "t!", "u"]);
        assert!(shown(text).contains(&"\"s!,\"".to_owned()));
    }

    #[test]
    fn a_slash_is_not_escaped() {
        let (_, problems) = parse("a: !!str \"x\\/y\"", SourceId::default());
        assert_eq!(problems[0].span.unwrap().range(), 11..12);
    }

    #[test]
    fn depth_has_a_budget() {
        let (_, problems) = parse(&"[".repeat(MAX_DEPTH + 1), SourceId::default());
        assert_eq!(problems[0].code, "yaml-depth");
    }
}
