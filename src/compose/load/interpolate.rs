//! Variables into the values of a document, and the types that texts get at known places.
//!
//! Keys are never touched. (Compose specification, "Interpolation".)

use std::collections::HashMap;

use super::environment::Environment;
use super::number::parse_float;
use super::path::{Table, visit};
use super::template::{Lookup, TemplateError, closing_brace, substitute};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Sources, Span};
use crate::yaml::{Node, Value};

/// Replaces the variables in every text of the tree. A text that has none is blurred.
pub(super) fn interpolate(node: &mut Node, environment: &Environment, sources: &Sources, problems: &mut Diagnostics) {
    let span = node.span;
    match &mut node.value {
        Value::Str(text) if text.contains('$') => {
            let mut scope = Scope {
                environment,
                problems,
                span,
                written: sources.get(span.source).map_or("", |source| source.slice(span)),
                uses: None,
                told: HashMap::new(),
            };
            match substitute(text, &mut scope) {
                Ok(value) => *text = value,
                Err(error) => {
                    let problem = describe(&error, text, &mut scope);
                    problems.push(problem);
                    node.blur();
                }
            }
        }
        Value::Seq(items) => items
            .iter_mut()
            .for_each(|item| interpolate(item, environment, sources, problems)),
        Value::Map(map) => map
            .values_mut()
            .for_each(|value| interpolate(value, environment, sources, problems)),
        _ => {}
    }
}

struct Scope<'a> {
    environment: &'a Environment,
    problems: &'a mut Diagnostics,
    /// The place of the whole text, and how it is written there: with its quotes and escapes.
    span: Span,
    written: &'a str,
    /// Where each variable is used in that, found out once.
    uses: Option<HashMap<&'a str, Vec<usize>>>,
    /// How often each variable has been told of.
    told: HashMap<String, usize>,
}

impl Scope<'_> {
    /// The place of a part of the text; of all of it where the part is written in another way.
    fn part(&self, part: &str) -> Span {
        let at = self.written.find(part).filter(|_| !part.is_empty());
        at.map_or(self.span, |at| self.span.part(at, at + part.len()))
    }

    /// Whether what looks like a variable stands in the middle of a word, as a dollar sign in a password does.
    fn is_in_word(&self, variable: Span) -> bool {
        let at = variable.range().start.saturating_sub(self.span.range().start);
        let (before, here) = self.written.split_at_checked(at).unwrap_or_default();
        let is_of_word = |c: char| c.is_alphanumeric() || "!#%^&*+?~$".contains(c);
        here.starts_with('$') && !here.starts_with("${") && before.ends_with(is_of_word)
    }

    /// The place where a variable is used, the earlier ones left out.
    fn variable(&mut self, name: &str, earlier: usize) -> Span {
        let written = self.written;
        let uses = self.uses.get_or_insert_with(|| uses(written));
        let Some(at) = uses.get(name).and_then(|uses| uses.get(earlier)).copied() else {
            return self.span;
        };
        let rest = &written[at + 1..];
        let inside = rest.strip_prefix('{');
        let close = inside.and_then(closing_brace).map(|close| close + 1);
        let begin = written.len() - inside.unwrap_or(rest).len();
        self.span.part(at, begin + close.unwrap_or(name.len()))
    }
}

/// The variables that a text uses, each with the places of the dollar signs.
fn uses(text: &str) -> HashMap<&str, Vec<usize>> {
    let mut uses: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, _) in text.match_indices('$') {
        let rest = &text[at + 1..];
        let body = rest.strip_prefix('{').unwrap_or(rest);
        let end = body.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
        uses.entry(&body[..end.unwrap_or(body.len())]).or_default().push(at);
    }
    uses
}

impl Lookup for Scope<'_> {
    fn value(&self, name: &str) -> Option<String> {
        self.environment.get(name).map(str::to_owned)
    }

    fn unset(&mut self, name: &str) {
        let told = self.told.entry(name.to_owned()).or_default();
        let earlier = std::mem::replace(told, *told + 1);
        let message = format!("the variable \"{name}\" is not set, and an empty text stands for it");
        let span = self.variable(name, earlier);
        let problem = Diagnostic::warning("variable-unset", span, message);
        let help = if self.is_in_word(span) {
            format!("write $$ for a dollar sign; for a variable, set it, or give a default: ${{{name}:-value}}")
        } else {
            format!("set it, or give a default: ${{{name}:-value}}")
        };
        self.problems.push(problem.help(help));
    }
}

fn describe(error: &TemplateError, text: &str, scope: &mut Scope<'_>) -> Diagnostic {
    match error {
        TemplateError::Invalid(template) => {
            let span = if template == text {
                scope.span
            } else {
                scope.part(template)
            };
            Diagnostic::error("interpolation", span, error.to_string()).help("write $$ for a dollar sign")
        }
        TemplateError::Required { name, .. } => {
            Diagnostic::error("variable-required", scope.variable(name, 0), error.to_string())
        }
    }
}

/// What a text at a known place is turned into.
#[derive(Clone, Copy)]
enum Cast {
    Int,
    Float,
    Bool,
}

