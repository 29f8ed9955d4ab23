//! A volume where an image no longer keeps its data.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::Reference;
use crate::lint::mounts::{self, Mount};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "image-data-moved",
    summary: "a volume is mounted where PostgreSQL 18 no longer keeps its data",
    why: "From 18 on the image of PostgreSQL keeps its data below /var/lib/postgresql/18. It does not start where something \
          is mounted at the old place, /var/lib/postgresql/data, so that nobody's data is left behind unseen.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  db:
    image: postgres:18
    environment:
      POSTGRES_PASSWORD: only-for-tests
    volumes:
      - «data:/var/lib/postgresql/data»
volumes:
  data:
",
    good: "\
services:
  db:
    image: postgres:18
    environment:
      POSTGRES_PASSWORD: only-for-tests
    volumes:
      - data:/var/lib/postgresql
volumes:
  data:
",
    fixed: None,
    check,
};

/// Where the data was before.
const OLD: &str = "/var/lib/postgresql/data";

/// The first version that keeps it elsewhere.
const SINCE: u32 = 18;

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let image = service.pulled_image().and_then(Node::as_str);
        // Whoever says where the data is, is obeyed; and it is the image's own entrypoint that looks.
        let is_own = service.node.at(&["environment", "PGDATA"]).is_some() || service.items("entrypoint").len() > 0;
        if is_own || !image.is_some_and(is_new) {
            continue;
        }
        for mount in mounts::of(service).filter(|mount| mount.target.trim_end_matches('/') == OLD) {
            // Another file may give it an entrypoint or another place.
            let level = if project.has_other_files() {
                Severity::Warning
            } else {
                Severity::Error
            };
            found.push_once(finding(service, &mount).at_most(level));
        }
    }
}

fn finding(service: &Service<'_>, mount: &Mount<'_>) -> Diagnostic {
    let message = format!(
        "the image of \"{}\" does not start with a mount at {OLD}",
        service.name()
    );
    at(mount.span(), message)
        .help("mount it at /var/lib/postgresql; data of an earlier version has to be moved over first")
}

/// Whether an image is of the version or a later one: without a version it is the latest.
fn is_new(image: &str) -> bool {
    let reference = Reference::split(image);
    let path = reference.path();
    let name = path.as_str();
    let is_postgres = matches!(
        name,
        "library/postgres" | "docker/library/postgres" | "pgvector/pgvector" | "postgis/postgis"
    );
    let tag = reference.tag.unwrap_or("latest");
    let number = tag.strip_prefix("pg").unwrap_or(tag);
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let version: Option<u32> = number.get(..end).and_then(|number| number.parse().ok());
    let is_latest =
        reference.digest.is_none() && matches!(tag, "latest" | "alpine") && name.ends_with("library/postgres");
    is_postgres && version.map_or(is_latest, |version| version >= SINCE)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn version_place_and_variable_decide() {
        let of = |image: &str, more: &str| {
            let text = format!("services:\n  a: {{image: '{image}', {more}}}\nvolumes: {{data: }}\n");
            found(&RULE, &text).len()
        };
        let old = "volumes: ['data:/var/lib/postgresql/data']";
        for image in [
            "postgres",
            "postgres:18-alpine",
            "postgres:19beta1",
            "pgvector/pgvector:pg18",
        ] {
            assert_eq!(of(image, old), 1, "{image}");
        }
        for image in [
            "postgres:17",
            "postgres:17.6-alpine",
            "me/postgres:18",
            "pgvector/pgvector:pg17",
            "postgis/postgis",
        ] {
            assert_eq!(of(image, old), 0, "{image}");
        }
        assert_eq!(of("postgres:18", "volumes: ['data:/var/lib/postgresql']"), 0);
        let own = format!("{old}, environment: {{PGDATA: /var/lib/postgresql/data/pg}}");
        assert_eq!(of("postgres:18", &own), 0);
        assert_eq!(of("postgres:18", &format!("{old}, entrypoint: ./own.sh")), 0);
    }
}
