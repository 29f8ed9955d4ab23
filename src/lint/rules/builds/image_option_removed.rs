//! An option that a server no longer knows.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-option-removed",
    summary: "a server is given an option that its version no longer has",
    why: "MySQL 8.4 has no `default_authentication_plugin`: the server ends with \"unknown variable\" before it has done anything. \
          A tag without a minor version, such as `8`, brings that about by itself one day.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: mysql:8.4
    command: «--default-authentication-plugin=mysql_native_password»
    environment:
      MYSQL_ROOT_PASSWORD: only-for-tests
",
    good: "\
services:
  db:
    image: mysql:8.4
    command: --mysql-native-password=ON
    environment:
      MYSQL_ROOT_PASSWORD: only-for-tests
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(service));
    }
}

fn finding(service: &Service<'_>) -> Option<Diagnostic> {
    let image = service.pulled_image().and_then(Node::as_str)?;
    let level = level(image)?;
    let is_it = |node: &&Node| {
        let text = node.as_str().unwrap_or_default().replace('_', "-");
        text.starts_with("--default-authentication-plugin")
    };
    let option = service.items("command").find(is_it)?;
    let message = format!(
        "the server of \"{}\" ends with this option: MySQL 8.4 has taken it away",
        service.name()
    );
    let help = "leave it out; with 8.4, --mysql-native-password=ON lets old clients in";
    Some(at(option.span, message).help(help).at_most(level))
}

/// How much it matters for an image of MySQL; none where it is an older one, or another.
fn level(image: &str) -> Option<Severity> {
    let reference = Reference::split(image);
    let repository = reference.full_repository();
    if !repository.ends_with("/library/mysql") && !repository.ends_with("/mysql/mysql-server") {
        return None;
    }
    let tag = reference.tag.unwrap_or("latest");
    let mut numbers = tag.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(9..), _) | (Some(8), Some(4..)) => Some(Severity::Error),
        (None, _) if matches!(tag, "latest" | "lts" | "innovation") => Some(Severity::Error),
        // It moves, and is past it today.
        (Some(8), None) => Some(Severity::Warning),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_decides() {
        for image in ["mysql:8.4", "mysql:8.4.6-oracle", "mysql:9", "mysql", "mysql:lts"] {
            assert_eq!(level(image), Some(Severity::Error), "{image}");
        }
        assert_eq!(level("mysql:8"), Some(Severity::Warning));
        for image in ["mysql:8.0", "mysql:8.3.0", "mysql:5.7", "mariadb:11.4", "me/mysql:8.4"] {
            assert_eq!(level(image), None, "{image}");
        }
    }
}
