//! A job that asks for what it does not depend on.

use std::collections::HashSet;

use super::hosts::hosts;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "reference-without-depends",
    summary: "a job asks for a service that it does not depend on",
    why: "Without a need, compose starts both at the same time, and in `docker compose run` the other one not at all. \
          Whether it is there when the job asks for it is luck.",
    level: Severity::Hint,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:17
  tests:
    image: app:1
    command: pytest
    environment:
      DB_HOST: «db»
",
    good: "\
services:
  db:
    image: postgres:17
    healthcheck:
      test: [CMD, pg_isready, -h, 127.0.0.1]
      interval: 2s
  tests:
    image: app:1
    command: pytest
    environment:
      DB_HOST: db
    depends_on:
      db:
        condition: service_healthy
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services().iter().filter(|service| service.is_job()) {
        let mut seen = HashSet::new();
        for host in hosts(service).iter().filter(|host| !host.is_own()) {
            let name = service.name();
            let other = project
                .service(host.name)
                .filter(|other| other.name() != name && other.is_active);
            let Some(other) = other.filter(|other| !other.is_job() && seen.insert(other.name())) else {
                continue;
            };
            if project.is_behind(name, other.name()) || project.is_behind(other.name(), name) {
                continue;
            }
            let other_name = other.name();
            found.push_once(
                at(
                    host.place(project),
                    format!("\"{name}\" asks for \"{other_name}\", and does not depend on it"),
                )
                .label(other.key.span, "may not be there yet")
                .help(format!(
                    "add \"{other_name}: {{condition: service_healthy}}\" to what it depends on"
                )),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_need_by_way_of_others_is_one() {
        let text = "services:\n  db: {image: i}\n  web: {image: i, depends_on: [db], environment: {DB_HOST: db}}\n  \
                    cache: {image: i}\n  \
                    tests: {image: i, depends_on: [web], environment: {DB_HOST: db, U: 'http://cache:1'}}\n";
        assert_eq!(found(&RULE, text), ["cache"]);
    }
}
