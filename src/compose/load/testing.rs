//! Trees from texts and texts from trees, for the tests of single stages.

use super::emit::plain;
use crate::diagnostic::Diagnostics;
use crate::source::SourceId;
use crate::yaml::{Node, expand, parse};

/// The tree of a text without faults.
pub(super) fn tree(text: &str) -> Node {
    let (tree, problems) = parse(text, SourceId::default());
    assert!(problems.is_empty(), "{problems:?}");
    let (node, problems) = expand(&tree, tree.documents[0]);
    assert!(problems.is_empty(), "{problems:?}");
    node
}

/// A tree as JSON on one line, without the quotes that are in the way of a reader.
pub(super) fn shown(node: &Node) -> String {
    plain(node).to_string().replace('"', "")
}

/// What was told, one a line.
pub(super) fn told(problems: &Diagnostics) -> String {
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    messages.join("\n")
}

/// Does `work` with the stack that threads of the program have.
pub(crate) fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(64 << 20)
            .spawn_scoped(scope, work);
        thread.unwrap().join().unwrap()
    })
}
