//! A variable that only containers have, in a build.

use super::arg_before_from::is_of_image;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::base::Base;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "environment-at-build",
    summary: "a Dockerfile uses a variable that only `environment` sets",
    why: "`environment` and `env_file` are for the container that is started from the image. While the image is built the variable \
          is empty, and what is made with it is in the image for good. Builds take `args`.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    build: .
    environment:
      «DOMAIN»: shop.example.com
== Dockerfile ==
FROM nginx:1.29
RUN sed -i \"s/localhost/$DOMAIN/\" /etc/nginx/conf.d/default.conf
",
    good: "\
services:
  web:
    build:
      context: .
      args:
        DOMAIN: shop.example.com
== Dockerfile ==
FROM nginx:1.29
ARG DOMAIN
RUN sed -i \"s/localhost/$DOMAIN/\" /etc/nginx/conf.d/default.conf
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
    let environment = service.get("environment").and_then(Node::as_map)?;
    let file = project.dockerfile(service).filter(|file| file.syntax.is_none())?;
    let target = service.node.at(&["build", "target"]).and_then(Node::as_str);
    let stages = file.reached(target);
    // Of an argument that is declared in another place, another rule speaks.
    let is_declared = |name: &str| file.declared().any(|declared| declared == name);
    let unset = stages.iter().flat_map(|stage| &stage.unset);
    let mut unset = unset.filter(|unset| !is_declared(&unset.name) && !is_of_image(&unset.name));
    let (unset, key) = unset.find_map(|unset| {
        let (key, _) = environment.get_key_value(unset.name.as_str())?;
        Some((unset, key))
    })?;
    let is_known = Base::of(project, service).is_some_and(|base| base.is_known());
    let level = if is_known { Severity::Warning } else { Severity::Hint };
    let (name, variable, line) = (service.name(), &unset.name, unset.line);
    let message =
        format!("the Dockerfile of `{name}` uses `${variable}` in line {line}, and a build does not see `environment`");
    let help = format!("pass it under `build.args` and write `ARG {variable}`, or use it when the container starts");
    Some(at(key.span, message).help(help).at_most(level))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn marked(service: &str, dockerfile: &str) -> Vec<String> {
        found(
            &RULE,
            &format!("services: {{a: {{build: ., {service}}}}}\n== Dockerfile ==\n{dockerfile}\n== a.env ==\nX=1\n"),
        )
    }

    #[test]
    fn a_variable_of_the_build_is_fine() {
        for dockerfile in [
            "FROM debian\nARG X\nRUN $X",
            "FROM debian\nENV X=1\nRUN $X",
            "ARG X\nFROM debian\nRUN $X",
            "FROM debian\nRUN X=1 && echo $X",
            "FROM debian\nRUN echo '$X' ${X:-1}",
            "FROM debian\nENTRYPOINT echo $X",
            "FROM debian\nHEALTHCHECK CMD curl $X",
            "FROM debian\nCOPY <<'EOF' /start.sh\necho $X\nEOF",
        ] {
            assert_eq!(marked("environment: {X: 1}", dockerfile), [""; 0], "{dockerfile}");
        }
        assert_eq!(marked("environment: {Y: 1}", "FROM debian\nRUN $X"), [""; 0]);
    }

    #[test]
    fn one_of_the_container_is_empty() {
        assert_eq!(marked("environment: {X: 1}", "FROM debian\nRUN echo \"$X\""), ["X"]);
        assert_eq!(marked("environment: ['X=1']", "FROM debian\nENV Y=${X}"), ["'X=1'"]);
        assert_eq!(marked("env_file: a.env", "FROM debian\nWORKDIR /a/$X"), ["a.env"]);
    }
}
