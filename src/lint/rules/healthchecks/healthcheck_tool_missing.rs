//! A check with a program that its image does not have.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::health::{Check, Step, check as check_of};
use crate::lint::images::known;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::Then;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-tool-missing",
    summary: "a health check runs a program that the image does not have",
    why: "The check runs inside the container. Images of databases have their own client and little else, so that `curl` is \
          not found, the check never passes, and what waits for it never starts.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: mariadb:11.4
    healthcheck:
      test: [\"CMD\", «\"mysqladmin\"», \"ping\", \"-h\", \"127.0.0.1\"]
",
    good: "\
services:
  db:
    image: mariadb:11.4
    healthcheck:
      test: [\"CMD\", \"mariadb-admin\", \"ping\", \"-h\", \"127.0.0.1\"]
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let image = service.text("image").filter(|_| service.get("build").is_none());
        if let Some((image, check)) = image.zip(check_of(service)) {
            found.extend_once(finding(project, service, image, &check));
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, image: &str, check: &Check<'_>) -> Option<Diagnostic> {
    let known = known(image)?;
    let steps = check.steps(project);
    // Where another command stands behind `||`, or in an `if`, that one may do the work.
    let is_alone = |(at, step): &(usize, &Step)| {
        let rescue = steps.get(at + 1).map_or("", |next| next.program());
        !step.place.in_condition && (step.then != Then::Or || matches!(rescue, "exit" | "false"))
    };
    let lacking = |(_, step): &(usize, &Step)| known.lacks(step.program(), image);
    let (_, step) = steps.iter().enumerate().filter(is_alone).find(lacking)?;
    let (name, program) = (service.name(), step.program());
    let help = match known.check {
        Some([first, ..]) if *first != program => format!("use what is there: {}", known.check?.join(" ")),
        _ => "use a program that the image has".to_owned(),
    };
    let message = format!("the image of \"{name}\" has no {program}");
    Some(at(step.words.first()?.span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(image: &str, test: &str) -> Vec<String> {
        let file = format!("services:\n  a:\n    image: {image}\n    healthcheck: {{test: {test}}}\n");
        found(&RULE, &file)
    }

    #[test]
    fn what_an_image_lacks_is_found_where_nothing_stands_in() {
        assert_eq!(of("redis:7", "curl -f x || exit 1"), ["curl"]);
        assert_eq!(of("postgres:16", "[CMD, curl, x]"), ["curl"]);
        for (image, test) in [
            ("redis:7", "redis-cli ping"),
            ("redis:7", "curl x || redis-cli ping"),
            ("redis:7-alpine", "wget x"),
            ("mariadb:10.6", "mysqladmin ping"),
            ("me/redis", "curl x"),
            ("elasticsearch:8.15.0", "curl x"),
        ] {
            assert_eq!(of(image, test), Vec::<String>::new(), "{image}: {test}");
        }
    }
}
