//! A search server that is not told how to find its cluster.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::Reference;
use crate::lint::mounts;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "search-discovery-missing",
    summary: "Elasticsearch or OpenSearch is told neither that it is alone nor how to find its cluster",
    why: "In a container both listen on all addresses, which they take for production: without `discovery.type: single-node`, \
          seed hosts or initial master nodes their bootstrap checks fail, and the server exits. Elasticsearch 8 and later set up a \
          cluster of one by themselves, but only where nothing is said of `xpack.security`.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  search:
    image: «elasticsearch:8.19.2»
    environment:
      xpack.security.enabled: \"false\"
",
    good: "\
services:
  search:
    image: elasticsearch:8.19.2
    environment:
      discovery.type: single-node
      xpack.security.enabled: \"false\"
",
    fixed: None,
    check,
};

/// What the name of a setting has in it that says how a node finds others, or that it does not listen to any.
const SETTINGS: [&str; 5] = [
    "discovery",
    "initial_master_nodes",
    "initial_cluster_manager_nodes",
    "transport.host",
    "network.host",
];

/// Where both keep their settings.
const SETTINGS_PATHS: [&str; 2] = ["/usr/share/elasticsearch/config", "/usr/share/opensearch/config"];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let node = service.pulled_image()?;
    let checks = bootstrap_checks(node.as_str()?)?;
    let variables: Vec<&str> = service.entries("environment").map(|(key, _)| &*key.text).collect();
    let has_security = variables.iter().any(|name| is_named(name, "xpack.security"));
    let is_set = variables
        .iter()
        .chain(&service.words())
        .any(|text| says_discovery(text));
    let is_checked = checks == Checks::Always || has_security;
    if !is_checked
        || is_set
        || has_settings_file(service)
        || super::image_env_required::has_unknown_env_file(project, service)
    {
        return None;
    }
    // Another entrypoint can write the settings before it starts the server.
    if service.items("entrypoint").len() > 0 {
        return None;
    }
    let level = if project.has_other_files() {
        Severity::Hint
    } else {
        Severity::Error
    };
    let message = format!(
        "`{}` fails its bootstrap checks: nothing says that it is alone, or where its cluster is",
        service.name()
    );
    Some(
        at(node.span, message)
            .help("set `discovery.type: single-node`")
            .at_most(level),
    )
}

/// When a node in a container must know how it finds others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Checks {
    Always,
    /// It sets up a cluster of one by itself where it sets up its own security too.
    WithSecurity,
}

fn bootstrap_checks(image: &str) -> Option<Checks> {
    let reference = Reference::split(image);
    match (reference.path().as_str(), reference.major()) {
        ("library/elasticsearch" | "elasticsearch/elasticsearch", Some(7)) => Some(Checks::Always),
        ("library/elasticsearch" | "elasticsearch/elasticsearch", Some(8..)) => Some(Checks::WithSecurity),
        ("opensearchproject/opensearch", _) => Some(Checks::Always),
        _ => None,
    }
}

fn says_discovery(text: &str) -> bool {
    SETTINGS.iter().any(|setting| is_named(text, setting))
}

/// Whether a text has the name of a setting, which can be written as a variable too: `ES_SETTING_DISCOVERY_TYPE`.
fn is_named(text: &str, setting: &str) -> bool {
    let dotted = |text: &str| text.to_ascii_lowercase().replace("__", "_").replace('_', ".");
    dotted(text).contains(&dotted(setting))
}

fn has_settings_file(service: &Service<'_>) -> bool {
    let is_settings = |target: &str| {
        SETTINGS_PATHS
            .iter()
            .any(|path| target.starts_with(path) || path.starts_with(target))
    };
    mounts::targets(service).any(is_settings)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn count(image: &str, keys: &str) -> usize {
        found(&RULE, &format!("services: {{a: {{image: '{image}'{keys}}}}}\n")).len()
    }

    #[test]
    fn version_and_security_decide() {
        let security = ", environment: {xpack.security.enabled: 'false'}";
        let elastic = "docker.elastic.co/elasticsearch/elasticsearch";
        assert_eq!(count(&format!("{elastic}:7.17.0"), ""), 1);
        assert_eq!(count(&format!("{elastic}:8.19.2"), ""), 0);
        assert_eq!(count(&format!("{elastic}:8.19.2"), security), 1);
        assert_eq!(count(&format!("{elastic}:6.8.0"), ""), 0);
        assert_eq!(count("opensearchproject/opensearch:2", ""), 1);
        assert_eq!(count("me/elasticsearch:7.0.0", ""), 0);
    }

    #[test]
    fn every_way_to_say_it_counts() {
        for keys in [
            ", environment: ['discovery.type=single-node']",
            ", environment: {discovery.seed_hosts: b}",
            ", environment: {cluster.initial_master_nodes: a}",
            ", environment: {ES_SETTING_DISCOVERY_TYPE: single-node}",
            ", environment: {transport.host: localhost}",
            ", command: elasticsearch -Ediscovery.type=single-node",
            ", volumes: ['./e.yml:/usr/share/elasticsearch/config/elasticsearch.yml']",
            ", entrypoint: /start.sh",
        ] {
            assert_eq!(count("elasticsearch:7.17.0", keys), 0, "{keys}");
        }
    }
}
