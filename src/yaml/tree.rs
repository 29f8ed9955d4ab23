//! The tree as it was written: an arena of nodes with the places of values, keys, tags, anchors and comments.

use crate::source::Span;

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: its text decides its type.
    Plain,
    /// `'…'` or `"…"`.
    Quoted,
    /// `|` or `>`.
    Block,
}

/// A tag, with its handle resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Such as `!reset` or `tag:yaml.org,2002:str`.
    pub name: Box<str>,
    /// Where it is written.
    pub span: Span,
}

/// The name that an alias can refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Without its `&`.
    pub name: Box<str>,
    /// Where it is written.
    pub span: Span,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text, escapes and folding undone.
    Scalar {
        /// The text.
        text: Box<str>,
        /// How it is written.
        style: Style,
    },
    /// A list.
    Sequence(Vec<NodeId>),
    /// Keys and values in the order of the file.
    Mapping(Vec<(NodeId, NodeId)>),
    /// `*name`, and the node it stands for: the latest one before it that has this anchor.
    Alias {
        /// Without its `*`.
        name: Box<str>,
        /// None where no such anchor stands before it.
        target: Option<NodeId>,
    },
}

/// One node as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// What it is.
    pub kind: Kind,
    /// Where its value is, without tag and anchor.
    pub span: Span,
    /// Its tag.
    pub tag: Option<Tag>,
    /// Its anchor.
    pub anchor: Option<Anchor>,
}

/// All documents of one text.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub(super) nodes: Vec<Syntax>,
    /// The root of each document.
    pub documents: Vec<NodeId>,
    /// Each comment, from its `#` to the end of its line.
    pub comments: Vec<Span>,
}

impl Tree {
    /// The node with this id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Syntax {
        &self.nodes[id.0 as usize]
    }

    /// Every node, in the order in which they begin.
    pub fn nodes(&self) -> impl Iterator<Item = &Syntax> {
        self.nodes.iter()
    }
}
