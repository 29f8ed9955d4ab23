//! Scalars behind `|` and `>`.

use super::super::tree::Style;
use super::Problem;
use super::cursor::Cursor;
use super::token::Kind;

const CONTEXT: &str = "while scanning a block scalar";

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

fn problem<T>(cursor: &Cursor, start: usize, said: &'static str) -> Result<T, Problem> {
    Err(Problem {
        said,
        at: cursor.mark.at,
        context: Some((CONTEXT, start)),
    })
}

/// The scalar, and where its last line ends. `indent` is the column of the collection around it.
pub(super) fn scalar(cursor: &mut Cursor, indent: usize) -> Result<(Kind, usize), Problem> {
    let start = cursor.mark.at;
    let is_literal = cursor.byte(0) == b'|';
    cursor.skip();
    let (chomping, increment) = header(cursor, start)?;
    let column = increment.map(|increment| indent.max(1) + increment);
    let mut text = String::new();
    let (mut line_break, mut breaks) = (String::new(), String::new());
    let mut end = cursor.mark.at;
    let column = first_column(cursor, column, indent, start, &mut breaks, &mut end)?;
    let mut was_blank = false;
    while cursor.mark.column == column && !cursor.is_end() {
        let is_blank = cursor.is_blank(0);
        if !is_literal && !was_blank && !is_blank && line_break.starts_with('\n') {
            if breaks.is_empty() {
                text.push(' ');
            }
        } else {
            text.push_str(&line_break);
        }
        text.push_str(&breaks);
        line_break.clear();
        breaks.clear();
        was_blank = is_blank;
        while !cursor.is_break_or_end() {
            cursor.read(&mut text);
        }
        end = cursor.mark.at;
        cursor.read_break(&mut line_break);
        indentation(cursor, column, start, &mut breaks, &mut end)?;
    }
    if chomping != Chomping::Strip {
        text.push_str(&line_break);
    }
    if chomping == Chomping::Keep {
        text.push_str(&breaks);
    }
    Ok((Kind::Scalar(text, Style::Block), end))
}

/// What stands on the line of the `|` or `>`: whether to keep line breaks, and how deep the text is indented.
fn header(cursor: &mut Cursor, start: usize) -> Result<(Chomping, Option<usize>), Problem> {
    let mut chomping = read_chomping(cursor);
    let increment = match cursor.byte(0) {
        b'0' => return problem(cursor, start, "found an indentation indicator equal to 0"),
        digit @ b'1'..=b'9' => {
            cursor.skip();
            Some(usize::from(digit - b'0'))
        }
        _ => None,
    };
    if chomping.is_none() && increment.is_some() {
        chomping = read_chomping(cursor);
    }
    cursor.skip_blanks();
    if cursor.byte(0) == b'#' {
        cursor.skip_to_break();
    }
    if !cursor.is_break_or_end() {
        return problem(cursor, start, "did not find expected comment or line break");
    }
    cursor.skip_break();
    Ok((chomping.unwrap_or(Chomping::Clip), increment))
}

fn read_chomping(cursor: &mut Cursor) -> Option<Chomping> {
    let chomping = match cursor.byte(0) {
        b'+' => Chomping::Keep,
        b'-' => Chomping::Strip,
        _ => return None,
    };
    cursor.skip();
    Some(chomping)
}

/// The column of the text: the one that is said, or that of the most indented of the blank lines and the first other line.
fn first_column(
    cursor: &mut Cursor,
    column: Option<usize>,
    indent: usize,
    start: usize,
    breaks: &mut String,
    end: &mut usize,
) -> Result<usize, Problem> {
    if let Some(column) = column {
        indentation(cursor, column, start, breaks, end)?;
        return Ok(column);
    }
    let deepest = indentation(cursor, usize::MAX, start, breaks, end)?;
    Ok(deepest.max(indent + 1))
}

/// Goes over blank lines, and over the indentation of the next line up to a column. Returns the deepest column.
fn indentation(
    cursor: &mut Cursor,
    column: usize,
    start: usize,
    breaks: &mut String,
    end: &mut usize,
) -> Result<usize, Problem> {
    let mut deepest = 0;
    loop {
        while cursor.mark.column < column && cursor.byte(0) == b' ' {
            cursor.skip();
        }
        deepest = deepest.max(cursor.mark.column);
        if cursor.mark.column < column && cursor.byte(0) == b'\t' {
            let said = "found a tab character where an indentation space is expected";
            return problem(cursor, start, said);
        }
        if !cursor.is_break(0) {
            return Ok(deepest);
        }
        cursor.read_break(breaks);
        *end = cursor.mark.at;
    }
}
