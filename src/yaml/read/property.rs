//! Anchors, aliases, tags and directives.

use super::Problem;
use super::cursor::Cursor;
use super::token::Kind;

const ALIAS: &str = "while scanning an alias";
const ANCHOR: &str = "while scanning an anchor";
const TAG: &str = "while parsing a tag";
const DIRECTIVE: &str = "while scanning a directive";

/// How many digits a part of a version can have.
const MAX_DIGITS: usize = 2;

/// What is wrong at the cursor, in something that began at `start`.
fn problem<T>(cursor: &Cursor, context: &'static str, start: usize, said: &'static str) -> Result<T, Problem> {
    Err(Problem {
        said,
        at: cursor.mark.at,
        context: Some((context, start)),
    })
}

pub(super) fn alias(cursor: &mut Cursor) -> Result<Kind, Problem> {
    name(cursor, ALIAS).map(Kind::Alias)
}

pub(super) fn anchor(cursor: &mut Cursor) -> Result<Kind, Problem> {
    name(cursor, ANCHOR).map(Kind::Anchor)
}

/// The name behind `&` or `*`: any printable characters of ASCII that mean nothing in a flow collection.
fn name(cursor: &mut Cursor, context: &'static str) -> Result<String, Problem> {
    let start = cursor.mark.at;
    cursor.skip();
    let mut name = String::new();
    while matches!(cursor.byte(0), b'!'..=b'~') && !b":,[]{}".contains(&cursor.byte(0)) {
        cursor.read(&mut name);
    }
    let is_closed = cursor.is_blank_or_end(0) || b":,]}".contains(&cursor.byte(0));
    if name.is_empty() || !is_closed {
        let said = "did not find expected alphabetic or numeric character";
        return problem(cursor, context, start, said);
    }
    Ok(name)
}

/// `!`, `!suffix`, `!handle!suffix` or `!<whole tag>`.
pub(super) fn tag(cursor: &mut Cursor) -> Result<Kind, Problem> {
    let start = cursor.mark.at;
    let (handle, suffix) = if cursor.byte(1) == b'<' {
        verbatim(cursor, start)?
    } else {
        shorthand(cursor, start)?
    };
    if !cursor.is_blank_or_end(0) {
        return problem(cursor, TAG, start, "did not find expected whitespace or line break");
    }
    Ok(Kind::Tag(handle, suffix))
}

fn verbatim(cursor: &mut Cursor, start: usize) -> Result<(String, String), Problem> {
    cursor.skip();
    cursor.skip();
    let suffix = uri(cursor, true, "", TAG, start)?;
    if cursor.byte(0) != b'>' {
        return problem(cursor, TAG, start, "did not find the expected '>'");
    }
    cursor.skip();
    Ok((String::new(), suffix))
}

fn shorthand(cursor: &mut Cursor, start: usize) -> Result<(String, String), Problem> {
    let handle = handle(cursor);
    let (handle, suffix) = if handle.len() > 1 && handle.ends_with('!') {
        let suffix = uri(cursor, false, "", TAG, start)?;
        (handle, suffix)
    } else {
        let suffix = uri(cursor, false, &handle, TAG, start)?;
        if suffix.is_empty() {
            (String::new(), "!".to_owned())
        } else {
            ("!".to_owned(), suffix)
        }
    };
    if !cursor.is_blank_or_end(0) && matches!(cursor.byte(0), b' '..=b'~') {
        return problem(cursor, TAG, start, "found a character that is not allowed in a tag");
    }
    Ok((handle, suffix))
}

