//! The comparison of one case, and the figures of many.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;
use towline::compose::load::{Loaded, load};
use towline::diagnostic::Severity;

use super::case::Case;

/// How the loader's answer compares with the recorded one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Same,
    /// Accepted, and compose says this.
    Accepts(String),
    /// Rejected for this reason, and compose accepts it.
    Rejects(String),
    /// Accepted by both, and these places of the model differ.
    Model(Vec<String>),
    Panics,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("same"),
            Self::Accepts(error) => write!(f, "ACCEPTS, compose: {error}"),
            Self::Rejects(reason) => write!(f, "REJECTS: {reason}"),
            Self::Model(places) => write!(f, "MODEL: {}", places.join("; ")),
            Self::Panics => f.write_str("PANICS"),
        }
    }
}

/// The figures of a collection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) total: usize,
    pub(crate) same: usize,
    verdicts: usize,
    /// Accepted by both, with another model.
    differ: usize,
    /// Accepted by compose, and by both.
    accepted: usize,
    both: usize,
}

impl Tally {
    pub(crate) fn count(&mut self, outcome: &Outcome, accepts: bool) {
        self.total += 1;
        self.accepted += usize::from(accepts);
        self.both += usize::from(accepts && matches!(outcome, Outcome::Same | Outcome::Model(_)));
        self.same += usize::from(*outcome == Outcome::Same);
        self.verdicts += usize::from(matches!(outcome, Outcome::Same | Outcome::Model(_)));
        self.differ += usize::from(matches!(outcome, Outcome::Model(_)));
    }

    /// The share of cases with the same verdict.
    pub(crate) fn verdicts(&self) -> f64 {
        share(self.verdicts, self.total)
    }

    /// The share of models that are the same, of those cases where the verdict is.
    pub(crate) fn models(&self) -> f64 {
        share(self.same, self.same + self.differ)
    }

    /// The figures as cells of a table: cases, accepted, equal verdicts, equal models.
    pub(crate) fn cells(&self) -> String {
        let (both, equal) = (self.both, self.both - self.differ);
        format!(
            "{} | {} | {} | {equal} of {both} |",
            self.total, self.accepted, self.verdicts
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand cases")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verdicts, models) = (100.0 * self.verdicts(), 100.0 * self.models());
        write!(f, "{} cases, verdict {verdicts:.2} %, model {models:.2} %", self.total)
    }
}

pub(crate) fn compare(case: &Case) -> Outcome {
    let request = case.request.clone();
    let Ok(loaded) = catch_unwind(AssertUnwindSafe(|| load(request))) else {
        return Outcome::Panics;
    };
    match (&loaded.model, case.accepts) {
        (None, false) => Outcome::Same,
        (None, true) => Outcome::Rejects(reason(&loaded)),
        (Some(_), false) => Outcome::Accepts(case.error.lines().next().unwrap_or_default().to_owned()),
        (Some(model), true) => {
            let Some(expected) = &case.model else {
                return Outcome::Same;
            };
            let own = recorded_paths(model.to_json(), case);
            let mut places = Vec::new();
            differences(&own, expected, "", &mut places);
            if places.is_empty() {
                Outcome::Same
            } else {
                Outcome::Model(places)
            }
        }
    }
}

fn reason(loaded: &Loaded) -> String {
    let errors = loaded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error);
    let shown: Vec<String> = errors
        .map(|diagnostic| {
            let text = diagnostic
                .span
                .and_then(|span| Some(loaded.sources.get(span.source)?.slice(span)));
            let text: String = text.unwrap_or_default().chars().take(40).collect();
            format!("{} [{}] at {text:?}", diagnostic.message, diagnostic.code)
        })
        .take(3)
        .collect();
    shown.join("; ")
}

/// Writes the project's directory the way the recorded answer does.
fn recorded_paths(value: Value, case: &Case) -> Value {
    let project = case.project.to_string_lossy();
    let above = case.project.parent().unwrap().to_string_lossy();
    let replace = |text: String| text.replace(&*project, "/project").replace(&*above, "");
    match value {
        Value::String(text) => Value::String(replace(text)),
        Value::Array(items) => items.into_iter().map(|item| recorded_paths(item, case)).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (replace(key), recorded_paths(value, case)))
            .collect(),
        other => other,
    }
}

/// Adds the places at which two values differ, up to a handful.
fn differences(own: &Value, expected: &Value, path: &str, places: &mut Vec<String>) {
    match (own, expected) {
        (Value::Object(own), Value::Object(expected)) => {
            let keys = own.keys().chain(expected.keys().filter(|key| !own.contains_key(*key)));
            for key in keys {
                let (own, expected) = (own.get(key), expected.get(key));
                differences_at(own, expected, &format!("{path}.{key}"), places);
            }
        }
        (Value::Array(own), Value::Array(expected)) => {
            for index in 0..own.len().max(expected.len()) {
                differences_at(own.get(index), expected.get(index), &format!("{path}.{index}"), places);
            }
        }
        (Value::Number(own), Value::Number(expected)) if own.as_f64() == expected.as_f64() => {}
        _ if own == expected => {}
        _ if places.len() < 5 => places.push(format!("{path}: {} instead of {}", short(own), short(expected))),
        _ => {}
    }
}

fn differences_at(own: Option<&Value>, expected: Option<&Value>, path: &str, places: &mut Vec<String>) {
    match (own, expected) {
        (Some(own), Some(expected)) => differences(own, expected, path, places),
        _ if places.len() >= 5 => {}
        (Some(own), None) => places.push(format!("{path}: {} instead of nothing", short(own))),
        (None, Some(expected)) => places.push(format!("{path}: nothing instead of {}", short(expected))),
        (None, None) => {}
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}
