//! A `target:` that the Dockerfile has no stage for.

use super::place;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "build-target-missing",
    summary: "a build ends with a stage that its Dockerfile does not have",
    why: "The build fails, and what compose says of it does not name the stage. `docker compose config` does not look into \
          the Dockerfile.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    build:
      context: .
      target: «tests»
    command: pytest
== Dockerfile ==
FROM python:3.13 AS base
FROM base AS test
RUN pip install pytest
",
    good: "\
services:
  tests:
    build:
      context: .
      target: test
    command: pytest
== Dockerfile ==
FROM python:3.13 AS base
FROM base AS test
RUN pip install pytest
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let target = service.node.at(&["build", "target"])?;
    let name = target.as_str().filter(|name| !name.is_empty())?;
    let is_known = project.is_literal(target.span) && project.is_literal(place::of(service, &["dockerfile"])?);
    let file = project.dockerfile(service).filter(|_| is_known)?;
    if file.syntax.is_some() || file.stages.is_empty() || file.stage(name).is_some() {
        return None;
    }
    let names: Vec<&str> = file.stages.iter().filter_map(|stage| stage.name.as_deref()).collect();
    let near = names
        .iter()
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .min();
    let help = match near {
        Some((distance, other)) if distance <= 2 => format!("did you mean \"{other}\"?"),
        Some(_) => format!("its stages are {}", names.join(", ")),
        None => "none of its stages has a name: write \"AS\" and a name behind a FROM".to_owned(),
    };
    let message = format!(
        "\"{}\" is built up to the stage \"{name}\", and its Dockerfile has none of that name",
        service.name()
    );
    Some(at(target.span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn stages_have_names_in_any_case_and_numbers() {
        for (target, is_found) in [
            ("BUILD", false),
            ("\"0\"", false),
            ("\"2\"", true),
            ("\"\"", false),
            ("\"${T:-x}\"", false),
        ] {
            let file = format!(
                "services:\n  a:\n    build: {{context: ., target: {target}}}\n== Dockerfile ==\nFROM a AS Build\nFROM b\n"
            );
            assert_eq!(!found(&RULE, &file).is_empty(), is_found, "{target}");
        }
    }

    #[test]
    fn what_is_read_by_something_else_may_have_any_stage() {
        let file =
            "services:\n  a:\n    build: {context: ., target: x}\n== Dockerfile ==\n# syntax=my/frontend\nFROM a\n";
        assert_eq!(found(&RULE, file), Vec::<String>::new());
        let inline = "services:\n  a:\n    build: {target: x, dockerfile_inline: FROM a}\n";
        assert_eq!(found(&RULE, inline), ["x"]);
    }
}
