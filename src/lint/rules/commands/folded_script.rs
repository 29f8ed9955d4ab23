//! A script whose lines become one.

use super::lines::{folded_lines, second_command};
use super::text::{Argv, all, short};
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::places::is_own;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "folded-script",
    summary: "the commands of a script become one line",
    why: "`>` puts blanks in the place of line breaks: the shell gets one line, in which every command but the first is \
          an argument of it. `set -e` and `echo` take any arguments, so that nothing runs and the container exits with 0.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22
    command:
      - sh
      - -c
      - «>
        set -e
        npm ci
        npm test»
",
    good: "\
services:
  tests:
    image: node:22
    command:
      - sh
      - -c
      - |
        set -e
        npm ci
        npm test
",
    fixed: Some(
        "\
services:
  tests:
    image: node:22
    command:
      - sh
      - -c
      - |
        set -e
        npm ci
        npm test
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for argv in all(service) {
            found.extend_once(finding(project, service, &argv));
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>) -> Option<Diagnostic> {
    let (_, node) = argv.script()?;
    // A text is split into words, with whatever sign it begins: another rule tells.
    if argv.part_of(node).is_some_and(|part| project.is_text(part.node.span)) {
        return None;
    }
    let second = second_command(&folded_lines(project, node)?)?;
    let message = format!(
        "\"{}\" is no command of \"{}\": these lines become one",
        short(second),
        service.name()
    );
    let edit = Edit::replace(node.span.part(0, 1), "|");
    let fix = Fix::unsafe_("keep the lines", vec![edit]).changing(&[
        "services.*.command",
        "services.*.entrypoint",
        "services.*.post_start",
        "services.*.pre_stop",
    ]);
    Some(
        at(node.span, message)
            .help("write | in the place of >")
            .fix(is_own(project, service, node.span).then_some(fix)),
    )
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn one_command_over_several_lines_is_fine() {
        let file = |script: &str| {
            format!("services:\n  a:\n    image: i\n    command:\n      - sh\n      - -c\n      - {script}\n")
        };
        for script in [
            ">\n        npm ci &&\n        npm test",
            ">-\n        curl\n        -f http://x",
            ">\n        npm ci\n\n        npm test",
            "|\n        npm ci\n        npm test",
            ">\n        if true; then\n          echo a;\n        fi",
        ] {
            assert_eq!(found(&RULE, &file(script)), [""; 0], "{script}");
        }
        let text =
            "services: \n  a:\n    image: i\n    entrypoint: sh -c\n    command: >\n      npm ci\n      npm test\n";
        assert_eq!(found(&RULE, text), [""; 0]);
        assert_eq!(found(&RULE, &file(">-\n        cd /app\n        ./run.sh")).len(), 1);
    }
}
