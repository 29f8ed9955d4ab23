//! Changes to a text that take a value away and nothing beside it: with its key or its dash, its comma, a comment behind it.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use super::places::{is_own, quoted};
use super::project::{Project, Service, SpanMap};
use crate::diagnostic::Edit;
use crate::source::Span;
use crate::yaml::{Key, Node, Value};

/// Where the keys and the items of lists are written, and what uses them.
#[derive(Debug, Default)]
pub(super) struct Places<'a> {
    entries: SpanMap<Place<'a>>,
    items: SpanMap<Place<'a>>,
    /// By the place of a key or a value, the first service that has it, and whether it is the only one.
    users: SpanMap<(usize, bool)>,
    /// By the place of a mapping or a list, what is written in it: found out once, since all of it may be taken out.
    children: RefCell<SpanMap<Option<Rc<[Child]>>>>,
}

/// What an entry or an item is written in.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    parent: &'a Node,
    /// Whether an alias or a merge key brings it elsewhere too.
    is_shared: bool,
}

/// The bytes of an entry, or of an item without its dash.
type Child = Range<usize>;

/// Writes another text in the place of a value, in the same quotes where it has any.
#[must_use]
pub fn rewrite(project: &Project<'_>, span: Span, text: &str) -> Edit {
    let raw = project.text(span);
    let mut quotes = ['"', '\''].into_iter();
    let quote = quotes.find(|quote| raw.len() > 1 && raw.starts_with(*quote) && raw.ends_with(*quote));
    let quote = quote.filter(|quote| !text.contains([*quote, '\\']));
    match quote {
        Some(quote) => Edit::replace(span, format!("{quote}{text}{quote}")),
        None => Edit::replace(span, text),
    }
}

/// Writes an item of a list that is several plain words as an item for each. Nothing where a word could mean something else,
/// or where something else uses the list too.
#[must_use]
pub fn split_item(project: &Project<'_>, service: &Service<'_>, list: &Node, item: &Node) -> Option<Edit> {
    let text = item.as_str()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=@,+".contains(c);
    let is_flow = project.text(list.span).starts_with('[');
    // A variable in it is not to be replaced by the value that it has here.
    let is_same = project.written(item.span)?.as_str() == Some(text);
    let words: Vec<String> = text.split_whitespace().map(quoted).collect();
    let can_split = is_flow && is_same && text.chars().all(is_plain) && is_own(project, service, list.span);
    can_split.then(|| Edit::replace(item.span, words.join(", ")))
}

/// Takes a key and its value out of the mapping that they are written in. Where they are all that is in it, the key that is
/// given as `parent` goes with the whole mapping; without one nothing is changed. Nothing as well where the text does not
/// show beyond doubt what belongs to the key, or where something else uses it too.
#[must_use]
pub fn remove_entry(project: &Project<'_>, key: &Key, parent: Option<&Key>) -> Option<Vec<Edit>> {
    let place = project.places().entries.get(&key.span)?;
    let (written, _) = place.parent.as_map()?.get_key_value(&*key.text)?;
    if written.span != key.span {
        return None;
    }
    remove(project, place, key.span, parent)
}

/// Takes a key and its value out of the mapping that they are written in, and leaves nothing where they are all that is in
/// it. Nothing is changed where a comment would go with them: it can say why the key is there.
#[must_use]
pub fn remove_or_empty(project: &Project<'_>, key: &Key) -> Option<Vec<Edit>> {
    let place = project.places().entries.get(&key.span)?;
    let source = project.source(key.span.source)?;
    let children = project.places().children(&source.text, place.parent)?;
    let [child] = &*children else {
        return remove_entry(project, key, None);
    };
    let is_written = child.start == key.span.range().start && !place.is_shared && project.places().is_of_one(key.span);
    let layout = Layout {
        text: &source.text,
        children: &children,
        at: 0,
    };
    let range = layout.range(place.parent)?;
    let has_more = source
        .text
        .get(range.clone())
        .is_none_or(|text| has_anchor(text) || has_comment(text));
    let edit = Edit::replace(Span::new(key.span.source, range.start, range.end), "");
    (is_written && !has_more).then(|| vec![edit])
}

