//! What the terminal can show, decided once and passed down, and the cleaning of text that a terminal must not obey.
//!
//! Nothing below this file asks the environment or a terminal anything: views are given a [`Terminal`].

use std::env;
use std::fmt::Display;
use std::io::{IsTerminal, stderr, stdout};
use std::os::fd::AsFd;
use std::sync::OnceLock;

use anstyle::Style;
use terminal_size::{Height, Width, terminal_size_of};

/// Columns where nothing says how many there are: the logs of CI systems have room for more than old terminals.
const USUAL_WIDTH: usize = 100;
/// Rows where nothing says how many there are.
const USUAL_HEIGHT: usize = 24;
/// Below this many columns rows that redraw themselves say too little.
const LIVE_WIDTH: usize = 40;
/// Where a tab takes the text to: the next multiple of this many columns.
const TAB: usize = 8;

/// When the user wants escape sequences, in compose's words for `--ansi`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ansi {
    /// Where the environment and the stream are for it.
    #[default]
    Auto,
    /// Always, whatever the stream is and the environment says.
    Always,
    /// Never.
    Never,
}

/// What the command line says, from its start on. Nothing below this file looks at it.
static ANSI: OnceLock<Ansi> = OnceLock::new();

/// Takes note of what the command line says. The first word counts: there is one command line.
pub fn decide(ansi: Ansi) {
    if ANSI.set(ansi).is_err() {
        return;
    }
    // What is printed goes through a filter of its own, which has to agree.
    match ansi {
        Ansi::Auto => {}
        Ansi::Always => anstream::ColorChoice::Always.write_global(),
        Ansi::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// What one of the two standard streams can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Whether it is a terminal that a person watches. A CI system may hand out a terminal; nobody watches that one.
    pub tty: bool,
    /// Whether colours may be written.
    pub colour: bool,
    /// Whether more than ASCII can be shown.
    pub unicode: bool,
    /// How many columns there are.
    pub width: usize,
    /// How many rows there are.
    pub height: usize,
}

impl Terminal {
    /// What standard error can show.
    #[must_use]
    pub fn stderr() -> Self {
        Self::of(&stderr())
    }

    /// What standard output can show.
    #[must_use]
    pub fn stdout() -> Self {
        Self::of(&stdout())
    }

    /// A stream that is no terminal: no escapes, ASCII alone.
    #[must_use]
    pub const fn plain() -> Self {
        Self {
            tty: false,
            colour: false,
            unicode: false,
            width: USUAL_WIDTH,
            height: USUAL_HEIGHT,
        }
    }

    /// The same stream without colours, and so without rows that redraw themselves.
    #[must_use]
    pub const fn without_escapes(self) -> Self {
        Self { colour: false, ..self }
    }

    /// Whether rows that redraw themselves are of use here.
    #[must_use]
    pub const fn live(&self) -> bool {
        self.tty && self.colour && self.width >= LIVE_WIDTH
    }

    /// The text in this style, or bare where there are no colours.
    #[must_use]
    pub fn paint(&self, style: Style, text: impl Display) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }

    /// The first where more than ASCII can be shown, else the second.
    #[must_use]
    pub const fn either(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    fn of(stream: &(impl IsTerminal + AsFd)) -> Self {
        Detect {
            variable: &|name| env::var(name).ok(),
            is_terminal: stream.is_terminal(),
            ansi: ANSI.get().copied().unwrap_or_default(),
            size: terminal_size_of(stream)
                .map(|(Width(columns), Height(rows))| (usize::from(columns), usize::from(rows))),
        }
        .terminal()
    }
}

/// What a [`Terminal`] is decided from.
#[derive(Clone, Copy)]
pub struct Detect<'a> {
    /// Looks an environment variable up.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether the stream is a terminal.
    pub is_terminal: bool,
    /// What the command line says.
    pub ansi: Ansi,
    /// Columns and rows, where the terminal says so.
    pub size: Option<(usize, usize)>,
}

