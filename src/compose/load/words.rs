//! A command written as one text → its words, the way Compose splits it, which is not quite the way a shell does.

/// Splits a command. An unquoted `;`, `&`, `|`, `<` or `>` ends it, and what follows is dropped.
pub(super) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            ' ' | '\t' | '\r' | '\n' => {
                words.extend(word.take());
                after
            }
            '\'' => quoted(after, '\'', word.get_or_insert_default())?,
            '"' => quoted(after, '"', word.get_or_insert_default())?,
            '\\' => escaped(after, word.get_or_insert_default())?,
            '`' => verbatim(rest, after.find('`').map(|end| end + 2), word.get_or_insert_default())?,
            '$' if after.starts_with('(') => {
                verbatim(rest, after.find(')').map(|end| end + 2), word.get_or_insert_default())?
            }
            '(' | ')' => return Err(INVALID),
            ';' | '&' | '|' | '<' | '>' => {
                // The digit of `2>file` names a stream and is no word.
                let is_stream = c == '>'
                    && word
                        .as_deref()
                        .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
                words.extend(word.take().filter(|_| !is_stream));
                return Ok(words);
            }
            _ => {
                word.get_or_insert_default().push(c);
                after
            }
        };
    }
    words.extend(word);
    Ok(words)
}

const INVALID: &str = "the command cannot be split into words: a quote, a bracket or a backslash has no counterpart";

/// Takes what stands between quotes into the word, and gives the text behind them.
fn quoted<'a>(mut rest: &'a str, quote: char, word: &mut String) -> Result<&'a str, &'static str> {
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            _ if c == quote => return Ok(after),
            '\\' if quote == '"' => escaped(after, word)?,
            _ => {
                word.push(c);
                after
            }
        };
    }
    Err(INVALID)
}

/// Takes the character behind a backslash into the word.
fn escaped<'a>(rest: &'a str, word: &mut String) -> Result<&'a str, &'static str> {
    let c = rest.chars().next().ok_or(INVALID)?;
    word.push(match c {
        't' => '\t',
        'n' => '\n',
        _ => c,
    });
    Ok(&rest[c.len_utf8()..])
}

/// Takes a stretch of text into the word as it stands.
fn verbatim<'a>(text: &'a str, length: Option<usize>, word: &mut String) -> Result<&'a str, &'static str> {
    let (stretch, rest) = text.split_at(length.ok_or(INVALID)?);
    word.push_str(stretch);
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_and_quotes_undone() {
        for (text, words) in [
            ("a  b\tc", &["a", "b", "c"][..]),
            ("", &[]),
            (r#"sh -c 'a "b"' "c 'd'""#, &["sh", "-c", "a \"b\"", "c 'd'"]),
            (r#"a\ b "x\"y\n" ''"#, &["a b", "x\"y\n", ""]),
            ("a && b", &["a"]),
            ("echo 2>f", &["echo"]),
            ("a # b", &["a", "#", "b"]),
            ("`a b` $(c d)e", &["`a b`", "$(c d)e"]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
        for text in ["'a", "\"a", "a\\", "(a", "a)", "`a", "$(a"] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