/// A `!`, and where letters and another `!` follow, these too.
fn handle(cursor: &mut Cursor) -> String {
    let mut handle = String::new();
    cursor.read(&mut handle);
    while is_word(cursor.byte(0)) {
        cursor.read(&mut handle);
    }
    if cursor.byte(0) == b'!' {
        cursor.read(&mut handle);
    }
    handle
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The rest of a tag. What was taken for a handle and is none comes before it, without its `!`.
fn uri(
    cursor: &mut Cursor,
    verbatim: bool,
    head: &str,
    context: &'static str,
    start: usize,
) -> Result<String, Problem> {
    let mut bytes: Vec<u8> = head.bytes().skip(1).collect();
    let mut is_there = !head.is_empty();
    let is_part =
        |byte: u8| is_word(byte) || b";/?:@&=+$.!~*'()%".contains(&byte) || (verbatim && b",[]{}".contains(&byte));
    while is_part(cursor.byte(0)) {
        if cursor.byte(0) == b'%' {
            bytes.push(escaped(cursor, context, start)?);
        } else {
            bytes.push(cursor.byte(0));
            cursor.skip();
        }
        is_there = true;
    }
    if !is_there {
        return problem(cursor, context, start, "did not find expected tag URI");
    }
    String::from_utf8(bytes).or_else(|_| problem(cursor, context, start, "found an incorrect UTF-8 octet"))
}

/// An octet as `%` and two digits.
fn escaped(cursor: &mut Cursor, context: &'static str, start: usize) -> Result<u8, Problem> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (Some(high), Some(low)) = (digit(cursor.byte(1)), digit(cursor.byte(2))) else {
        return problem(cursor, context, start, "did not find URI escaped octet");
    };
    for _ in 0..3 {
        cursor.skip();
    }
    Ok(u8::try_from(high * 16 + low).unwrap_or_default())
}

/// `%YAML` or `%TAG`, with the rest of its line.
pub(super) fn directive(cursor: &mut Cursor) -> Result<Kind, Problem> {
    let start = cursor.mark.at;
    cursor.skip();
    let mut name = String::new();
    while is_word(cursor.byte(0)) {
        cursor.read(&mut name);
    }
    if name.is_empty() {
        return problem(cursor, DIRECTIVE, start, "could not find expected directive name");
    }
    if !cursor.is_blank_or_end(0) {
        return problem(cursor, DIRECTIVE, start, "found unexpected non-alphabetical character");
    }
    let kind = match name.as_str() {
        "YAML" => version(cursor, start)?,
        "TAG" => tag_directive(cursor, start)?,
        _ => return problem(cursor, DIRECTIVE, start, "found unknown directive name"),
    };
    cursor.skip_blanks();
    if cursor.byte(0) == b'#' {
        cursor.skip_to_break();
    }
    if !cursor.is_break_or_end() {
        return problem(cursor, DIRECTIVE, start, "did not find expected comment or line break");
    }
    Ok(kind)
}

fn version(cursor: &mut Cursor, start: usize) -> Result<Kind, Problem> {
    cursor.skip_blanks();
    let major = version_number(cursor, start)?;
    if cursor.byte(0) != b'.' {
        return problem(cursor, DIRECTIVE, start, "did not find expected digit or '.' character");
    }
    cursor.skip();
    Ok(Kind::Version(major, version_number(cursor, start)?))
}

fn version_number(cursor: &mut Cursor, start: usize) -> Result<u8, Problem> {
    let mut digits = String::new();
    while cursor.byte(0).is_ascii_digit() {
        cursor.read(&mut digits);
    }
    if digits.len() > MAX_DIGITS {
        return problem(cursor, DIRECTIVE, start, "found extremely long version number");
    }
    digits
        .parse()
        .or_else(|_| problem(cursor, DIRECTIVE, start, "did not find expected version number"))
}

fn tag_directive(cursor: &mut Cursor, start: usize) -> Result<Kind, Problem> {
    cursor.skip_blanks();
    if cursor.byte(0) != b'!' {
        return problem(cursor, DIRECTIVE, start, "did not find expected '!'");
    }
    let handle = handle(cursor);
    if handle != "!" && !handle[1..].ends_with('!') {
        return problem(cursor, DIRECTIVE, start, "did not find expected '!'");
    }
    if !cursor.is_blank(0) {
        return problem(cursor, DIRECTIVE, start, "did not find expected whitespace");
    }
    cursor.skip_blanks();
    let prefix = uri(cursor, true, "", DIRECTIVE, start)?;
    if !cursor.is_blank_or_end(0) {
        return problem(
            cursor,
            DIRECTIVE,
            start,
            "did not find expected whitespace or line break",
        );
    }
    Ok(Kind::TagDirective(handle, prefix))
}
