//! Text → instructions: directives, comments, continued lines and heredocs.

/// An instruction: its name in capitals, and what follows it in one line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    pub(super) name: String,
    pub(super) rest: String,
    /// The texts of its heredocs, one after the other.
    pub(super) texts: String,
    /// The line that it begins in, counted from 1.
    pub(super) line: usize,
}

/// The instructions of a Dockerfile, with what its directives say.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) instructions: Vec<Instruction>,
    pub(super) escape: char,
    pub(super) syntax: Option<String>,
}

/// Instructions whose words can begin a heredoc.
const TAKE_HEREDOCS: [&str; 3] = ["ADD", "COPY", "RUN"];

/// Reads the instructions.
pub(super) fn read(text: &str) -> Lines {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..).zip(text.lines());
    let mut read = Lines {
        instructions: Vec::new(),
        escape: '\\',
        syntax: None,
    };
    for line in text.lines().map_while(directive) {
        match line {
            (name, "`") if name == "escape" => read.escape = '`',
            (name, value) if name == "syntax" => read.syntax = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut open: Option<(usize, String)> = None;
    while let Some((number, line)) = lines.next() {
        let is_silent = line.trim().is_empty() || line.trim_start().starts_with('#');
        if is_silent {
            continue;
        }
        let (part, is_continued) = continued(line, read.escape);
        let (_, whole) = open.get_or_insert_with(|| (number, String::new()));
        whole.push_str(if whole.is_empty() { part.trim_start() } else { part });
        if is_continued {
            continue;
        }
        read.take(open.take(), &mut lines);
    }
    read.take(open, &mut lines);
    read
}

impl Lines {
    fn take<'a>(&mut self, open: Option<(usize, String)>, lines: &mut impl Iterator<Item = (usize, &'a str)>) {
        let Some((number, line)) = open else { return };
        let line = line.trim();
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let mut instruction = Instruction {
            name: name.to_ascii_uppercase(),
            rest: rest.trim().to_owned(),
            texts: String::new(),
            line: number,
        };
        if TAKE_HEREDOCS.contains(&&*instruction.name) {
            for (end, strips_tabs) in heredocs(&instruction.rest) {
                let stripped = |line: &'a str| {
                    if strips_tabs {
                        line.trim_start_matches('\t')
                    } else {
                        line
                    }
                };
                // What stands between is a text of its own, and no instruction.
                let body = lines.map_while(|(_, line)| Some(stripped(line)).filter(|line| *line != end));
                for line in body {
                    instruction.texts.push_str(line);
                    instruction.texts.push('\n');
                }
            }
        }
        self.instructions.push(instruction);
    }
}

/// A directive: `# name=value`.
fn directive(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.trim().strip_prefix('#')?.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    is_name.then(|| (name.to_ascii_lowercase(), value.trim()))
}

/// A line without the sign that the next one goes on with it.
fn continued(line: &str, escape: char) -> (&str, bool) {
    let trimmed = line.trim_end_matches([' ', '\t']);
    match trimmed.strip_suffix(escape) {
        Some(part) if !part.ends_with(escape) => (part, true),
        _ => (line, false),
    }
}

/// The heredocs that a line begins: the words that end them, and whether tabs before those are ignored.
fn heredocs(rest: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    for word in rest.split_whitespace() {
        let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let Some(word) = word.strip_prefix("<<") else { continue };
        let (word, strips_tabs) = word.strip_prefix('-').map_or((word, false), |word| (word, true));
        let end = word.trim_matches(['"', '\'']);
        let is_word = end.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
        if is_word && !end.is_empty() {
            found.push((end, strips_tabs));
        }
    }
    found
}
