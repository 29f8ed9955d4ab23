//! A browser with the shared memory that a container has by itself.

use crate::diagnostic::Severity;
use crate::lint::images::Reference;
use crate::lint::mounts;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "browser-shm",
    summary: "a browser runs with 64 MB of shared memory",
    why: "Chrome and Firefox keep what they draw in /dev/shm, which has 64 MB in a container. Larger pages crash the tab: tests \
          fail now and then with \"session deleted because of page crash\".",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  chrome:
    image: «selenium/standalone-chrome:4.30.0»
",
    good: "\
services:
  chrome:
    image: selenium/standalone-chrome:4.30.0
    shm_size: 2g
",
    fixed: None,
    check,
};

/// Images with a browser in them, by how their names begin.
const BROWSERS: [&str; 6] = [
    "docker.io/selenium/standalone-",
    "docker.io/selenium/node-",
    "docker.io/browserless/chrome",
    "docker.io/zenika/alpine-chrome",
    "ghcr.io/browserless/chrom",
    "mcr.microsoft.com/playwright",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let Some(node) = service.pulled_image() else {
            continue;
        };
        let name = Reference::split(node.as_str().unwrap_or_default()).full_repository();
        if BROWSERS.iter().any(|browser| name.starts_with(browser)) && !has_memory(service) {
            let message = format!("the browser of \"{}\" has 64 MB of shared memory", service.name());
            found.push_once(at(node.span, message).help("write shm_size: 2g"));
        }
    }
}

/// Whether it has more, or does without.
fn has_memory(service: &Service<'_>) -> bool {
    let is_shared = |target: &str| target.trim_end_matches('/') == "/dev/shm";
    let mut tmpfs = service.items("tmpfs").filter_map(Node::as_str);
    service.get("shm_size").is_some()
        || service.text("ipc").is_some_and(|ipc| ipc != "private")
        || mounts::of(service).any(|mount| is_shared(mount.target))
        || tmpfs.any(|mount| is_shared(mount.split(':').next().unwrap_or(mount)))
        || service
            .words()
            .iter()
            .any(|word| word.contains("disable-dev-shm-usage"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn every_way_to_more_counts() {
        let of = |more: &str| {
            let text = format!("services: {{a: {{image: 'selenium/standalone-chrome:4.30.0'{more}}}}}\n");
            found(&RULE, &text).len()
        };
        assert_eq!(of(""), 1);
        for more in [
            ", shm_size: 1g",
            ", ipc: host",
            ", volumes: ['/dev/shm:/dev/shm']",
            ", tmpfs: ['/dev/shm:size=1g']",
            ", command: chrome --disable-dev-shm-usage",
        ] {
            assert_eq!(of(more), 0, "{more}");
        }
    }
}
