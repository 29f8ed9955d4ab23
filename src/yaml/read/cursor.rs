//! A place in the text, and what is written there.

/// A place, in all the ways that a reader of YAML needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// In bytes.
    pub(super) at: usize,
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
}

pub(super) struct Cursor<'a> {
    text: &'a str,
    pub(super) mark: Mark,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mark = Mark {
            at: 0,
            line: 1,
            column: 1,
        };
        Self { text, mark }
    }

    /// The byte that follows after `ahead` others, 0 from the end of the text on.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.mark.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn is_end(&self) -> bool {
        self.byte(0) == 0
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    pub(super) fn is_break(&self, ahead: usize) -> bool {
        match self.byte(ahead) {
            b'\r' | b'\n' => true,
            0xc2 => self.byte(ahead + 1) == 0x85,
            0xe2 => self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    pub(super) fn is_break_or_end(&self) -> bool {
        self.is_break(0) || self.is_end()
    }

    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break(ahead) || self.byte(ahead) == 0
    }

    /// Whether `---` or `...` begins a line here and has nothing glued to it.
    pub(super) fn is_document_indicator(&self) -> bool {
        let first = self.byte(0);
        self.mark.column == 1
            && matches!(first, b'-' | b'.')
            && self.byte(1) == first
            && self.byte(2) == first
            && self.is_blank_or_end(3)
    }

    /// How many bytes it is to the first that is neither a blank nor a part of a line break.
    pub(super) fn next_written(&self) -> usize {
        let rest = &self.text[self.mark.at..];
        let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}');
        rest.len() - rest.trim_start_matches(blank).len()
    }

    /// Goes on by a character that ends no line.
    pub(super) fn skip(&mut self) {
        let width = self.text[self.mark.at..].chars().next().map_or(0, char::len_utf8);
        self.mark.at += width;
        self.mark.column += 1;
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip();
        }
    }

    /// Goes to the end of the line.
    pub(super) fn skip_to_break(&mut self) {
        while !self.is_break_or_end() {
            self.skip();
        }
    }

    /// Goes over a line break, where one is.
    pub(super) fn skip_break(&mut self) {
        self.read_break(&mut String::new());
    }

    /// Goes on by a character that ends no line, and takes it.
    pub(super) fn read(&mut self, into: &mut String) {
        let from = self.mark.at;
        self.skip();
        into.push_str(&self.text[from..self.mark.at]);
    }

    /// Goes over a line break, where one is, and takes it. Those of YAML 1.1 alone stay what they are.
    pub(super) fn read_break(&mut self, into: &mut String) {
        if !self.is_break(0) {
            return;
        }
        let is_pair = self.byte(0) == b'\r' && self.byte(1) == b'\n';
        let c = self.text[self.mark.at..].chars().next().unwrap_or('\n');
        self.mark.at += c.len_utf8() + usize::from(is_pair);
        self.mark.line += 1;
        self.mark.column = 1;
        into.push(if matches!(c, '\u{2028}' | '\u{2029}') { c } else { '\n' });
    }
}
