//! A script → its simple commands, each with what stands around it and what follows it. What stands open is kept on a list,
//! so that no script can exhaust the stack.

use std::mem::take;
use std::ops::Range;

use super::heredoc::{self, Heredoc};
use super::{Command, Options, Place, Then, Word, quotes, word};

/// The simple commands of a script, in order.
#[must_use]
pub fn commands(text: &str) -> Vec<Command> {
    commands_from(text, Options::default())
}

/// The same, for a shell that is set in some way when it starts.
pub(super) fn commands_from(text: &str, options: Options) -> Vec<Command> {
    let mut reader = Reader {
        text,
        at: 0,
        found: Vec::new(),
        current: None,
        frames: Vec::new(),
        open: Vec::new(),
        last: Vec::new(),
        closed: None,
        heredocs: Vec::new(),
        options,
        context: Context::default(),
        begins_function: false,
    };
    while reader.step() {}
    reader.finish();
    reader.found
}

/// What has been opened and not yet closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `( … )`.
    Subshell,
    /// `{ … }`.
    Braces,
    /// `if … fi`.
    If,
    /// `while … done`, and the loops that are no different from it here.
    Loop,
    /// `case … esac`.
    Case {
        /// Whether a pattern stands here, and not a command.
        in_pattern: bool,
    },
}

struct Frame {
    kind: Kind,
    /// The commands that may be its last.
    ends: Vec<usize>,
    /// The first command in it.
    first: usize,
    context: Context,
    options: Options,
    is_function: bool,
}

/// What commands have in common that stand in the same frame.
#[derive(Clone, Copy, Default)]
struct Context {
    place: Place,
    /// Whether a `!` stands before one of the frames.
    is_negated: bool,
    /// Whether one stands before the pipe that is being read, too.
    is_pipe_negated: bool,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    found: Vec<Command>,
    /// The command that is being read.
    current: Option<Command>,
    frames: Vec<Frame>,
    /// The commands that what comes next follows.
    open: Vec<usize>,
    /// The last commands of the list that is being read, once something has followed them.
    last: Vec<usize>,
    /// The commands of the frame that was closed right before.
    closed: Option<Range<usize>>,
    /// The here-documents that begin on the next line.
    heredocs: Vec<Heredoc>,
    options: Options,
    context: Context,
    /// Whether the body of a function comes next.
    begins_function: bool,
}

