//! Names of containers that are the same in every run.

use super::places::{by_file, is_fixed, most, with_others};
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::edits::remove_entry;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "container-name-fixed",
    summary: "a container has a name of its own, which is the same in every run",
    why: "A machine has one container of a name. A second run of the file beside the first one, for another branch or \
          another pull request, cannot create its containers and fails. Without a name of its own a container is named \
          after its project.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Ci,
    bad: "\
services:
  db:
    image: postgres:16
    container_name: «shop-db»
  tests:
    image: app:1
    command: pytest
    container_name: shop-tests
",
    good: "\
services:
  db:
    image: postgres:16
  tests:
    image: app:1
    command: pytest
",
    fixed: Some(
        "\
services:
  db:
    image: postgres:16
  tests:
    image: app:1
    command: pytest
",
    ),
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let named = project.services().iter().filter_map(|service| {
        let span = service.get("container_name")?.span;
        is_fixed(project, span).then_some((span, service))
    });
    for file in by_file(named) {
        finding(project, &file).into_iter().for_each(|one| found.push(one));
    }
}

fn finding(project: &Project<'_>, file: &[(Span, &Service<'_>)]) -> Option<Diagnostic> {
    let ((span, service), others) = file.split_first()?;
    let name = service.text("container_name")?;
    let message = match others.len() {
        0 => format!("two runs on one machine cannot both have a container of the name \"{name}\""),
        1 => format!("two runs on one machine cannot both have containers of the name \"{name}\" and of one more"),
        more => {
            format!("two runs on one machine cannot both have containers of the name \"{name}\" and of {more} more")
        }
    };
    let edits: Option<Vec<Vec<Edit>>> = file.iter().map(|(_, service)| edits(project, service)).collect();
    let finding = with_others(
        at(*span, message),
        others.iter().map(|(span, _)| *span),
        "fixed as well",
    );
    Some(
        finding
            .help("remove \"container_name\": inside the project, the service's name leads to it")
            .fix(edits.map(|edits| {
                Fix::unsafe_("let compose name the containers", edits.concat()).changing(&["services.*.container_name"])
            }))
            .at_most(most(project)),
    )
}

/// Nothing where the name stands elsewhere too: there it may be the address of the container.
fn edits(project: &Project<'_>, service: &Service<'_>) -> Option<Vec<Edit>> {
    let name = service.text("container_name")?;
    let mut uses = project.sources().map(|source| source.text.matches(name).count());
    let is_address = name != service.name() && uses.by_ref().sum::<usize>() > 1;
    let key = service.key_of("container_name").filter(|_| !is_address)?;
    remove_entry(project, key, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_name_with_a_variable_is_not_fixed() {
        let text = "services: {a: {image: i, container_name: \"a-${ID:-1}\"}, b: {image: i}}";
        assert!(found(&RULE, text).is_empty());
    }
}
