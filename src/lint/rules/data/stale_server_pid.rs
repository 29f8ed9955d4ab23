//! A pid file of Rails that outlives its container.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::Reference;
use crate::lint::inside::working_directory;
use crate::lint::mounts;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::{commands, program_name, script_of};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "stale-server-pid",
    summary: "Rails keeps its pid file in a directory that outlives the container",
    why: "`rails server` writes tmp/pids/server.pid and removes it when it stops in good order. After a kill the file stays in the \
          mounted directory, and since a process of that number is there in every container, the next start ends with \"A server is \
          already running\".",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: ruby:3.4
    command: «bundle exec rails server -b 0.0.0.0»
    working_dir: /app
    volumes:
      - ./:/app
",
    good: "\
services:
  web:
    image: ruby:3.4
    command: bundle exec rails server -b 0.0.0.0 --pid /tmp/server.pid
    working_dir: /app
    volumes:
      - ./:/app
",
    fixed: None,
    check,
};

/// Where Rails keeps the file, as seen from the application.
const PID: &str = "tmp/pids/server.pid";

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let span = starts_rails(service)?;
    let directory = working_directory(project, service)?;
    let path = Path::new(&directory).join(PID);
    let has_variable = service.node.at(&["environment", "PIDFILE"]).is_some();
    if has_variable || !is_kept(service, &path) || may_remove_it(project, service) {
        return None;
    }
    let message = format!(
        "`{}` does not start again after it was killed: {PID} stays in the mounted directory",
        service.name()
    );
    Some(at(span, message).help(format!(
        "run `rm -f {PID}` before the server, or add `--pid /tmp/server.pid`"
    )))
}

/// Where a service starts the server of Rails with its pid file at the usual place.
fn starts_rails(service: &Service<'_>) -> Option<Span> {
    let words = service.words();
    let node = service.get("command").filter(|node| node.items().len() > 0);
    let span = node.or_else(|| service.get("entrypoint"))?.span;
    let last: Vec<String> = match script_of(&words) {
        Some(script) if script.text.contains("server.pid") => return None,
        Some(script) => {
            let commands = commands(script.text);
            commands.last()?.words.iter().map(|word| word.text.clone()).collect()
        }
        None => words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let start = last.windows(2).position(|pair| {
        let [program, task] = pair else { return false };
        program_name(program) == "rails" && ["s", "server"].contains(&task.as_str())
    })?;
    let is_elsewhere = |word: &String| word.starts_with("-P") || word.starts_with("--pid");
    (!last.get(start..)?.iter().any(is_elsewhere)).then_some(span)
}

/// Whether a path lies in a directory of the machine, or in a volume with a name, and can be written to.
fn is_kept(service: &Service<'_>, path: &Path) -> bool {
    let in_memory = service.items("tmpfs").filter_map(Node::as_str).any(|tmpfs| {
        let target = tmpfs.split(':').next().unwrap_or(tmpfs);
        path.starts_with(target)
    });
    let over = mounts::of(service).filter(|mount| path.starts_with(mount.target));
    let nearest = over.max_by_key(|mount| Path::new(mount.target).components().count());
    !in_memory && nearest.is_some_and(|mount| !mount.is_read_only && mount.source.is_some() && mount.kind != "tmpfs")
}

/// Whether an entrypoint can remove the file first. That of Ruby's own image does not.
fn may_remove_it(project: &Project<'_>, service: &Service<'_>) -> bool {
    if service.items("entrypoint").len() > 0 {
        return script_of(&service.words()).is_none()
            && !service.words().iter().any(|word| program_name(word) == "bundle");
    }
    if let Some(image) = service.pulled_image().and_then(Node::as_str) {
        return Reference::split(image).path() != "library/ruby";
    }
    let text = project.dockerfile_path(service).and_then(|path| project.file(&path));
    text.is_none_or(|text| {
        let is_entrypoint = |line: &str| {
            let word = line.split_whitespace().next().unwrap_or_default();
            word.eq_ignore_ascii_case("entrypoint")
        };
        // What a base brings along is known of the usual ones alone.
        text.contains("server.pid") || text.lines().any(is_entrypoint) || !text.contains("ruby:")
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(service: &str) -> usize {
        let text = format!(
            "services: {{a: {{{service}}}}}\nvolumes: {{data: }}\n== Dockerfile ==\nFROM ruby:3.4\nWORKDIR /app\n"
        );
        found(&RULE, &text).len()
    }

    #[test]
    fn a_file_that_stays_is_found() {
        let image = "image: 'ruby:3.4', working_dir: /app, volumes: ['.:/app']";
        for command in [
            "bin/rails s -p 3000",
            "bundle exec rails server",
            "bash -c 'bin/setup && bin/rails s'",
        ] {
            assert_eq!(of(&format!("{image}, command: {command}")), 1, "{command}");
            assert_eq!(
                of(&format!("build: ., volumes: ['.:/app'], command: {command}")),
                1,
                "{command}"
            );
        }
        for command in [
            "bash -c 'rm -f tmp/pids/server.pid && bin/rails s'",
            "bin/rails s -P /tmp/x.pid",
            "bin/rails server --pid=/tmp/x.pid",
            "bin/rails db:migrate",
            "bundle exec puma",
        ] {
            assert_eq!(of(&format!("{image}, command: {command}")), 0, "{command}");
        }
    }

    #[test]
    fn a_file_that_goes_with_the_container_is_fine() {
        let command = "command: bin/rails s";
        for service in [
            "build: .",
            "build: ., volumes: ['.:/app', '/app/tmp']",
            "build: ., volumes: ['.:/app'], tmpfs: [/app/tmp/pids]",
            "build: ., volumes: ['.:/other']",
            "build: ., volumes: ['.:/app'], environment: {PIDFILE: /tmp/x}",
            "build: ., volumes: ['.:/app'], entrypoint: ./entrypoint.sh",
            "image: me/app, working_dir: /app, volumes: ['.:/app']",
        ] {
            assert_eq!(of(&format!("{service}, {command}")), 0, "{service}");
        }
        assert_eq!(
            of(&format!("build: ., volumes: ['.:/app', 'data:/app/tmp'], {command}")),
            1
        );
    }
}
