//! The parser's events → the arena. The only file that names the YAML parser.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufReader;
use std::ops::Range;

use libyaml_safer::{Encoding, Error, Event, EventData, Mark, Parser, ScalarStyle};

use super::comment::comments;
use super::explain;
use super::quirks::{Spaced, escaped_slash};
use super::tree::{Anchor, Kind, NodeId, Style, Syntax, Tag, Tree};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};

/// How deep collections may lie in each other: as deep as for Compose.
pub const MAX_DEPTH: usize = 10_000;

/// How much of the text the parser is given at a time.
const INPUT_BYTES: usize = 4096;

/// Reads a text. After a syntax error the tree has what stands before it.
#[must_use]
pub fn parse(text: &str, source: SourceId) -> (Tree, Vec<Diagnostic>) {
    // The parser cannot do with a block scalar that ends where the text does.
    let ended = if text.ends_with('\n') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{text}\n"))
    };
    let spaced = Spaced::new(ended);
    let mut builder = Builder {
        text,
        spaced: &spaced,
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
    /// What the parser sees of it.
    spaced: &'a Spaced<'a>,
    source: SourceId,
    tree: Tree,
    open: Vec<Open>,
    anchors: HashMap<Box<str>, NodeId>,
    problems: Vec<Diagnostic>,
}

/// What stands before the value of a node.
struct Properties {
    tag: Option<Tag>,
    anchor: Option<Anchor>,
    value_start: usize,
}

