//! The syntax of env files: `.env`, `env_file`, `label_file`. (Compose specification, "env_file format".)

use std::ops::Range;

use indexmap::IndexMap;

use super::template::{Lookup, substitute};

/// What is wrong with an env file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DotenvError {
    /// The bytes of the line.
    pub(super) at: Range<usize>,
    pub(super) message: String,
}

/// Reads the lines of an env file into `found`. A value can name variables that `lookup` knows or that are found already.
/// Names that stand for nothing are added to `unset`, with the bytes of their line.
pub(super) fn parse(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    found: &mut IndexMap<String, String>,
    unset: &mut Vec<(String, Range<usize>)>,
) -> Result<(), DotenvError> {
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = skip_blank(rest);
        if rest.is_empty() {
            return Ok(());
        }
        let at = first_line(text, rest);
        let wrong = |message: String| DotenvError {
            at: at.clone(),
            message,
        };
        let (name, after) = name(rest).map_err(wrong)?;
        let Some(after) = after else {
            if let Some(value) = lookup(name) {
                found.insert(name.to_owned(), value);
            }
            rest = skip_line(rest);
            continue;
        };
        let (value, after) = value(after).map_err(wrong)?;
        let mut scope = Scope {
            lookup,
            found,
            unset,
            at: &at,
        };
        let value = match value {
            Raw::Literal(text) => text,
            Raw::Template(text) => substitute(&text, &mut scope).map_err(|error| wrong(error.to_string()))?,
        };
        found.insert(name.to_owned(), value);
        rest = after;
    }
}

/// Reads the format `raw`: `NAME=VALUE` to the end of the line, as it stands.
pub(super) fn parse_raw(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    found: &mut IndexMap<String, String>,
) -> Result<(), DotenvError> {
    let mut rest = text.trim_start_matches('\u{feff}');
    while !rest.is_empty() {
        let at = first_line(text, rest);
        let line = rest.lines().next().unwrap_or_default().trim_start();
        rest = skip_line(rest);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |message: String| DotenvError {
            at: at.clone(),
            message,
        };
        let (name, value) = line
            .split_once('=')
            .map_or((line, None), |(name, value)| (name, Some(value)));
        if name.is_empty() {
            return Err(wrong(format!("no variable name in \"{line}\"")));
        }
        if name.contains([' ', '\t']) {
            return Err(wrong(format!("the variable name \"{name}\" contains a blank")));
        }
        if let Some(value) = value.map(str::to_owned).or_else(|| lookup(name)) {
            found.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

struct Scope<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    found: &'a IndexMap<String, String>,
    unset: &'a mut Vec<(String, Range<usize>)>,
    at: &'a Range<usize>,
}

impl Lookup for Scope<'_> {
    fn value(&self, name: &str) -> Option<String> {
        (self.lookup)(name).or_else(|| self.found.get(name).cloned())
    }

    fn unset(&mut self, name: &str) {
        self.unset.push((name.to_owned(), self.at.clone()));
    }
}

/// The bytes of the line with which the rest of a text begins.
fn first_line(text: &str, rest: &str) -> Range<usize> {
    let start = text.len() - rest.len();
    let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
    start..start + line.trim_end().len()
}

fn skip_blank(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if !text.starts_with('#') {
            return text;
        }
        text = skip_line(text);
    }
}

fn skip_line(text: &str) -> &str {
    text.find('\n').map_or("", |end| &text[end + 1..])
}

/// Blanks that end no line.
const BLANKS: [char; 7] = ['\t', '\u{b}', '\u{c}', '\r', ' ', '\u{85}', '\u{a0}'];

/// The name and what stands behind its `=` or `:`; nothing where the line is a name alone. A name alone at the very end
/// of the text, without a line break, is the value of a nameless variable: Compose looks for a delimiter, and finds none.
fn name(text: &str) -> Result<(&str, Option<&str>), String> {
    let after_export = text
        .strip_prefix("export")
        .filter(|rest| rest.starts_with(['\t', '\n', '\u{c}', '\r', ' ']));
    let text = after_export.map_or(text, |rest| rest.trim_start_matches(BLANKS));
    if text.is_empty() {
        return Err("no variable stands behind \"export\"".to_owned());
    }
    for (at, c) in text.char_indices() {
        match c {
            '=' | ':' => return checked(&text[..at]).map(|name| (name, Some(&text[at + 1..]))),
            '\n' => return checked(&text[..at]).map(|name| (name, None)),
            '_' | '.' | '-' | '[' | ']' => {}
            _ if BLANKS.contains(&c) || c.is_alphanumeric() => {}
            _ => {
                let line = text.lines().next().unwrap_or_default();
                return Err(format!("unexpected character {c:?} in the variable name {line:?}"));
            }
        }
    }
    Ok(("", Some(text)))
}

fn checked(name: &str) -> Result<&str, String> {
    let name = name.trim_end();
    if name.contains(' ') {
        return Err(format!("the variable name {name:?} contains a blank"));
    }
    Ok(name)
}

