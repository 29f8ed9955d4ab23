//! A Python program whose output stays in a buffer.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::Reference;
use crate::lint::inside::{host_path, working_directory};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::{commands, program_name, script_of};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "python-output-buffered",
    summary: "a Python program keeps what it prints in a buffer",
    why: "Without a terminal Python writes its output in blocks of 8 KB. The log lags behind, and what is still in the buffer is \
          lost where the container is killed: by a time limit, for want of memory, or after the grace period of a stop.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  tests:
    image: python:3.13-slim
    command: «python run_tests.py»
",
    good: "\
services:
  tests:
    image: python:3.13-slim
    command: python -u run_tests.py
",
    fixed: None,
    check,
};

/// The variable that has Python write at once.
const UNBUFFERED: &str = "PYTHONUNBUFFERED";

/// Scripts that everybody knows, which write to the unbuffered stream or hand over to a server.
const KNOWN_SCRIPTS: [&str; 3] = ["get-pip.py", "manage.py", "setup.py"];

/// What a script has in it that writes at once by itself.
const FLUSHES: [&str; 4] = ["flush", "reconfigure(", "line_buffering", "basicConfig"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let (span, script) = script(service)?;
    let has_variable = |value: &Node| value.as_str() != Some("");
    let is_set = service.node.at(&["environment", UNBUFFERED]).is_some_and(has_variable);
    let has_terminal = service.get("tty").and_then(Node::as_bool) == Some(true);
    if is_set || has_terminal || !is_buffered(project, service) || !prints(project, service, &script) {
        return None;
    }
    let message = format!("`{}` keeps what `{script}` prints in a buffer", service.name());
    Some(at(span, message).help(format!("set `{UNBUFFERED}: \"1\"`, or run `python -u`")))
}

/// The script that Python is given, and where.
fn script(service: &Service<'_>) -> Option<(Span, String)> {
    let words = service.words();
    let node = service.get("command").filter(|node| node.items().len() > 0);
    let span = node.or_else(|| service.get("entrypoint"))?.span;
    let Some(shell) = script_of(&words) else {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        return Some((span, given(&words)?));
    };
    // What is redirected or piped goes elsewhere than to the log.
    let commands = commands(shell.text);
    let last = commands.last().filter(|command| !command.is_redirected)?;
    let sets_it = shell.text.contains(UNBUFFERED);
    let words: Vec<String> = last.words.iter().map(|word| word.text.clone()).collect();
    given(&words).filter(|_| !sets_it).map(|script| (span, script))
}

/// The script or the module of `python SCRIPT …`, where Python gets no option that says how it writes.
fn given(words: &[String]) -> Option<String> {
    let start = words.iter().position(|word| word != "exec")?;
    let program = program_name(words.get(start)?);
    let version = program.strip_prefix("python")?;
    let is_python = version.chars().all(|c| c.is_ascii_digit() || c == '.');
    let script = match (words.get(start + 1)?.as_str(), words.get(start + 2)) {
        ("-m", Some(module)) => format!("{}.py", module.replace('.', "/")),
        (script, _) => script.to_owned(),
    };
    let is_script = script.ends_with(".py") && !KNOWN_SCRIPTS.contains(&program_name(&script));
    (is_python && is_script).then_some(script)
}

/// Whether nothing in the image changes how Python writes: it is Python's own, or is built on it here.
fn is_buffered(project: &Project<'_>, service: &Service<'_>) -> bool {
    let is_python = |image: &str| Reference::split(image).path() == "library/python";
    if let Some(image) = service.pulled_image().and_then(Node::as_str) {
        return is_python(image);
    }
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let Some(file) = project.dockerfile(service) else {
        return false;
    };
    let stages = file.lineage(target);
    let (Some(lowest), Some(stage)) = (stages.first(), stages.last()) else {
        return false;
    };
    let is_set = stage.environment.get(UNBUFFERED).is_some_and(|value| !value.is_empty());
    !is_set && lowest.base.as_deref().is_some_and(is_python)
}

/// Whether a script prints, and does not see to it by itself that it is seen. One that is not there may; a module that is not
/// there is one that was installed.
fn prints(project: &Project<'_>, service: &Service<'_>, script: &str) -> bool {
    let directory = working_directory(project, service);
    // The image of Python starts at the root.
    let inside = Path::new(directory.as_deref().unwrap_or("/")).join(script);
    let main = inside.with_extension("").join("__main__.py");
    let files = [inside, main];
    let mut texts = files
        .iter()
        .filter_map(|path| project.file(&host_path(project, service, path)?));
    let is_module = service.words().contains(&"-m");
    texts.next().map_or(!is_module, |text| {
        text.contains("print(") && !FLUSHES.iter().any(|sign| text.contains(sign))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(service: &str, script: &str) -> usize {
        let text = format!(
            "services: {{a: {{{service}}}}}\n== run.py ==\n{script}\n== Dockerfile ==\nFROM python:3.13\nCOPY . /\n"
        );
        found(&RULE, &text).len()
    }

    #[test]
    fn options_variables_and_terminals_decide() {
        let image = "image: 'python:3.13-slim'";
        for service in [
            "command: python run.py",
            "command: [python3.13, /srv/run.py, --verbose]",
            "entrypoint: [python3], command: [run.py]",
            "command: sh -c 'pip install x && exec python run.py'",
            "command: python run.py, environment: {PYTHONUNBUFFERED: ''}",
        ] {
            assert_eq!(of(&format!("{image}, {service}"), ""), 1, "{service}");
        }
        for service in [
            "command: python -u run.py",
            "command: python run.py, environment: {PYTHONUNBUFFERED: 1}",
            "command: python run.py, tty: true",
            "command: python manage.py runserver",
            "command: python -m pytest",
            "command: sh -c 'python run.py > /out/log'",
            "command: pytest",
        ] {
            assert_eq!(of(&format!("{image}, {service}"), ""), 0, "{service}");
        }
        assert_eq!(of("image: me/python, command: python run.py", ""), 0);
    }

    #[test]
    fn the_script_is_read_where_it_is_there() {
        let build = "build: ., command: python run.py";
        assert_eq!(of(build, "print(1)"), 1);
        assert_eq!(of(build, "print(1, flush=True)"), 0);
        assert_eq!(of(build, "import logging"), 0);
        assert_eq!(of("build: ., command: python -m run", "print(1)"), 1);
        assert_eq!(of("build: ., command: python -m other", "print(1)"), 0);
    }
}
