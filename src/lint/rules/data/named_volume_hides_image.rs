//! A volume that keeps what an image had at first.

use super::made;
use crate::diagnostic::Severity;
use crate::lint::mounts;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "named-volume-hides-image",
    summary: "a volume keeps what the image had when it was first run",
    why: "The engine fills a named volume from the image once, while it is empty. When the image is built anew, \
          the volume still has the files of the first one, and they hide the new ones.",
    level: Severity::Warning,
    category: Category::Reproducibility,
    preset: Preset::Default,
    bad: "\
services:
  web:
    build: .
    volumes:
      - «site:/usr/share/nginx/html»
volumes:
  site:
== Dockerfile ==
FROM nginx:1.29
COPY html/ /usr/share/nginx/html/
",
    good: "\
services:
  web:
    build: .
== Dockerfile ==
FROM nginx:1.29
COPY html/ /usr/share/nginx/html/
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project
        .services()
        .iter()
        .filter(|service| service.get("build").is_some())
    {
        for mount in mounts::of(service).filter(|mount| mount.volume().is_some()) {
            // Reading the Dockerfile is only worth it for a service that has a volume.
            let made = made::of(project, service).unwrap_or_default();
            let hidden = made
                .copied
                .iter()
                .chain(&made.built)
                .find(|path| path.starts_with(mount.target));
            if let Some(path) = hidden {
                let (name, shown) = (service.name(), path.display());
                found.push_once(
                    at(
                        mount.span(),
                        format!(
                            "\"{name}\" keeps {shown} of the first image when it is built \
                                              anew"
                        ),
                    )
                    .help(
                        "let the volume hold only what changes while the program runs, or take it away before \
                         each run: down -v",
                    ),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_place_that_the_image_leaves_empty_is_fine() {
        let text = "services: {a: {build: ., volumes: ['data:/app/data', './src:/app/src']}}\nvolumes: {data: \
                    }\n== Dockerfile ==\nFROM python:3\nWORKDIR /app\nCOPY . .\n";
        assert_eq!(found(&RULE, text), [""; 0]);
        assert_eq!(
            found(&RULE, &text.replace("data:/app/data", "data:/app")),
            ["'data:/app'"]
        );
    }
}
