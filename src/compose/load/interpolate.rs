//! Variables into the values of a document, and the types that texts get at known places.
//!
//! Keys are never touched. (Compose specification, "Interpolation".)

use super::environment::Environment;
use super::number::parse_float;
use super::path::{visit, visit_containers};
use super::template::{Lookup, TemplateError, substitute};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Replaces the variables in every text of the tree.
pub(super) fn interpolate(node: &mut Node, environment: &Environment, problems: &mut Diagnostics) {
    let span = node.span;
    match &mut node.value {
        Value::Str(text) if text.contains('$') => {
            let mut scope = Scope {
                environment,
                problems,
                span,
            };
            match substitute(text, &mut scope) {
                Ok(value) => *text = value,
                Err(error) => problems.push(describe(&error, span)),
            }
        }
        Value::Seq(items) => items
            .iter_mut()
            .for_each(|item| interpolate(item, environment, problems)),
        Value::Map(map) => map
            .values_mut()
            .for_each(|value| interpolate(value, environment, problems)),
        _ => {}
    }
}

struct Scope<'a> {
    environment: &'a Environment,
    problems: &'a mut Diagnostics,
    span: Span,
}

impl Lookup for Scope<'_> {
    fn value(&self, name: &str) -> Option<String> {
        self.environment.get(name).map(str::to_owned)
    }

    fn unset(&mut self, name: &str) {
        let message = format!("the variable \"{name}\" is not set, and an empty text stands for it");
        let problem = Diagnostic::warning("variable-unset", self.span, message);
        self.problems
            .push(problem.help(format!("set it, or give a default: ${{{name}:-value}}")));
    }
}

fn describe(error: &TemplateError, span: Span) -> Diagnostic {
    match error {
        TemplateError::Invalid(template) => Diagnostic::error(
            "interpolation",
            span,
            format!("{template:?} is no valid use of a variable"),
        )
        .help("write $$ for a dollar sign"),
        TemplateError::Required { name, message } => {
            let reason = if message.is_empty() {
                String::new()
            } else {
                format!(": {message}")
            };
            Diagnostic::error(
                "variable-required",
                span,
                format!("the variable \"{name}\" must be set{reason}"),
            )
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
    for (pattern, to) in CONTAINER {
        visit_containers(root, pattern, &mut |node| cast_one(node, *to, problems));
    }
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
        Cast::Float => (parse_float(text).map(Value::Float), "a number"),
        Cast::Bool => (boolean(text).map(Value::Bool), "true or false"),
    };
    match value {
        Some(value) => node.value = value,
        None => {
            let message = format!("{text:?} is not {wanted}");
            problems.push(Diagnostic::error("wrong-type", node.span, message));
        }
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