impl Reader<'_> {
    /// Reads one token, and says whether more may follow.
    fn step(&mut self) -> bool {
        match self.rest() {
            [] => return false,
            [b' ' | b'\t' | b'\r', ..] => self.at += 1,
            [b'\\', b'\n', ..] => self.at += 2,
            [b'#', ..] => self.at = quotes::line_end(self.text, self.at),
            [b'\n', ..] => self.newline(),
            _ if self.in_pattern() => self.pattern(),
            [b'<' | b'>', b'(', ..] => self.word(),
            [b'<' | b'>', ..] | [b'&', b'>', ..] => self.redirection(self.at),
            [b'&', b'&', ..] => self.separator(Then::And, 2),
            [b'&', ..] => self.separator(Then::Background, 1),
            [b'|', b'|', ..] => self.separator(Then::Or, 2),
            [b'|', b'&', ..] => self.separator(Then::Pipe, 2),
            [b'|', ..] => self.separator(Then::Pipe, 1),
            [b';', b';', b'&', ..] => self.case_end(3),
            [b';', b';' | b'&', ..] => self.case_end(2),
            [b';', ..] => self.separator(Then::Semicolon, 1),
            [b'(', ..] => self.bracket(),
            [b')', ..] => {
                self.at += 1;
                self.close(Kind::Subshell);
            }
            _ => self.word(),
        }
        true
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'\r', ..] => self.at += 1,
                [b'\\', b'\n', ..] => self.at += 2,
                _ => return,
            }
        }
    }

    /// Reads a word, which is empty where an operator stands.
    fn read_word(&mut self) -> Word {
        let word = match self.rest() {
            [b'<' | b'>', b'(', ..] => self.raw(quotes::bracket_end(self.text, self.at + 1)),
            _ => word::read(self.text, self.at),
        };
        self.at = word.range.end;
        word
    }

    /// The text up to `end` as a word.
    fn raw(&self, end: usize) -> Word {
        Word {
            text: self.text.get(self.at..end).unwrap_or_default().to_owned(),
            range: self.at..end,
            is_quoted: false,
        }
    }

    fn newline(&mut self) {
        self.separator(Then::Newline, 1);
        for heredoc in take(&mut self.heredocs) {
            self.at = heredoc.body(self.text, self.at).1;
        }
    }

    fn separator(&mut self, then: Then, length: usize) {
        self.at += length;
        self.finish();
        self.closed = None;
        if then != Then::Pipe {
            self.context.is_pipe_negated = self.context.is_negated;
        }
        let ends = take(&mut self.open);
        for end in &ends {
            if let Some(command) = self.found.get_mut(*end) {
                command.then = then;
            }
        }
        match then {
            Then::Background => self.last.clear(),
            _ if ends.is_empty() => {}
            _ => self.last = ends,
        }
    }

    /// Ends the command that is being read.
    fn finish(&mut self) {
        let Some(command) = self.current.take() else {
            return;
        };
        if command.program().is_some_and(|program| program.text == "set") {
            let words: Vec<&str> = command.arguments().iter().map(|word| word.text.as_str()).collect();
            self.options = self.options.after_set(&words);
        }
        self.open = vec![self.found.len()];
        self.found.push(command);
    }

    /// The command that is being read, or a new one that begins at `start`.
    fn command(&mut self, start: usize) -> &mut Command {
        self.closed = None;
        self.begins_function = false;
        let (context, options) = (self.context, self.options);
        self.current.get_or_insert_with(|| Command {
            words: Vec::new(),
            range: start..start,
            then: Then::End,
            is_redirected: false,
            is_negated: context.is_pipe_negated,
            place: context.place,
            options,
        })
    }

    fn push(&mut self, word: Word) {
        let command = self.command(word.range.start);
        command.range.end = word.range.end;
        command.words.push(word);
    }

    fn word(&mut self) {
        let start = self.at;
        let word = self.read_word();
        if word.range.is_empty() {
            // No byte can stand here; passing it keeps the reader going all the same.
            self.at += 1;
            return;
        }
        let is_number = !word.text.is_empty() && word.text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && !word.is_quoted && matches!(self.rest(), [b'<' | b'>', ..]) {
            self.redirection(start);
            return;
        }
        if self.current.is_some() || word.is_quoted || !(self.keyword(&word) || self.function()) {
            self.push(word);
        }
    }

    /// Takes a word at the start of a command for one that the shell reserves, where it is.
    fn keyword(&mut self, word: &Word) -> bool {
        match word.text.as_str() {
            "!" => self.context.is_pipe_negated = true,
            "{" => self.enter(Kind::Braces),
            "}" => return self.close(Kind::Braces),
            "if" => self.enter(Kind::If),
            "elif" => return self.next_branch(true),
            "else" => return self.next_branch(false),
            "fi" => return self.close(Kind::If),
            "while" | "until" => self.enter(Kind::Loop),
            "for" | "select" => {
                self.enter(Kind::Loop);
                self.loop_header();
            }
            "then" => return self.body(Kind::If),
            "do" => return self.body(Kind::Loop),
            "done" => return self.close(Kind::Loop),
            "case" => {
                self.case_header();
                self.enter(Kind::Case { in_pattern: true });
            }
            "esac" => return self.close(Kind::Case { in_pattern: false }),
            "[[" => self.test(word),
            "function" => self.named_function(),
            _ => return false,
        }
        true
    }

    fn enter(&mut self, kind: Kind) {
        let is_function = take(&mut self.begins_function);
        self.frames.push(Frame {
            kind,
            ends: Vec::new(),
            first: self.found.len(),
            context: self.context,
            options: self.options,
            is_function,
        });
        self.open.clear();
        self.last.clear();
        self.closed = None;
        self.context.is_negated = self.context.is_pipe_negated;
        let place = &mut self.context.place;
        if is_function {
            *place = Place {
                in_function: true,
                ..Place::default()
            };
        }
        place.in_subshell |= kind == Kind::Subshell;
        place.in_loop |= kind == Kind::Loop;
        place.in_condition |= matches!(kind, Kind::If | Kind::Loop);
    }

    /// Ends the innermost frame of a kind with all that stands open in it, and says whether there is one.
    fn close(&mut self, kind: Kind) -> bool {
        let is_kind = |frame: &Frame| std::mem::discriminant(&frame.kind) == std::mem::discriminant(&kind);
        let Some(index) = self.frames.iter().rposition(is_kind) else {
            return false;
        };
        self.end_branch();
        let Some(frame) = self.frames.drain(index..).next() else {
            return false;
        };
        self.context = frame.context;
        if frame.is_function || kind == Kind::Subshell {
            self.options = frame.options;
        }
        self.closed = Some(frame.first..self.found.len());
        if !frame.is_function {
            for end in &frame.ends {
                if let Some(command) = self.found.get_mut(*end) {
                    command.then = Then::End;
                }
            }
            self.open = frame.ends;
        }
        true
    }

    /// Ends a branch of the innermost frame.
    fn end_branch(&mut self) {
        self.finish();
        let last = take(&mut self.last);
        let open = take(&mut self.open);
        if let Some(frame) = self.frames.last_mut() {
            frame.ends.extend(if open.is_empty() { last } else { open });
        }
    }

    /// `then` or `do`: the condition ends.
    fn body(&mut self, kind: Kind) -> bool {
        let Some(frame) = self.frames.last().filter(|frame| frame.kind == kind) else {
            return false;
        };
        self.context.place.in_condition = frame.context.place.in_condition && !frame.is_function;
        self.last.clear();
        true
    }

    /// `elif` or `else`.
    fn next_branch(&mut self, has_condition: bool) -> bool {
        if self.frames.last().is_none_or(|frame| frame.kind != Kind::If) {
            return false;
        }
        self.end_branch();
        self.context.place.in_condition |= has_condition;
        true
    }

    /// What stands between `for` and `do`, up to the end of its line.
    fn loop_header(&mut self) {
        loop {
            self.skip_blanks();
            let start = self.at;
            match self.rest() {
                [] | [b';' | b'\n', ..] => return,
                [b'(', ..] => self.at = quotes::bracket_end(self.text, self.at),
                _ => {
                    let word = self.read_word();
                    if word.text == "do" && !word.is_quoted {
                        self.at = start;
                        return;
                    }
                    self.at = self.at.max(start + 1);
                }
            }
        }
    }

    /// What stands between `case` and its first pattern.
    fn case_header(&mut self) {
        self.skip_blanks();
        self.read_word();
        while let [b' ' | b'\t' | b'\r' | b'\n', ..] = self.rest() {
            self.at += 1;
        }
        let start = self.at;
        if self.read_word().text != "in" {
            self.at = start;
        }
    }

    fn in_pattern(&self) -> bool {
        let kind = self.frames.last().map(|frame| frame.kind);
        kind == Some(Kind::Case { in_pattern: true })
    }

    fn set_in_pattern(&mut self, is_in: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = Kind::Case { in_pattern: is_in };
        }
    }

    fn pattern(&mut self) {
        if let [b')', ..] = self.rest() {
            self.set_in_pattern(false);
        }
        let word = self.read_word();
        if word.range.is_empty() {
            self.at += 1;
        } else if word.text == "esac" && !word.is_quoted {
            self.close(Kind::Case { in_pattern: false });
        }
    }

    /// `;;` and the like.
    fn case_end(&mut self, length: usize) {
        let kind = self.frames.last().map(|frame| frame.kind);
        if kind == Some(Kind::Case { in_pattern: false }) {
            self.at += length;
            self.end_branch();
            self.set_in_pattern(true);
        } else {
            self.separator(Then::Semicolon, 1);
        }
    }

    fn bracket(&mut self) {
        let is_arithmetic = self.rest().starts_with(b"((");
        if self.current.is_some() || is_arithmetic {
            let word = self.raw(quotes::bracket_end(self.text, self.at));
            self.at = word.range.end;
            self.push(word);
        } else {
            self.at += 1;
            self.enter(Kind::Subshell);
        }
    }

    /// `[[ … ]]`, in which operators are none.
    fn test(&mut self, first: &Word) {
        self.push(first.clone());
        loop {
            self.skip_blanks();
            let word = match self.rest() {
                [] => return,
                [b'\n', ..] => {
                    self.at += 1;
                    continue;
                }
                [b'(' | b')' | b';' | b'&' | b'|' | b'<' | b'>', ..] => self.raw(self.at + 1),
                _ => self.read_word(),
            };
            self.at = word.range.end;
            let is_end = word.text == "]]" && !word.is_quoted;
            self.push(word);
            if is_end {
                return;
            }
        }
    }

    /// Whether the word right before is the name of a function that is defined here.
    fn function(&mut self) -> bool {
        let start = self.at;
        self.skip_blanks();
        self.begins_function = self.empty_brackets();
        if !self.begins_function {
            self.at = start;
        }
        self.begins_function
    }

    fn named_function(&mut self) {
        self.skip_blanks();
        self.read_word();
        self.skip_blanks();
        self.empty_brackets();
        self.begins_function = true;
    }

    fn empty_brackets(&mut self) -> bool {
        let start = self.at;
        if let [b'(', ..] = self.rest() {
            self.at += 1;
            self.skip_blanks();
            if let [b')', ..] = self.rest() {
                self.at += 1;
                return true;
            }
        }
        self.at = start;
        false
    }

    /// A redirection that starts at `start`, and its operator here.
    fn redirection(&mut self, start: usize) {
        let is_heredoc = self.rest().starts_with(b"<<") && !self.rest().starts_with(b"<<<");
        if is_heredoc {
            let (heredoc, next) = heredoc::announced(self.text, self.at);
            self.heredocs.push(heredoc);
            self.at = next;
        } else {
            self.at += match self.rest() {
                [b'&', b'>', b'>', ..] | [b'<', b'<', b'<', ..] => 3,
                [b'&' | b'>', b'>', ..] | [b'>', b'|' | b'&', ..] | [b'<', b'>' | b'&', ..] => 2,
                _ => 1,
            };
            self.skip_blanks();
            self.read_word();
        }
        self.redirect(start);
    }

    fn redirect(&mut self, start: usize) {
        if let Some(closed) = self.closed.clone().filter(|_| self.current.is_none()) {
            let commands = self.found.get_mut(closed).unwrap_or_default();
            commands.iter_mut().for_each(|command| command.is_redirected = true);
            return;
        }
        let end = self.at;
        let command = self.command(start);
        command.is_redirected = true;
        command.range.end = end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each command in a short form: what it stands in, its words, and what follows it.
    fn shown(text: &str) -> String {
        let marks = |command: &Command| {
            let place = command.place;
            let flags = [
                (place.in_condition, '?'),
                (place.in_subshell, '('),
                (place.in_function, 'f'),
                (command.is_negated, '!'),
                (command.is_redirected, '>'),
                (command.options.stops_at_errors, 'e'),
                (command.options.has_pipefail, 'p'),
            ];
            let flags: String = flags
                .iter()
                .filter(|(is_set, _)| *is_set)
                .map(|(_, flag)| flag)
                .collect();
            if flags.is_empty() { flags } else { format!("{flags}:") }
        };
        let then = |command: &Command| match command.then {
            Then::Semicolon => " ;",
            Then::Newline => " ⏎",
            Then::And => " &&",
            Then::Or => " ||",
            Then::Pipe => " |",
            Then::Background => " &",
            Then::End => "",
        };
        let one = |command: &Command| {
            let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
            format!("{}[{}]{}", marks(command), words.join("·"), then(command))
        };
        commands(text).iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_are_split_at_their_operators() {
        for (text, expected) in [
            (
                "a b && c || d; e & f |g\nh",
                "[a·b] && [c] || [d] ; [e] & [f] | [g] ⏎ [h]",
            ),
            ("A=1 'b c' # d\n\n;e", "[A=1·b c] ⏎ [e]"),
            ("a &&\n  b |\n c\\\n d", "[a] && [b] | [c·d]"),
            ("! a | b; c", "!:[a] | !:[b] ; [c]"),
            ("a $(b; c) `d; e` \"f; g\" ${h:-;}", "[a·$(b; c)·`d; e`·f; g·${h:-;}]"),
            ("set -e\na\nset +e; b", "[set·-e] ⏎ e:[a] ⏎ e:[set·+e] ; [b]"),
            ("set -euo pipefail; a|b", "[set·-euo·pipefail] ; ep:[a] | ep:[b]"),
            ("", ""),
            (" \r\n# a", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn redirections_are_no_words() {
        for (text, expected) in [
            ("a >b 2>&1 c </d &>e 3<>f >| g", ">:[a·c]"),
            ("a 2 > b", ">:[a·2]"),
            ("> a", ">:[]"),
            ("a <<E b; c\nx; y\nE\nd", ">:[a·b] ; [c] ⏎ [d]"),
            ("a <<<b c", ">:[a·c]"),
            ("a <(b; c) d", "[a·<(b; c)·d]"),
            ("a < <(b; c) d", ">:[a·d]"),
            ("{ a; b; } >c; d", ">:[a] ; >:[b] ; [d]"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_follows_a_whole_follows_its_last_commands() {
        for (text, expected) in [
            ("(a; b) && c", "(:[a] ; (:[b] && [c]"),
            ("{ a; b\n} || c", "[a] ; [b] || [c]"),
            (
                "if a; then b; c; elif d; then e; else f; fi | g",
                "?:[a] ; [b] ; [c] | ?:[d] ; [e] | [f] | [g]",
            ),
            ("while a; do b; done; c", "?:[a] ; [b] ; [c]"),
            ("for x in 1 2; do a; done\nb", "[a] ⏎ [b]"),
            ("for ((i=0; i<2; i++)); do a & done; b", "[a] & [b]"),
            ("for x do a; done", "[a]"),
            (
                "case $x in a|b) c;; (d) e; f ;; *) g; esac && h",
                "[c] && [e] ; [f] && [g] && [h]",
            ),
            ("case $x in\n  a) ;;\nesac; b", "[b]"),
            ("! { a; b; }; c", "!:[a] ; !:[b] ; [c]"),
            ("(set -e; a); b", "(:[set·-e] ; (e:[a] ; [b]"),
            ("if (a); then b; fi", "?(:[a] ; [b]"),
            ("if { if a; then b; fi; }; then c; fi", "?:[a] ; ?:[b] ; [c]"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn a_function_is_no_command_of_the_script() {
        for (text, expected) in [
            ("f() { a; b; }; c", "f:[a] ; f:[b] ; [c]"),
            ("function f { a; }\nf && c", "f:[a] ; [f] && [c]"),
            ("f () (a)\nb", "(f:[a] [b]"),
            ("f(){ set -e; }; a", "f:[set·-e] ; [a]"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn tests_hold_operators() {
        assert_eq!(shown("[[ a && (b < c) ]] && d"), "[[[·a·&·&·(·b·<·c·)·]]] && [d]");
        assert_eq!(shown("((a<b)) || c"), "[((a<b))] || [c]");
        assert_eq!(shown("[ a ] && b"), "[[·a·]] && [b]");
    }

    #[test]
    fn what_is_not_valid_is_read_all_the_same() {
        for (text, expected) in [
            ("a ) b; fi; c", "[a·b] ; [fi] ; [c]"),
            ("(a; if b; then c) d", "(:[a] ; ?(:[b] ; (:[c] [d]"),
            ("a (b; c) d", "[a·(b; c)·d]"),
            ("if a; then b", "?:[a] ; [b]"),
            ("echo then; do", "[echo·then] ; [do]"),
            ("case", ""),
            ("for", ""),
            ("case x in a", ""),
            ("[[ a", "[[[·a]"),
            ("a <<E", ">:[a]"),
            ("a >", ">:[a]"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        let nested = "(".repeat(1 << 12) + "a";
        assert_eq!(commands(&nested).len(), 1);
    }

    #[test]
    fn a_command_has_its_place() {
        let text = "x; A=1 make 2>&1 'b c' | y";
        let all = commands(text);
        assert_eq!(&text[all[1].range.clone()], "A=1 make 2>&1 'b c'");
        assert_eq!(&text[all[1].words[2].range.clone()], "'b c'");
        assert_eq!(all[1].program().unwrap().text, "make");
        assert_eq!(all[1].arguments()[0].text, "b c");
    }

    proptest! {
        #[test]
        fn every_script_is_read_to_its_end(text in "(if|fi|then|else|do|done|case|in|esac|for|\\{|\\}|f\\(\\)|<<E|[aEü \\n'\"`$()\\\\;&|<>!#]){0,14}") {
            let mut end = 0;
            for command in commands(&text) {
                prop_assert!(command.range.start >= end && text.get(command.range.clone()).is_some());
                end = command.range.start;
                for word in &command.words {
                    prop_assert!(text.get(word.range.clone()).is_some());
                    prop_assert!(command.range.start <= word.range.start && word.range.end <= command.range.end);
                }
            }
        }
    }
}