enum Raw {
    Literal(String),
    Template(String),
}

/// The value that begins here, and the text behind it.
fn value(text: &str) -> Result<(Raw, &str), String> {
    let text = text.trim_start_matches(BLANKS);
    match text.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            let Some(end) = closing_quote(text, quote) else {
                let line = text.split('\n').next().unwrap_or_default();
                return Err(format!("the quote of {line} is not closed"));
            };
            let inner = &text[1..end];
            let value = if quote == '"' {
                Raw::Template(unescape(inner))
            } else {
                Raw::Literal(inner.replace("\\'", "'"))
            };
            Ok((value, &text[end + 1..]))
        }
        _ => {
            let line = text.split('\n').next().unwrap_or_default();
            let value = line.find(" #").map_or(line, |comment| &line[..comment]);
            Ok((Raw::Template(value.trim_end().to_owned()), skip_line(text)))
        }
    }
}

fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// Undoes the escapes of a text in double quotes; one that is not known stays as it is.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let Some(c) = after.chars().next() else {
            rest = "\\";
            break;
        };
        rest = &after[c.len_utf8()..];
        match c {
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            '\\' | '"' => out.push(c),
            '$' => out.push_str("$$"),
            '0' => {
                let digits = rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
                out.push_str(&octal(&rest[..digits]));
                rest = &rest[digits..];
            }
            _ => {
                out.push('\\');
                out.push(c);
            }
        }
    }
    out.push_str(rest);
    out
}

/// The character that `\0` and three digits stand for. What is none loses its `0` alone.
fn octal(digits: &str) -> String {
    let code = u8::from_str_radix(digits, 8).ok().filter(|_| digits.len() == 3);
    code.map_or_else(|| format!("\\{digits}"), |code| char::from(code).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, DotenvError> {
        let lookup = |name: &str| (name == "OS").then(|| "os".to_owned());
        let mut found = IndexMap::new();
        parse(text, &lookup, &mut found, &mut Vec::new())?;
        Ok(found.into_iter().collect())
    }

    fn one(text: &str) -> String {
        read(text)
            .unwrap()
            .pop()
            .map(|(name, value)| format!("{name}={value}"))
            .unwrap_or_default()
    }

    #[test]
    fn values_are_read_as_they_are_quoted() {
        for (text, value) in [
            ("A = x y # c\r\n", "A=x y"),
            ("A=a#b", "A=a#b"),
            ("A=x\t# y", "A=x\t# y"),
            (r"A=a\nb", r"A=a\nb"),
            (r"A='$B \' \n'", r"A=$B ' \n"),
            ("A='x\ny'", "A=x\ny"),
            (r#"A="\t\$X \x41 \0101\"" # c"#, "A=\t$X \\x41 A\""),
            (r#"A="\0777\08\0" # c"#, r"A=\777\8\"),
            ("A\u{a0}=\u{a0}\"x\"", "A=x"),
            ("A=\u{2003}x", "A=\u{2003}x"),
            ("export\nA=1", "A=1"),
            ("A=$OS-${N:-n}-$$", "A=os-n-$"),
            ("export A: 1", "A=1"),
            ("export=1", "export=1"),
            ("exportX=1", "exportX=1"),
            ("=x", "=x"),
            ("OS\n", "OS=os"),
            ("OS", "=OS"),
            ("N\n", ""),
            ("\u{feff}é.-[1]=x", "é.-[1]=x"),
        ] {
            assert_eq!(one(text), value, "{text:?}");
        }
    }

    #[test]
    fn a_value_sees_the_lines_before_it() {
        let found = read("A=1\nB=${A}2\nA=3").unwrap();
        assert_eq!(
            found,
            [("A".to_owned(), "3".to_owned()), ("B".to_owned(), "12".to_owned())]
        );
    }

    #[test]
    fn faults_have_a_line() {
        for (text, line) in [
            ("A=1\nA+B=1", "A+B=1"),
            ("A B=1", "A B=1"),
            ("\nA=\"x\n", "A=\"x"),
            ("\u{feff}A=${B \n", "A=${B"),
            ("A=${B?x}", "A=${B?x}"),
        ] {
            assert_eq!(read(text).map_err(|error| &text[error.at]), Err(line), "{text:?}");
        }
    }

    #[test]
    fn raw_lines_are_taken_as_they_are() {
        let mut found = IndexMap::new();
        parse_raw(
            "# c\n A=' x ' # y\nOS\nN\n",
            &|name| (name == "OS").then(String::new),
            &mut found,
        )
        .unwrap();
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [
                ("A".to_owned(), "' x ' # y".to_owned()),
                ("OS".to_owned(), String::new())
            ]
        );
        assert!(parse_raw("export F=1", &|_| None, &mut IndexMap::new()).is_err());
        assert!(parse_raw("=x", &|_| None, &mut IndexMap::new()).is_err());
    }
}