impl Detect<'_> {
    /// The decision. Pure: the same facts give the same terminal.
    #[must_use]
    pub fn terminal(&self) -> Terminal {
        let dumb = self.text("TERM").as_deref() == Some("dumb");
        let tty = self.is_terminal && !dumb && !self.switched_on("CI");
        Terminal {
            tty,
            colour: match self.ansi {
                Ansi::Auto => !dumb && self.colour(tty),
                Ansi::Always => true,
                Ansi::Never => false,
            },
            unicode: self.unicode(),
            width: self.length("COLUMNS", |(columns, _)| columns, USUAL_WIDTH),
            height: self.length("LINES", |(_, rows)| rows, USUAL_HEIGHT),
        }
    }

    fn colour(&self, tty: bool) -> bool {
        if self.text("NO_COLOR").is_some() {
            false
        } else if self.switched_on("CLICOLOR_FORCE") {
            true
        } else {
            tty && self.text("CLICOLOR").as_deref() != Some("0")
        }
    }

    /// The first of the three variables that is set decides, as in POSIX.
    fn unicode(&self) -> bool {
        ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| self.text(name))
            .is_some_and(|locale| {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            })
    }

    /// A length from this variable, else from the terminal, else the usual one.
    fn length(&self, name: &str, of: fn((usize, usize)) -> usize, usual: usize) -> usize {
        self.text(name)
            .and_then(|value| value.parse().ok())
            .or_else(|| self.size.map(of))
            .filter(|length| *length > 0)
            .unwrap_or(usual)
    }

    fn switched_on(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// The variable's value; one that is set to nothing counts as not set.
    fn text(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }
}

/// One line of a container's output as it may be shown: nothing in it is obeyed by a terminal or a CI system.
///
/// Escape sequences and control characters go, of what carriage returns overwrite the last stays, tabs become blanks,
/// bytes that are not UTF-8 become U+FFFD. The markers by which CI systems know a command anywhere in a line (`##[…`,
/// `##vso[…`) are broken up. Those that count only where a line begins (`::error`) are left alone: whoever shows the
/// line puts something in front of it.
#[must_use]
pub fn sanitise(line: &[u8]) -> String {
    clean(line, Keep::Text)
}

/// Like [`sanitise`], with colours left in and reset at the end.
#[must_use]
pub fn sanitise_but_colour(line: &[u8]) -> String {
    clean(line, Keep::Colour)
}

/// Every line of a text, each of them made safe with [`sanitise`]. Blank lines at the end go.
pub fn sanitised_lines(text: &[u8]) -> impl Iterator<Item = String> {
    text.trim_ascii_end().split(|byte| *byte == b'\n').map(sanitise)
}

/// Text in which every character counts, such as a line of a file, as it may be shown: what a terminal would obey shows as
/// U+FFFD, and the markers of CI systems are broken up as in [`sanitise`]. Tabs and line breaks stay.
#[must_use]
pub fn visible(text: &str) -> String {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n');
    if text.bytes().all(is_plain) && !text.contains("##") {
        return text.to_owned();
    }
    let mut cleaner = Cleaner::default();
    for char in text.chars() {
        match char {
            '\t' | '\n' => cleaner.put(char),
            _ if is_hidden(char) => cleaner.put(char::REPLACEMENT_CHARACTER),
            _ => cleaner.push(char),
        }
    }
    cleaner.text
}

/// How many columns the text takes. Escape sequences are not expected in it.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// The text in lines of at most this many columns, broken between words where that is possible.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if columns(line) + 1 + columns(word) <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The text cut to this many columns; what was cut away leaves an ellipsis (`…`, or `...`).
#[must_use]
pub fn cut(text: &str, width: usize, terminal: &Terminal) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let ellipsis = terminal.either("…", "...");
    let room = width.saturating_sub(columns(ellipsis));
    let mut taken = 0;
    let kept: String = text
        .chars()
        .take_while(|char| {
            taken += char_columns(*char);
            taken <= room
        })
        .collect();
    kept + ellipsis
}

/// The text filled up with blanks to this many columns.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(columns(text));
    format!("{text}{:blanks$}", "")
}

/// What is left of escape sequences.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Text,
    Colour,
}

fn clean(line: &[u8], keep: Keep) -> String {
    let text = String::from_utf8_lossy(line);
    let text = last_overwrite(text.trim_end_matches(['\r', '\n']));
    let mut cleaner = Cleaner::default();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if let Some(sequence) = Sequence::at(rest) {
            if keep == Keep::Colour && sequence.colours {
                cleaner.colour(&rest[..sequence.length]);
            }
            rest = &rest[sequence.length..];
        } else {
            cleaner.push(char);
            rest = &rest[char.len_utf8()..];
        }
    }
    cleaner.finish()
}

/// The last part between carriage returns that shows anything: what a terminal would be left with, near enough.
fn last_overwrite(text: &str) -> &str {
    text.rsplit('\r')
        .find(|part| !part.trim().is_empty())
        .unwrap_or_default()
}

/// Builds the clean text.
#[derive(Default)]
struct Cleaner {
    text: String,
    column: usize,
    coloured: bool,
}

