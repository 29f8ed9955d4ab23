//! A build argument that is declared elsewhere than in the stage that uses it.

use std::collections::HashSet;

use super::place;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::base::Base;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "arg-before-from",
    summary: "a stage uses a build argument that is declared before `FROM` or in another stage",
    why: "An `ARG` before the first `FROM` is for the `FROM` lines alone, and one in a stage for the lines after it in that stage. \
          Everywhere else the variable is empty, without a warning, until the stage declares it again with `ARG NAME`.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    build:
      context: .
      args:
        «PG_PWD»: example
== Dockerfile ==
ARG PG_PWD
FROM postgres:17
RUN echo \"${PG_PWD}\" > /etc/pgpass
",
    good: "\
services:
  db:
    build:
      context: .
      args:
        PG_PWD: example
== Dockerfile ==
FROM postgres:17
ARG PG_PWD
RUN echo \"${PG_PWD}\" > /etc/pgpass
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
    let file = project.dockerfile(service).filter(|file| file.syntax.is_none())?;
    let build = service.get("build")?;
    let target = build.get("target").and_then(Node::as_str);
    let declared: HashSet<&str> = file.declared().collect();
    let stages = file.reached(target);
    let mut used = stages.iter().flat_map(|stage| &stage.unset);
    let unset = used.find(|unset| declared.contains(&*unset.name) && !is_of_image(&unset.name))?;
    let (name, variable, line) = (service.name(), &unset.name, unset.line);
    let given = build.get("args").and_then(Node::as_map);
    let given = given.and_then(|args| args.get_key_value(variable.as_str()));
    let span = match given {
        Some((key, _)) => key.span,
        None => place::of(service, &["dockerfile", "context"])?,
    };
    // An image that is not known may have a variable of that name.
    let is_known = Base::of(project, service).is_some_and(|base| base.is_known());
    let level = if is_known { Severity::Warning } else { Severity::Hint };
    let message = format!("the Dockerfile of `{name}` uses `${variable}` in line {line}, where it is empty");
    let help = format!("write `ARG {variable}` in that stage too, before it is used");
    Some(at(span, message).help(help).at_most(level))
}

/// Whether images of languages have variables of such a name: `NODE_VERSION`, `JAVA_HOME`.
pub(super) fn is_of_image(name: &str) -> bool {
    const ENDINGS: [&str; 6] = ["_HOME", "_MAJOR", "_PATH", "_RELEASE", "_VERSION", "PATH"];
    const NAMES: [&str; 7] = ["DEBIAN_FRONTEND", "LANG", "LC_ALL", "PGDATA", "TERM", "TZ", "USER"];
    ENDINGS.iter().any(|ending| name.ends_with(ending)) || NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn marked(args: &str, dockerfile: &str) -> Vec<String> {
        let file =
            format!("services: {{a: {{build: {{context: ., args: {{{args}}}}}}}}}\n== Dockerfile ==\n{dockerfile}\n");
        found(&RULE, &file)
    }

    #[test]
    fn an_argument_that_the_stage_has_is_fine() {
        for dockerfile in [
            "ARG A\nFROM debian:$A\nRUN a",
            "ARG A\nFROM debian\nARG A\nRUN $A",
            "ARG A\nFROM debian AS b\nARG A\nFROM b\nRUN $A",
            "ARG A\nFROM debian\nENV A=1\nRUN $A",
            "ARG A\nFROM debian\nRUN A=1; echo $A",
            "ARG A\nFROM debian\nRUN for A in 1 2; do echo $A; done",
            "ARG A\nFROM debian\nRUN echo ${A:-x} '$A' \\$A",
            "ARG A\nFROM debian\nCMD echo $A",
            "ARG A\nFROM debian\nRUN . ./env && echo $A",
            "ARG A\nFROM debian\nRUN if [ -n \"$A\" ]; then b; fi",
            "ARG A\nFROM debian AS unused\nRUN $A\nFROM debian",
            "ARG NODE_VERSION\nFROM node:$NODE_VERSION\nRUN echo $NODE_VERSION",
            "FROM debian\nRUN $A",
        ] {
            assert_eq!(marked("A: 1", dockerfile), [""; 0], "{dockerfile}");
        }
    }

    #[test]
    fn one_that_it_has_not_is_empty() {
        for dockerfile in [
            "ARG A=1\nFROM debian\nRUN echo $A",
            "ARG A\nFROM debian AS b\nARG A\nFROM debian\nCOPY --from=b /$A /",
            "ARG A\nFROM debian\nENV B=${A}",
            "FROM debian AS b\nARG A\nFROM debian\nCOPY --from=b /x /x\nRUN echo $A",
            "FROM debian\nRUN echo $A\nARG A",
            "ARG A\nFROM debian\nRUN <<EOF\necho $A\nEOF",
        ] {
            assert_eq!(marked("A: 1", dockerfile), ["A"], "{dockerfile}");
        }
        assert_eq!(marked("", "ARG A=1\nFROM debian\nLABEL a=$A"), ["."]);
    }
}