/// Whether an item of a list is written in one place that one service has.
#[must_use]
pub fn is_own_item(project: &Project<'_>, item: Span) -> bool {
    let place = project.places().items.get(&item);
    place.is_some_and(|place| !place.is_shared && place.parent.span.holds(item)) && project.places().is_of_one(item)
}

/// Writes another entry, such as `init: true`, before a key of a mapping. Nothing where something else uses the mapping too,
/// or where it is written in an odd way.
#[must_use]
pub fn add_before(project: &Project<'_>, key: &Key, entry: &str) -> Option<Vec<Edit>> {
    let place = project.places().entries.get(&key.span)?;
    let source = project.source(key.span.source)?;
    if place.is_shared || !project.places().is_of_one(key.span) || !place.parent.span.holds(key.span) {
        return None;
    }
    let start = key.span.range().start;
    let line = source.text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = source.text.get(line..start)?;
    let is_flow = project.text(place.parent.span).starts_with('{');
    let is_crlf = source.text.get(..line)?.ends_with("\r\n");
    let text = match (is_flow, before.trim().is_empty()) {
        (true, _) => format!("{entry}, "),
        (false, true) => format!("{entry}{}{before}", if is_crlf { "\r\n" } else { "\n" }),
        (false, false) => return None,
    };
    Some(vec![Edit::replace(Span::new(key.span.source, start, start), text)])
}

/// Whether no two services have the item of a list that is written at a place: an edit of it changes one alone.
#[must_use]
pub fn is_of_one(project: &Project<'_>, item: Span) -> bool {
    let place = project.places().items.get(&item);
    place.is_some_and(|place| !place.is_shared) && project.places().is_of_one(item)
}

/// Takes an item out of the list that it is written in, in the same way.
#[must_use]
pub fn remove_item(project: &Project<'_>, item: &Node, parent: Option<&Key>) -> Option<Vec<Edit>> {
    remove(project, project.places().items.get(&item.span)?, item.span, parent)
}

fn remove(project: &Project<'_>, place: &Place<'_>, span: Span, parent: Option<&Key>) -> Option<Vec<Edit>> {
    let text = &project.source(span.source)?.text;
    if place.is_shared || !project.places().is_of_one(span) || !place.parent.span.holds(span) {
        return None;
    }
    let children = project.places().children(text, place.parent)?;
    let at = children
        .binary_search_by_key(&span.range().start, |child| child.start)
        .ok()?;
    let range = if children.len() > 1 {
        let layout = Layout {
            text,
            children: &children,
            at,
        };
        layout.range(place.parent)?
    } else {
        let parent = parent.filter(|key| is_value_of(project, key, place.parent))?;
        return remove_entry(project, parent, None);
    };
    let is_target = text.get(range.clone()).is_none_or(has_anchor);
    let edit = Edit::replace(Span::new(span.source, range.start, range.end), "");
    (!is_target).then(|| vec![edit])
}

fn is_value_of(project: &Project<'_>, key: &Key, value: &Node) -> bool {
    let place = project.places().entries.get(&key.span);
    let written = place.and_then(|place| place.parent.get(&key.text));
    written.is_some_and(|written| written.span == value.span)
}

/// What is written in a mapping or a list itself, in the order of the text.
fn children(text: &str, parent: &Node) -> Option<Vec<Child>> {
    let mut children: Vec<Child> = match &parent.value {
        Value::Seq(items) => items.iter().map(|item| item.span.range()).collect(),
        Value::Map(map) => map
            .iter()
            .filter(|(key, _)| parent.span.holds(key.span))
            .map(|(key, value)| entry(text, key, value))
            .collect::<Option<_>>()?,
        _ => return None,
    };
    children.sort_by_key(|child| child.start);
    let is_in = |child: &Child| parent.span.range().start <= child.start && child.end <= parent.span.range().end;
    (children.is_sorted_by(|a, b| a.end <= b.start) && children.iter().all(is_in)).then_some(children)
}

