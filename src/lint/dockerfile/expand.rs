//! Variables in the words of a Dockerfile, and the words themselves.

/// A text with its variables put in; none where one is not known, or used in a way that is not known.
pub(super) fn expand(text: &str, escape: char, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', escape]) {
        expanded.push_str(rest.get(..at)?);
        rest = rest.get(at..)?;
        if let Some(escaped) = rest.strip_prefix(escape) {
            let next = escaped.chars().next();
            expanded.push(next.unwrap_or(escape));
            rest = escaped.get(next.map_or(0, char::len_utf8)..)?;
            continue;
        }
        let after = rest.get(1..)?;
        if let Some(inner) = after.strip_prefix('{') {
            let end = closing(inner)?;
            expanded.push_str(&braced(inner.get(..end)?, escape, value)?);
            rest = inner.get(end + 1..)?;
            continue;
        }
        let length = name_length(after);
        if length == 0 {
            expanded.push('$');
        } else {
            expanded.push_str(&value(after.get(..length)?)?);
        }
        rest = after.get(length..)?;
    }
    expanded.push_str(rest);
    Some(expanded)
}

/// What `${…}` stands for: a name, or a name with a text for where it is not set, or is.
fn braced(inner: &str, escape: char, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let length = name_length(inner);
    let (name, rest) = (inner.get(..length)?, inner.get(length..)?);
    let set = value(name);
    if rest.is_empty() {
        return set;
    }
    let (takes_empty, rest) = rest.strip_prefix(':').map_or((true, rest), |rest| (false, rest));
    let set = set.filter(|set| takes_empty || !set.is_empty());
    match (rest.strip_prefix('-'), rest.strip_prefix('+')) {
        (Some(default), _) => set.or_else(|| expand(default, escape, value)),
        (_, Some(other)) if set.is_some() => expand(other, escape, value),
        (_, Some(_)) => Some(String::new()),
        _ => None,
    }
}

/// Where the brace that closes an expansion stands.
fn closing(inner: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// The words of a line. Quotes hold them together and are left out.
pub(super) fn words(line: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match quote {
            Some(end) if c == end => quote = None,
            Some('"') | None if c == escape => {
                let word = word.get_or_insert_default();
                // It stays before what it keeps from being read: variables are put in later.
                word.push(escape);
                word.extend(chars.next());
            }
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The words of an instruction that takes a list in brackets as well.
pub(super) fn list(line: &str, escape: char) -> Vec<String> {
    let parsed = line
        .starts_with('[')
        .then(|| serde_json::from_str::<Vec<String>>(line).ok());
    parsed.flatten().unwrap_or_else(|| words(line, escape))
}