impl Cleaner {
    fn push(&mut self, char: char) {
        match char {
            '\t' => {
                let blanks = TAB - self.column % TAB;
                self.text.extend(std::iter::repeat_n(' ', blanks));
                self.column += blanks;
            }
            '\n' | '\u{2028}' | '\u{2029}' => self.put(' '),
            _ if is_hidden(char) => {}
            '[' if self.ends_like_a_command() => {
                self.put(' ');
                self.put(char);
            }
            _ => self.put(char),
        }
    }

    fn put(&mut self, char: char) {
        self.text.push(char);
        self.column += char_columns(char);
    }

    /// Whether `##word` was just written: with a `[` behind it, GitHub, Azure and `TeamCity` take it as a command.
    fn ends_like_a_command(&self) -> bool {
        self.text
            .trim_end_matches(|char: char| char.is_ascii_alphanumeric())
            .ends_with("##")
    }

    fn colour(&mut self, sequence: &str) {
        self.text.push_str(sequence);
        self.coloured = true;
    }

    fn finish(mut self) -> String {
        if self.coloured {
            self.text.push_str("\u{1b}[0m");
        }
        self.text
    }
}

/// Control characters, and those that turn the direction of text around so that it reads differently than it is.
fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// An escape sequence at the front of a text.
struct Sequence {
    /// Its length in bytes, introducer included.
    length: usize,
    /// Whether all it does is set colours.
    colours: bool,
}

impl Sequence {
    fn at(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let first = chars.next()?;
        let kind = match first {
            '\u{1b}' => chars.next().unwrap_or('\u{1b}'),
            // The one-character forms: the same letters, 0x40 higher.
            '\u{90}' | '\u{98}' | '\u{9b}'..='\u{9f}' => char::from(first as u8 - 0x40),
            _ => return None,
        };
        let introducer = text.len() - chars.as_str().len();
        Some(match kind {
            '[' => Self::control(chars.as_str(), introducer, first == '\u{1b}'),
            'P' | 'X' | ']' | '^' | '_' => Self::string(chars.as_str(), introducer),
            ' '..='/' => Self::plain(chars.as_str(), introducer),
            // These end a sequence of two characters; whatever else follows a lone escape is text.
            '0'..='~' => Self::bare(introducer),
            _ => Self::bare(first.len_utf8()),
        })
    }

    const fn bare(length: usize) -> Self {
        Self { length, colours: false }
    }

    /// Parameters and intermediates, then one final character: `ESC [ 1 ; 31 m`.
    fn control(rest: &str, introducer: usize, seven_bit: bool) -> Self {
        let body = rest.find(|char| !matches!(char, ' '..='?')).unwrap_or(rest.len());
        let last = rest[body..].chars().next();
        let ends = last.filter(|char| matches!(char, '@'..='~'));
        Self {
            length: introducer + body + ends.map_or(0, char::len_utf8),
            colours: seven_bit
                && ends == Some('m')
                && rest[..body].chars().all(|char| matches!(char, '0'..='9' | ';' | ':')),
        }
    }

    /// A string up to BEL or ST. One that never ends loses its introducer alone, so that it cannot hide a line.
    fn string(rest: &str, introducer: usize) -> Self {
        let end = ["\u{7}", "\u{1b}\\", "\u{9c}"]
            .iter()
            .filter_map(|end| rest.find(end).map(|at| at + end.len()))
            .min();
        Self::bare(introducer + end.unwrap_or(0))
    }

    /// Intermediates, then one final character: `ESC ( B`.
    fn plain(rest: &str, introducer: usize) -> Self {
        let body = rest.find(|char| !matches!(char, ' '..='/')).unwrap_or(rest.len());
        let ends = rest[body..].starts_with(|char| matches!(char, '0'..='~'));
        Self::bare(introducer + body + usize::from(ends))
    }
}

