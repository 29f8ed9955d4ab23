//! Files that are too much for one reader.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Limit, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::{Key, Node};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "file-complexity",
    summary: "a file is longer than nearly all others, or repeats itself",
    why: "Of 762 compose files of 51 public projects, 99 in 100 have no more than 20 services and 600 lines that are no \
          comments, and 98 in 100 repeat no more than 14 lines. In a file beyond that, a change is easily made in one of \
          several places, and nobody reads it from end to end.",
    level: Severity::Hint,
    category: Category::Style,
    preset: Preset::Strict,
    bad: "\
«services»:
  shop-web: {image: \"shop-web:1\"}
  shop-api: {image: \"shop-api:1\"}
  shop-worker: {image: \"shop-worker:1\"}
  shop-db: {image: \"shop-db:1\"}
  shop-cache: {image: \"shop-cache:1\"}
  shop-queue: {image: \"shop-queue:1\"}
  shop-cron: {image: \"shop-cron:1\"}
  search-api: {image: \"search-api:1\"}
  search-indexer: {image: \"search-indexer:1\"}
  search-worker: {image: \"search-worker:1\"}
  search-db: {image: \"search-db:1\"}
  search-ui: {image: \"search-ui:1\"}
  search-proxy: {image: \"search-proxy:1\"}
  search-cron: {image: \"search-cron:1\"}
  mail-smtp: {image: \"mail-smtp:1\"}
  mail-imap: {image: \"mail-imap:1\"}
  mail-filter: {image: \"mail-filter:1\"}
  mail-db: {image: \"mail-db:1\"}
  mail-ui: {image: \"mail-ui:1\"}
  mail-queue: {image: \"mail-queue:1\"}
  mail-cron: {image: \"mail-cron:1\"}
",
    good: "\
include:
  - shop.yaml
  - search.yaml
  - mail.yaml
== shop.yaml ==
services:
  shop-web: {image: \"shop-web:1\"}
  shop-api: {image: \"shop-api:1\"}
  shop-worker: {image: \"shop-worker:1\"}
  shop-db: {image: \"shop-db:1\"}
  shop-cache: {image: \"shop-cache:1\"}
  shop-queue: {image: \"shop-queue:1\"}
  shop-cron: {image: \"shop-cron:1\"}
== search.yaml ==
services:
  search-api: {image: \"search-api:1\"}
  search-indexer: {image: \"search-indexer:1\"}
  search-worker: {image: \"search-worker:1\"}
  search-db: {image: \"search-db:1\"}
  search-ui: {image: \"search-ui:1\"}
  search-proxy: {image: \"search-proxy:1\"}
  search-cron: {image: \"search-cron:1\"}
== mail.yaml ==
services:
  mail-smtp: {image: \"mail-smtp:1\"}
  mail-imap: {image: \"mail-imap:1\"}
  mail-filter: {image: \"mail-filter:1\"}
  mail-db: {image: \"mail-db:1\"}
  mail-ui: {image: \"mail-ui:1\"}
  mail-queue: {image: \"mail-queue:1\"}
  mail-cron: {image: \"mail-cron:1\"}
",
    fixed: None,
    check,
};

const fn limit(name: &'static str, summary: &'static str, default: u64) -> Limit {
    Limit {
        rule: RULE.id,
        name,
        summary,
        default,
    }
}

/// See its summary.
pub(super) const SERVICES: Limit = limit("services", "how many services a file may have", 20);

/// See its summary.
pub(super) const LINES: Limit = limit("lines", "how many lines with something to say a file may have", 600);

/// See its summary.
pub(super) const REPEATED: Limit = limit(
    "repeated",
    "how many lines of a file may stand elsewhere in it as well",
    50,
);

/// Shorter blocks are easier to read than a reference to them.
const BLOCK: usize = 3;

fn check(project: &Project<'_>, found: &mut Found) {
    for document in project.documents() {
        let entry = document.as_map().and_then(|map| map.get_key_value("services"));
        if let Some((key, services)) = entry {
            finding(project, document, key, services)
                .into_iter()
                .for_each(|one| found.push(one));
        }
    }
}

fn finding(project: &Project<'_>, document: &Node, key: &Key, services: &Node) -> Option<Diagnostic> {
    let count = services.entries().count();
    let lines = lines(project.text(document.span));
    let blocks = repeated(project, services);
    let repeated: usize = blocks.iter().map(Block::repeated).sum();
    let is_above = |count: usize, limit: &Limit| count as u64 > project.limit(limit);
    if is_above(count, &SERVICES) || is_above(lines, &LINES) {
        let message = format!("{count} services and {lines} lines in one file are hard to keep in mind");
        return Some(
            at(key.span, message).help("split it by topic with include, and give what is not always needed a profile"),
        );
    }
    let most = blocks.iter().max_by_key(|block| block.repeated())?;
    is_above(repeated, &REPEATED).then(|| {
        at(
            key.span,
            format!("{repeated} lines of this file are written elsewhere in it as well"),
        )
        .label(most.first, format!("is there {} times", most.times))
        .help("write what services have in common once, and let them take it over with extends or with a YAML anchor")
    })
}

/// How many lines have something to say.
fn lines(text: &str) -> usize {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).count()
}

/// A value that is written more than once.
struct Block {
    first: Span,
    times: usize,
    lines: usize,
}

impl Block {
    fn repeated(&self) -> usize {
        (self.times - 1) * self.lines
    }
}

/// The values of services that are written in the same words. One that an alias stands for is written once.
fn repeated(project: &Project<'_>, services: &Node) -> Vec<Block> {
    let mut blocks: HashMap<Vec<&str>, Block> = HashMap::new();
    for (_, service) in services.entries() {
        let values = service.entries().map(|(_, value)| value.span);
        for span in values.filter(|span| service.span.holds(*span)) {
            let words = project
                .text(span)
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty());
            let words: Vec<&str> = words.filter(|line| !line.starts_with('#')).collect();
            let lines = words.len();
            if lines >= BLOCK {
                let first = Block {
                    first: span,
                    times: 0,
                    lines,
                };
                blocks.entry(words).or_insert(first).times += 1;
            }
        }
    }
    let mut blocks: Vec<Block> = blocks.into_values().filter(|block| block.times > 1).collect();
    blocks.sort_by_key(|block| block.first);
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn file(services: usize, block: &str) -> String {
        let services = (0..services).map(|number| format!("  s{number}:\n    image: i\n{block}"));
        format!("services:\n{}", services.collect::<String>())
    }

    #[test]
    fn size_and_repetition_count() {
        assert!(found(&RULE, &file(20, "")).is_empty());
        assert_eq!(found(&RULE, &file(21, "")), ["services"]);
        let block = "    environment:\n      A: b # c\n      # d\n      C: d\n      E: f\n      G: h\n      I: j\n";
        assert!(found(&RULE, &file(11, block)).is_empty());
        assert_eq!(found(&RULE, &file(12, block)), ["services"]);
    }

    #[test]
    fn what_an_alias_stands_for_is_written_once() {
        let text = file(12, "    labels: *l\n");
        let anchor = "x-l: &l\n  A: b\n  C: d\n  E: f\n  G: h\n  I: j\n";
        assert!(found(&RULE, &format!("{anchor}{text}")).is_empty());
    }
}
