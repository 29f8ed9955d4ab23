//! Text → tokens. What makes it hard: a collection in a block begins and ends with the indentation, and that something is a
//! key is known only at the `:` behind it.

use std::collections::VecDeque;

use super::cursor::{Cursor, Mark};
use super::token::{Kind, Token};
use super::{Problem, block, flow, property};

/// Something that may turn out to be a key.
#[derive(Clone, Copy)]
struct SimpleKey {
    mark: Mark,
    /// Whether nothing else can be at its place.
    is_required: bool,
    /// How many flow collections it lies in.
    flow_level: usize,
    /// Its place among all tokens.
    number: usize,
}

pub(super) struct Scanner<'a> {
    cursor: Cursor<'a>,
    tokens: VecDeque<Token>,
    /// How many tokens were taken.
    taken: usize,
    /// Whether the latest token is one behind which an item of a flow collection begins.
    at_item: bool,
    flow_level: usize,
    /// The column of the innermost block collection, 0 outside of all.
    indent: usize,
    /// The columns of those around it.
    indents: Vec<usize>,
    /// Whether a key can begin here.
    key_allowed: bool,
    key: Option<SimpleKey>,
    /// What may be keys, and began with a flow collection that is still open.
    outer_keys: Vec<SimpleKey>,
    /// Why the text cannot be cut any further.
    pub(super) failure: Option<Problem>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            cursor: Cursor::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            at_item: false,
            flow_level: 0,
            indent: 0,
            indents: Vec::new(),
            key_allowed: true,
            key: None,
            outer_keys: Vec::new(),
            failure: None,
        }
    }

    /// The next token, left where it is. The text ends with the same token over and over.
    pub(super) fn peek(&mut self) -> Result<&Token, Problem> {
        self.fill()?;
        Ok(&self.tokens[0])
    }

    /// Sees to it that there is a token. Those before a failure are given away before it is.
    fn fill(&mut self) -> Result<(), Problem> {
        while self.failure.is_none() && (self.tokens.is_empty() || self.may_get_key()) {
            let whole = self.tokens.len();
            self.failure = self.fetch().err();
            if self.failure.is_some() {
                // Whether a collection ends here is not known before what is here is read.
                self.tokens.truncate(whole);
            }
        }
        match &self.failure {
            Some(failure) if self.tokens.is_empty() => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    pub(super) fn next(&mut self) -> Result<Token, Problem> {
        self.fill()?;
        let token = self.tokens[0].clone();
        self.skip();
        Ok(token)
    }

    /// Takes the token that was looked at.
    pub(super) fn skip(&mut self) {
        self.tokens.pop_front();
        self.taken += 1;
    }

    /// Whether a key may still be put before the next token.
    fn may_get_key(&self) -> bool {
        let first = self.outer_keys.first().or(self.key.as_ref());
        first.is_some_and(|key| key.number == self.taken)
    }

    fn fetch(&mut self) -> Result<(), Problem> {
        self.skip_to_token();
        self.unroll(self.cursor.mark.column);
        if self.cursor.is_end() {
            return self.stream_end();
        }
        if self.cursor.mark.column == 1 && self.cursor.byte(0) == b'%' {
            return self.directive();
        }
        if self.cursor.is_document_indicator() {
            return self.document_indicator();
        }
        self.fetch_content()
    }

    fn fetch_content(&mut self) -> Result<(), Problem> {
        match self.cursor.byte(0) {
            b'[' => self.flow_start(Kind::FlowSequenceStart),
            b'{' => self.flow_start(Kind::FlowMappingStart),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => self.flow_entry(),
            b'-' if self.cursor.is_blank_or_end(1) => self.block_entry(),
            b'?' if self.cursor.is_blank_or_end(1) => self.explicit_key(),
            b':' if (self.flow_level > 0 && !self.at_item) || self.cursor.is_blank_or_end(1) => self.value(),
            b'*' => self.leaf(property::alias),
            b'&' => self.leaf(property::anchor),
            b'!' => self.leaf(property::tag),
            b'|' | b'>' if self.flow_level == 0 => self.block_scalar(),
            b'\'' | b'"' => self.leaf(flow::quoted),
            _ if self.begins_plain() => self.plain(),
            _ => {
                let at = self.cursor.mark.at;
                Err(Problem {
                    said: "found character that cannot start any token",
                    at,
                    context: Some(("while scanning for the next token", at)),
                })
            }
        }
    }

    fn begins_plain(&self) -> bool {
        let byte = self.cursor.byte(0);
        let is_indicator = b"-?:,[]{}#&*!|>'\"%@`".contains(&byte);
        !(is_indicator || self.cursor.is_blank_or_end(0))
            || (byte == b'-' && !self.cursor.is_blank(1))
            || (matches!(byte, b'?' | b':') && !self.cursor.is_blank_or_end(1))
    }

    /// Goes over blanks, comments and line breaks. A tab is a blank only where no key can begin.
    fn skip_to_token(&mut self) {
        loop {
            let with_tabs = self.flow_level > 0 || !self.key_allowed;
            while self.cursor.byte(0) == b' ' || (with_tabs && self.cursor.byte(0) == b'\t') {
                self.cursor.skip();
            }
            if self.cursor.byte(0) == b'#' {
                self.comments();
            }
            if !self.cursor.is_break(0) {
                return;
            }
            self.cursor.skip_break();
            self.key_allowed |= self.flow_level == 0;
        }
    }

    /// Goes to the end of the last of the comments that follow each other, tabs between them or not.
    fn comments(&mut self) {
        loop {
            self.cursor.skip_to_break();
            let ahead = self.cursor.next_written();
            if self.cursor.byte(ahead) != b'#' {
                return;
            }
            let next = self.cursor.mark.at + ahead;
            while self.cursor.mark.at < next {
                if self.cursor.is_break(0) {
                    self.cursor.skip_break();
                } else {
                    self.cursor.skip();
                }
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.at_item = matches!(kind, Kind::FlowEntry | Kind::FlowSequenceStart);
        self.tokens.push_back(Token { kind, start, end });
    }

    /// Takes `length` characters for a token.
    fn indicator(&mut self, kind: Kind, length: usize) {
        let start = self.cursor.mark.at;
        for _ in 0..length {
            self.cursor.skip();
        }
        self.push(kind, start, self.cursor.mark.at);
    }

    /// Remembers that what begins here may be a key.
    fn save_key(&mut self) -> Result<(), Problem> {
        if !self.key_allowed {
            return Ok(());
        }
        self.remove_key()?;
        self.key = Some(SimpleKey {
            mark: self.cursor.mark,
            is_required: self.flow_level == 0 && self.indent == self.cursor.mark.column,
            flow_level: self.flow_level,
            number: self.taken + self.tokens.len(),
        });
        Ok(())
    }

    fn remove_key(&mut self) -> Result<(), Problem> {
        match self.key.take() {
            Some(key) if key.is_required => Err(Problem {
                said: "could not find expected ':'",
                at: self.cursor.mark.at,
                context: Some(("while scanning a simple key", key.mark.at)),
            }),
            _ => Ok(()),
        }
    }

    /// Begins a block collection where the column is deeper than the innermost one's. It goes before the token with the
    /// number, or behind all.
    fn roll(&mut self, mark: Mark, number: Option<usize>, kind: Kind) {
        if self.flow_level > 0 || self.indent >= mark.column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = mark.column;
        match number {
            Some(number) => self.insert(number, kind, mark.at),
            None => self.push(kind, mark.at, mark.at),
        }
    }

    fn insert(&mut self, number: usize, kind: Kind, at: usize) {
        let token = Token {
            kind,
            start: at,
            end: at,
        };
        self.tokens.insert(number - self.taken, token);
    }

    /// Ends the block collections that are deeper than the column.
    fn unroll(&mut self, column: usize) {
        if self.flow_level > 0 {
            return;
        }
        let at = self.cursor.mark.at;
        while self.indent > column {
            self.push(Kind::BlockEnd, at, at);
            self.indent = self.indents.pop().unwrap_or(0);
        }
    }

    fn stream_end(&mut self) -> Result<(), Problem> {
        self.unroll(0);
        self.remove_key()?;
        self.outer_keys.clear();
        self.key_allowed = false;
        self.indicator(Kind::StreamEnd, 0);
        Ok(())
    }

    fn directive(&mut self) -> Result<(), Problem> {
        self.unroll(0);
        self.remove_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark.at;
        let kind = property::directive(&mut self.cursor)?;
        self.push(kind, start, self.cursor.mark.at);
        Ok(())
    }

    fn document_indicator(&mut self) -> Result<(), Problem> {
        self.unroll(0);
        self.remove_key()?;
        self.key_allowed = false;
        let is_start = self.cursor.byte(0) == b'-';
        let kind = if is_start {
            Kind::DocumentStart
        } else {
            Kind::DocumentEnd
        };
        self.indicator(kind, 3);
        Ok(())
    }

    fn flow_start(&mut self, kind: Kind) -> Result<(), Problem> {
        self.save_key()?;
        self.flow_level += 1;
        self.outer_keys.extend(self.key.take());
        self.key_allowed = true;
        self.indicator(kind, 1);
        Ok(())
    }

    fn flow_end(&mut self, kind: Kind) -> Result<(), Problem> {
        self.remove_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            let level = self.flow_level;
            self.key = self.outer_keys.pop_if(|key| key.flow_level == level);
        }
        self.key_allowed = false;
        self.indicator(kind, 1);
        Ok(())
    }

    fn flow_entry(&mut self) -> Result<(), Problem> {
        self.remove_key()?;
        self.key_allowed = true;
        self.indicator(Kind::FlowEntry, 1);
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), Problem> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self.not_allowed("block sequence entries are not allowed in this context"));
            }
            self.roll(self.cursor.mark, None, Kind::BlockSequenceStart);
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.indicator(Kind::BlockEntry, 1);
        Ok(())
    }

    fn explicit_key(&mut self) -> Result<(), Problem> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self.not_allowed("mapping keys are not allowed in this context"));
            }
            self.roll(self.cursor.mark, None, Kind::BlockMappingStart);
        }
        self.remove_key()?;
        self.key_allowed = self.flow_level == 0;
        self.indicator(Kind::Key, 1);
        Ok(())
    }

    fn value(&mut self) -> Result<(), Problem> {
        match self.key {
            Some(key) if key.mark.line == self.cursor.mark.line => {
                self.insert(key.number, Kind::Key, key.mark.at);
                self.roll(key.mark, Some(key.number), Kind::BlockMappingStart);
                self.key = None;
                self.key_allowed = false;
            }
            _ => {
                if self.flow_level == 0 {
                    if !self.key_allowed {
                        return Err(self.not_allowed("mapping values are not allowed in this context"));
                    }
                    self.roll(self.cursor.mark, None, Kind::BlockMappingStart);
                }
                self.key_allowed = self.flow_level == 0;
            }
        }
        self.indicator(Kind::Value, 1);
        Ok(())
    }

    fn not_allowed(&self, said: &'static str) -> Problem {
        Problem {
            said,
            at: self.cursor.mark.at,
            context: None,
        }
    }

    /// Takes a token that may be a key or stand before one.
    fn leaf(&mut self, scan: fn(&mut Cursor<'a>) -> Result<Kind, Problem>) -> Result<(), Problem> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark.at;
        let kind = scan(&mut self.cursor)?;
        self.push(kind, start, self.cursor.mark.at);
        Ok(())
    }

    fn plain(&mut self) -> Result<(), Problem> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark.at;
        let plain = flow::plain(&mut self.cursor, self.flow_level > 0, self.indent)?;
        self.key_allowed = plain.ends_line;
        self.push(plain.kind, start, plain.end);
        Ok(())
    }

    fn block_scalar(&mut self) -> Result<(), Problem> {
        self.remove_key()?;
        self.key_allowed = true;
        let start = self.cursor.mark.at;
        let (kind, end) = block::scalar(&mut self.cursor, self.indent)?;
        self.push(kind, start, end);
        Ok(())
    }
}
