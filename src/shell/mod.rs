//! What a POSIX-shell script says, without running it: its simple commands, their words, and what stands between them.
//!
//! A script here is what the shell is given: `$$` of a compose file is `$` already. Nothing is expanded, and what stands
//! in an expansion (`$(…)`, `` `…` ``, `${…}`) is part of the word around it, not a command of the script. Where a script
//! is not valid, as much as possible of it is read.

mod heredoc;
mod invocation;
mod parse;
mod quotes;
mod variables;
mod word;

use std::ops::Range;

pub use invocation::{Invocation, Options, is_shell, program_name, script_of};
pub use parse::commands;
pub use variables::{Variable, variables};

/// A simple command: a program and its arguments, with the assignments and redirections around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its words in order, assignments among them; none where it is a redirection alone.
    pub words: Vec<Word>,
    /// Where it stands, from its first word or redirection to its last.
    pub range: Range<usize>,
    /// What follows it; behind the last command of `( … )`, of `{ … }` and of each branch of `if`, `case` and a loop, what
    /// follows the whole.
    pub then: Then,
    /// Whether one of its streams is redirected.
    pub is_redirected: bool,
    /// Whether a `!` turns its status around.
    pub is_negated: bool,
    /// What it stands in.
    pub place: Place,
    /// How the shell is set when it comes to the command.
    pub options: Options,
}

impl Command {
    /// The word that names the program, behind assignments.
    #[must_use]
    pub fn program(&self) -> Option<&Word> {
        self.words.get(self.assignments())
    }

    /// The words behind the program.
    #[must_use]
    pub fn arguments(&self) -> &[Word] {
        self.words.get(self.assignments() + 1..).unwrap_or_default()
    }

    /// How many words at its start are assignments, as in `A=1 B=2 make`.
    #[must_use]
    pub fn assignments(&self) -> usize {
        self.words.iter().take_while(|word| word.is_assignment()).count()
    }
}

/// A word, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word without its quotes. Expansions stay as they stand.
    pub text: String,
    /// Where it stands, with its quotes.
    pub range: Range<usize>,
    /// Whether a part of it is quoted.
    pub is_quoted: bool,
}

impl Word {
    /// Whether it is `NAME=value`, which sets a variable where it stands before a program.
    #[must_use]
    pub fn is_assignment(&self) -> bool {
        let Some((name, _)) = self.text.split_once('=') else {
            return false;
        };
        variables::name_length(name) == name.len() && !name.is_empty()
    }
}

/// What follows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// `;`.
    Semicolon,
    /// The end of the line.
    Newline,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `|`.
    Pipe,
    /// `&`.
    Background,
    /// Nothing: the script ends.
    End,
}

/// What a command stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The condition of an `if`, a `while` or an `until`: the shell does not stop where it fails.
    pub in_condition: bool,
    /// A loop: its condition or its body.
    pub in_loop: bool,
    /// A subshell, `( … )`.
    pub in_subshell: bool,
    /// The body of a function, which runs where the function is called, if ever.
    pub in_function: bool,
}
