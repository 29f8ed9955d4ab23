//! Text → spanned tree. Never fails: what is wrong comes beside the tree, and the tree has what could be read.
//!
//! The dialect is the one of Compose's own reader: the syntax of YAML 1.1 with mostly the scalars of YAML 1.2. Nothing
//! here knows what a Compose file is.

mod build;
mod comment;
mod decode;
mod expand;
mod explain;
mod read;
mod scalar;
mod time;
mod tree;
mod value;

pub use build::{MAX_DEPTH, parse};
pub use decode::decode;
pub use expand::{MAX_LEVELS, MAX_NODES, expand};
pub use time::Time;
pub use tree::{Anchor, Kind, NodeId, Style, Syntax, Tag, Tree};
pub use value::{Key, Map, Node, Value};
