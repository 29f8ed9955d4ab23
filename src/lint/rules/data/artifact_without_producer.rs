//! What is read from a volume that nobody fills.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::mounts::{self, Mount};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::{Key, Node};
use std::collections::HashMap;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "artifact-without-producer",
    summary: "a volume is only ever read from",
    why: "Each run has a volume of its own, empty at first. Where all who mount it mount it read-only, nothing \
          gets into it but what the image has at that place: what an earlier stage is meant to hand over is not \
          there.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  build:
    image: node:22
    command: npm run build
  deploy:
    image: tools:1
    command: ./deploy.sh /in
    volumes:
      - «dist:/in:ro»
    depends_on:
      build:
        condition: service_completed_successfully
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

fn check(project: &Project<'_>, found: &mut Found) {
    // Who mounts what another one has, mounts it as that one does, or not at all as it seems.
    if project
        .services()
        .iter()
        .any(|service| service.items("volumes_from").len() > 0)
    {
        return;
    }
    let mut uses: HashMap<&str, Vec<(&Service<'_>, Mount<'_>)>> = HashMap::new();
    for service in project.services() {
        for mount in mounts::all_of(service) {
            if let Some(name) = mount.volume() {
                uses.entry(name).or_default().push((service, mount));
            }
        }
    }
    for (name, node) in project.section("volumes") {
        let used = uses.get(&*name.text).map(Vec::as_slice).unwrap_or_default();
        if used.iter().all(|(_, mount)| mount.is_read_only) && is_empty_at_first(name, node) {
            for (service, mount) in used.iter().filter(|(service, _)| service.is_active && service.is_job()) {
                found.push_once(finding(service, mount, name));
            }
        }
    }
}

fn finding(service: &Service<'_>, mount: &Mount<'_>, volume: &Key) -> Diagnostic {
    let name = service.name();
    at(
        mount.span(),
        format!("\"{name}\" reads from \"{volume}\", and no service writes to it"),
    )
    .label(volume.span, "is empty at first")
    .help("mount it, without ro, in the service that makes what is read")
}

/// Whether the volume is the project's own: nobody else, and no other place, fills it.
fn is_empty_at_first(name: &Key, node: &Node) -> bool {
    let is_external = node.get("external").and_then(Node::as_bool) == Some(true);
    let has_own_name = node.get("name").is_some_and(|own| own.span != name.span);
    let comes_from_elsewhere = node.get("driver").is_some() || node.get("driver_opts").is_some();
    !is_external && !has_own_name && !comes_from_elsewhere
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn marked(other: &str, volume: &str) -> Vec<String> {
        found(
            &RULE,
            &format!(
                "services:\n  deploy: {{image: i, command: x, volumes: ['data:/in:ro']}}\n  other: \
                 {other}\nvolumes: {{data: {volume}}}\n"
            ),
        )
    }

    #[test]
    fn a_writer_can_be_any_service() {
        assert_eq!(marked("{image: i, volumes: ['data:/in:ro']}", "").len(), 1);
        assert_eq!(marked("{image: i, volumes: ['data:/out']}", ""), [""; 0]);
        assert_eq!(marked("{image: i, profiles: [p], volumes: ['data:/out']}", ""), [""; 0]);
        assert_eq!(marked("{image: i, volumes_from: [deploy]}", ""), [""; 0]);
    }

    #[test]
    fn what_comes_from_elsewhere_has_something_in_it() {
        let elsewhere = [
            "{external: true}",
            "{name: shared}",
            "{driver_opts: {type: none, o: bind, device: /x}}",
        ];
        for volume in elsewhere {
            assert_eq!(marked("{image: i}", volume), [""; 0], "{volume}");
        }
    }

    #[test]
    fn a_server_shows_what_its_image_has() {
        let text = "services: {web: {image: nginx, volumes: ['data:/usr/share/nginx/html:ro']}}\nvolumes: {data: }\n";
        assert_eq!(found(&RULE, text), [""; 0]);
    }
}
