//! Any bytes as YAML: every place lies inside the text and between characters, whatever is wrong with it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use towline::diagnostic::Diagnostic;
use towline::source::{SourceId, Span};
use towline::yaml::{Node, decode, expand, parse};

fuzz_target!(|bytes: &[u8]| {
    let source = SourceId::default();
    let (text, problem) = decode(bytes, source);
    let inside = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} is no place of the text");
    let told = |problem: &Diagnostic| {
        problem.span.into_iter().for_each(inside);
        problem.labels.iter().for_each(|label| inside(label.span));
    };
    problem.iter().for_each(told);
    let fault = problem.and_then(|problem| problem.span);
    let readable = fault.map_or(text.len(), |span| span.range().start);
    let (tree, problems) = parse(&text[..readable], source);
    problems.iter().for_each(told);
    tree.comments.iter().copied().for_each(inside);
    for node in tree.nodes() {
        inside(node.span);
        node.tag.iter().for_each(|tag| inside(tag.span));
        node.anchor.iter().for_each(|anchor| inside(anchor.span));
    }
    for root in &tree.documents {
        let (node, problems) = expand(&tree, *root);
        problems.iter().for_each(told);
        values(&node, &inside);
    }
});

fn values(node: &Node, inside: &dyn Fn(Span)) {
    inside(node.span);
    node.items().for_each(|item| values(item, inside));
    for (key, value) in node.entries() {
        inside(key.span);
        values(value, inside);
    }
}
