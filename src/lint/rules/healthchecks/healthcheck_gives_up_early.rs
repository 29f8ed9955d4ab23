//! A check that gives up before its server can be up.

use crate::diagnostic::{Diagnostic, Severity};
use crate::event::Condition;
use crate::lint::health::{Check, INTERVAL, RETRIES, check as check_of};
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "healthcheck-gives-up-early",
    summary: "a health check gives up on a server before it can be up",
    why: "A container is unhealthy once its check has failed as often in a row as `retries` says, each time an `interval` later. \
          Failures within `start_period` do not count. What waits for the server is not started after that, although the server \
          comes up a few seconds later.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  search:
    image: opensearchproject/opensearch:2
    environment:
      discovery.type: single-node
    healthcheck:
      test: [\"CMD\", \"curl\", \"-f\", \"http://127.0.0.1:9200/\"]
      interval: 1s
      retries: «3»
  tests:
    image: app:1
    command: pytest
    depends_on:
      search:
        condition: service_healthy
",
    good: "\
services:
  search:
    image: opensearchproject/opensearch:2
    environment:
      discovery.type: single-node
    healthcheck:
      test: [\"CMD\", \"curl\", \"-f\", \"http://127.0.0.1:9200/\"]
      interval: 1s
      retries: 3
      start_period: 60s
  tests:
    image: app:1
    command: pytest
    depends_on:
      search:
        condition: service_healthy
",
    fixed: None,
    check,
};

/// Paths of repositories, and how many seconds their servers take to come up at least, on an empty data directory and a usual
/// machine.
const SLOW: [(&str, f64); 23] = [
    ("apache/kafka", 4.0),
    ("atlassian/jira-software", 60.0),
    ("clickhouse/clickhouse-server", 2.0),
    ("confluentinc/cp-kafka", 5.0),
    ("confluentinc/cp-schema-registry", 5.0),
    ("elasticsearch/elasticsearch", 15.0),
    ("gitlab/gitlab-ce", 60.0),
    ("gitlab/gitlab-ee", 60.0),
    ("gvenzl/oracle-free", 8.0),
    ("gvenzl/oracle-xe", 15.0),
    ("keycloak/keycloak", 10.0),
    ("kibana/kibana", 12.0),
    ("library/cassandra", 20.0),
    ("library/elasticsearch", 15.0),
    ("library/mariadb", 3.0),
    ("library/mysql", 6.0),
    ("library/neo4j", 6.0),
    ("library/rabbitmq", 5.0),
    ("library/solr", 4.0),
    ("library/sonarqube", 30.0),
    ("localstack/localstack", 3.0),
    ("mssql/server", 8.0),
    ("opensearchproject/opensearch", 15.0),
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let check = check_of(service)?;
    let least = least(service)?;
    let patience = patience(&check);
    let mut waiting = project.dependents(service.name());
    let (other, need) = waiting.find(|(_, need)| need.condition == Condition::Healthy)?;
    if patience >= least || waits_itself(&check) {
        return None;
    }
    let place = ["retries", "interval"].iter().find_map(|key| check.node.get(key));
    let name = service.name();
    let message = format!("`{name}` counts as unhealthy after {patience} s, and takes at least {least} s to come up");
    let finding = at(place.unwrap_or(check.test).span, message);
    let finding = finding.label(need.place(), format!("`{}` waits here", other.name()));
    Some(finding.help("write `start_period: 60s`: failures within it do not count"))
}

/// After how many seconds a check that fails at once makes its container unhealthy.
fn patience(check: &Check<'_>) -> f64 {
    let positive = |seconds: &f64| *seconds > 0.0;
    let retries = check
        .node
        .get("retries")
        .and_then(Node::as_f64)
        .filter(positive)
        .unwrap_or(RETRIES);
    let interval = check.seconds("interval").filter(positive).unwrap_or(INTERVAL);
    check.seconds("start_period").unwrap_or(0.0) + retries * interval
}

/// How long the server of a service takes at least.
fn least(service: &Service<'_>) -> Option<f64> {
    let path = Reference::split(service.pulled_image()?.as_str()?).path();
    SLOW.iter().find(|(name, _)| *name == path).map(|(_, seconds)| *seconds)
}

/// Whether the check waits by itself before it fails.
fn waits_itself(check: &Check<'_>) -> bool {
    let mut words = check.words().into_iter();
    words.any(|word| {
        ["retry", "sleep", "until", "wait", "while"]
            .iter()
            .any(|sign| word.contains(sign))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(image: &str, check: &str, condition: &str) -> usize {
        let text = format!(
            "services:\n  a: {{image: '{image}', healthcheck: {{test: x{check}}}}}\n  \
             b: {{image: i, depends_on: {{a: {{condition: {condition}}}}}}}\n"
        );
        found(&RULE, &text).len()
    }

    #[test]
    fn time_image_and_who_waits_decide() {
        let healthy = "service_healthy";
        let elastic = "docker.elastic.co/elasticsearch/elasticsearch:8.19.2";
        assert_eq!(of(elastic, ", interval: 2s, retries: 5", healthy), 1);
        assert_eq!(of("cassandra:5", ", interval: 5s", healthy), 1);
        assert_eq!(of("mysql:8.4", ", interval: 1s, retries: 5", healthy), 1);
        for check in [
            "",
            ", interval: 1s, retries: 60",
            ", interval: 1s, start_period: 30s",
            ", interval: 5s, retries: 3",
        ] {
            assert_eq!(of(elastic, check, healthy), 0, "{check}");
        }
        assert_eq!(of(elastic, ", interval: 1s", "service_started"), 0);
        assert_eq!(of("redis:7", ", interval: 1s", healthy), 0);
        assert_eq!(of("me/mysql", ", interval: 1s", healthy), 0);
    }
}
