//! The variables that a script uses.

use std::ops::Range;

use super::quotes::Quotes;

/// A variable where it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable<'a> {
    /// Its name.
    pub name: &'a str,
    /// From the `$` to the end of the name, or to the `}` right behind it.
    pub range: Range<usize>,
}

/// The variables used as `$NAME` and `${NAME…}`, in order, where the shell would put their values. The parameters that
/// have no name, such as `$1` and `$?`, are left out.
#[must_use]
pub fn variables(text: &str) -> Vec<Variable<'_>> {
    let mut quotes = Quotes::default();
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        found.extend(variable(text, at));
        at = quotes.step(text, at);
        for body in quotes.bodies.drain(..) {
            in_heredoc(text, body, &mut found);
        }
    }
    found
}

/// Quotes mean nothing in a here-document; a backslash does.
fn in_heredoc<'a>(text: &'a str, body: Range<usize>, found: &mut Vec<Variable<'a>>) {
    let mut at = body.start;
    while at < body.end {
        found.extend(variable(text, at));
        at += if text.as_bytes().get(at) == Some(&b'\\') { 2 } else { 1 };
    }
}

fn variable(text: &str, at: usize) -> Option<Variable<'_>> {
    if text.as_bytes().get(at) != Some(&b'$') {
        return None;
    }
    let rest = text.get(at + 1..)?;
    let (is_braced, mut rest) = rest.strip_prefix('{').map_or((false, rest), |rest| (true, rest));
    if is_braced {
        rest = rest.strip_prefix(['#', '!']).unwrap_or(rest);
    }
    let name = rest.get(..name_length(rest)).filter(|name| !name.is_empty())?;
    let end = text.len() - rest.len() + name.len();
    let closes = is_braced && text.as_bytes().get(end) == Some(&b'}');
    Some(Variable {
        name,
        range: at..end + usize::from(closes),
    })
}

/// How many bytes at the start of a text can be the name of a variable.
pub(super) fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first().is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    bytes.iter().take_while(|byte| is_part(byte)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn variables_are_found_where_the_shell_expands_them() {
        for (text, expected) in [
            ("a $B \"$C\" '$D' ${E}", &["$B", "$C", "${E}"][..]),
            ("${A:-$B} ${#C} ${!D} ${E", &["${A", "$B", "${#C}", "${!D}", "${E"]),
            ("$$ $1 $? $ ${1} $(a $B) `$C` $((D + $E))", &["$B", "$C", "$E"]),
            (r"\$A \\$B", &["$B"]),
            ("\"it's $A\" # don't $B\n$C", &["$A", "$C"]),
            ("\"${A:-it's} $B\"", &["${A", "$B"]),
            ("\"$(a '$A' \"$B\")\"", &["$B"]),
            ("cat <<E\nit's $A \\$B\nE\n$C", &["$A", "$C"]),
            ("cat <<'E' $A\n$B\nE\n$C", &["$A", "$C"]),
            ("$Aü ü$B", &["$A", "$B"]),
            ("a#b $A", &["$A"]),
        ] {
            let found: Vec<&str> = variables(text).iter().map(|one| &text[one.range.clone()]).collect();
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(variables("${#AB_1}")[0].name, "AB_1");
    }

    proptest! {
        #[test]
        fn a_place_holds_its_name(text in "[A1ü \\n'\"`$(){}#!\\\\<E:-]{0,24}") {
            for variable in variables(&text) {
                prop_assert!(text[variable.range].contains(variable.name));
            }
        }
    }
}
