//! How a kind is found, for people: what `towline help kinds` prints and the README holds.

use std::fmt::Write as _;

/// The evidence, the strongest first.
const EVIDENCE: [&str; 9] = [
    "Said by hand: `--kind NAME=KIND`, then `x-towline.kind` in the compose file, then `kinds:` in `.towline.yaml`.",
    "Its place: an entry of `jobs:`, the service of `--exit-code-from`, or one that others depend on with \
     `service_completed_successfully` is a job.",
    "Others depend on it with `service_healthy`: a service.",
    "The program that its command runs, behind wrappers such as `wait-for-it`, `timeout` or `sh -c`, or that its image runs: \
     test runners, linters, scanners, migrators and build tools make a job, `kubectl apply`, `npm publish` and the like a \
     deploy, whatever else the service has.",
    "What only servers have: `ports`, `expose`, a health check, a server's program (`nginx`, `npm start`, `sleep infinity`), a \
     server's image (`postgres`). Where the name has a word of jobs that no server has (`tests`), ports, `expose` and a health \
     check make it `unknown`: tests that are based on the application have all of these.",
    "A word of its name that no server has (`tests`, `lint`, `migrate`, `e2e`, `pytest`, …) makes a job, and `deploy` a deploy; \
     so does a word that servers have too (`integration`, `audit`, `init`, `release`, …), unless it is restarted always, has \
     replicas, or others depend on it being started.",
    "It is restarted always, has more than one replica, or others depend on it being started: a service.",
    "What its image says, once it is there and before anything starts: the program of its `ENTRYPOINT` and `CMD`, which \
     outweighs an ambiguous name and others' need for its start; `EXPOSE` or `HEALTHCHECK` makes a service of what is still open, \
     unless its name has a word of jobs that no server has.",
    "It is named on the line of `ci`, and nothing in the plan depends on it: a job. It is what the run is for.",
];

/// What becomes of a stage of which nothing says anything.
const UNKNOWN: &str = "Otherwise its kind is `unknown`. Before a deploy that does not depend on it, or where no other stage is \
     a job, `ci` does not start (code 65) and says how to settle it. Elsewhere it runs as a service, and the run says that it was \
     taken for one; with `--strict`, `ci` does not start then either.";

/// The text of `towline help kinds`.
#[must_use]
pub fn explain() -> String {
    let mut text = String::from(
        "How the kind of a stage is found\n\nThe first of these that says something decides; `towline plan` shows which it was.\n\n",
    );
    for (at, evidence) in EVIDENCE.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}", wrapped(&format!("{}. ", at + 1), evidence));
    }
    text.push('\n');
    text.push_str(&wrapped("", UNKNOWN));
    text
}

/// How long a line is.
const WIDTH: usize = 100;

/// A paragraph behind a mark, its lines below each other.
fn wrapped(mark: &str, paragraph: &str) -> String {
    let mut text = mark.to_owned();
    let mut length = mark.len();
    for word in paragraph.split_whitespace() {
        if length + word.len() > WIDTH {
            text.truncate(text.trim_end().len());
            let _ = write!(text, "\n{:width$}", "", width = mark.len());
            length = mark.len();
        }
        let _ = write!(text, "{word} ");
        length += word.len() + 1;
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_says_the_same() {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let readme = words(include_str!("../../README.md"));
        for text in EVIDENCE.iter().chain([&UNKNOWN]) {
            assert!(readme.contains(&words(text)), "README.md does not say: {text}");
        }
    }

    #[test]
    fn no_line_is_too_long() {
        let text = explain();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains("\n1. Said by hand") && text.contains("\n9. It is named"));
    }
}
