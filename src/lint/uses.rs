//! Uses of compose's variables in texts as they are written.

use super::project::Project;
use crate::source::Span;

/// A use of a variable without anything that stands in for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use<'a> {
    /// The variable.
    pub name: &'a str,
    /// Its length with the dollar sign.
    length: usize,
    /// How many dollar signs stand before it.
    dollars: usize,
}

/// A value at a place whose uses are asked for.
pub struct Uses {
    span: Span,
    /// Where its dollar signs are written; none where the value is written in another way than it reads.
    dollars: Option<Vec<usize>>,
}

impl Uses {
    /// Looks through the value at `span`, whose text is `text`.
    #[must_use]
    pub fn new(project: &Project<'_>, span: Span, text: &str) -> Self {
        let dollars: Vec<usize> = project.text(span).match_indices('$').map(|(at, _)| at).collect();
        let is_same = dollars.len() == text.matches('$').count();
        Self {
            span,
            dollars: is_same.then_some(dollars),
        }
    }

    /// Where one stands; none where that is not known.
    #[must_use]
    pub fn place(&self, one: &Use<'_>) -> Option<Span> {
        let at = *self.dollars.as_ref()?.get(one.dollars)?;
        Some(self.span.part(at, at + one.length))
    }
}

/// The uses that compose replaces, where nothing stands in for a variable that is not set.
#[must_use]
pub fn bare(text: &str) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut dollars) = (text, 0);
    while let Some(at) = rest.find('$') {
        let after = rest.get(at + 1..).unwrap_or_default();
        if let Some(tail) = after.strip_prefix('$') {
            dollars += 2;
            rest = tail;
            continue;
        }
        let inside = after.strip_prefix('{');
        let body = inside.unwrap_or(after);
        let name = name_of(body);
        let tail = body.get(name.len()..).unwrap_or_default();
        let is_bare = inside.is_none() || tail.starts_with('}');
        if !name.is_empty() && is_bare {
            let length = 1 + name.len() + if inside.is_some() { 2 } else { 0 };
            found.push(Use { name, length, dollars });
        }
        // What stands in for a variable is the business of whoever wrote it.
        let skipped = if is_bare {
            ""
        } else {
            tail.get(..closing(tail)).unwrap_or_default()
        };
        dollars += 1 + skipped.matches('$').count();
        rest = tail.get(skipped.len()..).unwrap_or_default();
    }
    found
}

/// One past the brace that closes the one before a text.
fn closing(text: &str) -> usize {
    let mut depth = 1;
    let end = text.char_indices().find(|(_, c)| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        depth == 0
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

fn name_of(text: &str) -> &str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        ""
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_compose_replaces_is_a_use() {
        for (text, expected) in [
            ("$A ${B} $$C $1 $? $$$D", &[("A", 2, 0), ("B", 4, 1), ("D", 2, 8)][..]),
            ("${A:-$B} $C ${D?e} ${", &[("C", 2, 2)]),
            ("${A:-${B}-$C}$D", &[("D", 2, 3)]),
            ("a", &[]),
        ] {
            let found: Vec<_> = bare(text)
                .iter()
                .map(|one| (one.name, one.length, one.dollars))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
