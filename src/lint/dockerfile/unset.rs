//! The variables that a stage uses and that nothing in the file sets there.

use std::collections::HashSet;

use super::lines::Instruction;
use super::{Stage, Unset};
use crate::shell::variables;

/// Instructions in which the build puts in variables.
const EXPANDED: [&str; 9] = [
    "ADD",
    "COPY",
    "ENV",
    "EXPOSE",
    "LABEL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Programs of a shell that set the variables named behind them.
const SETTERS: [&str; 9] = [
    "declare", "export", "for", "getopts", "local", "mapfile", "read", "readonly", "typeset",
];

/// What runs a text that is not in sight, and may set anything.
const SOURCES: [&str; 3] = [".", "source", "eval"];

/// Variables that every build or every shell has.
const ALWAYS: [&str; 25] = [
    "ALL_PROXY",
    "BASH_SOURCE",
    "BASH_VERSION",
    "EUID",
    "FTP_PROXY",
    "FUNCNAME",
    "GROUPS",
    "HOME",
    "HOSTNAME",
    "HOSTTYPE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IFS",
    "LINENO",
    "NO_PROXY",
    "OLDPWD",
    "OPTARG",
    "OPTIND",
    "PATH",
    "PPID",
    "PWD",
    "RANDOM",
    "REPLY",
    "SHELL",
    "UID",
];

/// Notes what an instruction uses. An expansion that says what stands for a variable that is not set knows what it does.
pub(super) fn collect(stage: &mut Stage, instruction: &Instruction) {
    let is_run = instruction.name == "RUN";
    if !is_run && !EXPANDED.contains(&&*instruction.name) {
        return;
    }
    // The heredoc of a copy is a file, and may be a script of its own.
    let heredocs = if is_run { &*instruction.texts } else { "" };
    let texts = [&*instruction.rest, heredocs];
    let own = if is_run {
        texts.iter().map(|text| set_by(text)).collect()
    } else {
        Some(Vec::new())
    };
    let Some(own): Option<Vec<HashSet<&str>>> = own else {
        return;
    };
    let is_known = |name: &str| {
        let is_always = ALWAYS.contains(&&*name.to_ascii_uppercase());
        is_always || stage.sets.contains(name) || own.iter().any(|own| own.contains(name))
    };
    let mut seen = HashSet::new();
    let used = texts.iter().flat_map(|text| plain(text));
    let names = used.filter(|name| !is_known(name) && seen.insert(*name));
    let unset = names.map(|name| Unset {
        name: name.to_owned(),
        line: instruction.line,
    });
    let unset: Vec<Unset> = unset.collect();
    stage.unset.extend(unset);
}

/// The variables that are used as `$NAME` or `${NAME}`.
fn plain(text: &str) -> Vec<&str> {
    let mut found = variables(text);
    found.retain(|variable| {
        let used = text.get(variable.range.clone()).unwrap_or_default();
        !used.starts_with("${") || used.ends_with('}') && !used.starts_with("${!")
    });
    found.into_iter().map(|variable| variable.name).collect()
}

/// The names that a script sets itself or asks after, and perhaps some more; none where it may set any.
fn set_by(script: &str) -> Option<HashSet<&str>> {
    let mut names = HashSet::new();
    let mut behind_setter = 0;
    let mut is_question = false;
    for word in script.split(|c: char| c.is_whitespace() || ";&|(){}`\"'".contains(c)) {
        if SOURCES.contains(&word) {
            return None;
        }
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = word.get(..end.unwrap_or(word.len())).unwrap_or_default();
        let is_assigned = end.is_some_and(|end| word.get(end..).is_some_and(|rest| rest.starts_with(['=', '+', '['])));
        if is_assigned || behind_setter > 0 {
            names.insert(name);
        }
        // Whether it is set at all is the question.
        if is_question {
            names.insert(word.trim_start_matches('$'));
        }
        is_question = matches!(word, "-n" | "-z") || is_question && word.is_empty();
        behind_setter = if SETTERS.contains(&word) {
            4
        } else {
            behind_setter.max(1) - 1
        };
    }
    Some(names)
}
