//! The grammar of `$NAME` and `${NAME…}`. (Compose specification, "Interpolation".)

/// What a template asks of its surroundings.
pub(super) trait Lookup {
    /// The value of a variable.
    fn value(&self, name: &str) -> Option<String>;
    /// Told of a variable that is not set and has nothing to stand in for it.
    fn unset(&mut self, name: &str);
}

/// Why a template has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TemplateError {
    /// It does not follow the grammar: the template, or the part of it that is wrong.
    Invalid(String),
    /// A variable that must be set is not.
    Required {
        /// The variable.
        name: String,
        /// What the template says about it, which can be nothing.
        message: String,
    },
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(template) => write!(f, "{template:?} is no valid use of a variable"),
            Self::Required { name, message } if message.is_empty() => write!(f, "the variable \"{name}\" must be set"),
            Self::Required { name, message } => write!(f, "the variable \"{name}\" must be set: {message}"),
        }
    }
}

/// Puts values in the place of variables. What is inserted is not looked through again.
pub(super) fn substitute(template: &str, lookup: &mut dyn Lookup) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let Some(body) = after.strip_prefix('{') {
            let invalid = || TemplateError::Invalid(template.to_owned());
            let (expression, tail) = braced(body).ok_or_else(invalid)?;
            out.push_str(&evaluate(&expression, lookup)?);
            rest = tail;
        } else {
            let name = name_length(after);
            if name == 0 {
                out.push('$');
            } else {
                out.push_str(&value_or_blank(&after[..name], lookup));
            }
            rest = &after[name..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What stands between the braces.
struct Expression<'a> {
    name: &'a str,
    /// Such as `:-`, and the text behind it.
    operator: Option<(&'a str, &'a str)>,
}

/// Splits `NAME…}` from what follows it.
fn braced(body: &str) -> Option<(Expression<'_>, &str)> {
    let length = name_length(body);
    if length == 0 {
        return None;
    }
    let (name, rest) = body.split_at(length);
    if let Some(tail) = rest.strip_prefix('}') {
        return Some((Expression { name, operator: None }, tail));
    }
    let width = match rest.as_bytes() {
        [b':', b'-' | b'+' | b'?', ..] => 2,
        [b'-' | b'+' | b'?', ..] => 1,
        _ => return None,
    };
    let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
    let end = length + width + line.get(width..)?.rfind('}')?;
    let end = closing_brace(&body[..=end])
        .filter(|close| *close >= length + width)
        .unwrap_or(end);
    let operator = Some((&rest[..width], &body[length + width..end]));
    Some((Expression { name, operator }, &body[end + 1..]))
}

/// The brace that balances the one before `body`. Every brace counts, and the character right behind an opening one is
/// passed over, which is what Compose does.
pub(super) fn closing_brace(body: &str) -> Option<usize> {
    let mut depth = 1;
    let mut characters = body.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '{' => {
                depth += 1;
                characters.next();
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn evaluate(expression: &Expression<'_>, lookup: &mut dyn Lookup) -> Result<String, TemplateError> {
    let name = expression.name;
    let Some((operator, text)) = expression.operator else {
        return Ok(value_or_blank(name, lookup));
    };
    let value = lookup.value(name);
    let blank_counts = !operator.starts_with(':');
    let is_set = value.as_deref().is_some_and(|value| blank_counts || !value.is_empty());
    match (operator.trim_start_matches(':'), is_set) {
        ("+", true) | ("-", false) => substitute(text, lookup),
        ("+", false) => Ok(String::new()),
        ("?", false) => Err(TemplateError::Required {
            name: name.to_owned(),
            message: substitute(text, lookup)?,
        }),
        _ => Ok(value.unwrap_or_default()),
    }
}

fn value_or_blank(name: &str, lookup: &mut dyn Lookup) -> String {
    lookup.value(name).unwrap_or_else(|| {
        lookup.unset(name);
        String::new()
    })
}

fn name_length(text: &str) -> usize {
    let bytes = text.bytes().enumerate();
    let is_part = |at: usize, byte: u8| byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit());
    bytes.take_while(|(at, byte)| is_part(*at, *byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Vec<String>);

    impl Lookup for Fixed {
        fn value(&self, name: &str) -> Option<String> {
            match name {
                "A" => Some("a".to_owned()),
                "E" => Some(String::new()),
                _ => None,
            }
        }

        fn unset(&mut self, name: &str) {
            self.0.push(name.to_owned());
        }
    }

    fn read(template: &str) -> Result<String, TemplateError> {
        substitute(template, &mut Fixed(Vec::new()))
    }

    #[test]
    fn every_operator_tells_unset_from_empty() {
        for (template, value) in [
            ("$A-${A}-$$A", "a-a-$A"),
            ("${U-t}${E-t}${A-t}", "ta"),
            ("${U:-t}${E:-t}${A:-t}", "tta"),
            ("${U+t}|${E+t}|${A+t}", "|t|t"),
            ("${U:+t}|${E:+t}|${A:+t}", "||t"),
            ("${E?t}${A:?t}", "a"),
            ("${U:-${E:-${A}}}", "a"),
            ("${U:-a?b}${U-a:-b}", "a?ba:-b"),
        ] {
            assert_eq!(read(template).as_deref(), Ok(value), "{template}");
        }
    }

    #[test]
    fn a_lone_dollar_is_text() {
        for text in ["abc$", "$1", "$(cmd)", "$ A", "$é"] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn braces_balance_the_way_compose_counts_them() {
        for (template, value) in [
            ("${V:-{a}}", "{a}"),
            ("${V:-a}b}", "ab}"),
            (r#"${V:-{"a": {"b": 1}}}x"#, r#"{"a": {"b": 1}}x"#),
            ("${V:-{}}", "{}"),
        ] {
            assert_eq!(read(template).as_deref(), Ok(value), "{template}");
        }
        assert!(read("${V:-{}}${W:-y}").is_err());
    }

    #[test]
    fn anything_else_in_braces_is_invalid() {
        for template in [
            "${}", "${1A}", "${A", "${A:-x", "${ A }", "${A.B}", "${A:=x}", "${#A}", "${A/x/y}", "${A:-\n}",
        ] {
            assert_eq!(read(template), Err(TemplateError::Invalid(template.to_owned())));
        }
    }

    #[test]
    fn a_missing_value_is_told() {
        let required = |message: &str| TemplateError::Required {
            name: "U".to_owned(),
            message: message.to_owned(),
        };
        assert_eq!(read("${U?set $A}"), Err(required("set a")));
        assert_eq!(read("${U:?}"), Err(required("")));
        let mut lookup = Fixed(Vec::new());
        assert_eq!(substitute("$U${U}${U:-x}${U+x}", &mut lookup).as_deref(), Ok("x"));
        assert_eq!(lookup.0, ["U", "U"]);
    }
}
