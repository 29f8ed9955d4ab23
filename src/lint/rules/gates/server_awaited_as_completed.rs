//! A wait for the end of what does not end.

use crate::diagnostic::Severity;
use crate::event::Condition;
use crate::lint::health::check as check_of;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "server-awaited-as-completed",
    summary: "a service waits for the end of a server",
    why: "A server runs until it is stopped, and nothing stops it: `docker compose up` waits for ever, and the pipeline with \
          it, until its time is up.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: redis:7.4
  tests:
    image: app:1
    command: pytest
    depends_on:
      db:
        condition: «service_completed_successfully»
",
    good: "\
services:
  db:
    image: redis:7.4
    healthcheck:
      test: [\"CMD\", \"redis-cli\", \"ping\"]
      interval: 2s
  tests:
    image: app:1
    command: pytest
    depends_on:
      db:
        condition: service_healthy
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for need in service.needs().filter(|need| need.condition == Condition::Succeeded) {
            let Some(server) = project.service(&need.key.text).filter(|other| other.server().is_some()) else {
                continue;
            };
            let (name, other) = (service.name(), server.name());
            let help = match check_of(server) {
                Some(_) => "write condition: service_healthy".to_owned(),
                None => format!("give \"{other}\" a healthcheck, and write condition: service_healthy"),
            };
            found.push(
                at(
                    need.place(),
                    format!("\"{name}\" waits for the end of \"{other}\", which is a server"),
                )
                .label(
                    server.get("image").map_or(server.key.span, |image| image.span),
                    "a server",
                )
                .help(help),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn what_runs_something_else_ends() {
        for (service, is_found) in [
            ("image: nginx", true),
            ("image: postgres, command: [\"-c\", fsync=off]", true),
            ("image: postgres, command: psql -h db", false),
            ("image: postgres, entrypoint: ./init.sh", false),
            ("image: postgres, build: .", false),
            ("image: minio/minio", false),
            ("image: minio/minio, command: minio server /data", true),
            ("image: me/tool", false),
        ] {
            let file = format!(
                "services:\n  b: {{{service}}}\n  a: {{image: x, depends_on: {{b: {{condition: \
                 service_completed_successfully}}}}}}\n"
            );
            assert_eq!(!found(&RULE, &file).is_empty(), is_found, "{service}");
        }
    }
}