/// Places in a container: a service, a job, a hook.
const CONTAINER: &[(&str, Cast)] = &[
    ("scale", Cast::Int),
    ("cpu_count", Cast::Int),
    ("cpu_period", Cast::Int),
    ("cpu_quota", Cast::Int),
    ("cpu_rt_period", Cast::Int),
    ("cpu_rt_runtime", Cast::Int),
    ("cpu_shares", Cast::Int),
    ("oom_score_adj", Cast::Int),
    ("pids_limit", Cast::Int),
    ("healthcheck.retries", Cast::Int),
    ("ports.[].target", Cast::Int),
    ("ulimits.*", Cast::Int),
    ("ulimits.*.soft", Cast::Int),
    ("ulimits.*.hard", Cast::Int),
    ("deploy.replicas", Cast::Int),
    ("deploy.update_config.parallelism", Cast::Int),
    ("deploy.rollback_config.parallelism", Cast::Int),
    ("deploy.restart_policy.max_attempts", Cast::Int),
    ("deploy.placement.max_replicas_per_node", Cast::Int),
    ("cpus", Cast::Float),
    ("cpu_percent", Cast::Float),
    ("deploy.update_config.max_failure_ratio", Cast::Float),
    ("deploy.rollback_config.max_failure_ratio", Cast::Float),
    ("init", Cast::Bool),
    ("oom_kill_disable", Cast::Bool),
    ("privileged", Cast::Bool),
    ("read_only", Cast::Bool),
    ("stdin_open", Cast::Bool),
    ("tty", Cast::Bool),
    ("healthcheck.disable", Cast::Bool),
    ("depends_on.*.required", Cast::Bool),
    ("depends_on.*.restart", Cast::Bool),
    ("volumes.[].read_only", Cast::Bool),
    ("volumes.[].volume.nocopy", Cast::Bool),
];

/// Places elsewhere.
const TOP_LEVEL: &[(&str, Cast)] = &[
    ("networks.*.external", Cast::Bool),
    ("networks.*.internal", Cast::Bool),
    ("networks.*.attachable", Cast::Bool),
    ("networks.*.enable_ipv4", Cast::Bool),
    ("networks.*.enable_ipv6", Cast::Bool),
    ("volumes.*.external", Cast::Bool),
    ("secrets.*.external", Cast::Bool),
    ("configs.*.external", Cast::Bool),
];

/// Gives texts at known places the type that is wanted there. Numbers and truth values of YAML itself are left alone.
pub(super) fn cast(root: &mut Node, problems: &mut Diagnostics) {
    let container = Table::new(CONTAINER.iter().map(|(pattern, to)| (*pattern, to)));
    container.visit_containers(root, &mut |node, to| cast_one(node, *to, problems));
    for (pattern, to) in TOP_LEVEL {
        visit(root, pattern, &mut |node| cast_one(node, *to, problems));
    }
}

fn cast_one(node: &mut Node, to: Cast, problems: &mut Diagnostics) {
    let Some(text) = node.as_str() else { return };
    let (value, wanted) = match to {
        Cast::Int => (
            text.parse::<i64>().ok().map(|number| Value::Int(number.into())),
            "a whole number",
        ),
        Cast::Float => (
            parse_float(text).filter(|number| number.is_finite()).map(Value::Float),
            "a number",
        ),
        Cast::Bool => (boolean(text).map(Value::Bool), "true or false"),
    };
    match value {
        Some(value) => {
            if let Cast::Bool = to {
                tell_word(text, node.span, problems);
            }
            node.value = value;
        }
        None => {
            let message = format!("{text:?} is not {wanted}");
            problems.push(Diagnostic::error("wrong-type", node.span, message));
            node.blur();
        }
    }
}

/// A word that is a truth value to Compose, and a text to YAML.
pub(super) fn tell_word(text: &str, span: Span, problems: &mut Diagnostics) {
    let known = ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(text));
    if let Some(value) = boolean(text).filter(|_| !known) {
        let message = format!("{text:?} is a text, and only taken for a truth value");
        problems.push(Diagnostic::warning("bool-word", span, message).help(format!("write {value}")));
    }
}

/// The words that Compose takes for a truth value where one is wanted.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::load::{Request, load};

    #[test]
    fn a_dollar_sign_in_the_middle_of_a_word_is_told_how_it_is_written() {
        let help = |value: &str| {
            let text = format!("services: {{a: {{image: i, environment: {{P: '{value}'}}}}}}\n");
            let loaded = load(Request {
                directory: "/nowhere/p".to_owned(),
                files: vec!["-".to_owned()],
                stdin: Some(text.into_bytes()),
                ..Request::default()
            });
            let found = loaded.diagnostics.iter().find(|found| found.code == "variable-unset");
            found.unwrap().help.clone().unwrap()
        };
        assert!(help("E!r%ZwH3#2P$GVqF").starts_with("write $$"));
        assert!(help("$GVqF").starts_with("set it"));
        assert!(help("http://$HOST/x").starts_with("set it"));
        assert!(help("a${GVqF}").starts_with("set it"));
    }
}