fn entry(text: &str, key: &Key, value: &Node) -> Option<Child> {
    let (start, key_end) = (key.span.range().start, key.span.range().end);
    if value.span.range().is_empty() {
        let rest = text.get(key_end..)?;
        let colon = rest.trim_start_matches([' ', '\t']).strip_prefix(':');
        return Some(start..colon.map_or(key_end, |after| text.len() - after.len()));
    }
    let between = text.get(key_end..value.span.range().start)?;
    let is_beside = key.span.source == value.span.source && without_comments(between).trim() == ":";
    is_beside.then(|| start..value.span.range().end)
}

fn without_comments(text: &str) -> String {
    let lines = text.lines();
    let kept = lines.map(|line| line.split_once(" #").map_or(line, |(before, _)| before));
    kept.filter(|line| !line.trim_start().starts_with('#')).collect()
}

/// Whether an alias elsewhere may stand for a part of a text.
fn has_anchor(text: &str) -> bool {
    let is_bound = |c: char| c.is_whitespace() || "[{,".contains(c);
    let before = [' '].into_iter().chain(text.chars());
    let after = text.chars().skip(1).chain([' ']);
    before
        .zip(text.chars())
        .zip(after)
        .any(|((before, c), after)| c == '&' && is_bound(before) && !is_bound(after) && after != '&')
}

/// Whether a text may have a comment in it.
fn has_comment(text: &str) -> bool {
    text.split_whitespace().any(|word| word.starts_with('#'))
}

/// One of several values in a text.
struct Layout<'a> {
    text: &'a str,
    children: &'a [Child],
    at: usize,
}

impl Layout<'_> {
    fn range(&self, parent: &Node) -> Option<Range<usize>> {
        let child = self.children.get(self.at)?;
        let first = self.text.get(parent.span.range())?.chars().next()?;
        if first == '{' || first == '[' {
            return self.with_comma(child);
        }
        let begin = self.line_start(child.start);
        let before = self.text.get(begin..child.start)?;
        let is_item = parent.as_seq().is_some();
        match before.trim() {
            "" if !is_item => self.lines(begin, begin + before.len(), child.end),
            "-" if is_item => self.lines(begin, begin + before.find('-')?, child.end),
            "-" => self.behind_dash(child),
            _ => None,
        }
    }

    /// Whole lines, with a comment behind the value and those below it that are indented as its parts are. `first` is the
    /// first byte that is no blank.
    fn lines(&self, begin: usize, first: usize, end: usize) -> Option<Range<usize>> {
        let mut end = self.line_end(end)?;
        let indent = first - begin;
        for line in self.text.get(end..)?.split_inclusive('\n') {
            let bare = line.trim_start_matches([' ', '\t']);
            if !bare.starts_with('#') || line.len() - bare.len() <= indent {
                break;
            }
            end += line.len();
        }
        // No two gaps become one.
        let above = self.text.get(..begin)?;
        if above.is_empty() || above.ends_with("\n\n") || above.ends_with("\n\r\n") {
            let blank = self
                .text
                .get(end..)?
                .split_inclusive('\n')
                .take_while(|line| line.trim().is_empty());
            end += blank.map(str::len).sum::<usize>();
        }
        Some(begin..end)
    }

    /// The first key of a mapping behind a dash: the next one takes its place.
    fn behind_dash(&self, child: &Child) -> Option<Range<usize>> {
        let next = self.children.get(self.at + 1)?;
        let end = self.line_end(child.end)?;
        let between = self.text.get(end..next.start)?;
        between.trim().is_empty().then_some(child.start..next.start)
    }

    fn with_comma(&self, child: &Child) -> Option<Range<usize>> {
        let is_comma = |between: Range<usize>| self.text.get(between).is_some_and(|between| between.trim() == ",");
        if let Some(next) = self.children.get(self.at + 1) {
            return is_comma(child.end..next.start).then_some(child.start..next.start);
        }
        let Some(before) = self.at.checked_sub(1).and_then(|at| self.children.get(at)) else {
            return Some(child.clone());
        };
        // A colon must not come to stand before the brace.
        let has_value = !self.text.get(before.clone())?.ends_with(':');
        (has_value && is_comma(before.end..child.start)).then_some(before.end..child.end)
    }

    fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// One past the line break behind a value, where nothing but a comment stands between.
    fn line_end(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let line = rest.split_inclusive('\n').next().unwrap_or_default();
        let is_comment = line.starts_with([' ', '\t']) && line.trim_start().starts_with('#');
        (line.trim().is_empty() || is_comment).then_some(at + line.len())
    }
}

