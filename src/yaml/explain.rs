//! What the reader of YAML says, in words that tell what to look for in the file.

/// A problem in other words, and advice.
pub(super) fn problem<'a>(said: &'a str, context: Option<&str>, at: Option<char>) -> (&'a str, Option<&'static str>) {
    match said {
        "found unexpected end of stream" if context == Some("while scanning a quoted scalar") => (
            "the file ends inside a quoted text",
            Some("close the quote that is opened here"),
        ),
        "found character that cannot start any token" if at == Some('\t') => (
            "a tab cannot stand here",
            Some("indent with blanks: YAML does not allow tabs"),
        ),
        "found character that cannot start any token" => (
            "a value cannot begin with this character",
            Some("write the value in quotes"),
        ),
        "did not find expected key" => (
            "this line does not fit to those above it",
            Some(
                "give it the same indentation as the other keys of its mapping, and close every bracket and quote above it",
            ),
        ),
        "did not find expected '-' indicator" => (
            "an item of the list must begin with \"-\" here",
            Some("give it the same indentation as the other items"),
        ),
        "did not find expected ',' or ']'" => ("a \",\" or \"]\" is missing before this", None),
        "did not find expected ',' or '}'" => ("a \",\" or \"}\" is missing before this", None),
        "mapping values are not allowed in this context" => (
            "a key and its \":\" are not allowed here",
            Some("write a text that has \": \" in it in quotes; if this is a key, check the indentation of the line"),
        ),
        "could not find expected ':'" => ("a \":\" is missing behind a key", None),
        "found unknown escape character" => (
            "this escape is not known in a text in double quotes",
            Some("write the backslash twice, or use single quotes"),
        ),
        "did not find expected node content" => (
            "a value is missing before this",
            Some("write it, or close the bracket that is open above"),
        ),
        "block sequence entries are not allowed in this context" => (
            "an item of a list cannot begin here",
            Some("put the \"-\" on a line of its own, indented like the other items"),
        ),
        "mapping keys are not allowed in this context" => (
            "a key cannot begin here",
            Some("put it on a line of its own, indented like the other keys"),
        ),
        "did not find expected alphabetic or numeric character" => (
            "a name is missing behind \"&\" or \"*\"",
            Some("write a value that begins with one of them in quotes"),
        ),
        "did not find expected <document start>" => (
            "the document has ended before this",
            Some("check the indentation of this line, and what stands above it"),
        ),
        "did not find expected comment or line break" => (
            "only a comment can stand behind \"|\" or \">\"",
            Some("begin the text on the next line, indented"),
        ),
        "found a character that is not allowed in a tag" if at == Some(',') => {
            ("a comma follows a tag at once", Some("put a blank between the two"))
        }
        "found undefined tag handle" => (
            "this tag is not known",
            Some("write a value that begins with \"!\" in quotes"),
        ),
        "found a tab character where an indentation space is expected"
        | "found a tab character that violates indentation" => (
            "a tab cannot stand here",
            Some("indent with blanks: YAML does not allow tabs"),
        ),
        said => (said, None),
    }
}

/// What the place has to do with it at which the reader began.
pub(super) fn context(said: &str) -> &str {
    match said {
        "while scanning a quoted scalar" => "the quote is opened here",
        "while parsing a block mapping" => "the mapping begins here",
        "while parsing a block collection" => "the list begins here",
        "while parsing a flow sequence" => "the list is opened here",
        "while parsing a flow mapping" => "the mapping is opened here",
        "while scanning a simple key" => "the key begins here",
        "while scanning a block scalar" | "while scanning a plain scalar" => "the text begins here",
        "while scanning an alias" => "the alias begins here",
        "while scanning an anchor" => "the anchor begins here",
        "while scanning a tag" | "while parsing a tag" => "the tag begins here",
        "while parsing a node" | "while parsing a block node" | "while parsing a flow node" => "the value begins here",
        said => said,
    }
}
