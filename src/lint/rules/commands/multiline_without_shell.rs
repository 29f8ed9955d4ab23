//! Lines of which only the first is a command.

use super::text::{Argv, Part, all, as_text, in_shell, short};
use crate::compose::load::dropped;
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::is_shell;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "multiline-without-shell",
    summary: "a command has more than one line, and no shell to run them",
    why: "Compose splits the whole text into words, line breaks or not: what looks like the second command is handed to \
          the first one as arguments.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: node:22
    command: «|
      npm ci
      npm test»
",
    good: "\
services:
  tests:
    image: node:22
    command:
      - sh
      - -ec
      - |
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
      - -ec
      - |
        npm ci
        npm test
",
    ),
    check,
};

/// Programs that begin a line which is a command of its own. Everything else may be an argument.
const PROGRAMS: [&str; 58] = [
    "apk", "apt", "apt-get", "bash", "bundle", "cargo", "cat", "cd", "chmod", "chown", "composer", "cp", "curl",
    "docker", "dotnet", "echo", "eslint", "exec", "exit", "export", "for", "git", "go", "gradle", "if", "java", "jest",
    "ls", "make", "mkdir", "mv", "mvn", "mysql", "node", "npm", "npx", "php", "phpunit", "pip", "pip3", "pnpm",
    "poetry", "psql", "pytest", "python", "python3", "rails", "rake", "rm", "ruff", "set", "sh", "sleep", "source",
    "tox", "until", "while", "yarn",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for argv in all(service) {
            if let [part] = argv.parts.as_slice()
                && let Some(finding) = finding(project, service, &argv, *part)
            {
                found.push_once(finding);
            }
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, argv: &Argv<'_>, part: Part<'_>) -> Option<Diagnostic> {
    let (written, text) = as_text(project, part.node)?;
    let second = second_command(&text)?;
    if dropped(&text).is_some() || argv.words().first().is_none_or(|word| is_shell(word)) {
        return None;
    }
    let name = service.name();
    let fix = in_shell(project, service, part.node.span, written);
    Some(
        at(
            part.node.span,
            format!(
                "\"{}\" is no command of \"{name}\", but arguments of the first line",
                short(second)
            ),
        )
        .help("give the lines to a shell: [\"sh\", \"-ec\", …]")
        .fix(fix.map(|edit| {
            Fix::unsafe_("give the lines to a shell", vec![edit])
                .changing(&["services.*.command", "services.*.entrypoint"])
        })),
    )
}

/// The line behind the first that begins with a program, where the line before it does not go on.
fn second_command(text: &str) -> Option<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_command = |line: &str| {
        let first = line.split_whitespace().next().unwrap_or_default();
        PROGRAMS.contains(&first) || first.starts_with("./")
    };
    // Of programs that take a command, the next line may be that command.
    let takes_command = |line: &str| line.ends_with("exec") || line.ends_with(" --") || line.ends_with("run");
    let pairs = lines.windows(2).filter_map(|pair| match pair {
        [before, line] => Some((*before, *line)),
        _ => None,
    });
    let first = lines.first().filter(|first| !first.starts_with('-'))?;
    let begins = is_command(first) || first.starts_with('/');
    let mut second =
        pairs.filter(|(before, line)| is_command(line) && !before.ends_with('\\') && !takes_command(before));
    second.next().map(|(_, line)| line).filter(|_| begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_begins_with_a_program_is_a_command() {
        for text in [
            "postgres\n-c max_connections=200\n",
            "npm run\ntest",
            "npm test",
            "make \\\n  test",
            "pytest\ntests/unit\ntests/e2e",
            "wait-for-it db:5432 --\npython app.py",
            "redis-server\necho",
        ] {
            assert!(second_command(text).is_none(), "{text}");
        }
        assert_eq!(second_command("npm ci\n\n  npm test\n"), Some("npm test"));
        assert_eq!(second_command("./wait.sh\n./run.sh a"), Some("./run.sh a"));
    }
}
