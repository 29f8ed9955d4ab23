//! Tokens → events. What is open is kept in a stack of states, so that a deep text needs no deep stack of calls.

use std::ops::Range;

use super::super::tree::Style;
use super::scan::Scanner;
use super::token::{Kind, Token};
use super::{Event, Node, Problem, Property};

/// What is expected next.
#[derive(Clone, Copy)]
enum State {
    /// A document; only the first can begin without `---`.
    DocumentStart {
        is_first: bool,
    },
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockEntry,
    /// An entry of a list that is not deeper than the mapping around it.
    IndentlessEntry,
    BlockKey,
    BlockValue,
    FlowEntry {
        is_first: bool,
    },
    /// The key of a mapping that is an item of a flow list.
    PairKey,
    PairValue,
    PairEnd,
    FlowKey {
        is_first: bool,
    },
    FlowValue,
    /// The value of a key that has none.
    NoFlowValue,
}

pub(in super::super) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    /// What goes on once the innermost node is read.
    states: Vec<State>,
    /// Where the open collections begin.
    starts: Vec<usize>,
    /// The handles of tags, and what they stand for.
    handles: Vec<(String, String)>,
}

type Read<T> = Result<T, Problem>;

/// What stands before a node.
struct Properties {
    tag: Option<Property>,
    anchor: Option<Property>,
    start: usize,
    end: usize,
}

fn empty(at: usize) -> Event {
    Event::Node {
        node: Node::Scalar {
            text: String::new(),
            style: Style::Plain,
        },
        span: at..at,
        tag: None,
        anchor: None,
    }
}

impl<'a> Parser<'a> {
    pub(in super::super) fn new(text: &'a str) -> Self {
        Self {
            scanner: Scanner::new(text),
            state: State::DocumentStart { is_first: true },
            states: Vec::new(),
            starts: Vec::new(),
            handles: Vec::new(),
        }
    }

    /// Reads on to the next event. Where the text could not be cut into tokens, that is what is wrong with it, and not what
    /// became of the tokens before.
    pub(in super::super) fn read(&mut self) -> Read<Event> {
        self.step()
            .map_err(|problem| self.scanner.failure.clone().unwrap_or(problem))
    }

    fn step(&mut self) -> Read<Event> {
        match self.state {
            State::DocumentStart { is_first } => self.document_start(is_first),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockEntry => self.block_entry(),
            State::IndentlessEntry => self.indentless_entry(),
            State::BlockKey => self.block_key(),
            State::BlockValue => self.block_value(),
            State::FlowEntry { is_first } => self.flow_entry(is_first),
            State::PairKey => self.pair_key(),
            State::PairValue => self.pair_value(),
            State::PairEnd => self.pair_end(),
            State::FlowKey { is_first } => self.flow_key(is_first),
            State::FlowValue => self.flow_value(),
            State::NoFlowValue => self.no_flow_value(),
        }
    }

    fn peek(&mut self) -> Read<&Token> {
        self.scanner.peek()
    }

    fn start(&mut self) -> Read<usize> {
        Ok(self.peek()?.start)
    }

    /// Goes on with what the node that has been read is a part of.
    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    /// Reads a node, and goes on with a state once it is read.
    fn node_then(&mut self, state: State, block: bool, indentless: bool) -> Read<Event> {
        self.states.push(state);
        self.node(block, indentless)
    }

    /// Stands an empty value where none is written.
    fn empty_then(&mut self, state: State, at: usize) -> Read<Event> {
        self.state = state;
        Ok(empty(at))
    }

    /// What is wrong at the next token, in the innermost collection.
    fn problem<T>(&mut self, context: &'static str, said: &'static str) -> Read<T> {
        let start = self.starts.last().copied().unwrap_or(0);
        let at = self.start()?;
        Err(Problem {
            said,
            at,
            context: Some((context, start)),
        })
    }

