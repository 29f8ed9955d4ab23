//! The grammar of `$NAME` and `${NAME…}`. (Compose specification, "Interpolation".)

use std::ops::Range;

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
    let mut reader = Reader {
        template,
        braces: None,
        open: Vec::new(),
        out: String::with_capacity(template.len()),
        required: None,
    };
    reader.open.push(0..template.len());
    reader.read(lookup)?;
    match reader.required {
        Some(name) => Err(TemplateError::Required {
            name: name.to_owned(),
            message: reader.out,
        }),
        None => Ok(reader.out),
    }
}

/// Reads a template. Defaults can lie in each other thousands deep: each is put out as it is read, and what follows it waits.
struct Reader<'a> {
    template: &'a str,
    /// Found out where they are asked for.
    braces: Option<Braces>,
    /// What is being read, with what it lies in before it: the whole of each, and where it goes on.
    open: Vec<Range<usize>>,
    out: String,
    /// The variable whose message is being read.
    required: Option<&'a str>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, lookup: &mut dyn Lookup) -> Result<(), TemplateError> {
        let mut at = 0;
        while let Some(part) = self.open.last().cloned() {
            at = self.step(at, part, lookup)?;
        }
        Ok(())
    }

    /// Reads up to one variable and past it, or to the end of a part. Gives the place where to go on.
    fn step(&mut self, at: usize, part: Range<usize>, lookup: &mut dyn Lookup) -> Result<usize, TemplateError> {
        let rest = &self.template[at..part.end];
        let Some(dollar) = rest.find('$') else {
            self.out.push_str(rest);
            self.open.pop();
            // One past the brace that ends the part.
            return Ok((part.end + 1).min(self.template.len()));
        };
        self.out.push_str(&rest[..dollar]);
        let (after, begin) = (&rest[dollar + 1..], at + dollar + 1);
        if after.starts_with('$') {
            self.out.push('$');
            return Ok(begin + 1);
        }
        if after.starts_with('{') {
            let invalid = || TemplateError::Invalid(self.template[part.clone()].to_owned());
            let expression = self.braced(begin + 1, part.end).ok_or_else(invalid)?;
            return Ok(self.evaluate(expression, lookup));
        }
        let name = name_length(after);
        if name == 0 {
            self.out.push('$');
        } else {
            self.out.push_str(&value_or_blank(&after[..name], lookup));
        }
        Ok(begin + name)
    }

    /// What stands behind an opening brace, in a part of the template that ends at `limit`.
    fn braced(&mut self, begin: usize, limit: usize) -> Option<Expression<'a>> {
        let body = &self.template[begin..limit];
        let length = name_length(body);
        if length == 0 {
            return None;
        }
        let (name, rest) = body.split_at(length);
        if rest.starts_with('}') {
            let end = begin + length;
            return Some(Expression {
                name,
                operator: None,
                end,
            });
        }
        let width = match rest.as_bytes() {
            [b':', b'-' | b'+' | b'?', ..] => 2,
            [b'-' | b'+' | b'?', ..] => 1,
            _ => return None,
        };
        let start = begin + length + width;
        let braces = self.braces.get_or_insert_with(|| Braces::of(self.template));
        let last = braces.last_of_line(start, limit)?;
        let end = braces
            .closing(begin)
            .filter(|close| (start..=last).contains(close))
            .unwrap_or(last);
        let operator = Some((&rest[..width], start));
        Some(Expression { name, operator, end })
    }

    /// Puts out what an expression stands for, or opens the part of it that does. Gives the place where to go on.
    fn evaluate(&mut self, expression: Expression<'a>, lookup: &mut dyn Lookup) -> usize {
        let Expression { name, operator, end } = expression;
        let Some((operator, start)) = operator else {
            self.out.push_str(&value_or_blank(name, lookup));
            return end + 1;
        };
        let value = lookup.value(name);
        let blank_counts = !operator.starts_with(':');
        let is_set = value.as_deref().is_some_and(|value| blank_counts || !value.is_empty());
        match (operator.trim_start_matches(':'), is_set) {
            ("+", true) | ("-", false) => {
                self.open.push(start..end);
                start
            }
            ("+", false) => end + 1,
            ("?", false) => {
                // Nothing else matters any more.
                self.open.clear();
                self.open.push(start..end);
                self.out = String::new();
                self.required = Some(name);
                start
            }
            _ => {
                self.out.push_str(&value.unwrap_or_default());
                end + 1
            }
        }
    }
}

/// What stands between braces, and the place of the closing one.
struct Expression<'a> {
    name: &'a str,
    /// Such as `:-`, and where the text behind it begins.
    operator: Option<(&'a str, usize)>,
    end: usize,
}

/// The braces of a template.
struct Braces {
    /// Where opening ones stand, in their order, each with the one that balances it.
    pairs: Vec<(usize, Option<usize>)>,
    /// Where closing ones stand.
    closing: Vec<usize>,
    line_ends: Vec<usize>,
}

impl Braces {
    /// Every brace counts, and the character right behind an opening one is passed over, which is what Compose does.
    fn of(template: &str) -> Self {
        let mut pairs: Vec<(usize, Option<usize>)> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut characters = template.char_indices();
        while let Some((at, c)) = characters.next() {
            if c == '{' {
                open.push(pairs.len());
                pairs.push((at, None));
                characters.next();
            } else if let Some(opening) = open.pop_if(|_| c == '}') {
                pairs[opening].1 = Some(at);
            }
        }
        let all = |c: char| template.match_indices(c).map(|(at, _)| at).collect();
        Self {
            pairs,
            closing: all('}'),
            line_ends: all('\n'),
        }
    }

    /// The brace that balances the one before a place.
    fn closing(&self, begin: usize) -> Option<usize> {
        let at = self.pairs.binary_search_by_key(&(begin - 1), |(at, _)| *at).ok()?;
        self.pairs[at].1
    }

    /// The last closing brace from a place on, before its line or the part of the template ends.
    fn last_of_line(&self, begin: usize, limit: usize) -> Option<usize> {
        let next = self.line_ends.partition_point(|end| *end < begin);
        let line_end = self.line_ends.get(next).map_or(limit, |end| (*end).min(limit));
        let last = self.closing.partition_point(|at| *at < line_end).checked_sub(1)?;
        Some(self.closing[last]).filter(|at| *at >= begin)
    }
}

/// The use of a variable that a text begins with.
pub(super) fn first_use(text: &str) -> Option<&str> {
    let after = text.strip_prefix('$')?;
    let length = match after.strip_prefix('{') {
        Some(body) => 2 + closing_brace(body)?,
        None => name_length(after),
    };
    (length > 0).then(|| &text[..=length])
}

/// The brace that balances the one before `body`.
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