/// How many columns a character takes: near enough to cut and pad by, without the tables of Unicode.
const fn char_columns(char: char) -> usize {
    match char {
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => 0,
        '\u{0300}'..='\u{036f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' => 0,
        '\u{200b}'..='\u{200f}' | '\u{20d0}'..='\u{20ff}' => 0,
        '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{feff}' => 0,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}' => 2,
        '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' => 2,
        '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' => 2,
        '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f900}'..='\u{1f9ff}' => 2,
        '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn detect(variables: &[(&str, &str)], is_terminal: bool) -> Terminal {
        detect_with(variables, is_terminal, Ansi::Auto)
    }

    fn detect_with(variables: &[(&str, &str)], is_terminal: bool, ansi: Ansi) -> Terminal {
        Detect {
            ansi,
            variable: &|name| {
                variables
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            },
            is_terminal,
            size: is_terminal.then_some((120, 50)),
        }
        .terminal()
    }

    #[test]
    fn a_terminal_at_a_desk_is_live_and_coloured() {
        let terminal = detect(&[("TERM", "xterm-256color"), ("LANG", "en_US.UTF-8")], true);
        assert!(terminal.live() && terminal.unicode);
        assert_eq!((terminal.width, terminal.height), (120, 50));
    }

    #[test]
    fn what_a_terminal_would_obey_can_be_seen() {
        assert_eq!(
            visible("a\u{1b}[2J\u{9b}\u{202e}\tb\r\n##[error]"),
            "a\u{fffd}[2J\u{fffd}\u{fffd}\tb\u{fffd}\n## [error]"
        );
    }

    #[test]
    fn a_pipe_is_plain_and_has_the_usual_width() {
        let terminal = detect(&[("TERM", "xterm")], false);
        assert_eq!(terminal, Terminal::plain());
    }

    #[test]
    fn a_terminal_in_ci_is_not_watched() {
        for value in ["1", "true", "woodpecker"] {
            let terminal = detect(&[("CI", value)], true);
            assert!(!terminal.tty && !terminal.colour, "CI={value}");
        }
        assert!(detect(&[("CI", "false")], true).tty);
    }

    #[test]
    fn a_dumb_terminal_gets_no_escapes_even_where_colour_is_forced() {
        let terminal = detect(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true);
        assert!(!terminal.tty && !terminal.colour);
    }

    #[test]
    fn no_color_wins_over_force_and_force_over_a_pipe() {
        assert!(!detect(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true).colour);
        assert!(detect(&[("CLICOLOR_FORCE", "1")], false).colour);
        assert!(!detect(&[("CLICOLOR", "0")], true).colour);
        assert!(detect(&[("NO_COLOR", "")], true).colour, "an empty NO_COLOR is none");
    }

    #[test]
    fn word_on_the_command_line_wins_over_the_environment_and_the_stream() {
        for variables in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CI", "true"), ("X", "")] {
            assert!(detect_with(&[variables], false, Ansi::Always).colour, "{variables:?}");
        }
        assert!(!detect_with(&[("CLICOLOR_FORCE", "1")], true, Ansi::Never).colour);
        assert!(!detect_with(&[], false, Ansi::Always).live(), "nobody watches a pipe");
    }

    #[test]
    fn columns_wins_over_the_terminal() {
        assert_eq!(detect(&[("COLUMNS", "33")], true).width, 33);
        assert!(!detect(&[("COLUMNS", "33")], true).live());
        assert_eq!(detect(&[("COLUMNS", "wide")], true).width, 120);
        assert_eq!(detect(&[("COLUMNS", "0")], false).width, USUAL_WIDTH);
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert!(detect(&[("LANG", "C.utf8")], false).unicode);
        assert!(!detect(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")], false).unicode);
        assert!(detect(&[("LC_ALL", ""), ("LC_CTYPE", "UTF-8")], false).unicode);
    }

    #[test]
    fn paint_writes_escapes_only_where_there_are_colours() {
        let bold = Style::new().bold();
        assert_eq!(Terminal::plain().paint(bold, "x"), "x");
        let coloured = Terminal {
            colour: true,
            ..Terminal::plain()
        };
        assert_eq!(coloured.paint(bold, "x"), "\u{1b}[1mx\u{1b}[0m");
    }

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        for (raw, shown) in [
            ("plain", "plain"),
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{1b}[2J\u{1b}[Hgone", "gone"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\ end", "link end"),
            (
                "\u{1b}]0;never ends, and is not hidden",
                "0;never ends, and is not hidden",
            ),
            ("\u{1b}Pdevice\u{1b}\\text", "text"),
            ("\u{1b}(Btext", "text"),
            ("\u{1b}7text\u{1b}8", "text"),
            ("\u{1b}", ""),
            ("\u{1b}[", ""),
            ("\u{1b}[31", ""),
            ("\u{1b}\u{1b}[31mtwice", "twice"),
            ("\u{1b}[3\u{1b}[31mnested", "nested"),
            ("\u{9b}31mone character", "one character"),
            ("\u{9d}0;t\u{9c}one character", "one character"),
            ("\u{1b}ä", "ä"),
            ("bell\u{7} null\0 back\u{8}", "bell null back"),
            ("right\u{202e}to left", "rightto left"),
            ("a\u{2028}b", "a b"),
        ] {
            assert_eq!(sanitise(raw.as_bytes()), shown, "{raw:?}");
        }
    }

    #[test]
    fn of_what_carriage_returns_overwrite_the_last_stays() {
        assert_eq!(sanitise(b"10%\r50%\r100%\r"), "100%");
        assert_eq!(sanitise(b"line\r\n"), "line");
        assert_eq!(sanitise(b"\r\r"), "");
        assert_eq!(sanitise(b"error: disk\r   "), "error: disk");
    }

    #[test]
    fn tabs_become_blanks_and_other_bytes_a_replacement() {
        assert_eq!(sanitise(b"a\tb\tc"), "a       b       c");
        assert_eq!(sanitise(b"12345678\t|"), "12345678        |");
        assert_eq!(sanitise(b"caf\xe9 \x9b31m"), "caf\u{fffd} \u{fffd}31m");
    }

    #[test]
    fn commands_that_ci_systems_find_anywhere_are_broken_up() {
        assert_eq!(sanitise(b"x ##[set-env name=A]b"), "x ## [set-env name=A]b");
        assert_eq!(sanitise(b"##vso[task.complete]"), "##vso [task.complete]");
        assert_eq!(
            sanitise(b"##\x1b[1m[error]hidden"),
            "## [error]hidden",
            "not even when an escape stood in between"
        );
        assert_eq!(sanitise(b"##teamcity[testFailed]"), "##teamcity [testFailed]");
        assert_eq!(sanitise(b"## [ok] #[derive]"), "## [ok] #[derive]");
    }

    #[test]
    fn colours_can_be_kept_and_nothing_else() {
        assert_eq!(
            sanitise_but_colour(b"\x1b[31mred\x1b[K\x1b[2J \x1b]0;t\x07x"),
            "\u{1b}[31mred x\u{1b}[0m"
        );
        assert_eq!(sanitise_but_colour(b"none\x1b[?25l"), "none");
    }

    #[test]
    fn lines_are_split_first_and_blank_ones_at_the_end_go() {
        let lines: Vec<String> = sanitised_lines(b"a\r\nb\n\nc\n\n").collect();
        assert_eq!(lines, ["a", "b", "", "c"]);
    }

    #[test]
    fn text_is_cut_and_padded_by_columns() {
        let terminal = Terminal {
            unicode: true,
            ..Terminal::plain()
        };
        assert_eq!(cut("abcdef", 6, &terminal), "abcdef");
        assert_eq!(cut("abcdefg", 6, &terminal), "abcde…");
        assert_eq!(cut("漢字漢字", 5, &terminal), "漢字…");
        assert_eq!(cut("abcdefg", 6, &Terminal::plain()), "abc...");
        assert_eq!(pad("漢字", 6), "漢字  ");
        assert_eq!(columns("e\u{301}"), 1);
    }

    proptest! {
        #[test]
        fn nothing_that_is_obeyed_is_ever_left(bytes: Vec<u8>) {
            let shown = sanitise(&bytes);
            prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
            // Of a line that shows nothing, not even its blanks are wanted.
            prop_assert!(shown.trim().is_empty() || sanitise(shown.as_bytes()) == shown, "{shown:?}");
        }

        #[test]
        fn nor_of_text_that_is_thick_with_escapes(text in "[\u{1b}\u{9b}\u{9d}\\[\\]#m0-9;a-e\r\n\t\u{7}\\\\(P]{0,40}") {
            let shown = sanitise(text.as_bytes());
            prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
            prop_assert!(!shown.contains("##["), "{shown:?}");
        }

        #[test]
        fn only_colours_are_kept(text in "[\u{1b}\u{9b}\\[\\]mKJ0-9;?a-e\r\u{7}]{0,40}") {
            let shown = sanitise_but_colour(text.as_bytes());
            let mut parts = shown.split('\u{1b}');
            prop_assert!(!parts.next().unwrap_or_default().chars().any(char::is_control));
            for part in parts {
                prop_assert!(part.starts_with('['), "{shown:?}");
                let body = part[1..].trim_start_matches(|char: char| char.is_ascii_digit() || char == ';' || char == ':');
                prop_assert!(body.starts_with('m'), "{shown:?}");
            }
        }

        #[test]
        fn a_cut_text_fits(text: String, width in 3_usize..50) {
            let text = sanitise(text.as_bytes());
            prop_assert!(columns(&cut(&text, width, &Terminal::plain())) <= width);
        }
    }
}
