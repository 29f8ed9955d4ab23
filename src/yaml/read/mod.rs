//! Text → events: what begins, what ends and what is written between.
//!
//! Compose reads YAML with a descendant of libyaml that went its own ways: this reader accepts and rejects what that one
//! does, one decision of it after the other. [`cursor`] knows where in the text it is, [`scan`] cuts the text into tokens,
//! with [`property`], [`flow`] and [`block`] for those that need more than a look at them, and [`parse`] makes events of the
//! tokens.

mod block;
mod cursor;
mod flow;
mod parse;
mod property;
mod scan;
mod token;

use std::ops::Range;

use super::tree::Style;

pub(super) use parse::Parser;

/// Why the text cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// In the words of Compose's reader.
    pub(super) said: &'static str,
    /// The byte at which it cannot go on.
    pub(super) at: usize,
    /// What was being read, and where it began.
    pub(super) context: Option<(&'static str, usize)>,
}

/// A tag or an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Property {
    /// The tag with its handle resolved, or the anchor without its `&`.
    pub(super) name: String,
    /// Where it is written.
    pub(super) span: Range<usize>,
}

/// What happens in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A document begins.
    Document,
    /// A reference to an anchor.
    Alias {
        /// Without its `*`.
        name: String,
        /// Where it is written.
        span: Range<usize>,
    },
    /// A value.
    Node {
        /// What kind of value.
        node: Node,
        /// Where it is written; where it begins, for a collection.
        span: Range<usize>,
        /// Its tag.
        tag: Option<Property>,
        /// Its anchor.
        anchor: Option<Property>,
    },
    /// The innermost collection ends. In a block nothing is written for it, and the span is empty.
    End(Range<usize>),
    /// The text ends.
    Stop,
}

/// A kind of value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A text, escapes and folding undone.
    Scalar {
        /// The text.
        text: String,
        /// How it is written.
        style: Style,
    },
    /// A list begins.
    Sequence,
    /// A mapping begins.
    Mapping,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events in short: `{` and `[` begin collections, `)` ends one, and a text stands in angle brackets.
    fn read(text: &str) -> Result<String, &'static str> {
        let mut parser = Parser::new(text);
        let mut shown = String::new();
        loop {
            match parser.read().map_err(|problem| problem.said)? {
                Event::Document => shown.push('_'),
                Event::Alias { name, .. } => shown.push_str(&format!("*{name} ")),
                Event::Node { node, tag, anchor, .. } => {
                    let tag = tag.map(|tag| format!("!{} ", tag.name.replace("tag:yaml.org,2002:", "")));
                    shown.push_str(&tag.unwrap_or_default());
                    shown.push_str(&anchor.map(|anchor| format!("&{} ", anchor.name)).unwrap_or_default());
                    match node {
                        Node::Scalar { text, .. } => shown.push_str(&format!("<{text}>")),
                        Node::Sequence => shown.push('['),
                        Node::Mapping => shown.push('{'),
                    }
                }
                Event::End(_) => shown.push(')'),
                Event::Stop => return Ok(shown),
            }
        }
    }

    #[test]
    fn what_libyaml_rejects_and_compose_reads_is_read() {
        let long = "k".repeat(2000);
        for (text, events) in [
            ("[::1]", "_[<::1>)"),
            ("[:a, b:c]", "_[<:a><b:c>)"),
            ("{a, :b: c}", "_{<a><><:b><c>)"),
            ("[?a, a?b, ? c]", "_[<?a><a?b>{<c><>))"),
            ("[:]", "_[{<><>))"),
            ("&a.b x", "_&a.b <x>"),
            ("{*a: b}", "_{*a <b>)"),
            ("!<tag:yaml.org,2002:str> 5", "_!str <5>"),
            ("!<a,b[c]> 5", "_!a,b[c] <5>"),
            ("!a%41 5", "_!!aA <5>"),
            (r#""\'""#, "_<'>"),
            ("a: 1\n# b\n\t# c\nd: 2", "_{<a><1><d><2>)"),
            ("--- |\na", "_<a>"),
            (&format!("{long}: 1"), &format!("_{{<{long}><1>)")),
        ] {
            assert_eq!(read(text).as_deref(), Ok(events), "{text}");
        }
    }

    #[test]
    fn blocks_keep_what_is_asked_for() {
        for (text, events) in [
            ("a: |\n b\n\n  c\n", "_{<a><b\n\n c\n>)"),
            ("a: >-\n b\n c\n\n d\n", "_{<a><b c\nd>)"),
            ("a: |2+\n   b\n\n", "_{<a>< b\n\n>)"),
            ("a: | # c\n", "_{<a><>)"),
            ("- |\r\n b\r\n", "_[<b\n>)"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(events), "{text}");
        }
        for text in ["|0\n", "| x\n", "a: |\n\tb"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn quotes_fold_lines_and_undo_escapes() {
        for (text, events) in [
            ("'a''b\n  c\n\n d'", "_<a'b c\nd>"),
            (r#""\x41\u00e9\U0001F600\t\N""#, "_<Aé😀\t\u{85}>"),
            ("\"a \\\n   b\"", "_<a b>"),
            ("a\n b\n\n c # d", "_<a b\nc>"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(events), "{text}");
        }
        for text in [r#""\/""#, r#""\ud800""#, r#""\x4""#, "'a", "\"a\n--- b\""] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn documents_directives_and_blocks_have_their_places() {
        for (text, events) in [
            ("%YAML 1.1\n%TAG !e! x:\n---\n!e!a b\n...\n--- c", "_!x:a <b>_<c>"),
            ("a:\n- b\n- c\nd:", "_{<a>[<b><c>)<d><>)"),
            ("? a\n: - b\n  - c", "_{<a>[<b><c>))"),
            ("- - a\n  - b\n- c: d\n  e: f", "_[[<a><b>){<c><d><e><f>))"),
            ("---\n---", "_<>_<>"),
            ("# only\n", ""),
        ] {
            assert_eq!(read(text).as_deref(), Ok(events), "{text}");
        }
        for (text, said) in [
            ("%YAML 1.2\n--- a", "found incompatible YAML document"),
            ("%FOO\n--- a", "found unknown directive name"),
            ("a: b: c", "mapping values are not allowed in this context"),
            ("a: 1\nb", "could not find expected ':'"),
            ("a: 1\n  b: 2", "mapping values are not allowed in this context"),
            ("a:\n\tb: 1", "found character that cannot start any token"),
            ("[a", "did not find expected ',' or ']'"),
            ("[a: , : c]", "did not find expected node content"),
            ("!e!a b", "found undefined tag handle"),
            ("!!a,b c", "found a character that is not allowed in a tag"),
            ("{a: *}", "did not find expected alphabetic or numeric character"),
        ] {
            assert_eq!(read(text), Err(said), "{text}");
        }
    }
}
