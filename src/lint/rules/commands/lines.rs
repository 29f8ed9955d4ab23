//! Which lines of a text are meant as commands of their own.

use crate::lint::project::Project;
use crate::yaml::Node;

/// Programs that begin a line which is a command of its own. Everything else may be an argument.
const PROGRAMS: [&str; 119] = [
    "alembic",
    "ansible-playbook",
    "apache2-foreground",
    "apk",
    "apt",
    "apt-get",
    "aws",
    "az",
    "bash",
    "bun",
    "bundle",
    "caddy",
    "cargo",
    "cat",
    "cd",
    "celery",
    "chmod",
    "chown",
    "cmake",
    "composer",
    "cp",
    "ctest",
    "curl",
    "cypress",
    "deno",
    "django-admin",
    "docker",
    "dockerd",
    "dotnet",
    "echo",
    "env",
    "eslint",
    "exec",
    "exit",
    "export",
    "flask",
    "for",
    "gcc",
    "gcloud",
    "git",
    "go",
    "gosu",
    "gradle",
    "grep",
    "gunicorn",
    "helm",
    "httpd",
    "if",
    "java",
    "jest",
    "k6",
    "kubectl",
    "ln",
    "ls",
    "make",
    "mc",
    "mkdir",
    "mongod",
    "mv",
    "mvn",
    "mysql",
    "mysqld",
    "newman",
    "nginx",
    "node",
    "npm",
    "npx",
    "php",
    "php-fpm",
    "phpunit",
    "pip",
    "pip3",
    "playwright",
    "pnpm",
    "poetry",
    "printenv",
    "printf",
    "psql",
    "pytest",
    "python",
    "python3",
    "rails",
    "rake",
    "redis-server",
    "rm",
    "ruby",
    "ruff",
    "sed",
    "set",
    "sh",
    "sleep",
    "source",
    "su-exec",
    "sudo",
    "supervisord",
    "tail",
    "tar",
    "terraform",
    "touch",
    "tox",
    "until",
    "uv",
    "uvicorn",
    "uwsgi",
    "vault",
    "wait-for-it",
    "wait-for-it.sh",
    "wget",
    "while",
    "yarn",
    "yq",
    "jq",
    "mongosh",
    "mariadb",
    "rabbitmqctl",
    "kafka-topics",
    "kafka-topics.sh",
    "dockerize",
    "tini",
];

/// What ends a line that goes on in the next one.
const GOES_ON: [&str; 17] = [
    "\\", "&&", "||", "|", ";", "&", "{", "(", ",", " do", " then", " else", " exec", " --", " run", " -c", " -m",
];

/// The line behind the first that begins with a program, where the line before it does not go on.
pub(super) fn second_command<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let lines: Vec<&str> = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .collect();
    let first = lines.first().filter(|first| !first.starts_with('-'))?;
    if !begins_command(first) && !first.starts_with('/') {
        return None;
    }
    let mut before = String::new();
    for pair in lines.windows(2) {
        let [line, next] = pair else { continue };
        before += line;
        before.push(' ');
        let goes_on = *line == "exec" || *line == "do" || GOES_ON.iter().any(|end| line.ends_with(end));
        // A quote that is open holds what looks like a command.
        if begins_command(next) && !goes_on && !has_open_quote(&before) {
            return Some(next);
        }
    }
    None
}

fn begins_command(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    PROGRAMS.contains(&first) || first.starts_with("./")
}

fn has_open_quote(text: &str) -> bool {
    ['"', '\'']
        .into_iter()
        .any(|quote| text.matches(quote).count() % 2 == 1)
}

/// The lines of a text that is written with `>`, which makes one line of them.
pub(super) fn folded_lines<'a>(project: &Project<'a>, node: &Node) -> Option<Vec<&'a str>> {
    let (header, body) = project.text(node.span).split_once('\n')?;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = body.lines().collect();
    let first = lines.iter().find(|line| !line.trim().is_empty())?;
    // Lines that are blank, or indented further, stay lines: whoever writes them knows how it folds.
    let is_one = lines
        .iter()
        .all(|line| line.trim().is_empty() || indent(line) == indent(first));
    let has_gap = body.trim_end().lines().any(|line| line.trim().is_empty());
    (header.starts_with('>') && is_one && !has_gap).then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_goes_on_is_followed_by_no_command() {
        for (lines, second) in [
            (&["npm ci", "npm test"][..], Some("npm test")),
            (&["set -e", "echo a", "./run.sh"], Some("echo a")),
            (&["npm ci &&", "npm test"], None),
            (&["npm ci", "", "  npm test"], Some("npm test")),
            (&["./wait.sh", "./run.sh a"], Some("./run.sh a")),
            (&["postgres", "-c max_connections=200"], None),
            (&["make \\", "  test"], None),
            (&["pytest", "tests/unit", "tests/e2e"], None),
            (&["npm run", "test"], None),
            (&["exec", "nginx -g 'daemon off;'"], None),
            (&["python -m", "pytest"], None),
            (&["mysql -e 'select", "sleep 1'"], None),
            (&["dockerize -wait tcp://db:5432 --", "npm test"], None),
            (&["--opt a", "npm test"], None),
            (&["server", "node"], None),
        ] {
            assert_eq!(second_command(lines), second, "{lines:?}");
        }
    }

    #[test]
    fn the_programs_are_there_once() {
        let mut all = PROGRAMS.to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), PROGRAMS.len());
    }
}
