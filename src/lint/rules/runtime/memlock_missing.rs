//! Memory that a server is to lock, and may not.

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "memlock-missing",
    summary: "a server is to lock its memory, and has no right to",
    why: "With `bootstrap.memory_lock`, Elasticsearch and OpenSearch check at their start whether they could lock their memory. Without \
          `ulimits: {memlock: -1}` they could not, and a node of a cluster ends.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  search:
    image: elasticsearch:8.15.0
    environment:
      bootstrap.memory_lock: «\"true\"»
      cluster.initial_master_nodes: search
",
    good: "\
services:
  search:
    image: elasticsearch:8.15.0
    environment:
      bootstrap.memory_lock: \"true\"
      cluster.initial_master_nodes: search
    ulimits:
      memlock: -1
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        let variable = |name: &str| service.node.at(&["environment", name]);
        let Some(lock) = variable("bootstrap.memory_lock").filter(|lock| lock.as_str() == Some("true")) else {
            continue;
        };
        // A node that is alone only warns.
        let is_alone = variable("discovery.type").and_then(Node::as_str) == Some("single-node");
        if !is_alone && service.node.at(&["ulimits", "memlock"]).is_none() {
            let message = format!(
                "\"{}\" is to lock its memory, and has no limit that lets it",
                service.name()
            );
            found.push_once(at(lock.span, message).help("write ulimits: {memlock: -1}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_limit_and_a_node_that_is_alone_are_fine() {
        let of = |text: &str| found(&RULE, &format!("services: {{a: {{image: elasticsearch, {text}}}}}\n")).len();
        assert_eq!(of("environment: {bootstrap.memory_lock: 'true'}"), 1);
        assert_eq!(of("environment: {bootstrap.memory_lock: 'false'}"), 0);
        assert_eq!(
            of("environment: {bootstrap.memory_lock: 'true', discovery.type: single-node}"),
            0
        );
        assert_eq!(
            of("environment: {bootstrap.memory_lock: 'true'}, ulimits: {memlock: {soft: -1, hard: -1}}"),
            0
        );
    }
}