impl<'a> Places<'a> {
    /// Looks through documents as they are written, and through services as they are resolved.
    pub(super) fn new(documents: impl Iterator<Item = &'a Node>, services: impl Iterator<Item = &'a Node>) -> Self {
        let mut places = Self::default();
        documents.for_each(|document| places.node(document));
        for (at, service) in services.enumerate() {
            places.user(service, at);
        }
        places
    }

    /// What is written in a mapping or a list itself, in the order of the text.
    fn children(&self, text: &str, parent: &Node) -> Option<Rc<[Child]>> {
        let mut known = self.children.borrow_mut();
        let children = || children(text, parent).map(Rc::from);
        known.entry(parent.span).or_insert_with(children).clone()
    }

    /// Whether no two services have what is written at a place.
    fn is_of_one(&self, span: Span) -> bool {
        self.users.get(&span).is_none_or(|(_, is_one)| *is_one)
    }

    fn node(&mut self, node: &'a Node) {
        for item in node.items() {
            add(&mut self.items, item.span, node);
            self.node(item);
        }
        for (key, value) in node.entries() {
            add(&mut self.entries, key.span, node);
            self.node(value);
        }
    }

    fn user(&mut self, node: &Node, service: usize) {
        let mut used = |span| {
            let (first, is_one) = self.users.entry(span).or_insert((service, true));
            *is_one &= *first == service;
        };
        node.items().for_each(|item| used(item.span));
        node.entries().for_each(|(key, _)| used(key.span));
        node.items().for_each(|item| self.user(item, service));
        node.entries().for_each(|(_, value)| self.user(value, service));
    }
}

