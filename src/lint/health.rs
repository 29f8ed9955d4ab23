//! Health checks of services: what they run, and how often.

use super::places::Parts;
use super::project::{Project, Service};
use crate::compose::load::duration;
use crate::shell::{Command, Invocation, Place, Then, commands, program_name, script_of};
use crate::source::Span;
use crate::yaml::Node;

/// How often a check runs where nothing is said.
pub const INTERVAL: f64 = 30.0;
/// How long a check may take where nothing is said.
pub const TIMEOUT: f64 = 30.0;
/// How often a check fails until the container is unhealthy where nothing is said.
pub const RETRIES: f64 = 3.0;

/// A check that the file gives a service.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// The `healthcheck`.
    pub node: &'a Node,
    /// Its command, with `CMD` or `CMD-SHELL` before it.
    pub test: &'a Node,
    /// Whether a shell reads the command.
    pub is_shell: bool,
}

/// What a file says of a service's health.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    /// This is its check.
    Check(Check<'a>),
    /// It has none, whatever its image says.
    Off(Span),
    /// Nothing: its image decides.
    Nothing,
}

/// A command of a check.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its words, without assignments before it.
    pub words: Vec<Word>,
    /// What follows it.
    pub then: Then,
    /// What it stands in.
    pub place: Place,
    /// Whether the shell ends where it fails.
    pub stops_at_errors: bool,
    /// Whether its failure counts as a success.
    pub is_negated: bool,
    /// Whether one of its streams is redirected, which can fail by itself.
    pub is_redirected: bool,
}

/// A word of a command.
#[derive(Clone, Debug)]
pub struct Word {
    /// The word, without quotes.
    pub text: String,
    /// Where it is written; the whole text where that is not known better.
    pub span: Span,
}

/// What the file says of a service's health.
#[must_use]
pub fn said<'a>(service: &Service<'a>) -> Said<'a> {
    let Some(node) = service.get("healthcheck") else {
        return Said::Nothing;
    };
    if let Some(off) = node.get("disable").filter(|off| off.as_bool() == Some(true)) {
        return Said::Off(off.span);
    }
    let Some(test) = node.get("test") else {
        return Said::Nothing;
    };
    match test.items().next().and_then(Node::as_str) {
        Some("NONE") => Said::Off(test.span),
        Some(form @ ("CMD" | "CMD-SHELL")) => Said::Check(Check {
            node,
            test,
            is_shell: form == "CMD-SHELL",
        }),
        _ => Said::Nothing,
    }
}

/// The check that the file gives a service.
#[must_use]
pub fn check<'a>(service: &Service<'a>) -> Option<Check<'a>> {
    match said(service) {
        Said::Check(check) => Some(check),
        _ => None,
    }
}

impl<'a> Check<'a> {
    /// The words behind `CMD` or `CMD-SHELL`.
    #[must_use]
    pub fn items(&self) -> &'a [Node] {
        self.test.as_seq().and_then(|items| items.get(1..)).unwrap_or_default()
    }

    /// The texts of these words.
    #[must_use]
    pub fn words(&self) -> Vec<&'a str> {
        self.items().iter().filter_map(Node::as_str).collect()
    }

    /// Whether it is written as one text, and not as a list.
    #[must_use]
    pub fn is_text(&self, project: &Project<'_>) -> bool {
        project.is_text(self.test.span)
    }

    /// The script that a shell reads, and the value that it is.
    #[must_use]
    pub fn script(&self) -> Option<(&'a str, &'a Node)> {
        if self.is_shell {
            let node = self.items().first()?;
            return Some((node.as_str()?, node));
        }
        let words = self.words();
        let index = script_of(&words)?.index;
        let node = self.items().get(index)?;
        Some((node.as_str()?, node))
    }

    /// The commands that it runs.
    #[must_use]
    pub fn steps(&self, project: &Project<'_>) -> Vec<Step> {
        let words = self.words();
        let Some((script, node)) = self.script() else {
            let word = |node: &Node| {
                let text = node.as_str()?.to_owned();
                Some(Word { text, span: node.span })
            };
            return vec![Step {
                words: self.items().iter().filter_map(word).collect(),
                then: Then::End,
                place: Place::default(),
                stops_at_errors: false,
                is_negated: false,
                is_redirected: false,
            }];
        };
        let read = match script_of(&words).filter(|_| !self.is_shell) {
            Some(shell) => Invocation { text: script, ..shell }.commands(),
            None => commands(script),
        };
        let parts = Parts::new(project, node.span, script);
        let step = |command: &Command| Step {
            words: command
                .words
                .iter()
                .skip(command.assignments())
                .map(|word| Word {
                    text: word.text.clone(),
                    span: parts.at(word.range.clone()),
                })
                .collect(),
            then: command.then,
            place: command.place,
            stops_at_errors: command.options.stops_at_errors,
            is_negated: command.is_negated,
            is_redirected: command.is_redirected,
        };
        read.iter().map(step).collect()
    }

    /// A duration of it, in seconds.
    #[must_use]
    pub fn seconds(&self, key: &str) -> Option<f64> {
        let nanoseconds = duration(self.node.get(key)?.as_str()?)?;
        #[expect(clippy::cast_precision_loss, reason = "nobody checks for centuries to the second")]
        Some(nanoseconds as f64 / 1e9)
    }
}

impl Step {
    /// The program that it runs, without its directory.
    #[must_use]
    pub fn program(&self) -> &str {
        self.words.first().map_or("", |word| program_name(&word.text))
    }

    /// The words behind the program.
    #[must_use]
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Whether one of the words behind the program is this.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.arguments().iter().any(|argument| argument.text == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::with_project;

    fn steps(check: &str) -> String {
        let file = format!("services:\n  a:\n    image: x\n    healthcheck: {check}\n");
        with_project(&file, |project| match said(&project.services()[0]) {
            Said::Nothing => "nothing".to_owned(),
            Said::Off(span) => format!("off: {}", project.text(span)),
            Said::Check(check) => {
                let word = |word: &Word| format!("{}={}", word.text, project.text(word.span));
                let steps = check.steps(project);
                let step = |step: &Step| step.words.iter().map(word).collect::<Vec<_>>().join(" ");
                steps.iter().map(step).collect::<Vec<_>>().join(" / ")
            }
        })
    }

    #[test]
    fn a_check_is_read_in_all_its_forms() {
        assert_eq!(
            steps("{test: curl -f x || exit 1}"),
            "curl=curl -f=-f x=x / exit=exit 1=1"
        );
        assert_eq!(steps("{test: [CMD, curl, \"-f\"]}"), "curl=curl -f=\"-f\"");
        assert_eq!(steps("{test: [CMD, sh, \"-c\", \"A=1 b; c\"]}"), "b=b / c=c");
        assert_eq!(steps("{test: [CMD-SHELL, \"a $$B\"]}"), "a=a $B=$$B");
        assert_eq!(steps("{test: [NONE]}"), "off: [NONE]");
        assert_eq!(steps("{disable: true}"), "off: true");
        assert_eq!(steps("{interval: 5s}"), "nothing");
        assert_eq!(steps("{test: []}"), "nothing");
    }
}
