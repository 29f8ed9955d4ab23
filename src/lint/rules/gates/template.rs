//! A health check written for a known server.

use crate::diagnostic::Edit;
use crate::lint::images::Known;
use crate::lint::places::is_own;
use crate::lint::project::{Project, Service};
use crate::source::Span;

/// Puts a check behind the image of a service. Nothing where something is said of its health already, or where the text does
/// not show how.
pub(super) fn with_check(project: &Project<'_>, service: &Service<'_>, known: &Known) -> Option<Edit> {
    let (key, image) = (service.key_of("image")?, service.get("image")?);
    let source = project.source(image.span.source)?;
    let is_alone = service.get("healthcheck").is_none() && is_own(project, service, image.span);
    let before = source.text.get(..key.span.range().start)?;
    let indent = before.rsplit('\n').next()?;
    let after = source.text.get(image.span.range().end..)?;
    let line = after.split('\n').next()?;
    let is_block = indent.chars().all(|c| c == ' ') && project.text(key.span) == "image";
    let is_last = line.trim().is_empty() || line.trim_start().starts_with('#');
    if !is_alone || !is_block || !is_last || indent.is_empty() {
        return None;
    }
    let newline = if line.ends_with('\r') { "\r\n" } else { "\n" };
    let end = image.span.range().end + line.trim_end_matches('\r').len();
    let (test, interval) = (known.shown_test()?, "interval: 2s");
    let text = format!("{newline}{indent}healthcheck:{newline}{indent}  test: {test}{newline}{indent}  {interval}");
    Some(Edit::replace(Span::new(image.span.source, end, end), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::fix::apply;
    use crate::lint::rules::testing::with_project;

    fn fixed(text: &str) -> Option<String> {
        with_project(text, |project| {
            let service = &project.services()[0];
            let edit = with_check(project, service, service.server()?)?;
            Some(apply(text, vec![&edit]))
        })
    }

    #[test]
    fn a_check_stands_behind_the_image() {
        let text = "services:\r\n  a:\r\n    image: redis:7 # kept\r\n    tty: true\r\n";
        let check = "    healthcheck:\r\n      test: [\"CMD\", \"redis-cli\", \"ping\"]\r\n      interval: 2s\r\n";
        let expected = text.replace("    tty", &format!("{check}    tty"));
        assert_eq!(fixed(text), Some(expected));
    }

    #[test]
    fn what_is_written_otherwise_stays() {
        for text in [
            "services: {a: {image: redis}}\n",
            "services:\n  a:\n    image: redis\n    healthcheck: {interval: 1s}\n",
            "x-a: &a\n  image: redis\nservices:\n  a: *a\n  b: *a\n",
            "services:\n  a: &a\n    image: redis\n  b: *a\n",
        ] {
            assert_eq!(fixed(text), None, "{text}");
        }
    }
}
