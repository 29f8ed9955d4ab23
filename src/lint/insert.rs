//! Changes to a text that put a key into a service.

use super::places::is_own;
use super::project::{Project, Service};
use crate::diagnostic::Edit;
use crate::source::Span;

/// Puts lines behind a key of a service whose value stands on the key's own line. Nothing where the text does not show how,
/// or where something else uses what is written there.
#[must_use]
pub fn behind(project: &Project<'_>, service: &Service<'_>, key: &str, lines: &[&str]) -> Option<Edit> {
    let (written, value) = (service.key_of(key)?, service.get(key)?.span);
    let text = &project.source(value.source)?.text;
    let indent = text.get(..written.span.range().start)?.rsplit('\n').next()?;
    let between = text.get(written.span.range().end..value.range().start)?;
    let inside = project.text(value);
    let after = text.get(value.range().end..)?.split('\n').next()?;
    let is_block = !indent.is_empty() && indent.chars().all(|c| c == ' ') && project.text(written.span) == key;
    let is_line = !between.contains(['\n', '&']) && !inside.contains('\n') && !inside.starts_with(['|', '>']);
    let is_last = after.trim().is_empty() || after.trim_start().starts_with('#');
    if !is_block || !is_line || !is_last || !is_own(project, service, value) {
        return None;
    }
    let newline = if after.ends_with('\r') { "\r\n" } else { "\n" };
    let end = value.range().end + after.trim_end_matches('\r').len();
    let text: String = lines.iter().map(|line| format!("{newline}{indent}{line}")).collect();
    Some(Edit::replace(Span::new(value.source, end, end), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::fix::apply;
    use crate::lint::rules::testing::with_project;

    fn changed(text: &str) -> Option<String> {
        with_project(text, |project| {
            let edit = behind(project, &project.services()[0], "image", &["tty: true", "init: true"])?;
            Some(apply(text, vec![&edit]))
        })
    }

    #[test]
    fn lines_stand_behind_a_value_and_its_comment() {
        let text = "services:\r\n  a:\r\n    image: 'x' # kept\r\n    user: u\r\n";
        let expected = text.replace("    user", "    tty: true\r\n    init: true\r\n    user");
        assert_eq!(changed(text), Some(expected));
        assert_eq!(
            changed("services:\n  a:\n    image: x"),
            Some("services:\n  a:\n    image: x\n    tty: true\n    init: true".to_owned())
        );
    }

    #[test]
    fn what_is_written_otherwise_stays() {
        for text in [
            "services: {a: {image: x}}\n",
            "services:\n  a:\n    image:\n      x\n",
            "services:\n  a:\n    image: &i x\n",
            "services:\n  a:\n    ? image\n    : x\n",
            "services:\n  a: {image: x,\n    user: u}\n",
            "x-a: &a\n  image: x\nservices:\n  a: *a\n  b: *a\n",
            "x-a: &a\n  image: x\nservices:\n  a:\n    <<: *a\n",
            "services:\n  a: &a\n    image: x\n  b: *a\n",
        ] {
            assert_eq!(changed(text), None, "{text}");
        }
    }
}
