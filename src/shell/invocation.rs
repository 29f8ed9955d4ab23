//! How a shell is started: which programs are shells, which of their words is a script, and what the options say.

use super::Command;
use super::parse::commands_from;

/// How a shell is set, as far as it decides which failures are seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-e`, `errexit`: the script ends where a command fails.
    pub stops_at_errors: bool,
    /// `-o pipefail`: a pipe fails where any of its commands does.
    pub has_pipefail: bool,
}

/// A shell that is given a script as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invocation<'a> {
    /// Which word is the script. The words behind it are the script's `$0`, `$1` and so on.
    pub index: usize,
    /// The script.
    pub text: &'a str,
    /// How the shell is set when the script starts.
    pub options: Options,
}

impl Invocation<'_> {
    /// The simple commands of the script, in order.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        commands_from(self.text, self.options)
    }
}

/// Whether a program is a shell that reads the language of POSIX, with or without its path.
#[must_use]
pub fn is_shell(program: &str) -> bool {
    matches!(program_name(program), "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh")
}

/// The script of `sh -c TEXT`, `bash -eo pipefail -c TEXT`, `busybox sh -c TEXT` and the like.
#[must_use]
pub fn script_of<T: AsRef<str>>(argv: &[T]) -> Option<Invocation<'_>> {
    let program = argv.first()?.as_ref();
    let is_busybox = program_name(program) == "busybox";
    let shell = usize::from(is_busybox);
    if !is_shell(argv.get(shell)?.as_ref()) {
        return None;
    }
    let mut options = Options::default();
    let set = options.set(argv.get(shell + 1..)?);
    let index = shell + 1 + set.words;
    let text = argv.get(index)?.as_ref();
    set.takes_script.then_some(Invocation { index, text, options })
}

/// The name of a program, without its path.
#[must_use]
pub fn program_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// What the options of a shell, or of `set`, were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Set {
    /// How many words they are.
    words: usize,
    /// `-c`.
    takes_script: bool,
}

impl Options {
    /// Reads the options at the start of the words behind a shell, or behind `set`.
    fn set<T: AsRef<str>>(&mut self, words: &[T]) -> Set {
        let mut set = Set::default();
        while let Some(word) = words.get(set.words).map(AsRef::as_ref) {
            let (is_on, letters) = match (word.strip_prefix('-'), word.strip_prefix('+')) {
                (Some(letters), _) => (true, letters),
                (_, Some(letters)) => (false, letters),
                _ => break,
            };
            set.words += 1;
            match letters {
                "" | "-" => break,
                "-rcfile" | "-init-file" => set.words += 1,
                _ if letters.starts_with('-') => {}
                _ => self.set_letters(letters, is_on, words, &mut set),
            }
        }
        set
    }

    fn set_letters<T: AsRef<str>>(&mut self, letters: &str, is_on: bool, words: &[T], set: &mut Set) {
        for letter in letters.chars() {
            match letter {
                'c' => set.takes_script = true,
                'e' => self.stops_at_errors = is_on,
                // The name of the option is the next word; `O` has one of its own kind.
                'o' | 'O' => {
                    match words.get(set.words).map(AsRef::as_ref) {
                        Some("errexit") => self.stops_at_errors = is_on,
                        Some("pipefail") => self.has_pipefail = is_on,
                        _ => {}
                    }
                    set.words += 1;
                }
                _ => {}
            }
        }
    }

    /// What `set` with these words behind it makes of the options.
    pub(super) fn after_set<T: AsRef<str>>(mut self, words: &[T]) -> Self {
        self.set(words);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_are_known_by_their_names() {
        for program in ["sh", "/bin/sh", "bash", "/usr/bin/env/zsh", "ash", "dash"] {
            assert!(is_shell(program), "{program}");
        }
        for program in ["", "fish", "shell", "sh/", "python", "busybox"] {
            assert!(!is_shell(program), "{program}");
        }
    }

    #[test]
    fn the_script_is_the_first_word_behind_the_options() {
        for (argv, expected) in [
            (&["sh", "-c", "a b"][..], Some((2, false, false))),
            (&["/bin/sh", "-ec", "a", "b"], Some((2, true, false))),
            (&["bash", "-eo", "pipefail", "-c", "a"], Some((4, true, true))),
            (&["bash", "-ceuo", "pipefail", "a"], Some((3, true, true))),
            (&["bash", "-c", "-e", "a"], Some((3, true, false))),
            (
                &["bash", "--login", "-o", "errexit", "-c", "--", "a"],
                Some((6, true, false)),
            ),
            (&["bash", "--rcfile", "f", "-c", "a"], Some((4, false, false))),
            (&["bash", "-e", "+e", "-c", "a"], Some((4, false, false))),
            (&["busybox", "sh", "-c", "a"], Some((3, false, false))),
            (&["sh", "-c"], None),
            (&["sh", "run.sh", "-c", "a"], None),
            (&["sh", "-e", "run.sh"], None),
            (&["sh", "-o"], None),
            (&["sh"], None),
            (&["make", "-c", "a"], None),
            (&["busybox"], None),
            (&[], None),
        ] {
            let found = script_of(argv);
            let found = found.map(|found| {
                assert_eq!(found.text, argv[found.index]);
                (found.index, found.options.stops_at_errors, found.options.has_pipefail)
            });
            assert_eq!(found, expected, "{argv:?}");
        }
    }
}
