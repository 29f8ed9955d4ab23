//! Scalars without quotes and in quotes, over one line or several.

use super::super::tree::Style;
use super::Problem;
use super::cursor::{Cursor, Mark};
use super::token::Kind;

const QUOTED: &str = "while scanning a quoted scalar";
const PLAIN: &str = "while scanning a plain scalar";

/// What separates two words of a scalar: blanks on a line, or line breaks, which are folded.
#[derive(Default)]
struct Gap {
    blanks: String,
    first_break: String,
    more_breaks: String,
    has_break: bool,
}

impl Gap {
    /// Takes a blank or a line break in. Blanks around a line break mean nothing.
    fn read(&mut self, cursor: &mut Cursor) {
        if cursor.is_blank(0) {
            if self.has_break {
                cursor.skip();
            } else {
                cursor.read(&mut self.blanks);
            }
        } else if self.has_break {
            cursor.read_break(&mut self.more_breaks);
        } else {
            self.blanks.clear();
            cursor.read_break(&mut self.first_break);
            self.has_break = true;
        }
    }

    /// Writes what the gap stands for, and is empty again.
    fn write(&mut self, text: &mut String) {
        if !self.has_break && self.blanks.is_empty() {
            return;
        }
        if !self.has_break {
            text.push_str(&self.blanks);
        } else if self.first_break.starts_with('\n') && self.more_breaks.is_empty() {
            text.push(' ');
        } else {
            if !self.first_break.starts_with('\n') {
                text.push_str(&self.first_break);
            }
            text.push_str(&self.more_breaks);
        }
        self.blanks.clear();
        self.first_break.clear();
        self.more_breaks.clear();
        self.has_break = false;
    }
}

/// A scalar without quotes.
pub(super) struct Plain {
    pub(super) kind: Kind,
    /// Where its last character ends; the cursor is past the blanks behind it.
    pub(super) end: usize,
    /// Whether line breaks follow it.
    pub(super) ends_line: bool,
}

pub(super) fn plain(cursor: &mut Cursor, in_flow: bool, indent: usize) -> Result<Plain, Problem> {
    let start = cursor.mark.at;
    let mut end = start;
    let mut text = String::new();
    let mut gap = Gap::default();
    while !cursor.is_document_indicator() && cursor.byte(0) != b'#' {
        while !cursor.is_blank_or_end(0) && !ends_plain(cursor, in_flow) {
            gap.write(&mut text);
            cursor.read(&mut text);
            end = cursor.mark.at;
        }
        if !(cursor.is_blank(0) || cursor.is_break(0)) {
            break;
        }
        while cursor.is_blank(0) || cursor.is_break(0) {
            if gap.has_break && cursor.mark.column <= indent && cursor.byte(0) == b'\t' {
                return Err(Problem {
                    said: "found a tab character that violates indentation",
                    at: cursor.mark.at,
                    context: Some((PLAIN, start)),
                });
            }
            gap.read(cursor);
        }
        if !in_flow && cursor.mark.column <= indent {
            break;
        }
    }
    Ok(Plain {
        kind: Kind::Scalar(text, Style::Plain),
        end,
        ends_line: gap.has_break,
    })
}

/// Whether the character at the cursor cannot be a part of a scalar without quotes.
fn ends_plain(cursor: &Cursor, in_flow: bool) -> bool {
    match cursor.byte(0) {
        b':' => cursor.is_blank_or_end(1) || (in_flow && b",]}".contains(&cursor.byte(1))),
        b'?' => in_flow && cursor.is_blank_or_end(1),
        byte => in_flow && b",[]{}".contains(&byte),
    }
}

/// A scalar in single or double quotes.
pub(super) fn quoted(cursor: &mut Cursor) -> Result<Kind, Problem> {
    let start = cursor.mark;
    let quote = cursor.byte(0);
    cursor.skip();
    let mut text = String::new();
    let mut gap = Gap::default();
    loop {
        if cursor.is_document_indicator() {
            return problem(cursor, start, "found unexpected document indicator");
        }
        if cursor.is_end() {
            return problem(cursor, start, "found unexpected end of stream");
        }
        quoted_word(cursor, quote, start, &mut text, &mut gap)?;
        if cursor.byte(0) == quote {
            break;
        }
        while cursor.is_blank(0) || cursor.is_break(0) {
            gap.read(cursor);
        }
        gap.write(&mut text);
    }
    cursor.skip();
    Ok(Kind::Scalar(text, Style::Quoted))
}

fn problem<T>(cursor: &Cursor, start: Mark, said: &'static str) -> Result<T, Problem> {
    Err(Problem {
        said,
        at: cursor.mark.at,
        context: Some((QUOTED, start.at)),
    })
}

/// The characters up to a blank, a line break or the closing quote. A line break that is escaped ends the word and is left
/// out, with the blanks behind it.
fn quoted_word(cursor: &mut Cursor, quote: u8, start: Mark, text: &mut String, gap: &mut Gap) -> Result<(), Problem> {
    while !cursor.is_blank_or_end(0) {
        match cursor.byte(0) {
            b'\'' if quote == b'\'' && cursor.byte(1) == b'\'' => {
                cursor.skip();
                cursor.read(text);
            }
            byte if byte == quote => return Ok(()),
            b'\\' if quote == b'"' && cursor.is_break(1) => {
                cursor.skip();
                cursor.skip_break();
                gap.has_break = true;
                return Ok(());
            }
            b'\\' if quote == b'"' => escape(cursor, start, text)?,
            _ => cursor.read(text),
        }
    }
    Ok(())
}

fn escape(cursor: &mut Cursor, start: Mark, text: &mut String) -> Result<(), Problem> {
    let c = match cursor.byte(1) {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0b',
        b'f' => '\x0c',
        b'r' => '\r',
        b'e' => '\x1b',
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        byte @ (b' ' | b'"' | b'\'' | b'\\') => char::from(byte),
        b'x' => return escaped_code(cursor, 2, start, text),
        b'u' => return escaped_code(cursor, 4, start, text),
        b'U' => return escaped_code(cursor, 8, start, text),
        _ => return problem(cursor, start, "found unknown escape character"),
    };
    cursor.skip();
    cursor.skip();
    text.push(c);
    Ok(())
}

/// A character by its number, in so many digits.
fn escaped_code(cursor: &mut Cursor, digits: usize, start: Mark, text: &mut String) -> Result<(), Problem> {
    cursor.skip();
    cursor.skip();
    let mut code: u32 = 0;
    for ahead in 0..digits {
        let Some(digit) = char::from(cursor.byte(ahead)).to_digit(16) else {
            return problem(cursor, start, "did not find expected hexadecimal number");
        };
        code = (code << 4) + digit;
    }
    let Some(c) = char::from_u32(code) else {
        return problem(cursor, start, "found invalid Unicode character escape code");
    };
    for _ in 0..digits {
        cursor.skip();
    }
    text.push(c);
    Ok(())
}
