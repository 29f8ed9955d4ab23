//! Whether a change to a project does no harm: it loads as it did, what compose makes of it differs in nothing but what was
//! meant to differ, and nothing new is found.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Examined;
use crate::compose::load::Model;
use crate::diagnostic::{Diagnostic, Findings, Severity};
use crate::yaml::{Map, Node, Value};

/// How much has to be shown of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// No rule finds anything that it did not find before, whatever was chosen.
    Strict,
    /// Nothing that is an error has come.
    Loose,
}

impl Proof {
    /// Whether the project after a change is none the worse for it: what was fixed is gone, and nothing else differs but what
    /// the fixes say.
    pub(super) fn holds(self, before: &Examined, after: &Examined, fixed: &[&Diagnostic]) -> bool {
        let no_harm = match self {
            Self::Strict => has_no_more(before, after, fixed),
            Self::Loose => has_no_more_errors(&before.findings, &after.findings),
        };
        (after.findings.loads || !before.findings.loads)
            && is_gone(&before.findings, &after.findings, fixed)
            && no_harm
            && is_as_meant(before, after, fixed)
    }
}

/// How often each code is there.
fn counts<'a>(found: impl Iterator<Item = &'a Diagnostic>) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::new();
    for finding in found {
        *counts.entry(&*finding.code).or_default() += 1;
    }
    counts
}

fn count(counts: &HashMap<&str, usize>, code: &str) -> usize {
    counts.get(code).copied().unwrap_or_default()
}

fn is_gone(before: &Findings, after: &Findings, fixed: &[&Diagnostic]) -> bool {
    let (before, after) = (counts(before.diagnostics.iter()), counts(after.diagnostics.iter()));
    let fixed = counts(fixed.iter().copied());
    let mut fixed = fixed.iter();
    fixed.all(|(code, fixed)| count(&after, code) + fixed <= count(&before, code))
}

fn has_no_more(before: &Examined, after: &Examined, fixed: &[&Diagnostic]) -> bool {
    let fixed = counts(fixed.iter().copied());
    after.counts.iter().all(|(code, now)| {
        let known = before.counts.get(code).copied().unwrap_or_default();
        now + count(&fixed, code) <= known
    })
}

fn has_no_more_errors(before: &Findings, after: &Findings) -> bool {
    let (known, now) = (counts(before.diagnostics.iter()), counts(after.diagnostics.iter()));
    let found = after.diagnostics.iter();
    let mut errors = found.filter(|finding| finding.severity == Severity::Error);
    errors.all(|error| count(&now, &error.code) <= count(&known, &error.code))
}

/// Whether the models differ in nothing but what the fixes say that they change. A project that cannot be loaded has none.
fn is_as_meant(before: &Examined, after: &Examined, fixed: &[&Diagnostic]) -> bool {
    let (Some(before), Some(after)) = (&before.model, &after.model) else {
        return true;
    };
    let fixes = fixed.iter().filter_map(|finding| finding.fix.as_ref());
    let meant: BTreeSet<&str> = fixes.flat_map(|fix| fix.changes).copied().collect();
    let is_meant = |path: &Vec<String>| meant.iter().any(|pattern| covers(pattern, path));
    differences(before, after).iter().all(is_meant)
}

/// Whether a path of keys, such as `services.*.init`, is that of a value or of one above it.
fn covers(pattern: &str, path: &[String]) -> bool {
    let words: Vec<&str> = pattern.split('.').collect();
    words.len() <= path.len() && words.iter().zip(path).all(|(word, key)| *word == "*" || word == key)
}

/// The paths of what differs between two models, wherever it was written.
fn differences(a: &Model, b: &Model) -> Vec<Vec<String>> {
    let mut found = Differences::default();
    found.nodes(&a.root, &b.root);
    found.below("services", |found| found.maps(&a.inactive, &b.inactive));
    let sections: HashSet<&str> = a.unused.iter().chain(&b.unused).map(|(section, ..)| *section).collect();
    for section in sections {
        let of = |model: &Model| -> Map {
            let unused = model.unused.iter().filter(|unused| unused.0 == section);
            unused.map(|(_, key, value)| (key.clone(), value.clone())).collect()
        };
        found.below(section, |found| found.maps(&of(a), &of(b)));
    }
    found.found
}

#[derive(Default)]
struct Differences {
    path: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Differences {
    fn below(&mut self, key: &str, compare: impl FnOnce(&mut Self)) {
        self.path.push(key.to_owned());
        compare(self);
        self.path.pop();
    }

    fn nodes(&mut self, a: &Node, b: &Node) {
        match (&a.value, &b.value) {
            (Value::Map(a), Value::Map(b)) => self.maps(a, b),
            (Value::Seq(a), Value::Seq(b)) if a.len() == b.len() => {
                for (at, (a, b)) in a.iter().zip(b).enumerate() {
                    self.below(&at.to_string(), |found| found.nodes(a, b));
                }
            }
            // The places of what is in them differ.
            (Value::Seq(_), Value::Seq(_)) => self.found.push(self.path.clone()),
            // A section with nothing in it is as good as none.
            (Value::Map(map), Value::Null) | (Value::Null, Value::Map(map))
                if self.path.len() == 1 && map.is_empty() => {}
            (a, b) if a == b => {}
            _ => self.found.push(self.path.clone()),
        }
    }

    fn maps(&mut self, a: &Map, b: &Map) {
        let nothing = Node::default();
        for (key, value) in a {
            let other = b.get(key).unwrap_or(&nothing);
            self.below(key, |found| found.nodes(value, other));
        }
        for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
            self.below(key, |found| found.nodes(&nothing, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::load::{Request, load};

    fn model(text: &str) -> Model {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("compose.yaml"), text).unwrap();
        let request = Request {
            directory: directory.path().to_str().unwrap().to_owned(),
            project_name: Some("p".to_owned()),
            ..Request::default()
        };
        load(request).model.unwrap()
    }

    fn different(a: &str, b: &str) -> Vec<String> {
        let paths = differences(&model(a), &model(b)).into_iter();
        let mut paths: Vec<String> = paths.map(|path| path.join(".")).collect();
        paths.sort();
        paths
    }

    #[test]
    fn what_differs_is_told_by_its_path_however_it_is_written() {
        let a = "services:\n  a: {image: i, command: npm test, tty: true}\nvolumes: {unused: {}}\n";
        let same =
            "volumes:\n  unused:\nservices:\n  a:\n    tty: true\n    image: 'i'\n    command: [npm, \"test\"]\n";
        assert_eq!(different(a, same), [""; 0]);
        let b = "services:\n  a: {image: i, command: npm run test, init: true}\n  b: {image: i, profiles: [p]}\n";
        assert_eq!(
            different(a, b),
            [
                "services.a.command",
                "services.a.init",
                "services.a.tty",
                "services.b",
                "volumes.unused"
            ]
        );
    }

    #[test]
    fn a_pattern_covers_a_value_and_what_is_below_it() {
        let path = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        assert!(covers("services.*.healthcheck", &path("services.a.healthcheck")));
        assert!(covers("services.*.healthcheck", &path("services.a.healthcheck.test.1")));
        assert!(!covers("services.*.healthcheck", &path("services.a.image")));
        assert!(!covers("services.*.healthcheck", &path("services.a")));
    }
}
