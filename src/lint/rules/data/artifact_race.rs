//! What is read before it has been written.

use super::shared::{self, Use};
use crate::diagnostic::Severity;
use crate::event::Condition;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "artifact-race",
    summary: "a service reads what a job makes, and does not wait for it",
    why: "Both start together: on a clean machine the reader finds nothing, or half of it. On a machine that has \
          run the file before it finds what is left of that run, and all looks well.",
    level: Severity::Error,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  build:
    image: node:22
    command: npm run build
    volumes:
      - dist:/app/dist
  deploy:
    image: tools:1
    command: ./deploy.sh /in
    volumes:
      - «dist:/in:ro»
volumes:
  dist:
",
    good: "\
services:
  build:
    image: node:22
    command: npm run build
    volumes:
      - dist:/app/dist
  deploy:
    image: tools:1
    command: ./deploy.sh /in
    volumes:
      - dist:/in:ro
    depends_on:
      build:
        condition: service_completed_successfully
volumes:
  dist:
",
    fixed: None,
    check,
};

/// A place that more write to is left alone: each who reads there may wait for any of them.
const MOST_WRITERS: usize = 100;

fn check(project: &Project<'_>, found: &mut Found) {
    let shared = shared::places(project);
    for uses in shared.values() {
        let writers: Vec<&Use<'_, '_>> = uses
            .iter()
            .filter(|(service, mount)| service.is_job() && !mount.is_read_only)
            .collect();
        // A server that writes there goes on writing: there is no end to wait for.
        let has_server = uses
            .iter()
            .any(|(service, mount)| !service.is_job() && !mount.is_read_only);
        if writers.is_empty() || writers.len() > MOST_WRITERS || has_server {
            continue;
        }
        for (reader, mount) in uses
            .iter()
            .filter(|(service, mount)| service.is_active && mount.is_read_only)
        {
            if let Some(writer) = raced(project, reader, &writers) {
                // A server may well find it later.
                let level = if reader.is_job() {
                    Severity::Error
                } else {
                    Severity::Warning
                };
                let (name, other) = (reader.name(), writer.0.name());
                found.push_once(
                    at(
                        mount.span(),
                        format!("\"{name}\" reads what \"{other}\" makes, and does not wait for it"),
                    )
                    .label(writer.1.span(), "is written to here")
                    .help(format!(
                        "add \"{other}: {{condition: service_completed_successfully}}\" to what \"{name}\" depends on"
                    ))
                    .at_most(level),
                );
            }
        }
    }
}

/// The first writer, where the reader waits for none of them and none comes after the reader.
fn raced<'u, 'p, 'a>(
    project: &Project<'a>,
    reader: &Service<'a>,
    writers: &[&'u Use<'p, 'a>],
) -> Option<&'u Use<'p, 'a>> {
    let waits = |writer: &str| {
        let is_healthy = reader
            .need(writer)
            .is_some_and(|need| need.condition == Condition::Healthy);
        let is_ordered = project.waits_for_success(reader.name(), writer) || project.is_behind(writer, reader.name());
        is_healthy || is_ordered || writer == reader.name()
    };
    let is_awaited = writers.iter().any(|(writer, _)| waits(writer.name()));
    writers
        .iter()
        .copied()
        .find(|(writer, _)| writer.is_active && !is_awaited)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn marked(deploy: &str, build: &str) -> Vec<String> {
        let text = format!(
            "services:\n  build: {{image: i, command: make build, volumes: ['art:/out'], {build}}}\n  deploy: \
             {{image: i, \
             command: x, volumes: ['art:/in:ro'], {deploy}}}\nvolumes: {{art: }}\n"
        );
        found(&RULE, &text)
    }

    #[test]
    fn every_way_to_wait_counts() {
        assert_eq!(marked("depends_on: [build]", ""), ["'art:/in:ro'"]);
        assert_eq!(
            marked("depends_on: {build: {condition: service_completed_successfully}}", ""),
            [""; 0]
        );
        assert_eq!(marked("", "depends_on: [deploy]"), [""; 0]);
        assert_eq!(marked("", "profiles: [p]"), [""; 0]);
    }

    #[test]
    fn the_source_of_a_project_is_no_artifact() {
        let text = "services:\n  build: {image: i, command: make build, volumes: ['.:/src']}\n  lint: {image: \
                    i, command: ruff check, volumes: ['.:/src:ro']}\n";
        assert_eq!(found(&RULE, text), [""; 0]);
        let text = text.replace("'.:", "'./dist:");
        assert_eq!(found(&RULE, &text), ["'./dist:/src:ro'"]);
    }
}
