//! Bytes → text: byte order marks, UTF-16, and characters that YAML does not admit.

use crate::diagnostic::Diagnostic;
use crate::source::{Source, SourceId, Span};

/// Reads a file's bytes as text. A byte order mark says which encoding it is and is left out of the text; every place
/// counts bytes of the text. What stands at and behind the place of a problem is not to be read.
#[must_use]
pub fn decode(bytes: &[u8], source: SourceId) -> (String, Option<Diagnostic>) {
    if bytes.len() > Source::MAX_BYTES {
        let message = format!("the file is larger than {} MB", Source::MAX_BYTES >> 20);
        return (String::new(), Some(Diagnostic::error("file-too-large", None, message)));
    }
    let (text, problem) = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    };
    if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_allowed(*c)) {
        let span = Span::new(source, at, at + c.len_utf8());
        let message = format!("the control character U+{:04X} is not allowed", u32::from(c));
        let problem = Diagnostic::error("yaml-character", span, message);
        return (text, Some(problem));
    }
    let end = Span::new(source, text.len(), text.len());
    let problem =
        problem.map(|message| Diagnostic::error("yaml-encoding", end, message).help("save the file as UTF-8"));
    (text, problem)
}

type Decoded = (String, Option<&'static str>);

fn utf8(bytes: &[u8]) -> Decoded {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            (valid.into_owned(), Some("the text is not valid UTF-8"))
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Decoded {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match decoded {
            Ok(c) => text.push(c),
            Err(_) => return (text, Some("the text is not valid UTF-16")),
        }
    }
    let problem = (!odd.is_empty()).then_some("the text is not valid UTF-16");
    (text, problem)
}

/// The characters that Compose's reader takes: those of YAML, and the control characters from U+007F on.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn text(bytes: &[u8]) -> (String, Option<Cow<'static, str>>) {
        let (text, problem) = decode(bytes, SourceId::default());
        (text, problem.map(|problem| problem.code))
    }

    #[test]
    fn a_mark_names_the_encoding_and_is_no_text() {
        assert_eq!(text(b"\xef\xbb\xbfa"), ("a".to_owned(), None));
        assert_eq!(text(b"\xff\xfea\0\xfc\0"), ("aü".to_owned(), None));
        assert_eq!(text(b"\xfe\xff\0a"), ("a".to_owned(), None));
    }

    #[test]
    fn control_characters_from_delete_on_are_text() {
        assert_eq!(text(b"a\x7f\xc2\x80").1, None);
        assert_eq!(text(b"a\x1f").1, Some("yaml-character".into()));
    }

    #[test]
    fn what_stands_before_a_bad_byte_is_kept() {
        assert_eq!(text(b"a: \xff"), ("a: ".to_owned(), Some("yaml-encoding".into())));
        assert_eq!(text(b"a\0b"), ("a\0b".to_owned(), Some("yaml-character".into())));
        assert_eq!(
            text(b"\xff\xfea\0\0\xd8"),
            ("a".to_owned(), Some("yaml-encoding".into()))
        );
        assert_eq!(text(b"\xff\xfea"), (String::new(), Some("yaml-encoding".into())));
    }
}