fn add<'a>(places: &mut SpanMap<Place<'a>>, span: Span, parent: &'a Node) {
    let place = Place {
        parent,
        is_shared: false,
    };
    places
        .entry(span)
        .and_modify(|place| place.is_shared = true)
        .or_insert(place);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::fix::apply;
    use crate::lint::rules::testing::with_project;

    #[test]
    fn a_value_keeps_its_quotes() {
        let rewritten = |value: &str| {
            let text = format!("services: {{a: {{image: x, user: {value}}}}}");
            with_project(&text, |project| {
                let user = project.services()[0].get("user").unwrap();
                rewrite(project, user.span, "new").text
            })
        };
        let all = ["old", "'old'", "\"old\""].map(rewritten);
        assert_eq!(all, ["new", "'new'", "\"new\""]);
    }

    /// The text without the value at the end of a row of keys, or of numbers of items, in the service `a`.
    fn without(text: &str, path: &[&str], with_parent: bool) -> Option<String> {
        with_project(text, |project| {
            let (last, before) = path.split_last().unwrap();
            let mut node = project.service("a").unwrap().node;
            let mut parent = None;
            for key in before {
                let (found, value) = node.as_map().unwrap().get_key_value(*key).unwrap();
                parent = Some(found).filter(|_| with_parent);
                node = value;
            }
            let edits = match last.parse::<usize>() {
                Ok(at) => remove_item(project, &node.as_seq().unwrap()[at], parent),
                Err(_) => remove_entry(project, node.as_map().unwrap().get_key_value(*last).unwrap().0, parent),
            };
            let source = project.sources().next().unwrap();
            edits.map(|edits| apply(&source.text, edits.iter().collect()))
        })
    }

    fn service(body: &str) -> String {
        format!("services:\n  a:\n{body}")
    }

    #[track_caller]
    fn check(body: &str, path: &[&str], expected: Option<&str>) {
        let expected = expected.map(service);
        assert_eq!(without(&service(body), path, false), expected);
        let crlf = |text: String| text.replace('\n', "\r\n");
        assert_eq!(without(&crlf(service(body)), path, false), expected.map(crlf));
    }

    #[test]
    fn a_key_goes_with_its_lines_and_the_comment_behind_it() {
        let body =
            "    image: x # kept\n    # about tty\n    tty: true # gone\n\n    # about restart\n    restart: always\n";
        let rest = "    image: x # kept\n    # about tty\n\n    # about restart\n    restart: always\n";
        check(body, &["tty"], Some(rest));
        check("    image: x\n    tty: true", &["tty"], Some("    image: x\n"));
        check("    tty: true\n    image: x", &["tty"], Some("    image: x"));
        check(
            "    \"tty\" : true\n    'image': x\n",
            &["tty"],
            Some("    'image': x\n"),
        );
    }

    #[test]
    fn a_collection_goes_with_all_its_lines() {
        let list = "    ports: # gone\n    - '80'\n\n    # gone\n    - '81' # gone\n      # - '82'\n    # kept\n    image: x\n";
        check(list, &["ports"], Some("    # kept\n    image: x\n"));
        let map = "    build:\n      context: .\n      args: {A: b,\n        C: d}\n    image: x\n";
        check(map, &["build"], Some("    image: x\n"));
        check(
            map,
            &["build", "context"],
            Some("    build:\n      args: {A: b,\n        C: d}\n    image: x\n"),
        );
        let block = "    command: |\n      a\n      # b\n\n    image: x\n";
        check(block, &["command"], Some("\n    image: x\n"));
    }

    #[test]
    fn an_entry_of_a_flow_mapping_goes_with_its_comma() {
        for (body, expected) in [
            ("{image: x, tty: true}", "{image: x}"),
            ("{tty: true, image: x}", "{image: x}"),
            ("{tty: true , \"image\": x,}", "{\"image\": x,}"),
            ("{image: x, tty: true,}", "{image: x,}"),
            ("{image: x,\n    tty: true\n  }", "{image: x\n  }"),
        ] {
            let text = |body: &str| format!("services: {{a: {body}, b: {{image: x}}}}\n");
            assert_eq!(without(&text(body), &["tty"], false), Some(text(expected)), "{body}");
        }
    }

    #[test]
    fn an_item_goes_with_its_dash() {
        let body = "    image: x\n    cap_add:\n      - A # gone\n      # kept\n      - B\n      -   C\n";
        check(
            body,
            &["cap_add", "0"],
            Some("    image: x\n    cap_add:\n      # kept\n      - B\n      -   C\n"),
        );
        check(
            body,
            &["cap_add", "2"],
            Some("    image: x\n    cap_add:\n      - A # gone\n      # kept\n      - B\n"),
        );
        let flow = "    image: x\n    cap_add: [A, 'B']\n";
        check(flow, &["cap_add", "1"], Some("    image: x\n    cap_add: [A]\n"));
        check(flow, &["cap_add", "0"], Some("    image: x\n    cap_add: ['B']\n"));
    }

    #[test]
    fn the_first_key_behind_a_dash_makes_room_for_the_next() {
        let text = service("    image: x\n    volumes:\n      - type: bind\n        source: /a\n        target: /b\n");
        with_project(&text, |project| {
            let mount = &project.service("a").unwrap().items("volumes").as_slice()[0];
            let key = mount.as_map().unwrap().get_key_value("type").unwrap().0;
            let edits = remove_entry(project, key, None).unwrap();
            let expected = "    image: x\n    volumes:\n      - source: /a\n        target: /b\n";
            assert_eq!(apply(&text, edits.iter().collect()), service(expected));
        });
    }

    #[test]
    fn what_is_alone_goes_with_its_parent_or_stays() {
        let text = service("    image: x\n    build:\n      args:\n        A: b\n    cap_add:\n      - A\n");
        assert_eq!(without(&text, &["cap_add", "0"], false), None);
        let rest = service("    image: x\n    build:\n      args:\n        A: b\n");
        assert_eq!(without(&text, &["cap_add", "0"], true), Some(rest));
        assert_eq!(
            without(&text, &["build", "args", "A"], true),
            None,
            "the parent is alone too"
        );
    }

    #[test]
    fn what_is_alone_can_leave_nothing() {
        for (text, expected) in [
            (
                "volumes:\n  v: # kept\n    # kept\n    name: n\n",
                "volumes:\n  v: # kept\n    # kept\n",
            ),
            (
                "volumes:\n  v:\n    name: n # for all\n",
                "volumes:\n  v:\n    name: n # for all\n",
            ),
            ("volumes: {v: {name: n}}\n", "volumes: {v: {}}\n"),
            ("volumes: {v: {name: n, x-a: 1}}\n", "volumes: {v: {x-a: 1}}\n"),
        ] {
            let file = |volumes: &str| format!("{volumes}services: {{a: {{image: i, volumes: ['v:/v']}}}}\n");
            let text = file(text);
            let changed = with_project(&text, |project| {
                let (_, volume) = project.section("volumes").next().unwrap();
                let key = volume.as_map().unwrap().get_key_value("name").unwrap().0;
                let edits = remove_or_empty(project, key).unwrap_or_default();
                apply(&text, edits.iter().collect())
            });
            assert_eq!(changed, file(expected));
        }
    }

    #[test]
    fn an_entry_is_written_before_another() {
        for (body, expected) in [
            (
                "    image: x\n    tty: true\n",
                "    image: x\n    init: true\n    tty: true\n",
            ),
            (
                "    image: x\r\n    tty: true\r\n",
                "    image: x\r\n    init: true\r\n    tty: true\r\n",
            ),
            ("    {image: x, tty: true}\n", "    {image: x, init: true, tty: true}\n"),
        ] {
            let text = service(body);
            with_project(&text, |project| {
                let key = project.service("a").unwrap().key_of("tty").unwrap();
                let edits = add_before(project, key, "init: true").unwrap();
                assert_eq!(apply(&text, edits.iter().collect()), service(expected));
            });
        }
    }

    #[test]
    fn one_of_two_gaps_goes_as_well() {
        let text = "version: '3'\n\nservices:\n  a: {image: i}\n\nname: n\n\nx-a: 1\n";
        with_project(text, |project| {
            let document = project.documents().next().unwrap();
            let without = |key: &str| {
                let key = document.as_map().unwrap().get_key_value(key).unwrap().0;
                apply(text, remove_entry(project, key, None).unwrap().iter().collect())
            };
            assert_eq!(without("version"), "services:\n  a: {image: i}\n\nname: n\n\nx-a: 1\n");
            assert_eq!(
                without("name"),
                "version: '3'\n\nservices:\n  a: {image: i}\n\nx-a: 1\n"
            );
        });
    }

    #[test]
    fn what_else_is_used_stays() {
        let base = "x-a: &a\n  tty: true\n  restart: always\n";
        let merged = format!("{base}{}", service("    <<: *a\n    image: x\n"));
        assert_eq!(without(&merged, &["restart"], false), None);
        let own = format!("{base}{}", service("    <<: *a\n    image: x\n    tty: false\n"));
        let rest = format!("{base}{}", service("    <<: *a\n    image: x\n"));
        assert_eq!(without(&own, &["tty"], false), Some(rest));
        let anchored = service("    image: &i x\n    tty: true\n  b:\n    image: *i\n");
        assert_eq!(without(&anchored, &["image"], false), None);
        let alias = service("    image: x\n    cap_add: *c\n");
        assert_eq!(without(&format!("x-c: &c [A, B]\n{alias}"), &["cap_add"], false), None);
        let extended = service("    image: x\n    tty: true\n  b:\n    extends: a\n");
        assert_eq!(without(&extended, &["tty"], false), None);
    }

    #[test]
    fn what_is_written_in_an_odd_way_stays() {
        for body in [
            "    image: x\n    ? tty\n    : true\n",
            "    image: x\n    !!str tty: true\n",
            "    image: x\n    tty: !!bool true\n",
        ] {
            assert_eq!(without(&service(body), &["tty"], false), None, "{body}");
        }
        for flow in [
            "services: {a: {image: x, # kept\n  tty: true}}\n",
            "services: {a: {image: x, x-a: , tty: true}}\n",
        ] {
            assert_eq!(without(flow, &["tty"], false), None, "{flow}");
        }
    }
}