impl Builder<'_> {
    /// Takes all events in, up to the first that is wrong.
    fn read(&mut self) {
        // The parser takes in all that it is given at once, at eight bytes a character.
        let mut input = BufReader::with_capacity(INPUT_BYTES, self.spaced.text.as_bytes());
        let mut parser = Parser::new();
        parser.set_encoding(Encoding::Utf8);
        parser.set_input(&mut input);
        loop {
            match parser.parse() {
                Ok(event) if event.data == EventData::StreamEnd => return,
                Ok(event) => {
                    if !self.event(event) {
                        return;
                    }
                }
                Err(error) => return self.syntax_error(&error),
            }
        }
    }

    /// Whether a comma stands right behind the tag, which is told.
    fn is_glued(&mut self, tag: Option<&Tag>) -> bool {
        let Some(tag) = tag else { return false };
        let range = tag.span.range();
        let is_glued = self.text.as_bytes().get(range.end) == Some(&b',');
        if is_glued {
            let message = format!(
                "a comma follows the tag {} at once",
                self.text.get(range).unwrap_or_default()
            );
            let problem = Diagnostic::error("yaml-syntax", tag.span, message);
            self.problems.push(problem.help("put a blank between the two"));
        }
        is_glued
    }

    fn escaped_slash(&mut self, at: Range<usize>) {
        let span = Span::new(self.source, at.start, at.end);
        let problem = Diagnostic::error("yaml-syntax", span, "\\/ is no escape that Compose knows");
        self.problems
            .push(problem.help("write the slash without its backslash"));
    }

    /// Takes an event in; whether to go on.
    fn event(&mut self, event: Event) -> bool {
        let start = self.place(event.start_mark).min(self.text.len());
        let end_mark = self.place(event.end_mark);
        let end = end_mark.min(self.text.len());
        match event.data {
            EventData::DocumentStart { .. } => self.anchors.clear(),
            EventData::Alias { anchor } => {
                let target = self.anchors.get(anchor.as_str()).copied();
                let name = anchor.into_boxed_str();
                let kind = Kind::Alias { name, target };
                self.add(kind, start..end, None, None);
            }
            EventData::Scalar {
                anchor,
                tag,
                value,
                style,
                ..
            } => {
                let before = self.properties(start, anchor, tag);
                if self.is_glued(before.tag.as_ref()) {
                    return false;
                }
                let value = self.spaced.restore(value);
                if style == ScalarStyle::DoubleQuoted
                    && let Some(slash) = self.text.get(before.value_start..end).and_then(escaped_slash)
                {
                    self.escaped_slash(before.value_start + slash.start..before.value_start + slash.end);
                    return false;
                }
                let style = match style {
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                    _ => Style::Plain,
                };
                let end = self.scalar_end(before.value_start, end.max(before.value_start), style, &value);
                // The line break that was added at the end of the text is no part of the value.
                let is_added = style == Style::Block && end_mark > self.text.len() && value.ends_with('\n');
                let value = if is_added { &value[..value.len() - 1] } else { &value };
                let kind = Kind::Scalar {
                    text: value.into(),
                    style,
                };
                self.add(kind, before.value_start..end, before.tag, before.anchor);
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                return self.begin(start, anchor, tag, Kind::Sequence(Vec::new()));
            }
            EventData::MappingStart { anchor, tag, .. } => {
                return self.begin(start, anchor, tag, Kind::Mapping(Vec::new()));
            }
            EventData::SequenceEnd | EventData::MappingEnd => self.end(start, end),
            _ => {}
        }
        true
    }

    fn begin(&mut self, start: usize, anchor: Option<String>, tag: Option<String>, kind: Kind) -> bool {
        let before = self.properties(start, anchor, tag);
        if self.is_glued(before.tag.as_ref()) {
            return false;
        }
        let span = before.value_start..before.value_start;
        let node = self.add(kind, span.clone(), before.tag, before.anchor);
        self.open.push(Open { node, key: None });
        let fits = self.open.len() <= MAX_DEPTH;
        if !fits {
            let message = format!("collections lie more than {MAX_DEPTH} deep in each other");
            let span = Span::new(self.source, span.start, span.end);
            self.problems.push(Diagnostic::error("yaml-depth", span, message));
        }
        fits
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

    /// Finds tag and anchor in the text, in whichever order they stand, and where the value behind them begins.
    fn properties(&self, start: usize, anchor: Option<String>, tag: Option<String>) -> Properties {
        let mut found = Properties {
            tag: None,
            anchor: None,
            value_start: start,
        };
        let (mut tag, mut anchor) = (tag, anchor);
        let mut at = start;
        while tag.is_some() || anchor.is_some() {
            at = self.skip_blank(at);
            let rest = self.text.get(at..).unwrap_or_default();
            let flow_end = |c: char| c.is_whitespace() || (!self.open.is_empty() && ",[]{}".contains(c));
            let length = match rest.chars().next() {
                Some('!') if rest.starts_with("!<") => rest.find('>').map_or(rest.len(), |end| end + 1),
                Some('!' | '&') => rest.find(flow_end).unwrap_or(rest.len()),
                _ => 0,
            };
            let span = Span::new(self.source, at, at + length);
            if rest.starts_with('!') && tag.is_some() {
                found.tag = tag.take().map(|name| Tag {
                    name: name.into(),
                    span,
                });
            } else if rest.starts_with('&') && anchor.is_some() {
                found.anchor = anchor.take().map(|name| Anchor {
                    name: name.into(),
                    span,
                });
            } else {
                // The text does not show what the parser saw; the parser is right, and the place is good enough.
                found.tag = found.tag.or(tag.take().map(|name| Tag {
                    name: name.into(),
                    span,
                }));
                found.anchor = found.anchor.or(anchor.take().map(|name| Anchor {
                    name: name.into(),
                    span,
                }));
            }
            at += length;
            found.value_start = at;
        }
        if found.value_start > start {
            found.value_start = self.value_after(found.value_start);
        }
        found
    }

    /// Where the value behind a tag or an anchor begins; right behind them where there is none on the line.
    fn value_after(&self, at: usize) -> usize {
        let begin = self.skip_blank(at);
        match self.text.as_bytes().get(begin) {
            None => at,
            Some(_) => begin,
        }
    }

    fn skip_blank(&self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
                Some(b'#') => {
                    at += self
                        .text
                        .get(at..)
                        .and_then(|rest| rest.find('\n'))
                        .unwrap_or(bytes.len() - at)
                }
                _ => return at,
            }
        }
    }

    /// The end of a scalar, without the line breaks and the indentation that belong to a block scalar's end.
    fn scalar_end(&self, start: usize, end: usize, style: Style, value: &str) -> usize {
        if style == Style::Plain && value.is_empty() {
            return start;
        }
        let text = self.text.get(start..end).unwrap_or_default();
        match style {
            Style::Quoted => end,
            Style::Plain | Style::Block => start + text.trim_end().len(),
        }
    }

    /// The byte of the text that a mark of the parser stands for.
    fn place(&self, mark: Mark) -> usize {
        self.spaced.original(usize::try_from(mark.index).unwrap_or(usize::MAX))
    }

    fn syntax_error(&mut self, error: &Error) {
        let at = |mark: Mark| {
            let byte = self.place(mark).min(self.text.len());
            let length = self
                .text
                .get(byte..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
            Span::new(self.source, byte, byte + length)
        };
        let span = error.problem_mark().map(at);
        let char = span.and_then(|span| self.text.get(span.range())?.chars().next());
        let (message, help) = explain::problem(error.problem(), error.context(), char);
        let mut problem = Diagnostic::error("yaml-syntax", span, message);
        if let (Some(context), Some(mark)) = (error.context(), error.context_mark()) {
            // What begins where it goes wrong says nothing more.
            let place = Some(at(mark)).filter(|place| Some(*place) != span);
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
        assert_eq!(fault("a: 1\nb: {x: !reset, y: 'é!,'}").unwrap().0, "!reset");
        assert_eq!(fault("['x!,', !a , !<b>,c]").unwrap().0, "!<b>");
        assert_eq!(fault("['x!,', a !b,c] # !d,"), None);
        assert_eq!(fault("[a, !b,c]").unwrap(), ("!b".to_owned(), 2));
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
        assert_eq!(problems[0].span.unwrap().range(), 11..13);
    }

    #[test]
    fn depth_has_a_budget() {
        let (_, problems) = parse(&"[".repeat(MAX_DEPTH + 1), SourceId::default());
        assert_eq!(problems[0].code, "yaml-depth");
    }
}
