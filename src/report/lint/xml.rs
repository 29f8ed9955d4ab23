//! XML documents, for the formats that are XML.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

/// The writer of a document in the making.
pub(super) type Xml = Writer<Vec<u8>>;

/// A whole document. `build` writes its root.
pub(super) fn document(build: impl FnOnce(&mut Xml) -> io::Result<()>) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to a vector cannot fail.
    let _ = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    let _ = build(&mut writer);
    String::from_utf8_lossy(&writer.into_inner()).into_owned() + "\n"
}

/// Text without the characters that XML does not have.
pub(super) fn text(text: &str) -> String {
    let is_known = |char: &char| !matches!(char, '\u{fffe}' | '\u{ffff}');
    super::one_line(text).chars().filter(is_known).collect()
}