    fn document_start(&mut self, is_first: bool) -> Read<Event> {
        while self.peek()?.kind == Kind::DocumentEnd {
            self.scanner.skip();
        }
        let kind = &self.peek()?.kind;
        if *kind == Kind::StreamEnd {
            return Ok(Event::Stop);
        }
        if is_first && !kind.ends_document() {
            self.directives()?;
            self.states.push(State::DocumentEnd);
            self.state = State::BlockNode;
            return Ok(Event::Document);
        }
        self.directives()?;
        let at = self.start()?;
        if self.peek()?.kind != Kind::DocumentStart {
            return Err(Problem {
                said: "did not find expected <document start>",
                at,
                context: None,
            });
        }
        self.scanner.skip();
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        Ok(Event::Document)
    }

    /// Takes `%YAML` and `%TAG`, and sets the handles that a document has without them.
    fn directives(&mut self) -> Read<()> {
        let mut has_version = false;
        loop {
            let token = self.peek()?.clone();
            let problem = |said| {
                let at = token.start;
                Err(Problem {
                    said,
                    at,
                    context: None,
                })
            };
            match token.kind {
                Kind::Version(..) if has_version => return problem("found duplicate %YAML directive"),
                Kind::Version(1, 1) => has_version = true,
                Kind::Version(..) => return problem("found incompatible YAML document"),
                Kind::TagDirective(ref handle, _) if self.prefix(handle).is_some() => {
                    return problem("found duplicate %TAG directive");
                }
                Kind::TagDirective(handle, prefix) => self.handles.push((handle, prefix)),
                _ => break,
            }
            self.scanner.skip();
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if self.prefix(handle).is_none() {
                self.handles.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    fn prefix(&self, handle: &str) -> Option<&str> {
        let known = self.handles.iter().find(|(known, _)| known == handle);
        known.map(|(_, prefix)| prefix.as_str())
    }

    fn document_content(&mut self) -> Read<Event> {
        let token = self.peek()?;
        if token.kind.ends_document() {
            let at = token.start;
            self.pop_state();
            return Ok(empty(at));
        }
        self.node(true, false)
    }

    fn document_end(&mut self) -> Read<Event> {
        if self.peek()?.kind == Kind::DocumentEnd {
            self.scanner.skip();
        }
        self.handles.clear();
        self.state = State::DocumentStart { is_first: false };
        self.document_start(false)
    }

    fn node(&mut self, block: bool, indentless: bool) -> Read<Event> {
        if matches!(self.peek()?.kind, Kind::Alias(_)) {
            return self.alias();
        }
        let before = self.properties()?;
        let token = self.peek()?;
        let (start, end) = (token.start, token.end);
        let (node, state) = match token.kind {
            Kind::BlockEntry if indentless => (Node::Sequence, State::IndentlessEntry),
            Kind::Scalar(..) => return self.scalar(before),
            Kind::FlowSequenceStart => (Node::Sequence, State::FlowEntry { is_first: true }),
            Kind::FlowMappingStart => (Node::Mapping, State::FlowKey { is_first: true }),
            Kind::BlockSequenceStart if block => (Node::Sequence, State::BlockEntry),
            Kind::BlockMappingStart if block => (Node::Mapping, State::BlockKey),
            _ => return self.no_node(before, block, start),
        };
        // The list that has no token for its beginning has none for its end.
        if !matches!(state, State::IndentlessEntry) {
            self.scanner.skip();
            self.starts.push(start);
        }
        self.state = state;
        let is_flow = matches!(state, State::FlowEntry { .. } | State::FlowKey { .. });
        Ok(Event::Node {
            node,
            span: start..if is_flow { end } else { start },
            tag: before.tag,
            anchor: before.anchor,
        })
    }

    fn alias(&mut self) -> Read<Event> {
        let token = self.scanner.next()?;
        self.pop_state();
        let Kind::Alias(name) = token.kind else {
            return Ok(empty(token.start));
        };
        let span = token.start..token.end;
        Ok(Event::Alias { name, span })
    }

    fn scalar(&mut self, before: Properties) -> Read<Event> {
        let token = self.scanner.next()?;
        self.pop_state();
        let Kind::Scalar(text, style) = token.kind else {
            return Ok(empty(token.start));
        };
        Ok(Event::Node {
            node: Node::Scalar { text, style },
            span: token.start..token.end,
            tag: before.tag,
            anchor: before.anchor,
        })
    }

    /// A tag or an anchor alone is an empty value; nothing at all is none.
    fn no_node(&mut self, before: Properties, block: bool, at: usize) -> Read<Event> {
        if before.tag.is_none() && before.anchor.is_none() {
            let context = if block {
                "while parsing a block node"
            } else {
                "while parsing a flow node"
            };
            return Err(Problem {
                said: "did not find expected node content",
                at,
                context: Some((context, before.start)),
            });
        }
        self.pop_state();
        Ok(Event::Node {
            node: Node::Scalar {
                text: String::new(),
                style: Style::Plain,
            },
            span: before.end..before.end,
            tag: before.tag,
            anchor: before.anchor,
        })
    }

    /// A tag and an anchor, in whichever order they stand.
    fn properties(&mut self) -> Read<Properties> {
        let start = self.start()?;
        let mut before = Properties {
            tag: None,
            anchor: None,
            start,
            end: start,
        };
        loop {
            let token = self.peek()?;
            let span = token.start..token.end;
            match &token.kind {
                Kind::Anchor(name) if before.anchor.is_none() => {
                    let name = name.clone();
                    before.end = span.end;
                    before.anchor = Some(Property { name, span });
                }
                Kind::Tag(handle, suffix) if before.tag.is_none() => {
                    let (handle, suffix) = (handle.clone(), suffix.clone());
                    before.end = span.end;
                    before.tag = Some(self.tag(&handle, &suffix, span, start)?);
                }
                _ => return Ok(before),
            }
            self.scanner.skip();
        }
    }

    fn tag(&self, handle: &str, suffix: &str, span: Range<usize>, start: usize) -> Read<Property> {
        let prefix = if handle.is_empty() {
            Some("")
        } else {
            self.prefix(handle)
        };
        let name = prefix.map(|prefix| format!("{prefix}{suffix}"));
        match name.filter(|name| !name.is_empty()) {
            Some(name) => Ok(Property { name, span }),
            None => Err(Problem {
                said: "found undefined tag handle",
                at: span.start,
                context: Some(("while parsing a node", start)),
            }),
        }
    }

    /// Ends the innermost collection with the next token.
    fn end(&mut self) -> Read<Event> {
        let token = self.scanner.next()?;
        self.starts.pop();
        self.pop_state();
        Ok(Event::End(token.start..token.end))
    }

    fn block_entry(&mut self) -> Read<Event> {
        match self.peek()?.kind {
            Kind::BlockEntry => {}
            Kind::BlockEnd => return self.end(),
            _ => {
                return self.problem(
                    "while parsing a block collection",
                    "did not find expected '-' indicator",
                );
            }
        }
        let end = self.scanner.next()?.end;
        match self.peek()?.kind {
            Kind::BlockEntry | Kind::BlockEnd => self.empty_then(State::BlockEntry, end),
            _ => self.node_then(State::BlockEntry, true, false),
        }
    }

    fn indentless_entry(&mut self) -> Read<Event> {
        let token = self.peek()?;
        let (start, end) = (token.start, token.end);
        if token.kind != Kind::BlockEntry {
            self.pop_state();
            return Ok(Event::End(start..start));
        }
        self.scanner.skip();
        match self.peek()?.kind {
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => self.empty_then(State::IndentlessEntry, end),
            _ => self.node_then(State::IndentlessEntry, true, false),
        }
    }

    fn block_key(&mut self) -> Read<Event> {
        match self.peek()?.kind {
            Kind::Key => {}
            Kind::BlockEnd => return self.end(),
            _ => return self.problem("while parsing a block mapping", "did not find expected key"),
        }
        self.in_block_mapping(State::BlockValue)
    }

    fn block_value(&mut self) -> Read<Event> {
        let token = self.peek()?;
        let start = token.start;
        if token.kind != Kind::Value {
            return self.empty_then(State::BlockKey, start);
        }
        self.in_block_mapping(State::BlockKey)
    }

    /// Takes a `?` or a `:`, and reads what is behind it.
    fn in_block_mapping(&mut self, then: State) -> Read<Event> {
        let end = self.scanner.next()?.end;
        match self.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => self.empty_then(then, end),
            _ => self.node_then(then, true, true),
        }
    }

    /// Takes the comma between two items, and says whether the collection ends.
    fn ends_flow(&mut self, is_first: bool, end: &Kind, context: &'static str, said: &'static str) -> Read<bool> {
        let kind = &self.peek()?.kind;
        if !is_first && kind != end {
            if *kind != Kind::FlowEntry {
                return self.problem(context, said);
            }
            self.scanner.skip();
        }
        Ok(self.peek()?.kind == *end)
    }

    fn flow_entry(&mut self, is_first: bool) -> Read<Event> {
        let context = "while parsing a flow sequence";
        let said = "did not find expected ',' or ']'";
        if self.ends_flow(is_first, &Kind::FlowSequenceEnd, context, said)? {
            return self.end();
        }
        let token = self.peek()?;
        let start = token.start;
        if token.kind != Kind::Key {
            return self.node_then(State::FlowEntry { is_first: false }, false, false);
        }
        self.scanner.skip();
        self.state = State::PairKey;
        Ok(Event::Node {
            node: Node::Mapping,
            span: start..start,
            tag: None,
            anchor: None,
        })
    }

    fn pair_key(&mut self) -> Read<Event> {
        match self.peek()?.kind {
            // Compose's reader loses the token behind a `?` that has no key.
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                let end = self.scanner.next()?.end;
                self.empty_then(State::PairValue, end)
            }
            _ => self.node_then(State::PairValue, false, false),
        }
    }

    fn pair_value(&mut self) -> Read<Event> {
        let start = self.start()?;
        if self.peek()?.kind == Kind::Value {
            self.scanner.skip();
            if !matches!(self.peek()?.kind, Kind::FlowEntry | Kind::FlowSequenceEnd) {
                return self.node_then(State::PairEnd, false, false);
            }
        }
        self.empty_then(State::PairEnd, start)
    }

    fn pair_end(&mut self) -> Read<Event> {
        let start = self.start()?;
        self.state = State::FlowEntry { is_first: false };
        Ok(Event::End(start..start))
    }

    fn flow_key(&mut self, is_first: bool) -> Read<Event> {
        let context = "while parsing a flow mapping";
        let said = "did not find expected ',' or '}'";
        if self.ends_flow(is_first, &Kind::FlowMappingEnd, context, said)? {
            return self.end();
        }
        if self.peek()?.kind != Kind::Key {
            return self.node_then(State::NoFlowValue, false, false);
        }
        self.scanner.skip();
        let token = self.peek()?;
        let start = token.start;
        match token.kind {
            Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => self.empty_then(State::FlowValue, start),
            _ => self.node_then(State::FlowValue, false, false),
        }
    }

    fn flow_value(&mut self) -> Read<Event> {
        let then = State::FlowKey { is_first: false };
        if self.peek()?.kind == Kind::Value {
            self.scanner.skip();
            if !matches!(self.peek()?.kind, Kind::FlowEntry | Kind::FlowMappingEnd) {
                return self.node_then(then, false, false);
            }
        }
        let start = self.start()?;
        self.empty_then(then, start)
    }

    fn no_flow_value(&mut self) -> Read<Event> {
        let start = self.start()?;
        self.empty_then(State::FlowKey { is_first: false }, start)
    }
}
