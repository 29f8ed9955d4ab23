//! The tokens that a text is cut into.

use super::super::tree::Style;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    StreamEnd,
    /// `%YAML`, with major and minor version.
    Version(u8, u8),
    /// `%TAG`, with handle and prefix.
    TagDirective(String, String),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    /// Handle and suffix; no handle where the suffix is the whole tag.
    Tag(String, String),
    Scalar(String, Style),
}

impl Kind {
    /// Whether a document cannot go on with it.
    pub(super) fn ends_document(&self) -> bool {
        matches!(
            self,
            Self::Version(..) | Self::TagDirective(..) | Self::DocumentStart | Self::DocumentEnd | Self::StreamEnd
        )
    }
}
