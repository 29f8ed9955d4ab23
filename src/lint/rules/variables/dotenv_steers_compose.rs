//! Settings of compose itself in `.env`.

use super::dotenv_untracked::name;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "dotenv-steers-compose",
    summary: "the file `.env` decides which files, profiles or project compose takes",
    why: "Compose reads `.env` for its own settings too. Whoever reads the compose file does not see that other files lie \
          over it, or that profiles are active; where `.env` is missing, another project runs.",
    level: Severity::Hint,
    category: Category::Reproducibility,
    preset: Preset::Ci,
    bad: "\
services:
  app:
    image: app:1
== .env ==
«COMPOSE_PROFILES»=debug
",
    good: "\
services:
  app:
    image: app:1
== .env ==
TAG=3
",
    fixed: None,
    check,
};

/// The settings, and what each decides.
const SETTINGS: [(&str, &str, &str); 4] = [
    ("COMPOSE_ENV_FILES", "which env files are read", "--env-file"),
    ("COMPOSE_FILE", "which compose files are read", "-f"),
    ("COMPOSE_PROFILES", "which profiles are active", "--profile"),
    ("COMPOSE_PROJECT_NAME", "what the project is called", "-p"),
];

fn check(project: &Project<'_>, found: &mut Found) {
    let path = project.path(".env");
    let Some((id, source)) = project.sources_with_ids().find(|(_, source)| source.path == path) else {
        return;
    };
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let setting = name(line).and_then(|name| SETTINGS.iter().find(|(known, ..)| *known == name));
        if let Some((name, what, flag)) = setting {
            let place = start + line.find(name).unwrap_or_default();
            found.push(
                at(
                    Span::new(id, place, place + name.len()),
                    format!("\"{name}\" in .env decides {what}"),
                )
                .help(format!("give {flag} where compose is called, so that it can be seen")),
            );
        }
        start += line.len();
    }
}
