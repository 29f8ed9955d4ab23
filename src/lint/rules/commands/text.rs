//! The commands of a service as they are written.

use crate::diagnostic::Edit;
use crate::lint::places::{is_own, quoted};
use crate::lint::project::{Project, Service};
use crate::shell::{Invocation, script_of};
use crate::source::Span;
use crate::yaml::Node;

/// The words of a container or of a hook.
pub(super) struct Argv<'a> {
    /// Where the words come from: the entrypoint, the command or the hook.
    pub(super) parts: Vec<Part<'a>>,
}

/// A key whose value is words.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// What it is called in a message.
    pub(super) what: &'static str,
    /// The words, as they are run.
    pub(super) node: &'a Node,
}

impl<'a> Argv<'a> {
    /// The words in order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &'a Node> {
        self.parts.iter().flat_map(|part| part.node.items())
    }

    /// The texts of the words.
    pub(super) fn words(&self) -> Vec<&'a str> {
        self.nodes().filter_map(Node::as_str).collect()
    }

    /// The part that a word is in.
    pub(super) fn part_of(&self, word: &Node) -> Option<Part<'a>> {
        let has_it = |part: &&Part<'a>| part.node.items().any(|item| std::ptr::eq(item, word));
        self.parts.iter().find(has_it).copied()
    }

    /// Whether it is known which program runs: what stands in `command` alone is given to the image's entrypoint, which
    /// mostly runs it, but not always.
    pub(super) fn has_entrypoint(&self) -> bool {
        self.parts.iter().any(|part| part.what == "entrypoint")
    }

    /// The script that a shell is given here, and the value that it stands in.
    pub(super) fn script(&self) -> Option<(Invocation<'a>, &'a Node)> {
        let words = self.words();
        let Invocation { index, options, .. } = script_of(&words)?;
        let text = words.get(index).copied()?;
        Some((Invocation { index, text, options }, self.nodes().nth(index)?))
    }
}

/// What a service runs: the container's own words, where there are any.
pub(super) fn main<'a>(service: &Service<'a>) -> Option<Argv<'a>> {
    let part = |what| {
        let node = service.get(what).filter(|node| !node.items().as_slice().is_empty())?;
        Some(Part { what, node })
    };
    let parts: Vec<_> = ["entrypoint", "command"].into_iter().filter_map(part).collect();
    (!parts.is_empty()).then_some(Argv { parts })
}

/// What a service runs, and what its hooks run.
pub(super) fn all<'a>(service: &Service<'a>) -> Vec<Argv<'a>> {
    let hooks = ["post_start", "pre_stop"]
        .into_iter()
        .flat_map(|key| service.items(key));
    let hook = |hook: &'a Node| {
        let node = hook.get("command")?;
        Some(Argv {
            parts: vec![Part { what: "hook", node }],
        })
    };
    main(service).into_iter().chain(hooks.filter_map(hook)).collect()
}

/// A command that is written as one text: the text as it is written, and as it is after variables got their values.
pub(super) fn as_text<'a>(project: &Project<'a>, node: &Node) -> Option<(&'a str, String)> {
    let written = project.written(node.span)?.as_str()?;
    let known = |name: &str| project.model.variables.get(name).cloned();
    let text = crate::compose::load::interpolate_text(written, &known).ok()?;
    Some((written, text))
}

/// The edit that gives a command to a shell which stops at errors; none where other values would change with it.
pub(super) fn in_shell(project: &Project<'_>, service: &Service<'_>, span: Span, written: &str) -> Option<Edit> {
    let raw = project.text(span);
    if !is_own(project, service, span) {
        return None;
    }
    if raw.starts_with(['|', '>']) {
        return block_in_shell(project, span, raw);
    }
    let list = format!("[\"sh\", \"-ec\", {}]", quoted(written));
    (!raw.contains('\n')).then(|| Edit::replace(span, list))
}

/// The same for a block scalar: it becomes the last item of a list.
fn block_in_shell(project: &Project<'_>, span: Span, raw: &str) -> Option<Edit> {
    let (header, body) = raw.split_once('\n')?;
    let header = header.trim_end();
    let ending = if raw.contains("\r\n") { "\r\n" } else { "\n" };
    let first = body.lines().find(|line| !line.trim().is_empty())?;
    let indent = first.get(..first.len() - first.trim_start_matches(' ').len())?;
    if header.contains(|c: char| c.is_ascii_digit()) || indent.is_empty() {
        return None;
    }
    let mut text = format!("{ending}{indent}- sh{ending}{indent}- -ec{ending}{indent}- {header}{ending}");
    for line in body.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        text.push_str(if is_blank { "" } else { "  " });
        text.push_str(line);
    }
    let source = project.source(span.source)?;
    let start = span.range().start;
    let before = source.text.get(..start)?;
    let blanks = before.len() - before.trim_end_matches(' ').len();
    Some(Edit::replace(
        Span::new(span.source, start - blanks, span.range().end),
        text,
    ))
}

/// A text for a message: its first line, cut where it is long.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 40;
    let line = text.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None if line.len() < text.trim().len() => format!("{line}…"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    /// The file after its command was given to a shell.
    fn wrapped(text: &str) -> Option<String> {
        with_project(text, |project| {
            let service = project.service("a").unwrap();
            let command = service.get("command").unwrap();
            let (written, _) = as_text(project, command).unwrap();
            let edit = in_shell(project, service, command.span, written)?;
            Some(crate::lint::fix::apply(text, vec![&edit]))
        })
    }

    #[test]
    fn a_command_goes_into_a_list_as_it_is_written() {
        let one = "services:\n  a: {image: i, command: 'x \"y\" && $Z' } # c\n";
        let list = "services:\n  a: {image: i, command: [\"sh\", \"-ec\", \"x \\\"y\\\" && $Z\"] } # c\n";
        assert_eq!(wrapped(one).unwrap(), list);
        let block = "services:\r\n  a:\r\n    command: >- # c\r\n      x &&\r\n\r\n        y\r\n    image: i\r\n";
        let list = "services:\r\n  a:\r\n    command:\r\n      - sh\r\n      - -ec\r\n      - >- # c\r\n        x &&\r\n\r\n          \
                    y\r\n    image: i\r\n";
        assert_eq!(wrapped(block).unwrap(), list);
    }

    #[test]
    fn what_is_used_elsewhere_or_goes_over_lines_stays() {
        for text in [
            "services:\n  a: &a {image: i, command: x && y}\n  b: *a\n",
            "x-c: &c x && y\nservices:\n  a: {image: i, command: *c}\n",
            "services:\n  a:\n    image: i\n    command: x &&\n      y\n",
            "services:\n  a:\n    image: i\n    command: |2\n        x &&\n",
        ] {
            assert_eq!(wrapped(text), None, "{text}");
        }
    }

    #[test]
    fn a_message_has_one_short_line() {
        assert_eq!(short(" a b\n"), "a b");
        assert_eq!(short("a\nb"), "a…");
        assert_eq!(short(&"ü".repeat(50)).chars().count(), 41);
    }
}
